"""Laws of low-pressure episodes, against a slow loop that reads like the definition."""

from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mimic_assets import stretches
from mimic_assets.events.episodes import find_runs
from mimic_assets.schemas.tables import CLEANED_NUMERICS
from mimic_assets_tests.event_ledger import find_events, rule
from mimic_assets_tests.scanned import scanned
from mimic_assets_tests.unit.events.source_rows import NO_EXTRACT, NO_STAYS, RECORD, RECORD_START, SUBJECT


class Cell(NamedTuple):
    """A value of the monitor."""

    record_id: int
    tick: int
    source_row: int
    value: float
    flag: str
    parameter: str

    @property
    def time(self) -> datetime:
        """Its wall time; one tick is a millisecond here."""
        return RECORD_START + timedelta(milliseconds=self.tick)


def table(cells: list[Cell]) -> pl.DataFrame:
    """Return cells as rows of `cleaned_numerics`."""
    rows = [
        {
            **cell._asdict(),
            "subject_id": SUBJECT,
            "source_column": cell.parameter,
            "time": cell.time,
            "unit": "mmHg",
        }
        for cell in cells
    ]
    return pl.DataFrame(rows, schema=CLEANED_NUMERICS.schema)


@st.composite
def cells(draw: st.DrawFn) -> list[Cell]:
    """Draw the values of one or two records: long low stretches, dips, silences, repeated ticks, unusable values."""
    found = []
    for record_id in range(RECORD, RECORD + draw(st.integers(1, 2))):
        tick, number = draw(st.integers(0, 5_000)), 0
        for _ in range(draw(st.integers(0, 7))):
            value = draw(st.sampled_from([40.0, 64.0, 64.999, 65.0, 66.0, 90.0]))
            step = draw(st.sampled_from([0, 1_024, 20_000, 59_999, 60_000, 60_001, 100_000]))
            flag = draw(st.sampled_from(["ok", "ok", "ok", "artefact", "repeat"]))
            parameter = draw(st.sampled_from(["abp_mean", "abp_mean", "abp_mean", "nbp_mean"]))
            for _ in range(draw(st.integers(1, 16))):
                number += 1
                found.append(Cell(record_id, tick, number, value, flag, parameter))
                tick += step
            tick = max(0, tick + draw(st.sampled_from([-120_000, -1_500, 0, 1, 1_000, 60_000, 60_001, 500_000])))
    return found


def episodes_by_the_book(found: list[Cell]) -> list[tuple[int, datetime, datetime | None, datetime, int, int]]:
    """Return the episodes the definition tells, one value at a time."""
    episodes = []
    for record_id in sorted({cell.record_id for cell in found}):
        usable = [c for c in found if c.record_id == record_id and c.flag == "ok" and c.parameter == "abp_mean"]
        usable.sort(key=lambda cell: (cell.tick, cell.source_row))
        run: list[Cell] = []
        last_good: datetime | None = None
        good_before_run: datetime | None = None

        def close(run: list[Cell], good: datetime | None, record_id: int = record_id) -> None:
            if run and run[-1].time - run[0].time >= timedelta(seconds=300):
                rows = [cell.source_row for cell in run]
                episodes.append((record_id, run[0].time, good, run[-1].time, min(rows), max(rows)))

        for cell in usable:
            if cell.value >= 65:
                close(run, good_before_run)
                run, last_good = [], cell.time
                continue
            if run and cell.time - run[-1].time > timedelta(seconds=60):
                close(run, good_before_run)
                run = []
            if not run:
                good_before_run = last_good
            run.append(cell)
        close(run, good_before_run)
    return episodes


@settings(max_examples=250, deadline=None)
@given(cells())
def test_runs_are_those_of_the_definition(found: list[Cell]) -> None:
    runs = find_runs([rule("low_pressure")], [table(found)])[0].drop("subject_id")
    assert runs.rows() == episodes_by_the_book(found)


@settings(max_examples=100, deadline=None)
@given(cells(), st.sampled_from([500, 60_000, 400_000]))
def test_runs_go_on_from_stretch_to_stretch_of_a_scan(found: list[Cell], ticks: int) -> None:
    stored = table(found).sort(CLEANED_NUMERICS.order)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stretches, "FEW_ROWS", 0)
        patch.setattr(stretches, "STRETCH_TICKS", ticks)
        [runs] = find_runs([rule("low_pressure")], stretches.stretches(scanned(stored)))
        events = find_events(NO_EXTRACT, scanned(stored), NO_STAYS)
    assert runs.drop("subject_id").rows() == episodes_by_the_book(found)
    assert events.frame.equals(find_events(NO_EXTRACT, stored, NO_STAYS).frame)


@settings(max_examples=60, deadline=None)
@given(cells(), st.randoms(use_true_random=False))
def test_the_order_of_input_rows_does_not_matter(found: list[Cell], random: Random) -> None:
    shuffled = sorted(found, key=lambda _: random.random())
    expected = find_events(NO_EXTRACT, table(found), NO_STAYS)
    assert find_events(NO_EXTRACT, table(shuffled), NO_STAYS).frame.equals(expected.frame)


@settings(max_examples=150, deadline=None)
@given(cells(), st.floats(0, 1))
def test_deleting_the_future_changes_no_episode_that_had_ended_a_minute_before(found: list[Cell], share: float) -> None:
    if not found:
        return
    cut = RECORD_START + share * (max(cell.time for cell in found) - RECORD_START)
    whole = find_events(NO_EXTRACT, table(found), NO_STAYS).frame
    known = find_events(NO_EXTRACT, table([cell for cell in found if cell.time <= cut]), NO_STAYS).frame
    ended = pl.col("event_end_time") < cut - timedelta(seconds=60)
    assert known.filter(ended).equals(whole.filter(ended))
    assert set(known["event_time"]) <= set(whole["event_time"])  # a cut shortens an episode, it never makes one


@settings(max_examples=100, deadline=None)
@given(cells())
def test_every_episode_is_bounded_and_long_enough(found: list[Cell]) -> None:
    for event in find_events(NO_EXTRACT, table(found), NO_STAYS).frame.to_dicts():
        assert event["lower_time"] is None or event["lower_time"] <= event["event_time"]
        assert event["event_time"] == event["upper_time"]
        assert event["event_end_time"] - event["event_time"] >= timedelta(seconds=300)
