"""The record clock and the algebra of `(start, end]` intervals. Everything about time arithmetic lives here.

A monitor counts ticks from the record's first sample. 16 ticks are one frame; an ECG sample (4 per frame) is 4 ticks.
`counter_freq` is read from the header (999.56 seen, 999.52 documented), never assumed, and kept as an exact fraction:
taking ticks for milliseconds is 95 s wrong after 2.5 days. Wall times are microseconds, rounded down, so an
order of ticks is an order of times and `(a, b]` in time selects the same rows as `(tick_at(a), tick_at(b)]` in ticks.

Source: MIMIC-IV Waveform Database 0.1.0 (2022), header files; WFDB header(5).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

import polars as pl

TICKS_PER_FRAME = 16
FRAMES_PER_TILE = 625
TICKS_PER_TILE = FRAMES_PER_TILE * TICKS_PER_FRAME
"""A tile is what waveforms are judged and summarised by: 10.0044 s at 62.4725 frames per second, from tick 0."""
_MICROSECONDS = 1_000_000
_EPOCH = datetime(1970, 1, 1)
_MOST_TICKS = 100 * 366 * 86_400 * 1_000


def microseconds(time: datetime) -> int:
    """Return a UTC-naive time as microseconds since 1970, exactly."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def at_microseconds(value: int) -> datetime:
    """Return the time that `microseconds` came from."""
    return _EPOCH + timedelta(microseconds=value)


@dataclass(frozen=True, slots=True)
class RecordClock:
    """Ticks of one record <-> wall time, exact in integers."""

    start_time: datetime
    """Wall time of tick 0."""
    ticks_per_second: Fraction
    """`counter_freq` of the header, exact."""

    @classmethod
    def of(cls, start_time: datetime, counter_frequency_hz: str) -> "RecordClock":
        """Return the clock of a record from its start and the counter frequency as the header writes it.

        Raises:
            ValueError: the frequency is not a positive decimal number.
        """
        frequency = Fraction(counter_frequency_hz)
        if frequency <= 0:
            raise ValueError(f"counter frequency {counter_frequency_hz} Hz found, a positive number expected")
        return cls(start_time, frequency)

    def time_at(self, tick: int) -> datetime:
        """Return the wall time of a tick, rounded down to the microsecond."""
        rate = self.ticks_per_second
        return at_microseconds(
            microseconds(self.start_time) + tick * _MICROSECONDS * rate.denominator // rate.numerator
        )

    def tick_at(self, time: datetime) -> int:
        """Return the last tick whose `time_at` is not after `time`; negative before the record."""
        rate = self.ticks_per_second
        elapsed = microseconds(time) - microseconds(self.start_time)
        return -(-(elapsed + 1) * rate.numerator // (_MICROSECONDS * rate.denominator)) - 1

    def times(self, ticks: pl.Expr) -> pl.Expr:
        """Return `time_at` of a column of ticks; null where the tick is.

        Exact: whole multiples of the fraction's numerator are taken out first, so no product leaves 64 bits. Ticks
        beyond a century of a 1000 Hz counter are no monitor's and give null.
        """
        rate = self.ticks_per_second
        possible = pl.when(ticks.is_between(-_MOST_TICKS, _MOST_TICKS)).then(ticks.cast(pl.Int64))
        per_numerator = _MICROSECONDS * rate.denominator
        offset = (possible // rate.numerator) * per_numerator
        offset += ((possible % rate.numerator) * per_numerator) // rate.numerator
        return (offset + microseconds(self.start_time)).cast(pl.Datetime("us"))


def frame_of(tick: int) -> int:
    """Return the frame a tick lies in."""
    return tick // TICKS_PER_FRAME


def whole_frames_by(tick: int) -> int:
    """Return how many frames of a record have ended by a tick: frame f ends at tick 16 f + 15."""
    return max((tick + 1) // TICKS_PER_FRAME, 0)


def whole_tiles_by(tick: int) -> int:
    """Return how many tiles of a record have ended by a tick: tile t is ticks (10000 t - 1, 10000 t + 9999]."""
    return max((tick + 1) // TICKS_PER_TILE, 0)


def sample_of(tick: int, samples_per_frame: int) -> int:
    """Return the sample of a signal that is the last at or before a tick, counted from the record's start.

    Raises:
        ValueError: samples do not divide a frame into whole ticks.
    """
    if TICKS_PER_FRAME % samples_per_frame:
        raise ValueError(f"{samples_per_frame} samples per frame found, a divisor of {TICKS_PER_FRAME} expected")
    return tick // (TICKS_PER_FRAME // samples_per_frame)


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """`(start, end]`: times after `start`, up to and including `end`. Empty when end <= start."""

    start: datetime
    """Open end."""
    end: datetime
    """Closed end."""

    def __contains__(self, time: datetime) -> bool:
        """Return whether a time lies in it."""
        return self.start < time <= self.end

    @property
    def is_empty(self) -> bool:
        """Whether no time lies in it."""
        return self.end <= self.start

    @property
    def duration(self) -> timedelta:
        """Its length; zero when empty."""
        return max(self.end - self.start, timedelta(0))

    def intersection(self, other: "Interval") -> "Interval":
        """Return the times that lie in both; may be empty."""
        return Interval(max(self.start, other.start), min(self.end, other.end))

    def covers(self, other: "Interval") -> bool:
        """Return whether every time of `other` lies in it; an empty interval is covered by any."""
        return other.is_empty or (self.start <= other.start and other.end <= self.end)


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same times as disjoint, sorted intervals; touching ones are joined."""
    merged: list[Interval] = []
    for interval in sorted(i for i in intervals if not i.is_empty):
        if merged and interval.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, interval.end))
        else:
            merged.append(interval)
    return merged


def difference(whole: Interval, holes: Iterable[Interval]) -> list[Interval]:
    """Return the times of `whole` that lie in none of `holes`, disjoint and sorted."""
    left: list[Interval] = []
    start = whole.start
    for hole in union(hole.intersection(whole) for hole in holes):
        piece = Interval(start, hole.start)
        if not piece.is_empty:
            left.append(piece)
        start = hole.end
    rest = Interval(start, whole.end)
    return left if rest.is_empty else [*left, rest]
