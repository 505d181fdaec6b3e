"""Laws of the record clock and of `(start, end]` intervals, against slow obvious oracles."""

from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimic_assets.timeline import Interval, RecordClock, difference, frame_of, sample_of, union

FREQUENCIES = st.sampled_from(["999.56", "999.52", "1000", "62.4725", "124.945", "999.5601", "0.125"])
STARTS = st.datetimes(datetime(2100, 1, 1), datetime(2200, 12, 31))
TICKS = st.integers(-(10**9), 10**10)
ORIGIN = datetime(2135, 1, 17)
MINUTES = st.integers(0, 30)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    return Interval(ORIGIN + timedelta(minutes=draw(MINUTES)), ORIGIN + timedelta(minutes=draw(MINUTES)))


def members(several: list[Interval]) -> set[int]:
    """The half minutes that lie in any of the intervals, one by one."""
    times = range(-2, 64)
    return {k for k in times if any(i.start < ORIGIN + timedelta(seconds=30 * k) <= i.end for i in several)}


@given(STARTS, FREQUENCIES, TICKS)
def test_a_tick_survives_the_way_to_time_and_back(start: datetime, frequency: str, tick: int) -> None:
    clock = RecordClock.of(start, frequency)
    assert clock.tick_at(clock.time_at(tick)) == tick


@given(STARTS, FREQUENCIES, TICKS, st.integers(-(10**7), 10**7))
def test_the_tick_at_a_time_is_the_last_one_not_after_it(
    start: datetime, frequency: str, tick: int, off_us: int
) -> None:
    clock = RecordClock.of(start, frequency)
    time = clock.time_at(tick) + timedelta(microseconds=off_us)
    found = clock.tick_at(time)
    assert clock.time_at(found) <= time < clock.time_at(found + 1)


@given(STARTS, FREQUENCIES, TICKS)
def test_time_is_the_exact_fraction_rounded_down(start: datetime, frequency: str, tick: int) -> None:
    exact = Fraction(tick) / Fraction(frequency) * 1_000_000
    offset = (RecordClock.of(start, frequency).time_at(tick) - start) // timedelta(microseconds=1)
    assert offset <= exact < offset + 1


@given(STARTS, FREQUENCIES, st.lists(st.none() | TICKS, max_size=20))
def test_a_column_of_ticks_has_the_same_times_as_one_by_one(
    start: datetime, frequency: str, ticks: list[int | None]
) -> None:
    clock = RecordClock.of(start, frequency)
    column = pl.DataFrame({"tick": ticks}, schema={"tick": pl.Int64}).select(clock.times(pl.col("tick"))).to_series()
    assert column.to_list() == [None if tick is None else clock.time_at(tick) for tick in ticks]


def test_absurd_ticks_give_null_instead_of_a_wrapped_time() -> None:
    clock = RecordClock.of(ORIGIN, "999.56")
    frame = pl.DataFrame({"tick": [2**62, -(2**62), 16]})
    assert frame.select(clock.times(pl.col("tick"))).to_series().is_null().to_list() == [True, True, False]


def test_ticks_are_not_milliseconds() -> None:
    """After 2.5 days of the real record 85594648 the difference is 95 s."""
    clock = RecordClock.of(ORIGIN, "999.56")
    naive = ORIGIN + timedelta(milliseconds=214_885_824)
    assert round((clock.time_at(214_885_824) - naive).total_seconds()) == 95


@pytest.mark.parametrize("frequency", ["0", "-1", "fast", "1/0"])
def test_an_impossible_frequency_is_refused(frequency: str) -> None:
    with pytest.raises((ValueError, ZeroDivisionError)):
        RecordClock.of(ORIGIN, frequency)


def test_frames_and_samples_of_a_tick() -> None:
    assert [frame_of(t) for t in (0, 15, 16, -1)] == [0, 0, 1, -1]
    assert [sample_of(t, 4) for t in (0, 3, 4, 16)] == [0, 0, 1, 4]
    with pytest.raises(ValueError, match="3 samples per frame"):
        sample_of(0, 3)


@given(st.lists(intervals(), max_size=6))
def test_union_holds_the_same_times_disjoint_and_sorted(several: list[Interval]) -> None:
    merged = union(several)
    assert members(merged) == members(several)
    assert all(a.end < b.start for a, b in pairwise(merged))


@given(intervals(), st.lists(intervals(), max_size=5))
def test_difference_holds_what_the_holes_leave(whole: Interval, holes: list[Interval]) -> None:
    assert members(difference(whole, holes)) == members([whole]) - members(holes)


@given(intervals(), intervals())
def test_intersection_and_covering_agree_with_membership(one: Interval, other: Interval) -> None:
    assert members([one.intersection(other)]) == members([one]) & members([other])
    assert one.covers(other) == (members([other]) <= members([one]))


def test_the_start_is_open_and_the_end_closed() -> None:
    interval = Interval(ORIGIN, ORIGIN + timedelta(minutes=1))
    assert ORIGIN not in interval
    assert ORIGIN + timedelta(minutes=1) in interval
    assert interval.duration == timedelta(minutes=1)
