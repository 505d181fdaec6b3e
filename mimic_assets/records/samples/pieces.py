"""Where the samples of each signal of one record lie: the plan that reads follow.

Belongs here: segments, and per signal the pieces of files in order. Does not belong here: bytes, and where a plan comes
from (`row_plan`, `any_record`).
"""

from bisect import bisect_right
from dataclasses import dataclass, field

from mimic_assets.records.samples.layout import FileLayout


@dataclass(frozen=True, slots=True)
class Piece:
    """One signal of one segment."""

    file: str
    channel: int
    """Place among the signals of the file."""
    frame_count: int
    """Frames from the segment's start that the signal was recorded in; a skewed one ends early."""
    readable_frame_count: int
    """Frames from the segment's start whose samples can be read; 0 where its file cannot be used."""
    gain: float
    baseline: int
    unit: str
    missing: int | None
    """Digital value that stands for none."""
    skew: int = 0
    """Frames by which the samples lie later in the file."""


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
    """Everything known of a record before a sample of it is read."""

    last_tick: int
    samples_per_frame: dict[str, int]
    """Of every signal that any segment holds."""
    spans: tuple[Span, ...]
    """In time order; they do not overlap."""
    files: dict[str, FileLayout]
    """By path; every file of a piece that can be read."""
    ticks_per_frame: int
    span_ends: tuple[int, ...] = field(init=False)
    """First frame after each segment."""

    def __post_init__(self) -> None:
        """Keep the ends for search."""
        object.__setattr__(self, "span_ends", tuple(span.end_frame for span in self.spans))

    def overlapping(self, start_frame: int, end_frame: int) -> tuple[Span, ...]:
        """Return the segments that hold any of the frames `start_frame` to `end_frame - 1`."""
        first = bisect_right(self.span_ends, start_frame)
        last = first
        while last < len(self.spans) and self.spans[last].start_frame < end_frame:
            last += 1
        return self.spans[first:last]
