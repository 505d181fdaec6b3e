"""Tasks by name or path; a wrong one is refused with every problem listed at once."""

import difflib
import tomllib
from pathlib import Path

from pydantic import ValidationError

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
        problems = "\n".join(f"  {'.'.join(map(str, e['loc'])) or 'task'}: {e['msg']}" for e in error.errors())
        raise RequestError(f"Task file {path} has {error.error_count()} problem(s):\n{problems}") from None
