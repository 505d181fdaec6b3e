"""A TOML file as a validated model; a wrong one is refused with every problem listed at once, near misses offered.

Belongs here: reading, and saying what was found where. Does not belong here: what a task or a definition may say.
"""

import difflib
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mimic_assets.errors import RequestError

M = TypeVar("M", bound=BaseModel)


def read_toml(model: type[M], path: Path, what: str) -> M:
    """Return what a file says.

    Args:
        model: what it may say.
        path: the file.
        what: what it is, as a message begins: "Task file".

    Raises:
        RequestError: the file cannot be read or is no TOML, or says something it may not say; all problems are listed.
    """
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise RequestError(f"{what} {path} does not exist.") from None
    except OSError as error:
        raise RequestError(f"{what} {path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RequestError(f"{what} {path} is not TOML: {error}") from None
    except ValidationError as error:
        problems = "\n".join(f"  {_place(each['loc'])}: {_said(model, each)}" for each in error.errors())
        raise RequestError(f"{what} {path} has {error.error_count()} problem(s):\n{problems}") from None


def unknown(name: str, known: Collection[str]) -> str:
    """Return that nothing has a name, with the nearest that something has, or all of them.

    Examples:
        >>> unknown("hart_rate", ["heart_rate", "spo2"]), unknown("x", ["heart_rate", "spo2"])
        ('hart_rate: unknown, did you mean heart_rate?', 'x: unknown; known are heart_rate, spo2')
    """
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"{name}: unknown" + (f", did you mean {near[0]}?" if near else f"; known are {', '.join(sorted(known))}")


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location)) or "file"


def _said(model: type[BaseModel], error: ErrorDetails) -> str:
    """Return a problem as a sentence: what was found and what was expected."""
    if error["type"] == "extra_forbidden":
        return unknown(str(error["loc"][-1]), _keys(model, error["loc"][:-1]))
    message = error["msg"].removeprefix("Value error, ")
    return f"{message}; found {error['input']!r}" if isinstance(error["input"], bool | int | float | str) else message


def _keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that a part of a file may have; lists are looked through."""
    for name in location:
        if isinstance(name, str):
            inner = [part for part in _parts(model.model_fields[name].annotation) if issubclass(part, BaseModel)]
            if not inner:
                return []
            model = inner[0]
    return list(model.model_fields)


def _parts(annotation: Any) -> Iterator[type[Any]]:
    """Yield the classes that an annotation names."""
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for inner in get_args(annotation):
        yield from _parts(inner)
