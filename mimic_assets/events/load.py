"""Definitions by file: those that come with the package, and a user's own that replace or add to them.

Belongs here: finding the files, and what all of them together read. Does not belong here: what a definition may
say (`definition`), or whether its codes are in a dictionary (`dictionary`).
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from mimic_assets.errors import RequestError
from mimic_assets.events.definition import Definition
from mimic_assets.events.texts import known_texts
from mimic_assets.toml_file import read_toml

_SHIPPED = Path(__file__).parent / "definitions"


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
    return read_toml(Definition, path, "Event definition")


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


def tables_by_event(definitions: Sequence[Definition]) -> dict[str, frozenset[str]]:
    """Return the tables that each event is found in, those of needed evidence included.

    Rows that only mark a class or contradict are left out: without them the event is still found.
    """
    return {
        definition.name: frozenset(each.table for rule in definition.rules for each in (rule, *rule.needs))
        for definition in definitions
    }


def definition_files(paths: Iterable[str]) -> list[Path]:
    """Return the files that paths name: a file itself, of a folder every *.toml, sorted."""
    files: list[Path] = []
    for path in map(Path, paths):
        inside = sorted(path.glob("*.toml")) if path.is_dir() else [path]
        if not inside:
            raise RequestError(f"Folder {path} holds no event definition, *.toml expected.")
        files += inside
    return files
