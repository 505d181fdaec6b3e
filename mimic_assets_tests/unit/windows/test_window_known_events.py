"""An index time that hangs on an event never comes before the event was known."""

from datetime import datetime, timedelta

import polars as pl
import pytest

from mimic_assets.schemas.tables import CLEANED_NUMERICS, RECORD_STAYS, WAVEFORM_QUALITY
from mimic_assets.tasks import load_task
from mimic_assets.timeline import microseconds
from mimic_assets.windows import label_stays
from mimic_assets.windows.known_events import known_times
from mimic_assets.windows.microseconds import AFTER_ALL
from mimic_assets_tests.event_ledger import find_events
from mimic_assets_tests.unit.events.source_rows import (
    NO_NUMERICS,
    NO_STAYS,
    admission,
    charted,
    diagnosis,
    extract,
    pressures,
    procedure,
    stay,
)

SHOCK = datetime(2150, 1, 3, 12)
PLACE = (admission("2150-01-01 08:00", "2150-01-09 10:00"), stay("2150-01-02 08:00", "2150-01-08 10:00"))


def stored(minutes: int | None) -> pl.DataFrame:
    row = procedure(225464, str(SHOCK))
    time = None if minutes is None else SHOCK + timedelta(minutes=minutes)
    return extract(*PLACE, row | {"store_time": time})


@pytest.mark.parametrize(("minutes", "known"), [(None, 60), (5, 5), (240, 240), (-30, 0)])
def test_a_row_is_known_when_it_was_stored_and_not_before_it_is_said(minutes: int | None, known: int) -> None:
    rows = stored(minutes)
    events = find_events(rows, NO_NUMERICS, NO_STAYS).frame
    [at] = known_times(events, rows, 3600).values()
    assert at == microseconds(SHOCK + timedelta(minutes=known))


def test_a_code_is_never_known_and_a_monitored_episode_when_it_ends() -> None:
    rows = extract(*PLACE, diagnosis("I469", 10))
    low = pressures([(0, 80), *[(s, 60) for s in range(10, 400, 10)]])
    events = find_events(rows, low, NO_STAYS).frame
    known = dict(zip(events["event"], (known_times(events, rows, 3600)[e] for e in events["event_id"]), strict=True))
    assert known["cardiac_arrest"] == AFTER_ALL
    [end] = events.filter(event="hypotension")["event_end_time"]
    assert known["hypotension"] == microseconds(end)


def test_an_event_of_several_rows_is_known_with_the_last() -> None:
    rows = extract(
        *PLACE,
        procedure(225466, str(SHOCK)) | {"store_time": SHOCK + timedelta(minutes=3)},
        charted(220048, str(SHOCK), "Asystole") | {"store_time": SHOCK + timedelta(hours=2)},
    )
    events = find_events(rows, NO_NUMERICS, NO_STAYS).frame
    [arrest] = events.filter(event="cardiac_arrest")["event_id"]
    assert known_times(events, rows, 3600)[arrest] == microseconds(SHOCK + timedelta(hours=2))


@pytest.mark.parametrize(("minutes", "is_there"), [(5, True), (119, True), (122, False)])
def test_an_anchor_that_was_not_known_by_the_index_time_gives_none(minutes: int, is_there: bool) -> None:
    task = load_task("cardiac_arrest")
    anchored = task.index.model_copy(update={"rule": "anchored", "stride_s": None, "anchor": "shock", "offset_s": 7200})
    rows = stored(minutes)
    events = find_events(rows, NO_NUMERICS, NO_STAYS).frame
    of = task.model_copy(update={"index": anchored})
    nothing = RECORD_STAYS.empty(), CLEANED_NUMERICS.empty(), frozenset()
    labels = label_stays(of, rows, events, *nothing, waveform_quality=WAVEFORM_QUALITY.empty()).frame
    assert labels["index_time"].to_list() == [SHOCK + timedelta(hours=2, minutes=1)] * is_there
