"""Tasks by name or path; a wrong one is refused with every problem listed at once."""

import difflib
from collections.abc import Collection
from pathlib import Path

from mimic_assets.errors import RequestError
from mimic_assets.tasks.model import Task
from mimic_assets.toml_file import read_toml, unknown

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
    return read_toml(Task, path, "Task file")


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
    problems = [
        f"  {key}: {unknown(name, known)}" for key, names, known in named for name in names if name not in known
    ]
    if problems:
        raise RequestError(f"Task {task.name} has {len(problems)} problem(s):\n" + "\n".join(problems))
