"""Rows of `raw_records` as the plan of one record.

Belongs here: which rows make a record, and what each says of its samples. Does not belong here: reading.
"""

import polars as pl

from mimic_assets.errors import InternalError
from mimic_assets.records.samples.formats import FORMATS
from mimic_assets.records.samples.layout import FileLayout
from mimic_assets.records.samples.pieces import Piece, RecordPlan, Span
from mimic_assets.timeline import TICKS_PER_FRAME

FORMAT = 516
"""The one format of the published layout: 16-bit FLAC."""


def plan_of(rows: pl.DataFrame) -> RecordPlan:
    """Return the plan of one record.

    Args:
        rows: every row of `raw_records` of the record.

    A signal has one number of samples per frame, that of the first segment which holds it; a segment that disagrees
    counts as unreadable for this signal.

    Raises:
        InternalError: the rows are not those of exactly one record.
    """
    if rows["record_id"].n_unique() != 1:
        raise InternalError(f"raw_records of {rows['record_id'].n_unique()} records found, of one record expected")
    rates: dict[str, int] = {}
    spans: dict[int, Span] = {}
    channels: dict[str, dict[int, int]] = {}
    for row in rows.sort("segment_index", "signal_index").iter_rows(named=True):
        start, frames = row["segment_start_tick"] // TICKS_PER_FRAME, row["segment_frame_count"]
        span = spans.setdefault(row["segment_index"], Span(start, start + frames, {}))
        per_frame = row["samples_per_frame"]
        channels.setdefault(row["file"], {})[row["channel"]] = per_frame
        is_another_rate = rates.setdefault(row["signal"], per_frame) != per_frame
        can_be_read = not is_another_rate and row["storage_format"] == FORMAT
        span.pieces[row["signal"]] = Piece(
            row["file"],
            row["channel"],
            frames,
            row["readable_frame_count"] if can_be_read else 0,
            row["gain"],
            row["baseline"],
            row["unit"],
            FORMATS[FORMAT].missing,
        )
    return RecordPlan(
        rows["record_last_tick"][0],
        dict(sorted(rates.items())),
        tuple(sorted(spans.values(), key=lambda span: span.start_frame)),
        {path: FileLayout(FORMAT, tuple(rate for _, rate in sorted(of.items()))) for path, of in channels.items()},
        TICKS_PER_FRAME,
    )
