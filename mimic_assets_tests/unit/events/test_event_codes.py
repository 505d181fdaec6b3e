"""Coded events: a date or an admission, never a time; history codes are no events at all."""

from datetime import datetime
from typing import Any

import pytest

from mimic_assets_tests.event_ledger import find_events, shipped
from mimic_assets_tests.unit.events.source_rows import (
    HADM,
    NO_NUMERICS,
    NO_STAYS,
    Row,
    admission,
    diagnosis,
    extract,
    procedure_code,
)

PLACE = admission("2150-01-01 08:00", "2150-01-09 10:00")


def events(*rows: Row) -> list[dict[str, Any]]:
    """Return the ledger of these source rows."""
    return find_events(extract(*rows), NO_NUMERICS, NO_STAYS).frame.to_dicts()


@pytest.mark.parametrize(("code", "version"), [("4275", 9), ("I462", 10), ("I468", 10), ("I469", 10)])
def test_an_arrest_diagnosis_is_known_to_the_admission(code: str, version: int) -> None:
    [found] = events(PLACE, diagnosis(code, version))
    assert (found["event"], found["tier"], found["event_class"]) == ("cardiac_arrest", "D", "in_hospital")
    assert found["event_time"] is None
    assert (found["lower_time"], found["upper_time"]) == (datetime(2150, 1, 1, 8), datetime(2150, 1, 9, 10))
    assert (found["hadm_id"], found["stay_id"], found["sources"]) == (HADM, None, ["diagnoses_icd:1"])


@pytest.mark.parametrize("code", ["I97120", "I97121", "I97710", "I97711"])
def test_a_peri_procedural_arrest_is_a_class_of_its_own(code: str) -> None:
    [found] = events(PLACE, diagnosis(code, 10))
    assert (found["event"], found["tier"], found["event_class"]) == ("cardiac_arrest", "D", "peri_procedural")


@pytest.mark.parametrize(
    ("code", "version", "event"),
    [
        ("9960", 9, "cardiac_arrest"),
        ("9963", 9, "cardiac_arrest"),
        ("3791", 9, "cardiac_arrest"),
        ("5A12012", 10, "cardiac_arrest"),
        ("9962", 9, "shock"),
        ("5A2204Z", 10, "shock"),
    ],
)
def test_a_coded_procedure_is_known_to_its_day(code: str, version: int, event: str) -> None:
    [found] = events(PLACE, procedure_code(code, version, "2150-01-03"))
    assert (found["event"], found["tier"], found["event_time"]) == (event, "C", None)
    assert (found["lower_time"], found["upper_time"]) == (datetime(2150, 1, 3), datetime(2150, 1, 4))


@pytest.mark.parametrize(
    ("code", "version"),
    [
        ("V1253", 9),
        ("Z8674", 10),
        ("V1741", 9),
        ("Z8241", 10),
        ("I252", 10),
        ("412", 9),
        ("I471", 10),
        ("4270", 9),
        ("4275", 10),
        ("I469", 9),
        ("42750", 9),
    ],
)
def test_history_and_lookalikes_are_no_events(code: str, version: int) -> None:
    assert events(PLACE, diagnosis(code, version), procedure_code(code, version, "2150-01-03")) == []


@pytest.mark.parametrize(
    ("code", "version", "event_class"),
    [
        ("77985", 9, "newborn"),
        ("P2981", 10, "newborn"),
        *[(code, 10, "obstetric") for code in ("O0336", "O0386", "O0486", "O0736", "O0881", "O29111")],
    ],
)
def test_arrests_of_newborns_and_of_pregnancy_are_classes_of_their_own(
    code: str, version: int, event_class: str
) -> None:
    ordinary, apart = sorted(
        events(PLACE, diagnosis(code, version), diagnosis("I469", 10)), key=lambda event: event["sources"], reverse=True
    )
    assert (ordinary["event_class"], ordinary["sources"]) == ("in_hospital", ["diagnoses_icd:2"])
    assert (apart["event"], apart["tier"], apart["event_class"]) == ("cardiac_arrest", "D", event_class)


@pytest.mark.parametrize(("code", "version"), [("9961", 9), ("9969", 9), ("5A12012", 9), ("0JH60PZ", 10)])
def test_atrial_cardioversion_and_implants_are_no_shock(code: str, version: int) -> None:
    assert events(PLACE, procedure_code(code, version, "2150-01-03")) == []


def test_no_rule_reaches_a_code_that_must_never_count() -> None:
    forbidden = {
        "cardiac_arrest": [(9, "V1253"), (9, "V1741"), (10, "Z8674"), (10, "Z8241")],
        "shock": [(9, "9961")],
        "acute_mi": [(9, "412"), (10, "I252"), (9, "41002")],
        "vt": [(9, "4270"), (10, "I471")],
    }
    for definition in shipped():
        listed = [codes for selection in definition.selections for codes in selection.codes]
        for version, code in forbidden.get(definition.name, []):
            reached = [
                c for c in listed if c.version == version and (code in c.codes or code.startswith(c.prefixes or "-"))
            ]
            assert not reached, (definition.name, code)


def test_two_codes_of_one_admission_are_one_event() -> None:
    [found] = events(PLACE, diagnosis("I462", 10), diagnosis("I469", 10))
    assert found["sources"] == ["diagnoses_icd:1", "diagnoses_icd:2"]


def test_two_days_of_resuscitation_are_two_events() -> None:
    found = events(PLACE, *[procedure_code("9960", 9, date) for date in ("2150-01-05", "2150-01-03", "2150-01-03")])
    assert [event["lower_time"] for event in found] == [datetime(2150, 1, 3), datetime(2150, 1, 5)]
    assert [event["sources"] for event in found] == [["procedures_icd:2", "procedures_icd:3"], ["procedures_icd:1"]]


def test_death_after_dischtime_widens_the_bounds_of_a_diagnosis() -> None:
    died = admission("2150-01-01 08:00", "2150-01-09 00:00", death="2150-01-09 22:30", location="DIED")
    found = [event for event in events(died, diagnosis("I469", 10)) if event["event"] == "cardiac_arrest"]
    assert [event["upper_time"] for event in found] == [datetime(2150, 1, 9, 22, 30)]


def test_an_unknown_admission_bounds_nothing() -> None:
    [found] = events(diagnosis("I469", 10, hadm_id=HADM + 5))
    assert (found["hadm_id"], found["lower_time"], found["upper_time"]) == (HADM + 5, None, None)


def test_a_procedure_without_a_date_falls_to_its_admission() -> None:
    judged = find_events(extract(PLACE, procedure_code("9960", 9, None)), NO_NUMERICS, NO_STAYS)
    [found] = judged.frame.to_dicts()
    assert (found["tier"], found["lower_time"]) == ("D", datetime(2150, 1, 1, 8))
    assert judged.rejected["rule"].to_list() == ["event_without_time"]
