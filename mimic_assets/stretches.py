"""Rows of a long table cut at record and tick, so that what lies in memory does not grow with the length of a record.

Belongs here: where a table that is only scanned is cut, and plans of its pieces. Not here: what is asked of a piece, or
what is carried from one to the next.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from mimic_assets.schemas.judged import Rows

STRETCH_TICKS: Final = 12 * 3600 * 1000
"""Half a day of a counter of 1000 Hz: few enough cells at 1 Hz, and few passes over the row groups at the borders."""
FEW_ROWS: Final = 1 << 20
"""Rows that are not worth cutting: about a stretch of twenty parameters at 1 Hz."""


def stretches(rows: Rows) -> Sequence[Rows]:
    """Return rows in pieces that do not overlap: records ascending, and ticks within a record.

    A frame is one piece, whole and in its order: it lies in memory as it is. So is a scan of few rows. Of a longer one
    a piece is a plan that asks for one record and ticks `[n, n + 1) x STRETCH_TICKS`, comparisons by which a stored
    object's row groups are passed over; its rows are in stored order. Ticks without a row give no piece, however far
    away others are.

    Args:
        rows: with `record_id` and `tick`. Rows without a tick may be left out: no usable cell is without one.
    """
    if isinstance(rows, pl.DataFrame) or rows.select(pl.len()).collect().item() <= FEW_ROWS:
        return [rows]
    numbers = rows.select("record_id", number=pl.col("tick") // STRETCH_TICKS).unique().drop_nulls().collect()
    record_id, tick = pl.col("record_id"), pl.col("tick")
    return [
        rows.filter(record_id == record, tick >= number * STRETCH_TICKS, tick < (number + 1) * STRETCH_TICKS)
        for record, number in numbers.sort("record_id", "number").iter_rows()
    ]
