"""Frames as stages are given them in a lake: scans of Parquet with small row groups."""

from io import BytesIO

import polars as pl


def scanned(frame: pl.DataFrame, rows_per_group: int = 7) -> pl.LazyFrame:
    """Return a scan of the frame's rows, in their order."""
    stored = BytesIO()
    frame.write_parquet(stored, row_group_size=rows_per_group)
    stored.seek(0)
    return pl.scan_parquet(stored)
