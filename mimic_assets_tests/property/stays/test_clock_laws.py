"""Laws of the clock audit: a planted lag is found or unknown, moves with the clock; order and future do not matter."""

from datetime import timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from mimic_assets.stays import find_record_stays
from mimic_assets_tests.clocks import START, chart, course, header, looks, monitor

HOURS = 8
STEPS = ["lag_known_times", "lag_steps_s", "lag_step_confidences"]
seeds = st.integers(0, 10_000)
lags = st.integers(-4200, 4200)
charted = st.lists(st.integers(1, HOURS * 60 - 1), min_size=4, max_size=30, unique=True).map(sorted)
charted_often = st.lists(st.integers(1, HOURS * 60 - 1), min_size=20, max_size=30, unique=True).map(sorted)
"""Often enough for something to be known before a cut."""


def audited(seed: int, lag_s: int, minutes: list[int], **more: int) -> pl.DataFrame:
    """Return record_stays of a patient charted at these minutes, some looks half a minute early or late."""
    shown = course(seed, HOURS)
    off = [float((seed + 7 * minute) % 60 - 30) for minute in minutes]
    rows = chart(*looks(shown, minutes, off, **more))
    return find_record_stays(header(lag_s, HOURS), monitor(shown, lag_s), rows).frame


@settings(max_examples=60, deadline=None)
@given(seeds, lags, charted)
def test_a_planted_lag_is_found_within_a_minute_or_unknown(seed: int, lag_s: int, minutes: list[int]) -> None:
    row = audited(seed, lag_s, minutes).row(0, named=True)
    sure = row["lag_confidence"] is not None and row["lag_confidence"] >= 0.99
    if sure:
        assert abs(row["lag_s"] - lag_s) <= 60
    if len(minutes) >= 20:
        assert row["lag_s"] is not None


@settings(max_examples=30, deadline=None)
@given(seeds, charted, st.integers(-100, 100), st.integers(-100, 100))
def test_a_clock_set_forward_has_a_lag_that_much_larger(seed: int, minutes: list[int], one: int, other: int) -> None:
    """In steps of the grid, 15 s; near the end of the search the screens that are compared are not quite the same."""
    first, second = (audited(seed, 15 * steps, minutes).row(0, named=True) for steps in (one, other))
    if None not in (first["lag_s"], second["lag_s"]) and min(first["lag_confidence"], second["lag_confidence"]) > 0.99:
        assert abs((second["lag_s"] - first["lag_s"]) - 15 * (other - one)) <= 15


@settings(max_examples=30, deadline=None)
@given(seeds, lags, charted, st.integers(0, 2**31))
def test_the_order_of_rows_changes_nothing(seed: int, lag_s: int, minutes: list[int], shuffle: int) -> None:
    shown = course(seed, HOURS)
    rows, cells = chart(*looks(shown, minutes)), monitor(shown, lag_s)
    mixed = [frame.sample(fraction=1, shuffle=True, seed=shuffle) for frame in (header(lag_s, HOURS), cells, rows)]
    assert find_record_stays(header(lag_s, HOURS), cells, rows).frame.equals(find_record_stays(*mixed).frame)


@settings(max_examples=40, deadline=None)
@given(seeds, lags, charted_often, st.sampled_from([60, 3000, 12_000]), st.integers(3 * 60, 11 * 60))
def test_deleting_what_came_later_changes_no_earlier_estimate(
    seed: int, lag_s: int, minutes: list[int], stored_s: int, cut_minute: int
) -> None:
    """Chart rows stored after T, and rows the monitor may have stamped after T whatever its lag, are deleted."""
    shown, cut = course(seed, HOURS), START + timedelta(minutes=cut_minute)
    rows, cells = chart(*looks(shown, minutes, stored_s=stored_s)), monitor(shown, lag_s)
    whole = find_record_stays(header(lag_s, HOURS), cells, rows).frame
    past = find_record_stays(
        header(lag_s, HOURS),
        cells.filter(pl.col("time") <= cut - timedelta(minutes=75)),
        rows.filter((pl.col("source_table") != "chartevents") | (pl.col("store_time") <= cut)),
    ).frame
    count = sum(time <= cut for time in whole["lag_known_times"][0])
    for name in STEPS:
        assert past[name][0].to_list()[:count] == whole[name][0].to_list()[:count]
    assert sum(time <= cut for time in past["lag_known_times"][0]) == count
