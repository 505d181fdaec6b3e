"""How the rows of one key are judged against their table and stored: at once, or part by part through a local spool.

Belongs here: row groups out of parts of any size, and the one write that makes an object stand. Not here: where rows
come from (`making`), parts in another order (`runs`), what is judged (`promises`) and counted (`tallies`).
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from mimic_assets.defs.promises import Promises, refuse
from mimic_assets.defs.runs import in_table_order
from mimic_assets.defs.spool import spooling
from mimic_assets.defs.tallies import Tallies
from mimic_assets.schemas.judged import Judged, JudgedParts
from mimic_assets.schemas.judging import violations
from mimic_assets.schemas.model import Table
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake, Stored
from mimic_assets.storage.parquet import PartsFile, row_group_rows

_JUDGED_GROUPS = 2
"""Row groups that are judged and written at once: judging has many small steps, whatever the rows."""


def put(
    lake: Lake, home: Path, table: Table, place: Key, judged: Judged | JudgedParts, wanted: str, extra: dict[str, str]
) -> Stored:
    """Judge an object against its table and write it whole.

    Raises:
        DataError: the rows break a promise of the table; each rule is named with its count.
    """
    if isinstance(judged, JudgedParts):
        return _put_parts(lake, home, table, place, judged, wanted, extra)
    refuse(violations(table, judged.frame))
    tallies = Tallies(table)
    tallies.add(judged.frame)
    return lake.write(table, place, judged, wanted, {"tally": json.dumps(tallies.found())} | extra)


def _put_parts(
    lake: Lake, home: Path, table: Table, place: Key, judged: JudgedParts, wanted: str, extra: dict[str, str]
) -> Stored:
    with spooling(home, "rows") as spool:
        rows = PartsFile(table, spool / "data.parquet")
        try:
            promises, tallies = Promises(table), Tallies(table)
            for part in row_groups(table, in_table_order(judged, spool)):
                promises.judge(part)
                if promises.are_kept:  # else it is only counted what else is broken
                    tallies.add(part)
                    rows.append(part)
                del part  # the next one is made while this name would still hold this one
            promises.refuse_broken()
            said = {"tally": json.dumps(tallies.found())} | extra
            return lake.write_parts(table, place, rows, judged.refused(), wanted, said)
        finally:
            rows.close()


def row_groups(table: Table, parts: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield the same rows in pieces of whole row groups, the last one smaller: those of an object written at once.

    Rows that hold lists have no size that is known before: their parts, cut by whoever made them, stay as they are.
    """
    if any(column.dtype.is_nested() for column in table.columns):
        yield from parts
        return
    at_once = _JUDGED_GROUPS * row_group_rows(table)
    held: list[pl.DataFrame] = []
    count = 0
    for part in parts:
        held.append(part)
        count += part.height
        del part
        if count >= at_once:
            rows = pl.concat(held, rechunk=True)
            held.clear()
            whole = count - count % at_once
            for start in range(0, whole, at_once):
                yield rows.slice(start, at_once)
            count -= whole
            held = [rows.slice(whole)] if count else []
            del rows
    if count:
        yield pl.concat(held, rechunk=True)
