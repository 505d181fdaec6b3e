"""Frames that fit a table, made from its schema alone: every type, nulls where they may be, the same every time."""

from datetime import datetime, timedelta

import polars as pl

from mimic_assets.schemas.judged import Judged, Rejection, rejected_frame
from mimic_assets.schemas.model import Field, Partitioning, Table
from mimic_assets.storage import Key

_START = datetime(2135, 1, 14, 10)


def frame_of(table: Table, row_count: int = 7, subject_id: int = 10005817) -> pl.DataFrame:
    """Return rows with the table's columns; every third row of an optional column is null. Long frames repeat."""
    if row_count > 1000:
        whole = frame_of(table, 1000, subject_id)
        return pl.concat([whole] * (row_count // 1000 + 1)).head(row_count)
    columns = {}
    for place, column in enumerate(table.columns):
        values = [_value(column, place, row) for row in range(row_count)]
        if column.name == "subject_id":
            values = [subject_id] * row_count
        elif column.name in table.optional:
            values = [None if row % 3 == 2 else value for row, value in enumerate(values)]
        columns[column.name] = values
    return pl.DataFrame(columns, schema=table.schema)


def _value(column: Field, place: int, row: int) -> object:
    dtype = column.dtype() if isinstance(column.dtype, type) else column.dtype
    if isinstance(dtype, pl.List):
        return [_scalar(dtype.inner, place, row + inner) for inner in range(row % 4)]
    return _scalar(dtype, place, row)


def _scalar(dtype: object, place: int, row: int) -> object:
    kind = dtype() if isinstance(dtype, type) else dtype
    if kind == pl.String:
        return f"value {place} {row % 5} é"
    if kind == pl.Boolean:
        return row % 2 == 0
    if kind == pl.Datetime("us"):
        return _START + timedelta(seconds=row, microseconds=place)
    if kind in (pl.Float32, pl.Float64):
        return (row + 1) / 4 + place
    if kind == pl.Binary:
        return bytes([place, row % 5, 0])
    return (row + place) % 100 + 1


def rejections_of(table: Table, count: int) -> pl.DataFrame:
    """Return that many rejections of a table."""
    return rejected_frame(
        Rejection(table.name, f"file{n}.csv.gz", f"line {n}", "some_rule", "found a, expected b", "Mend it.", 10005817)
        for n in range(count)
    )


def judged_of(table: Table, row_count: int = 7, rejected_count: int = 0, subject_id: int = 10005817) -> Judged:
    """Return rows and rejections."""
    return Judged(frame_of(table, row_count, subject_id), rejections_of(table, rejected_count))


def key_of(table: Table, number: int = 10005817, task: str = "hypotension") -> Key:
    """Return a key that fits the table's partitioning."""
    if table.partitioning is Partitioning.WHOLE:
        return Key()
    if table.partitioning is Partitioning.TASK:
        return Key(task=task)
    if table.partitioning is Partitioning.BUCKET:
        return Key(number % 10)
    return Key(number, task if table.partitioning is Partitioning.PATIENT_TASK else None)
