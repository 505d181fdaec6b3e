"""Tasks by name or path; a wrong one is refused with every problem listed at once."""

import difflib
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mimic_assets.errors import RequestError
from mimic_assets.tasks.model import Task

_SHIPPED = Path(__file__).parent


def shipped_tasks() -> tuple[str, ...]:
    """Return the names of the tasks that come with the package, sorted."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.toml")))


def load_task(name_or_file: str) -> Task:
    """Return a task by its shipped name, or from a TOML file.

    Raises:
        RequestError: no such task or file, or the file says something a task may not say; all problems are listed.
    """
    path = Path(name_or_file)
    if path.suffix != ".toml":
        if name_or_file not in shipped_tasks():
            near = difflib.get_close_matches(name_or_file, shipped_tasks(), n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise RequestError(
                f"No task named {name_or_file!r}.{hint} Shipped tasks: {', '.join(shipped_tasks())}. "
                "Your own task is named by the path of its .toml file."
            )
        path = _SHIPPED / f"{name_or_file}.toml"
    try:
        return Task.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise RequestError(f"Task file {path} does not exist.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RequestError(f"Task file {path} is not TOML: {error}") from None
    except ValidationError as error:
        problems = "\n".join(f"  {'.'.join(map(str, e['loc'])) or 'task'}: {_said(e)}" for e in error.errors())
        raise RequestError(f"Task file {path} has {error.error_count()} problem(s):\n{problems}") from None


def check_against(task: Task, events: Collection[str], parameters: Collection[str]) -> None:
    """Refuse a task that names events or numerics nobody defines; near misses are offered.

    Args:
        task: the task.
        events: names of the event definitions in use.
        parameters: canonical names of the numerics catalogue.

    Raises:
        RequestError: every unknown name, with the key that says it.
    """
    anchor = [task.index.anchor] if task.index.is_anchored_on_event and task.index.anchor else []
    named = (
        ("event.kinds" if task.event.kinds else "event.kind", task.event.names, events),
        ("target.competing", task.target.competing, events),
        ("index.anchor", anchor, events),
        ("numerics.parameters", task.numerics.parameters, parameters),
        ("coverage.any_of", task.coverage.any_of, parameters),
    )
    unknown = [
        f"  {key}: {_unknown(name, known)}" for key, names, known in named for name in names if name not in known
    ]
    if unknown:
        raise RequestError(f"Task {task.name} has {len(unknown)} problem(s):\n" + "\n".join(unknown))


def _unknown(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f", did you mean {near[0]}?" if near else f"; known are {', '.join(sorted(known))}"
    return f"{name}: unknown{hint}"


def _said(error: ErrorDetails) -> str:
    """Return a problem as a sentence: what was found and what was expected."""
    if error["type"] == "extra_forbidden":
        return _unknown(str(error["loc"][-1]), list(_keys(error["loc"][:-1])))
    if isinstance(error["input"], bool | int | float | str):
        return f"{error['msg']}; found {error['input']!r}"
    return error["msg"]


def _keys(place: tuple[int | str, ...]) -> Iterator[str]:
    """Yield the keys that a part of a task may have."""
    part: type[BaseModel] = Task
    for name in place:
        inner = part.model_fields[str(name)].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return
        part = inner
    yield from part.model_fields
