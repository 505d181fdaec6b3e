"""Hypotension: five continuous minutes of usable arterial mean pressure below 65 mmHg, and what bounds the onset."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from mimic_assets_tests.event_ledger import find_events
from mimic_assets_tests.unit.events.source_rows import (
    NO_EXTRACT,
    NO_STAYS,
    RECORD,
    RECORD_START,
    admission,
    extract,
    link,
    pressures,
    stay,
)


def second(seconds: float) -> datetime:
    """Return a time of the record."""
    return RECORD_START + timedelta(seconds=seconds)


def events(
    numerics: pl.DataFrame, record_stays: pl.DataFrame = NO_STAYS, clinical: pl.DataFrame = NO_EXTRACT
) -> list[dict[str, Any]]:
    """Return the ledger of these numerics."""
    return find_events(clinical, numerics, record_stays).frame.to_dicts()


def low(start: int, end: int, step: int = 10, value: float = 60) -> list[tuple[int, float]]:
    """Return values from start to end, both included."""
    return [(seconds, value) for seconds in range(start, end + 1, step)]


def test_five_minutes_below_65_are_an_episode() -> None:
    [found] = events(pressures([(0, 80), *low(10, 310), (320, 70)]))
    assert (found["event"], found["tier"], found["rule"]) == ("hypotension", "B", "low_pressure")
    assert found["lower_time"] == second(0)  # the last value that is not low
    assert found["event_time"] == found["upper_time"] == second(10)  # the first that is
    assert found["event_end_time"] == second(310)
    assert found["sources"] == [f"cleaned_numerics:{RECORD}:2-32"]


@pytest.mark.parametrize(("end", "count"), [(309, 0), (310, 1), (311, 1)])
def test_exactly_300_seconds_is_enough(end: int, count: int) -> None:
    assert len(events(pressures([(0, 80), *low(10, 300), (end, 60)]))) == count


@pytest.mark.parametrize(("value", "count"), [(65, 0), (64.99, 1)])
def test_65_itself_is_not_low(value: float, count: int) -> None:
    assert len(events(pressures([(0, 80), *low(10, 400, value=value)]))) == count


@pytest.mark.parametrize(("gap", "count"), [(60, 1), (60.001, 0)])
def test_values_60_seconds_apart_are_continuous(gap: float, count: int) -> None:
    values = [(0, 80), *low(10, 200), *[(200 + gap + seconds, 60) for seconds in range(0, 151, 10)]]
    assert len(events(pressures(values))) == count


def test_cuff_values_prove_nothing() -> None:
    assert events(pressures([(0, 80), *low(10, 910, step=300)])) == []  # minutes apart
    assert events(pressures([(0, 80), *low(10, 910)], parameter="nbp_mean")) == []  # however often


def test_one_good_value_ends_the_episode() -> None:
    assert events(pressures([(0, 80), *low(10, 200), (205, 65), *low(210, 400)])) == []


@pytest.mark.parametrize("flag", ["artefact", "out_of_range", "repeat", "conflict", "pressure_order"])
def test_unusable_values_neither_end_nor_start_an_episode(flag: str) -> None:
    [found] = events(
        pressures([(0, 80), (5, 20, flag), *low(10, 200), (205, 90, flag), *low(210, 400), (405, 20, flag)])
    )
    assert (found["lower_time"], found["event_time"], found["event_end_time"]) == (second(0), second(10), second(400))


def test_a_silence_leaves_the_onset_of_the_second_episode_uncertain_back_to_the_last_good_value() -> None:
    found = events(pressures([(0, 80), *low(10, 310), *low(400, 800)]))
    first, then = sorted(
        found, key=lambda event: event["event_time"]
    )  # one lower bound, so the table cannot order them
    assert (first["lower_time"], first["event_time"], first["event_end_time"]) == (second(0), second(10), second(310))
    assert (then["lower_time"], then["event_time"], then["event_end_time"]) == (second(0), second(400), second(800))


def test_a_silence_after_a_good_value_is_part_of_the_uncertainty() -> None:
    [found] = events(pressures([(0, 80), *low(600, 1000)]))
    assert (found["lower_time"], found["event_time"]) == (second(0), second(600))


def test_an_onset_before_the_first_good_value_is_bounded_by_the_stay_it_belongs_to() -> None:
    """And never less: labels of another stay, years away, must not hang on it."""
    values, linked = pressures(low(100, 500)), link("2150-01-01 11:00", "2150-01-02 11:00")
    admitted = admission("2150-01-01 09:00", "2150-01-09 09:00")
    [in_stay] = events(values, linked, extract(admitted, stay("2150-01-01 11:00", "2150-01-02 11:00")))
    assert in_stay["lower_time"] == datetime(2150, 1, 1, 9)  # an earlier stay of the admission may have been low too
    [alone] = events(values, linked, extract(stay("2150-01-01 11:00", "2150-01-02 11:00")))
    assert alone["lower_time"] == datetime(2150, 1, 1, 11)
    [in_hospital] = events(values, clinical=extract(admitted))
    assert in_hospital["lower_time"] == datetime(2150, 1, 1, 9)
    heart_rate = pressures([(40, 90)], parameter="heart_rate")
    [nowhere] = events(pl.concat([heart_rate, values]))
    assert nowhere["lower_time"] == second(40)


def test_a_good_value_of_an_earlier_record_bounds_an_onset_in_the_same_admission_only() -> None:
    earlier = pressures([(0, 80), (10, 80), (20, 60)], record_id=RECORD - 1, start=datetime(2150, 1, 1, 10))
    both = pl.concat([earlier, pressures(low(100, 500))])
    [same] = events(both, clinical=extract(admission("2150-01-01 09:00", "2150-01-09 09:00")))
    assert same["lower_time"] == datetime(2150, 1, 1, 10, 0, 10)
    [later] = events(both, clinical=extract(admission("2150-01-01 11:00", "2150-01-09 09:00")))
    assert later["lower_time"] == datetime(2150, 1, 1, 11)


def test_ticks_decide_the_order_not_source_rows() -> None:
    values = [(0, 80), *low(10, 310), (320, 70)]
    stepped_back = values[:5] + values[6:9] + [values[5]] + values[9:]  # a row written after later ones
    [found] = events(pressures(stepped_back))
    assert (found["event_time"], found["event_end_time"]) == (second(10), second(310))
    assert found["sources"] == [f"cleaned_numerics:{RECORD}:2-32"]


def test_a_good_value_written_late_still_ends_the_run_at_its_tick() -> None:
    assert events(pressures([(0, 80), *low(10, 310), (15, 70)])) == []  # 20 s to 310 s is too short


def test_a_record_knows_no_good_value_of_another() -> None:
    other = pressures([(0, 80), (10, 80)], record_id=RECORD - 1)
    [found] = events(pl.concat([other, pressures(low(100, 500))]))
    assert found["lower_time"] == second(100)  # its own first cell, not the other's 80


def test_records_do_not_continue_each_other() -> None:
    one = pressures([(0, 80), *low(10, 200)])
    other = pressures(low(0, 150), record_id=RECORD + 1, start=second(210))
    assert events(pl.concat([one, other])) == []


def test_two_records_of_one_time_tell_one_episode() -> None:
    values = [(0, 80), *low(10, 310)]
    [found] = events(pl.concat([pressures(values), pressures(values, record_id=RECORD + 1)]))
    assert sorted(source.split(":")[1] for source in found["sources"]) == [str(RECORD), str(RECORD + 1)]
    later = pressures(values, record_id=RECORD + 1, start=second(311))
    assert len(events(pl.concat([pressures(values), later]))) == 2
