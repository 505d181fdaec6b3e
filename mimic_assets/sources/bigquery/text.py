"""Typed columns of a query's result -> the text that the published csv.gz has, so that both are read in one way.

Every conversion is without loss: integers and floats (shortest form that reads back equal), times to the second, and
to the microsecond where there is a fraction. Not here: what a cell means.
"""

import polars as pl
import pyarrow as pa


def as_text(batch: pa.RecordBatch) -> pl.DataFrame:
    """Return a batch with every column as text; null stays null."""
    columns = [column.storage if isinstance(column, pa.ExtensionArray) else column for column in batch.columns]
    plain = pa.schema([pa.field(name, c.type) for name, c in zip(batch.schema.names, columns, strict=True)])
    frame = pl.DataFrame(pl.from_arrow(pa.RecordBatch.from_arrays(columns, schema=plain)))
    return frame.select(_text(frame.get_column(name)) for name in frame.columns)


def _text(cells: pl.Series) -> pl.Series:
    if isinstance(cells.dtype, pl.Datetime):
        wall = cells.dt.replace_time_zone(None).dt.cast_time_unit("us")
        whole = wall.dt.strftime("%Y-%m-%d %H:%M:%S")
        return wall.dt.strftime("%Y-%m-%d %H:%M:%S%.6f").set(wall.dt.microsecond() == 0, None).fill_null(whole)
    if cells.dtype == pl.Date:
        return cells.dt.strftime("%Y-%m-%d")
    return cells.cast(pl.String)
