"""Proof by construction that a window holds nothing of the future: delete everything after the index time, rebuild.

Here is what is deleted of numerics and records, and what has to be equal afterwards; `hindsight` deletes clinical rows.
Rebuilding composes several stages, which do not know each other: the shell does it (`defs.rebuilding`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from mimic_assets.schemas.tables import WINDOWED_SAMPLES
from mimic_assets.timeline import TICKS_PER_FRAME, RecordClock

NOT_INPUTS: Final = frozenset({"label", "event_id"})
"""Columns of windowed_samples that look into the future by design."""
INPUTS: Final = tuple(name for name in WINDOWED_SAMPLES.schema if name not in NOT_INPUTS)
"""Every other column: what a model is given, what a window is chosen by, and its place in the record."""


NO_SHIFTS: Final[Mapping[int, timedelta]] = {}
"""Every record by its own clock, as it stands."""


def truncated_raw(
    raw_numerics: pl.DataFrame,
    raw_records: pl.DataFrame,
    index_time: datetime,
    shifts: Mapping[int, timedelta] = NO_SHIFTS,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return one patient's source rows as they were at `index_time`, both with their tables' columns and order.

    A record whose clock stood `shifts[record_id]` after the chart's is cut at `index_time` plus that.
    Numerics: rows at or before the cut; rows without a time are gone, since they cannot be shown to be earlier.
    Records: those that had begun, with last tick and end cut to the index time and without later segments; the first
    segment stays even where its signals begin later, because a record is known by its header. Of a segment that is cut
    nothing is left that is said of its whole file: size and SHA-256 are null, the sum of its samples is 0.
    """
    known = raw_numerics.filter(pl.col("time") <= _cut_times(index_time, shifts))
    begun = []
    for rows in raw_records.partition_by("record_id", maintain_order=True):
        clock = RecordClock.of(rows["record_start_time"][0], rows["counter_frequency_hz"][0])
        cut_time = index_time + shifts.get(rows["record_id"][0], timedelta(0))
        last_tick = min(int(rows["record_last_tick"][0]), clock.tick_at(cut_time))
        if last_tick < 0:
            continue
        has_begun = pl.col("segment_start_tick") <= last_tick
        is_first = pl.col("segment_index") == pl.col("segment_index").min()
        frames = (last_tick - pl.col("segment_start_tick")) // TICKS_PER_FRAME + 1
        is_whole = pl.col("segment_frame_count") <= frames
        begun.append(
            rows.filter(has_begun | is_first).with_columns(
                record_last_tick=pl.lit(last_tick),
                record_end_time=pl.lit(clock.time_at(last_tick)),
                segment_frame_count=pl.min_horizontal("segment_frame_count", frames.clip(0)),
                readable_frame_count=pl.min_horizontal("readable_frame_count", frames.clip(0)),
                file_bytes=pl.when(is_whole).then("file_bytes"),
                file_sha256=pl.when(is_whole).then("file_sha256"),
                checksum=pl.when(is_whole).then("checksum").otherwise(0),
            )
        )
    columns = [pl.col(name).cast(dtype) for name, dtype in raw_records.schema.items()]
    return known, pl.concat([raw_records.clear(), *(rows.select(columns) for rows in begun)])


def _cut_times(index_time: datetime, shifts: Mapping[int, timedelta]) -> pl.Expr:
    """Return where each row's record is cut, by its own clock."""
    record_ids = pl.Series(list(shifts), dtype=pl.Int64)
    by_record = pl.Series([index_time + shift for shift in shifts.values()], dtype=pl.Datetime("us"))
    return pl.col("record_id").replace_strict(record_ids, by_record, default=index_time, return_dtype=pl.Datetime("us"))


def truncated(
    cleaned_numerics: pl.DataFrame,
    record_stays: pl.DataFrame,
    index_time: datetime,
    shifts: Mapping[int, timedelta] = NO_SHIFTS,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return numerics and records as they were known at `index_time`, both with their tables' columns.

    Numerics: rows at or before the index time; rows without a time are gone, since they cannot be shown to be earlier.
    Records: those that had begun; last tick, ends of record, overlap and stay are cut to the index time. Of the lag,
    what was known by then is left; the audit of the whole overlap is gone.
    A record whose clock stood `shifts[record_id]` after the chart's is cut at `index_time` plus that.
    """
    known = cleaned_numerics.filter(pl.col("time") <= _cut_times(index_time, shifts))
    rows = []
    for row in record_stays.iter_rows(named=True):
        clock = RecordClock.of(row["record_start_time"], row["counter_frequency_hz"])
        cut_time = index_time + shifts.get(row["record_id"], timedelta(0))
        last_tick = min(row["record_last_tick"], clock.tick_at(cut_time))
        overlap_end = min(row["overlap_end_time"], index_time)
        if last_tick < 0 or overlap_end <= row["overlap_start_time"]:
            continue
        cut = {
            "record_last_tick": last_tick,
            "record_end_time": clock.time_at(last_tick),
            "overlap_end_time": overlap_end,
            "stay_end_time": min(row["stay_end_time"], index_time),
            **_known_lag(row, index_time),
        }
        rows.append(row | cut)
    return known, pl.DataFrame(rows, schema=record_stays.schema)


def _known_lag(row: dict[str, Any], index_time: datetime) -> dict[str, Any]:
    """Return the lag's columns of a row of record_stays with what was known at `index_time`."""
    count = sum(time <= index_time for time in row["lag_known_times"] or [])
    steps = ("lag_known_times", "lag_steps_s", "lag_step_confidences")
    known = {name: (row[name] or [])[:count] for name in steps}
    return {"lag_s": None, "lag_confidence": None, "has_large_lag": None} | known


def differences(sample: pl.DataFrame, rebuilt: pl.DataFrame) -> list[str]:
    """Return the input columns in which a window and its rebuild are not the same, digit for digit; never values.

    Args:
        sample: one row of windowed_samples.
        rebuilt: the same window cut from what was known at its index time; no row where no record could be found for
            it then, which is a difference of `record_id`.

    Returns:
        Names out of `INPUTS`, in the order of the table. Missing equals missing; zero and minus zero differ.
    """
    if rebuilt.is_empty():
        return ["record_id"]
    return [name for name in INPUTS if repr(sample[name].to_list()) != repr(rebuilt[name].to_list())]
