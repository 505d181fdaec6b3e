"""Refuses a task that names hindsight among its inputs, with the reason; what is hindsight says `schemas.hindsight`."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mimic_assets.schemas.hindsight import OWN, SOURCE, WHOLE, Knowledge, Known
from mimic_assets.schemas.tables import TABLES

_INPUTS: Final = frozenset({"parameters", "any_of", "match_on", "signals", "features"})
"""Keys of a task's sections that say what goes into a window, or what a window is chosen by."""


def refusal(name: str) -> str | None:
    """Return why a name can be no input; None where nothing forbids it.

    Args:
        name: `table.column`, or a column alone: then the column of any table counts, ours first. Case does not matter.
    """
    wanted = name.strip().lower()
    found = {at: known for at, known in _catalogue() if wanted in (at, at.partition(".")[2])}
    if not found or any(known.knowledge is Knowledge.KNOWN for known in found.values()):
        return None
    at, known = next(iter(found.items()))
    return f"{at} is {known.knowledge.value}: {known.reason}"


def refuse_hindsight(values: Any) -> Any:
    """Return a task's raw values as they are; called before they are validated.

    Raises:
        ValueError: one of its inputs is hindsight, a label or an identifier; all are named, each with its reason.
    """
    named = list(_named(values, "")) if isinstance(values, Mapping) else []
    problems = [f"{place} names {name!r}: {why}" for place, name in named if (why := refusal(name)) is not None]
    if problems:
        raise ValueError("; ".join(problems) + ". Inputs have to be known at the index time; leave it out.")
    return values


def _catalogue() -> Iterator[tuple[str, Known]]:
    for table, columns in OWN.items():
        yield from ((f"{table}.{column}", known) for column, known in columns.items())
    for table, known in WHOLE.items():
        own = TABLES[table].schema.names() if table in TABLES else []
        yield from ((f"{table}.{column}", known) for column in own)
    yield from SOURCE.items()


def _named(values: Mapping[str, Any], place: str) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _named(value, f"{place}{key}.")
        elif key in _INPUTS and isinstance(value, (list, tuple)):
            yield from ((f"{place}{key}", name) for name in value if isinstance(name, str))
