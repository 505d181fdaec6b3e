"""What a task does about a monitor's clock: nothing, no window, or the window where that clock stood."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from mimic_assets.tasks.model import ClockRule
from mimic_assets.timeline import microseconds
from mimic_assets.windows import cut_windows, label_stays, truncated
from mimic_assets.windows.clock_lag import KnownLags, is_monitor_timed, left_out
from mimic_assets.windows.microseconds import SECOND
from mimic_assets_tests.lagging_patient import clock_task, lagging
from mimic_assets_tests.raw_patient import tables_of
from mimic_assets_tests.unit.windows.patient_frames import (
    at,
    event,
    events,
    extract,
    label,
    numerics,
    record,
    records,
    stay,
    steady,
    task,
)

LAG = timedelta(minutes=7)
DENSE = {"any_of": ("heart_rate",), "minimum_fraction": 0.5}


def known(*steps: tuple[str, float | None, float | None]) -> dict[str, object]:
    """Return the columns that say what was known of a lag: (from, seconds, confidence)."""
    times, lags, confidences = zip(*steps, strict=True)
    steps_s = {"lag_steps_s": list(lags), "lag_step_confidences": list(confidences)}
    return {"lag_known_times": [at(time) for time in times], **steps_s}


def test_the_lag_is_the_last_one_known_at_the_index_time_large_and_sure_enough() -> None:
    steps = known(("10:00", 420.0, 0.95), ("11:00", 100.0, 0.99), ("12:00", -421.0, 0.89), ("13:00", None, None))
    lags = KnownLags.of(*steps.values())
    index = np.array([microseconds(at(t)) for t in ("09:59:59", "10:00", "10:59:59", "11:00", "12:00", "13:00")])
    assert (lags.large_at(index, ClockRule()) // SECOND).tolist() == [0, 420, 420, 0, 0, 0]
    sure = ClockRule(large_lag_s=60, minimum_confidence=0.8)
    assert (lags.large_at(index, sure) // SECOND).tolist() == [0, 420, 420, 100, -421, 0]
    assert KnownLags.of(None, None, None).large_at(index, sure).tolist() == [0] * 6


def test_excluded_index_times_keep_their_label_and_say_why_they_give_no_window() -> None:
    of = task(index={"stride_s": 1800}, coverage=DENSE, clock={"large_lag": "exclude"})
    cells = steady("heart_rate", "08:00", "14:00", 30, 80.0)
    row = record("08:00", "14:00") | known(("11:00", 420.0, 0.95))
    judged = label(of, stay(), *[{"source_table": "admissions", "hadm_id": 20, "start_time": at("07:00"),
                                  "end_time": at("5 12:00")}], recorded=[row], cleaned=cells)  # fmt: skip
    found = {time.strftime("%H:%M"): why for time, why in judged.frame.select("index_time", "window_exclusion").rows()}
    assert (found["10:30"], found["11:00"], found["14:00"]) == (None, "clock_lag", "clock_lag")
    assert judged.frame["label"].null_count() == 0
    keep = task(index={"stride_s": 1800}, coverage=DENSE, clock={"large_lag": "keep"})
    assert "clock_lag" not in label(keep, stay(), recorded=[row], cleaned=cells).frame["window_exclusion"].to_list()


@pytest.mark.parametrize("minutes", [7, -7, 60])
def test_a_corrected_window_is_the_window_of_the_same_data_without_lag(minutes: int) -> None:
    """A value a minute: what the screen showed at a time of the chart, whatever the monitor called that time."""
    lag = timedelta(minutes=minutes)
    of = task(index={"stride_s": 1800}, coverage=DENSE, clock={"large_lag": "correct"},
              numerics={"parameters": ("heart_rate",)})  # fmt: skip
    made = []
    for shift in (timedelta(0), lag):
        times = [at("08:00") + timedelta(seconds=45 + 60 * k) for k in range(360)]
        cells = numerics([(t + shift, "heart_rate", 60.0 + k % 50, "ok") for k, t in enumerate(times)])
        row = record("08:00", "14:00")
        row |= {"record_start_time": at("08:00") + shift, "record_end_time": row["record_end_time"] + shift}
        row |= known(("10:00", shift.total_seconds(), 0.95))
        clinical = extract(stay(), {"source_table": "admissions", "hadm_id": 20, "start_time": at("07:00"),
                                    "end_time": at("5 12:00")})  # fmt: skip
        labels = label_stays(of, clinical, events(), records(row), cells, frozenset()).frame
        made.append(
            cut_windows(of, labels, cells, records(row)).whole().frame.filter(pl.col("index_time") >= at("10:00"))
        )
    without, corrected = made
    assert without.height == 9
    assert corrected.equals(without)  # ticks too: the record's first sample lies at the same time of the chart


def test_a_window_that_is_not_corrected_holds_the_future_of_a_monitor_that_is_behind() -> None:
    """Why windows are left out unless a task says otherwise: ten minutes behind, it holds the ten minutes to come."""
    sound, behind = (tables_of(clock_task("keep"), lagging(lag_s))[2] for lag_s in (0, -600))
    ten_later = sound.select(pl.col("index_time") - timedelta(minutes=10), "cell_values")
    both = behind.join(ten_later, on="index_time")
    assert both.height > 40
    assert both["cell_values"].to_list() == both["cell_values_right"].to_list()


@pytest.mark.parametrize("lag_s", [420, -420])
def test_the_audit_and_the_choice_meet(lag_s: int) -> None:
    linked, _, kept = tables_of(clock_task("keep"), lagging(lag_s))
    since = linked["lag_known_times"][0][0]
    _, labels, left = tables_of(clock_task("exclude"), lagging(lag_s))
    assert left["index_time"].max() < since <= kept["index_time"].max()
    late = labels.filter((pl.col("index_time") >= since) & pl.col("record_id").is_not_null())
    assert set(late["window_exclusion"]) == {"clock_lag"}
    corrected = tables_of(clock_task("correct"), lagging(lag_s))[2]
    early = pl.col("index_time") < since
    assert corrected.filter(early).equals(kept.filter(early))
    moved = corrected.filter(~early).join(kept, on="index_time")
    assert moved.height > 5
    ticks = moved["index_tick"] - moved["index_tick_right"]
    assert ((ticks - lag_s * 1000).abs() <= 60_000).all()
    assert (moved["window_end_tick"] == moved["index_tick"]).all()
    assert (moved["window_end_time"] == moved["index_time"]).all()


def test_an_event_that_the_monitor_timed_is_not_moved_so_its_windows_are_left_out() -> None:
    of = task(clock={"large_lag": "correct"})
    rows = extract(stay(), {"source_table": "admissions", "hadm_id": 20})
    by_monitor = event("ev_1", "11:00", "11:01") | {"sources": ["cleaned_numerics:90:1-5"]}
    assert is_monitor_timed(of, events(by_monitor), rows)
    assert not is_monitor_timed(of, events(event("ev_2", "11:00", "11:01")), rows)  # admissions:1
    assert not is_monitor_timed(of, events(), rows)
    lags = KnownLags.of(*known(("10:00", 420.0, 0.95)).values())
    index = lags.times + 1
    assert left_out(of, lags, index, is_monitor_timed=True).tolist() == [True]
    assert left_out(of, lags, index, is_monitor_timed=False).tolist() == [False]


@pytest.mark.parametrize(
    ("name", "parts", "words"),
    [
        ("hypotension", {"clock": {"large_lag": "correct"}}, "'keep' or 'exclude' expected"),
        ("in_hospital_death", {"care": {"charted_known_after_s": 9001}}, "9001 found, at most 9000"),
        ("in_hospital_death", {"clock": {"large_lag": "guess"}}, "'keep', 'exclude' or 'correct'"),
        ("in_hospital_death", {"clock": {"large_lag_s": 30}}, "greater than or equal to 60"),
    ],
)
def test_what_a_task_may_not_say(name: str, parts: dict[str, dict[str, object]], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        task(name, **parts)


def test_of_the_lag_only_what_was_known_is_left_at_an_index_time() -> None:
    row = record("08:00", "14:00") | known(("10:00", 420.0, 0.95), ("11:00", 430.0, 0.99))
    row |= {"lag_s": 430.0, "lag_confidence": 0.99, "has_large_lag": True}
    cells = steady("heart_rate", "08:00", "14:00", 60, 80.0)
    kept, cut = truncated(cells, records(row), at("10:30"), {90: LAG})
    assert cut.select("lag_s", "lag_confidence", "has_large_lag").row(0) == (None, None, None)
    assert cut["lag_steps_s"].to_list() == [[420.0]]
    assert kept["time"].max() == at("10:37")
    assert cut["record_end_time"][0] <= at("10:37") < cut["record_end_time"][0] + timedelta(seconds=1)
    assert truncated(cells, records(row), at("10:30"))[0]["time"].max() == at("10:30")
