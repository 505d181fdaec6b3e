"""A bucket's rows of all tables as `clinical_extract`: sorted, numbered, every column there.

Each table is sorted by the columns it fills (the others are null in all its rows and decide nothing), and columns are
gathered one after the other, so that a bucket lies in memory about twice while it is made. Not here: defects of rows
(`domain`).
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from mimic_assets.schemas.tables import CLINICAL_EXTRACT

_SCHEMA = {name: dtype for name, dtype in CLINICAL_EXTRACT.schema.items() if name != "source_row"}


def sorted_rows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return `clinical_extract` but for `source_row`: ascending by subject, table and every other column, nulls first.

    Args:
        tables: rows by table, in the order in which tables sort; each with the columns it fills, in any row order.
    """
    if not tables:
        return pl.DataFrame(schema=_SCHEMA)
    parts = {
        table: rows.sort([name for name in _SCHEMA if name in rows.columns])  # the subject is the first of them
        for table, rows in tables.items()
    }
    # Each table is a run that ascends; a stable sort merges runs and keeps their order where subjects are equal.
    subjects = np.concatenate([rows["subject_id"].to_numpy() for rows in parts.values()])
    places = pl.Series(np.argsort(subjects, kind="stable"))
    columns = []
    for name, dtype in _SCHEMA.items():
        pieces = [_cells(table, rows, name, dtype) for table, rows in parts.items()]
        columns.append(pl.concat(pieces, rechunk=True).gather(places).alias(name))
    return pl.DataFrame(columns)


def numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """Return sorted rows with `source_row`: 1, 2, 3 ... within each subject and table."""
    place = pl.int_range(pl.len(), dtype=pl.Int64)
    is_first = pl.any_horizontal(pl.col(name) != pl.col(name).shift() for name in ("subject_id", "source_table"))
    first = pl.when(is_first.fill_null(True)).then(place).forward_fill()
    return rows.with_columns(source_row=place - first + 1).select(CLINICAL_EXTRACT.schema.names())


def _cells(table: str, rows: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Series:
    if name == "source_table":
        return pl.repeat(table, rows.height, dtype=dtype, eager=True)
    return rows[name].cast(dtype) if name in rows.columns else pl.Series(name, dtype=dtype).clear(rows.height)
