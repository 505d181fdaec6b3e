"""How the rows of one key are judged against their table and stored: at once, or part by part through a local spool.

Belongs here: promises that hold over all parts of an object (no key twice, ascending order), what is tallied of it, and
the one write that makes it stand. Not here: where the rows come from (`making`).
"""

import json
from collections import Counter
from pathlib import Path

import polars as pl

from mimic_assets import windows
from mimic_assets.defs.spool import spooling
from mimic_assets.errors import DataError
from mimic_assets.schemas.judged import Judged, JudgedParts
from mimic_assets.schemas.model import Table
from mimic_assets.schemas.pandera_models import Violation, is_sorted, violations
from mimic_assets.schemas.tables import CLINICAL_LABELS
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake, Stored
from mimic_assets.storage.parquet import PartsFile

ATTRITION_TALLY = "attrition "
"""Begins the names of tallies that count the steps of a task's attrition."""
Tally = dict[str, dict[str, int]]


def put(
    lake: Lake, home: Path, table: Table, place: Key, judged: Judged | JudgedParts, wanted: str, extra: dict[str, str]
) -> Stored:
    """Judge an object against its table and write it whole.

    Raises:
        DataError: the rows break a promise of the table; each rule is named with its count.
    """
    if isinstance(judged, JudgedParts):
        return _put_parts(lake, home, table, place, judged, wanted, extra)
    _refuse(violations(table, judged.frame))
    return lake.write(table, place, judged, wanted, {"tally": json.dumps(tally(table, judged.frame))} | extra)


def _put_parts(
    lake: Lake, home: Path, table: Table, place: Key, judged: JudgedParts, wanted: str, extra: dict[str, str]
) -> Stored:
    with spooling(home, "rows") as spool:
        rows = PartsFile(table, spool / "data.parquet")
        try:
            seen, counts = _Seen(table), Counter[tuple[str, str]]()
            for part in judged.parts:
                _refuse([*violations(table, part), *seen.add(part)])
                for column, values in tally(table, part).items():
                    counts.update({(column, value): count for value, count in values.items()})
                rows.append(part)
                del part  # the next one is made while this name would still hold this one
            _refuse(seen.repeats())
            found: Tally = {column: {} for column in tally(table, table.empty())}
            for (column, value), count in sorted(counts.items()):
                found[column][value] = count
            return lake.write_parts(table, place, rows, judged.rejected, wanted, {"tally": json.dumps(found)} | extra)
        finally:
            rows.close()


class _Seen:
    """What has to be remembered of the parts so far: their keys, and the last row's order."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._keys: list[pl.DataFrame] = []
        self._last: pl.DataFrame | None = None

    def add(self, part: pl.DataFrame) -> list[Violation]:
        """Remember a part; return the promise that is broken between it and the one before."""
        if part.is_empty():
            return []
        order = part.select(self._table.order)
        border = order.head(1) if self._last is None else pl.concat([self._last, order.head(1)])
        self._last = order.tail(1)
        self._keys.append(part.select(self._table.key))
        is_after = border.height < 2 or is_sorted(border, self._table.order)
        return [] if is_after else [Violation("sorted", None, 1)]

    def repeats(self) -> list[Violation]:
        """Return the promise that no key comes twice, where it is broken."""
        keys = pl.concat(self._keys) if self._keys else pl.DataFrame()
        count = keys.height - keys.n_unique() if keys.height else 0
        return [Violation("unique_key", None, count)] if count else []


def _refuse(broken: list[Violation]) -> None:
    if broken:
        raise DataError("; ".join(str(violation) for violation in broken))


def tally(table: Table, frame: pl.DataFrame) -> Tally:
    """Return how often each value of each coded column occurs; null counts as `-`."""
    coded = [c.name for c in table.columns if c.values is not None or c.is_open_list or c.dtype == pl.Boolean]
    found: Tally = {}
    for name in coded:
        counts = frame.get_column(name).cast(pl.String).fill_null("-").value_counts().sort(name)
        found[name] = dict(counts.iter_rows())
    if table is CLINICAL_LABELS:
        counted = windows.attrition(frame).drop("is_removal")
        for count in counted.columns[1:]:
            found[f"{ATTRITION_TALLY}{count}"] = dict(counted.select("step", count).iter_rows())
    return found
