"""Charted events: items to the minute, arrest rhythms by their text, nothing that only sounds like an arrest."""

from datetime import datetime
from typing import Any

import pytest

from mimic_assets.events.texts import says
from mimic_assets_tests.event_ledger import find_events, rule
from mimic_assets_tests.unit.events.source_rows import (
    HADM,
    NO_NUMERICS,
    NO_STAYS,
    STAY,
    Row,
    admission,
    charted,
    extract,
    procedure,
    stay,
)

ARREST_RHYTHM = rule("arrest_rhythm")
PLACE = (admission("2150-01-01 08:00", "2150-01-09 10:00"), stay("2150-01-02 08:00", "2150-01-08 10:00"))


def events(*rows: Row) -> list[dict[str, Any]]:
    """Return the ledger of these source rows, inside one admission and stay."""
    return find_events(extract(*PLACE, *rows), NO_NUMERICS, NO_STAYS).frame.to_dicts()


@pytest.mark.parametrize(
    ("item_id", "event"),
    [(225466, "cardiac_arrest"), (225464, "shock"), (225475, "respiratory_arrest")],
)
def test_a_significant_event_is_a_point_known_to_a_minute(item_id: int, event: str) -> None:
    [found] = events(procedure(item_id, "2150-01-03 11:50"))
    assert (found["event"], found["tier"], found["event_class"]) == (event, "A", "in_unit")
    assert found["event_time"] == datetime(2150, 1, 3, 11, 50)
    assert (found["lower_time"], found["upper_time"]) == (datetime(2150, 1, 3, 11, 49), datetime(2150, 1, 3, 11, 51))
    assert found["event_end_time"] is None
    assert (found["hadm_id"], found["stay_id"], found["sources"]) == (HADM, STAY, ["procedureevents:1"])


def test_a_shock_is_no_arrest_and_an_arrest_no_shock() -> None:
    assert {event["event"] for event in events(procedure(225464, "2150-01-03 11:50"))} == {"shock"}
    assert {event["event"] for event in events(procedure(225466, "2150-01-03 11:50"))} == {"cardiac_arrest"}


@pytest.mark.parametrize("item_id", [225819, 225792, 225459])
def test_other_items_are_no_events(item_id: int) -> None:
    assert events(procedure(item_id, "2150-01-03 11:50")) == []


def test_rows_of_one_minute_are_one_event_with_both_sources() -> None:
    rows = [procedure(225466, time) for time in ("2150-01-03 11:50:00", "2150-01-03 11:50:59", "2150-01-03 11:51:00")]
    [found] = events(*rows[:2])
    assert found["sources"] == ["procedureevents:1", "procedureevents:2"]
    assert (found["event_time"], found["upper_time"]) == (
        datetime(2150, 1, 3, 11, 50),
        datetime(2150, 1, 3, 11, 51, 59),
    )
    assert found["event_end_time"] is None
    [longer] = events(*rows)
    assert longer["sources"] == ["procedureevents:1", "procedureevents:2", "procedureevents:3"]
    assert longer["event_end_time"] == datetime(2150, 1, 3, 11, 51)
    assert longer["event_id"] == found["event_id"]


def test_the_earliest_row_of_a_minute_gives_the_time_whatever_its_number() -> None:
    [found] = events(procedure(225466, "2150-01-03 11:50:40"), procedure(225466, "2150-01-03 11:50:10"))
    assert found["event_time"] == datetime(2150, 1, 3, 11, 50, 10)
    assert found["upper_time"] == datetime(2150, 1, 3, 11, 51, 40)
    assert found["sources"] == ["procedureevents:1", "procedureevents:2"]


def test_different_kinds_at_one_minute_stay_apart() -> None:
    found = events(procedure(225466, "2150-01-03 11:50"), procedure(225464, "2150-01-03 11:50"))
    assert [event["event"] for event in found] == ["cardiac_arrest", "shock"]
    assert len({event["event_id"] for event in found}) == 2


def test_a_rewritten_row_is_void() -> None:
    assert events(procedure(225466, "2150-01-03 11:50", status="Rewritten")) == []


@pytest.mark.parametrize(
    ("time", "hadm_id", "stay_id", "event_class"),
    [
        ("2150-01-03 11:50", HADM, STAY, "in_unit"),
        ("2150-01-08 12:00", HADM, None, "in_hospital"),  # after the stay, in the admission
        ("2150-01-08 10:00", HADM, STAY, "in_unit"),  # the stay's end belongs to it
        ("2150-01-02 08:00", HADM, None, "in_hospital"),  # its start does not
        ("2150-02-01 12:00", None, None, "in_hospital"),  # outside everything: the place is unknown
    ],
)
def test_a_row_without_ids_is_placed_by_its_time(
    time: str, hadm_id: int | None, stay_id: int | None, event_class: str
) -> None:
    [found] = events(procedure(225466, time, stay_id=None, hadm_id=None))
    assert (found["hadm_id"], found["stay_id"], found["event_class"]) == (hadm_id, stay_id, event_class)


def test_ids_of_the_row_stand_before_its_time() -> None:
    [found] = events(procedure(225466, "2150-02-01 12:00", stay_id=STAY + 1, hadm_id=HADM + 1))
    assert (found["hadm_id"], found["stay_id"]) == (HADM + 1, STAY + 1)


def test_a_row_with_a_stay_alone_gets_the_admission_of_that_stay() -> None:
    other = stay("2150-01-02 09:00", "2150-01-08 10:00", STAY + 1, HADM + 1)
    [found] = events(other, procedure(225466, "2150-01-03 11:50", stay_id=STAY, hadm_id=None))
    assert (found["hadm_id"], found["stay_id"]) == (HADM, STAY)


def test_a_row_without_a_time_is_kept_untimed_and_reported() -> None:
    judged = find_events(extract(*PLACE, procedure(225466, None)), NO_NUMERICS, NO_STAYS)
    [found] = judged.frame.to_dicts()
    assert (found["event"], found["tier"], found["event_time"], found["stay_id"]) == ("cardiac_arrest", "D", None, STAY)
    assert (found["lower_time"], found["upper_time"]) == (datetime(2150, 1, 1, 8), datetime(2150, 1, 9, 10))
    [rejection] = judged.rejected.to_dicts()
    assert (rejection["rule"], rejection["place"]) == ("event_without_time", "procedureevents:1, column start_time")


@pytest.mark.parametrize(
    "text",
    [
        "Asystole",
        "ASYSTOLE ",
        "Ventricular asystole",
        "Asystolic",
        "PEA",
        "PEA (Pulseless Electrical Activity)",
        "pulseless electrical activity",
        "VF (Ventricular Fibrillation)",
        "VF",
        "V Fib",
        "V-fib",
        "VFib",
        "v.fib",
        "Ventricular Fib",
        "Pulseless VT",
        "Pulseless V Tach",
        "pulseless ventricular tachycardia",
        "VT (Ventricular Tachycardia) pulseless",
        "VT without pulse",
        "VT, no pulse",
        "V-tach without a pulse",
        "Asystole, no pulse",
    ],
)
def test_arrest_rhythms(text: str) -> None:
    assert says(text, ARREST_RHYTHM.patterns, ARREST_RHYTHM.refused_patterns)
    kinds = {event["event"]: event for event in events(charted(220048, "2150-01-03 11:00", text))}
    found = kinds.pop("cardiac_arrest")
    assert set(kinds) <= {"vf", "vt", "asystole"}  # the same row tells the rhythm too
    assert (found["event"], found["tier"], found["event_time"]) == ("cardiac_arrest", "B", datetime(2150, 1, 3, 11))
    assert found["sources"] == ["chartevents:1"]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "SR (Sinus Rhythm)",
        "ST (Sinus Tachycardia) ",
        "SB (Sinus Bradycardia)",
        "SA (Sinus Arrhythmia)",
        "Sinus Arrest",
        "A Paced",
        "V Paced",
        "AV Paced",
        "AF (Atrial Fibrillation)",
        "A Flut (Atrial Flutter) ",
        "A Fib",
        "AFib",
        "JR (Junctional Rhythm)",
        "VT (Ventricular Tachycardia) ",
        "SVT (Supra Ventricular Tachycardia)",
        "Idioventricular",
        "1st AV (First degree AV Block) ",
        "3rd AV (Complete Heart Block)",
        "2nd AV W-M1 (Second degree AV Block Wenckebach - Mobitz1) ",
        "RBBB (Right Bundle Branch Block)",
        "LBBB (Left Bundle Branch Block)",
        "WAP (Wandering atrial pacemaker)",
        "MAT (Multifocal Atrial Tachycardia)",
        "PAT (Paroxysmal Atrial Tachycardia)",
        "PVT",
        "SPEAR",
        "aVF lead off",
        "no asystole",
        "not VF",
        "hx of VF",
        "history of asystole",
        "without VF",
    ],
)
def test_rhythms_that_are_no_arrest(text: str | None) -> None:
    assert not says(text, ARREST_RHYTHM.patterns, ARREST_RHYTHM.refused_patterns)
    found = events(charted(220048, "2150-01-03 11:00", text))
    assert {event["event"] for event in found} <= {"vt"}  # a tachycardia with a pulse is no arrest


def test_an_arrest_text_in_another_item_is_nothing() -> None:
    assert events(charted(224650, "2150-01-03 11:00", "Asystole")) == []
