"""A monitor that is a known time from the chart: the audit finds it, or says that it does not know."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from mimic_assets.schemas.judging import violations
from mimic_assets.schemas.tables import CLEANED_NUMERICS, RECORD_STAYS
from mimic_assets.stays import CHARTED_KNOWN_AFTER_S, WIDEST_LAG_S, find_record_stays
from mimic_assets.stays.charted import PAIRS, Look, find_looks
from mimic_assets.stays.estimate import estimate
from mimic_assets.stays.grid import LAG_COUNT, SLOT, WIDEST, Display, displays
from mimic_assets.stays.votes import Vote, silence, vote
from mimic_assets.timeline import microseconds
from mimic_assets_tests.clocks import START, chart, course, header, looks, monitor
from mimic_assets_tests.unit.events.source_rows import RECORD

HOURS = 12
SHOWN = course(1, HOURS)
HOURLY = range(30, HOURS * 60, 60)
EVERYTHING = (0, 10**16)
HEART_RATE = PAIRS[0]


def audit(lag_s: float, *rows: dict[str, object], numerics: pl.DataFrame | None = None) -> dict[str, object]:
    """Return the row of record_stays of a monitor that is `lag_s` ahead."""
    cleaned = monitor(SHOWN, lag_s) if numerics is None else numerics
    judged = find_record_stays(header(lag_s, HOURS), cleaned, chart(*rows))
    assert violations(RECORD_STAYS, judged.frame) == []
    [row] = judged.frame.to_dicts()
    large = ["large_clock_lag"] if row["has_large_lag"] else []
    assert judged.rejected["rule"].to_list() == large
    return row


@pytest.mark.parametrize("lag_s", [0, 90, 420, -420, 3600, -3600, 4200])
def test_a_planted_lag_is_found_from_one_look_an_hour(lag_s: int) -> None:
    row = audit(lag_s, *looks(SHOWN, HOURLY))
    assert row["lag_s"] == pytest.approx(lag_s, abs=60)
    assert row["lag_confidence"] > 0.99
    assert row["has_large_lag"] is (abs(lag_s) > 120)


def test_a_lag_of_zero_is_found_and_not_assumed() -> None:
    assert audit(0)["lag_s"] is None
    assert audit(0, *looks(SHOWN, HOURLY))["lag_s"] == pytest.approx(0, abs=30)


def test_without_charting_nothing_is_known() -> None:
    row = audit(420)
    assert (row["lag_s"], row["lag_confidence"], row["has_large_lag"]) == (None, None, None)
    assert (row["lag_known_times"], row["lag_steps_s"], row["lag_step_confidences"]) == ([], [], [])


def test_without_numerics_nothing_is_known() -> None:
    assert audit(420, *looks(SHOWN, HOURLY), numerics=CLEANED_NUMERICS.empty())["lag_s"] is None


def test_one_look_is_never_enough() -> None:
    assert audit(420, *looks(SHOWN, [300]))["lag_s"] is None


def test_a_monitor_that_shows_the_same_all_day_tells_nothing() -> None:
    still = {name: [values[0]] * len(values) for name, values in SHOWN.items()}
    assert audit(420, *looks(still, HOURLY), numerics=monitor(still, 420))["lag_s"] is None


@pytest.mark.parametrize("seed", range(2, 12))
def test_another_patients_chart_gives_no_lag(seed: int) -> None:
    assert audit(420, *looks(course(seed, HOURS), HOURLY))["lag_s"] is None


def test_a_lag_beyond_the_search_is_unknown() -> None:
    assert audit(WIDEST_LAG_S + 1800, *looks(SHOWN, HOURLY))["lag_s"] is None


def test_looks_from_memory_and_mistyped_values_do_not_mislead() -> None:
    off = [1100.0 if place % 4 == 1 else 10.0 for place in range(len(HOURLY))]
    rows = looks(SHOWN, HOURLY, off)
    rows[3] |= {"value": 7.0}
    assert audit(-420, *rows)["lag_s"] == pytest.approx(-420, abs=60)


def test_cells_that_cleaning_refused_do_not_count() -> None:
    bad = monitor(SHOWN, 420).with_columns(flag=pl.lit("artefact"))
    assert audit(420, *looks(SHOWN, HOURLY), numerics=bad)["lag_s"] is None


def test_what_is_known_hour_by_hour_uses_no_look_before_its_time() -> None:
    """Looks at half past each hour count from 2 h 31 min later, so after N full hours there are N - 3 of them."""
    row = audit(420, *looks(SHOWN, HOURLY))
    times = row["lag_known_times"]
    assert times == sorted(times)
    assert times[0] >= START + timedelta(hours=5)  # two looks: 08:30 and 09:30 (by the chart)
    assert all((time - START) % timedelta(hours=1) == timedelta(0) for time in times)
    few = audit(420, *looks(SHOWN, range(30, 5 * 60, 60)))
    count = sum(time <= START + timedelta(hours=7) for time in times)
    assert few["lag_known_times"][:count] == times[:count]
    assert few["lag_steps_s"][:count] == row["lag_steps_s"][:count]


def test_what_is_stored_late_is_known_late() -> None:
    prompt = audit(420, *looks(SHOWN, HOURLY))["lag_known_times"]
    late = audit(420, *looks(SHOWN, HOURLY, stored_s=6 * 3600))["lag_known_times"]
    assert late[0] >= prompt[0] + timedelta(hours=3)


def test_rows_charted_together_are_one_look_and_share_its_votes() -> None:
    rows = looks(SHOWN, [60, 64, 75])
    found = find_looks(chart(*rows), *EVERYTHING)
    assert [len(look.values) for look in found] == [6, 3]
    assert sorted(found[0].shares) == [0.25, 0.25, 0.5, 0.5, 0.5, 0.5]
    start = microseconds(START)
    assert found[0].usable_from == start + (70 * 60 + 30 + 2 * WIDEST_LAG_S) * 1_000_000


def test_a_row_without_storetime_counts_an_hour_after_its_charttime_and_the_search_ends_later_still() -> None:
    assert CHARTED_KNOWN_AFTER_S < 2 * WIDEST_LAG_S
    rows = [row | {"store_time": None} for row in looks(SHOWN, [60])]
    assert find_looks(chart(*rows), *EVERYTHING) == find_looks(chart(*looks(SHOWN, [60])), *EVERYTHING)


def test_values_that_are_no_vitals_are_left_out() -> None:
    rows = looks(SHOWN, [60])
    for place, value in enumerate((None, 0.0, 99_999.0)):
        rows[place] |= {"value": value}
    assert find_looks(chart(*rows), *EVERYTHING) == []
    assert find_looks(chart(*looks(SHOWN, [60])), microseconds(START) + 3600 * 1_000_000, 10**16) == []  # open start


def shown_at(values: dict[int, float]) -> dict[str, Display]:
    """Return a display of heart rate that shows a value at each of these slots and 200 elsewhere."""
    series = np.full(4 * WIDEST, 200.0)
    for slot, value in values.items():
        series[slot] = value
    return {"heart_rate": Display(0, series)}


def test_a_vote_is_for_the_lags_at_which_the_charted_value_was_shown() -> None:
    look = Look(0, (2 * WIDEST,), (80.0,), (HEART_RATE,), (1.0,))
    said = vote(look, shown_at({2 * WIDEST + 28: 80.0}))
    assert said is not None
    best = np.flatnonzero(said.ratios == said.ratios.max()) - WIDEST
    assert best.tolist() == [26, 27, 28, 29, 30]  # 7 minutes, and half a minute on both sides
    assert np.exp(said.ratios).mean() == pytest.approx(1)
    assert (said.most == said.ratios.max()).all()


def test_a_value_that_is_shown_all_the_time_says_nothing_and_silence_neither() -> None:
    look = Look(0, (2 * WIDEST,), (200.0,), (HEART_RATE,), (1.0,))
    said = vote(look, shown_at({}))
    assert said is not None
    assert np.allclose(said.ratios, 0)
    half = {"heart_rate": Display(2 * WIDEST, np.where(np.arange(2 * WIDEST) == 50, 200.0, 90.0))}
    late = vote(look, half)
    assert late is not None
    assert not late.ratios[: WIDEST - 2].any()  # nothing was shown before
    assert np.exp(late.ratios[WIDEST - 2 :]).mean() == pytest.approx(1)
    assert vote(look, {}) is None
    assert vote(look, {"heart_rate": Display(9 * WIDEST, np.full(10, 200.0))}) is None


def test_a_display_shows_the_last_usable_value_until_it_is_stale() -> None:
    rows = monitor({name: [70.0, 71.0] for name in SHOWN}, 7)
    first = displays(rows, {"heart_rate": 60})["heart_rate"]
    assert first.first_slot == microseconds(START) // SLOT + 1
    assert first.values.tolist()[:5] == [70.0, 71.0, 71.0, 71.0, 71.0]
    assert np.isnan(first.values[5:]).all()


def test_no_votes_give_no_lag_and_of_equal_peaks_the_smaller_is_taken() -> None:
    assert estimate(silence()) is None
    two = silence()
    two.ratios[[WIDEST - 40, WIDEST + 30]] = 20.0
    two.most[:] = 20.0
    assert estimate(two) is None  # half and half
    one = Vote(np.zeros(LAG_COUNT), np.full(LAG_COUNT, 20.0))
    one.ratios[WIDEST + 28] = 20.0
    found = estimate(one)
    assert found is not None
    assert (found.lag_s, found.confidence > 0.99) == (420.0, True)
    assert estimate(Vote(one.ratios, one.most * 2.1)) is None  # looks that agree by less than half do not belong


def test_each_record_of_a_patient_has_its_own_lag() -> None:
    both = pl.concat([monitor(SHOWN, 420), monitor(SHOWN, -600, RECORD + 1)])
    records = pl.concat([header(420, HOURS), header(-600, HOURS, RECORD + 1)])
    frame = find_record_stays(records, both, chart(*looks(SHOWN, HOURLY))).frame
    assert frame["lag_s"].to_list() == [pytest.approx(420, abs=60), pytest.approx(-600, abs=60)]
