"""Where the samples of each signal of one record lie: the plan that reads follow.

Belongs here: rows of `raw_records` -> segments, and per signal the pieces of files in order. Does not belong here:
bytes.
"""

from bisect import bisect_right
from dataclasses import dataclass

import polars as pl

from mimic_assets.errors import InternalError
from mimic_assets.timeline import TICKS_PER_FRAME

FORMAT = 516
"""The one format of the published layout: 16-bit FLAC."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One signal of one segment."""

    file: str
    storage_format: int
    channel: int
    readable_frame_count: int
    """Frames from the segment's start whose samples can be read; 0 where its file cannot be used."""
    gain: float
    baseline: int
    unit: str


@dataclass(frozen=True, slots=True)
class Span:
    """A segment whose header could be used."""

    start_frame: int
    end_frame: int
    """The first frame after it."""
    pieces: dict[str, Piece]
    """By signal."""


@dataclass(frozen=True, slots=True)
class RecordPlan:
    """Everything known of a record before a byte of it is read."""

    last_tick: int
    samples_per_frame: dict[str, int]
    """Of every signal that any segment holds, sorted by name."""
    spans: tuple[Span, ...]
    """In time order; they do not overlap."""

    def overlapping(self, start_frame: int, end_frame: int) -> tuple[Span, ...]:
        """Return the segments that hold any of the frames `start_frame` to `end_frame - 1`."""
        first = bisect_right(self.spans, start_frame, key=lambda span: span.end_frame)
        last = first
        while last < len(self.spans) and self.spans[last].start_frame < end_frame:
            last += 1
        return self.spans[first:last]


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
    for row in rows.sort("segment_index", "signal_index").iter_rows(named=True):
        start = row["segment_start_tick"] // TICKS_PER_FRAME
        span = spans.setdefault(row["segment_index"], Span(start, start + row["segment_frame_count"], {}))
        readable = row["readable_frame_count"]
        is_another_rate = rates.setdefault(row["signal"], row["samples_per_frame"]) != row["samples_per_frame"]
        if is_another_rate or row["storage_format"] != FORMAT:
            readable = 0
        span.pieces[row["signal"]] = Piece(
            row["file"],
            row["storage_format"],
            row["channel"],
            readable,
            row["gain"],
            row["baseline"],
            row["unit"],
        )
    ordered = tuple(sorted(spans.values(), key=lambda span: span.start_frame))
    return RecordPlan(rows["record_last_tick"][0], dict(sorted(rates.items())), ordered)
