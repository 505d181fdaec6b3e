"""Proof by construction that a window holds nothing of the future: delete everything after the index time, rebuild.

`truncated` deletes; rebuilding with `cut_windows` must give the same bytes in tensor, reasons, ages and features. What
is compared, and what a difference means, is said by the test (later: the check and the command) that uses it.
"""

from datetime import datetime

import polars as pl

from mimic_assets.timeline import RecordClock


def truncated(
    cleaned_numerics: pl.DataFrame, record_stays: pl.DataFrame, index_time: datetime
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return numerics and records as they were known at `index_time`, both with their tables' columns.

    Numerics: rows at or before the index time; rows without a time are gone, since they cannot be shown to be earlier.
    Records: those that had begun; last tick, ends of record, overlap and stay are cut to the index time.
    """
    known = cleaned_numerics.filter(pl.col("time") <= index_time)
    rows = []
    for row in record_stays.iter_rows(named=True):
        clock = RecordClock.of(row["record_start_time"], row["counter_frequency_hz"])
        last_tick = min(row["record_last_tick"], clock.tick_at(index_time))
        overlap_end = min(row["overlap_end_time"], index_time)
        if last_tick < 0 or overlap_end <= row["overlap_start_time"]:
            continue
        cut = {
            "record_last_tick": last_tick,
            "record_end_time": clock.time_at(last_tick),
            "overlap_end_time": overlap_end,
            "stay_end_time": min(row["stay_end_time"], index_time),
        }
        rows.append(row | cut)
    return known, pl.DataFrame(rows, schema=record_stays.schema)
