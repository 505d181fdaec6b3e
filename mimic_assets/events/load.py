"""Definitions by file: those that come with the package, and a user's own that replace or add to them.

Belongs here: finding and reading TOML, and saying all that is wrong with it at once. Does not belong here: what a
definition may say (`definition`), or whether its codes are in a dictionary (`dictionary`).
"""

import difflib
import hashlib
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from mimic_assets.errors import RequestError
from mimic_assets.events.definition import CodeList, Definition, Evidence, Rule
from mimic_assets.events.texts import known_texts

_SHIPPED = Path(__file__).parent / "definitions"
_PARTS: tuple[type[BaseModel], ...] = (Definition, Rule, Evidence, CodeList)
_KEYS = sorted({name for part in _PARTS for name in part.model_fields})


def shipped_definitions() -> tuple[str, ...]:
    """Return the names of the definitions that come with the package, sorted."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.toml")))


def load_definitions(paths: Iterable[str] = ()) -> tuple[Definition, ...]:
    """Return every shipped definition, with those of the given files or folders in place of or beside them; by name.

    Raises:
        RequestError: a file does not exist, is no TOML, or says what a definition may not say; two given files define
            one event.
    """
    found = {definition.name: definition for definition in map(load_definition, sorted(_SHIPPED.glob("*.toml")))}
    given: dict[str, Path] = {}
    for path in definition_files(paths):
        definition = load_definition(path)
        if definition.name in given:
            raise RequestError(
                f"Event {definition.name!r} is defined in {given[definition.name]} and in {path}, one expected."
            )
        given[definition.name] = path
        found[definition.name] = definition
    return tuple(found[name] for name in sorted(found))


def load_definition(path: Path) -> Definition:
    """Return the definition of one file; RequestError with every problem where there is one."""
    try:
        return Definition.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise RequestError(f"Event definition {path} does not exist.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RequestError(f"Event definition {path} is not TOML: {error}") from None
    except ValidationError as error:
        problems = "\n".join(f"  {_place(e['loc'])}: {_sentence(e)}" for e in error.errors(include_url=False))
        raise RequestError(f"Event definition {path} has {error.error_count()} problem(s):\n{problems}") from None


def definitions_fingerprint(definitions: Sequence[Definition]) -> str:
    """Return the SHA-256 of everything the definitions decide, known texts included."""
    decided = [*(definition.fingerprint for definition in definitions), repr(sorted(known_texts().items()))]
    return hashlib.sha256("\n".join(decided).encode()).hexdigest()


def items_by_table(definitions: Sequence[Definition]) -> dict[str, frozenset[int]]:
    """Return the items that definitions read, by table of the clinical source."""
    found: dict[str, frozenset[int]] = {}
    for selection in (each for definition in definitions for each in definition.selections):
        if selection.items:
            found[selection.table] = found.get(selection.table, frozenset()) | frozenset(selection.items)
    return found


def definition_files(paths: Iterable[str]) -> list[Path]:
    """Return the files that paths name: a file itself, of a folder every *.toml, sorted."""
    files: list[Path] = []
    for path in map(Path, paths):
        inside = sorted(path.glob("*.toml")) if path.is_dir() else [path]
        if not inside:
            raise RequestError(f"Folder {path} holds no event definition, *.toml expected.")
        files += inside
    return files


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "definition"


def _sentence(error: Any) -> str:
    if error["type"] != "extra_forbidden":
        return str(error["msg"]).removeprefix("Value error, ")
    key = str(error["loc"][-1])
    near = difflib.get_close_matches(key, _KEYS, n=1)
    return "unknown key" + (f"; did you mean {near[0]!r}?" if near else "")
