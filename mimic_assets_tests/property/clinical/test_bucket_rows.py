"""A bucket's rows against a slow oracle that sorts whole tuples and counts one by one."""

from collections import Counter
from datetime import datetime
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from mimic_assets.clinical.bucket_rows import numbered, sorted_rows
from mimic_assets.clinical.source_tables import SOURCE_TABLES
from mimic_assets.schemas.tables import CLINICAL_EXTRACT

_SCHEMA = CLINICAL_EXTRACT.schema
_OF_TYPE: dict[Any, list[Any]] = {
    pl.Int64(): [-5, 1, 2, 10],
    pl.Int32(): [9, 10],
    pl.Float64(): [-1.5, 0.0, 2.0],
    pl.String(): ["", "10", "9", "a", "é"],
    pl.Datetime("us"): [datetime(1969, 12, 31), datetime(2150, 1, 1), datetime(2150, 1, 1, 0, 1)],
}
_TABLES = ("chartevents", "icustays", "patients", "poe_detail")


@st.composite
def _tables(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for table in _TABLES:
        cells = {name: st.sampled_from([None, *_OF_TYPE[_SCHEMA[name]]]) for name in SOURCE_TABLES[table].cells}
        row = st.fixed_dictionaries({"subject_id": st.sampled_from([7, 8, 9]), **cells})
        found[table] = draw(st.lists(row, max_size=8))
    return found


@given(rows=_tables())
def test_rows_are_in_the_order_of_their_cells_and_numbered_within_subject_and_table(
    rows: dict[str, list[dict[str, Any]]],
) -> None:
    frames = {
        table: pl.DataFrame(found, schema={n: _SCHEMA[n] for n in ("subject_id", *SOURCE_TABLES[table].cells)})
        for table, found in rows.items()
        if found
    }
    made = numbered(sorted_rows(frames))
    assert made.schema == _SCHEMA
    assert made.rows(named=True) == _by_hand(rows)


def _by_hand(rows: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    whole = [
        {name: table if name == "source_table" else row.get(name) for name in _SCHEMA if name != "source_row"}
        for table, found in rows.items()
        for row in found
    ]
    order = list(rows)
    whole.sort(key=lambda row: (row["subject_id"], order.index(row["source_table"]), *map(_nulls_first, row.values())))
    counts: Counter[tuple[int, str]] = Counter()
    expected = []
    for row in whole:
        group = (row["subject_id"], row["source_table"])
        counts[group] += 1
        expected.append({name: counts[group] if name == "source_row" else row[name] for name in _SCHEMA})
    return expected


def _nulls_first(cell: Any) -> tuple[bool, Any]:
    return (cell is not None, 0 if cell is None else cell.encode() if isinstance(cell, str) else cell)
