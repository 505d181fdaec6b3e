"""Deaths: to the minute from deathtime alone, to the day from dod, never from the end of an admission or a stay."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from mimic_assets_tests.event_ledger import find_events
from mimic_assets_tests.unit.events.source_rows import (
    HADM,
    NO_NUMERICS,
    NO_STAYS,
    STAY,
    Row,
    admission,
    charted,
    extract,
    order,
    order_detail,
    patient,
    procedure,
    stay,
)

DIED = "2150-01-04 18:36"
SECONDS = timedelta(seconds=1)


def events(*rows: Row) -> list[dict[str, Any]]:
    """Return the ledger of these source rows."""
    return find_events(extract(*rows), NO_NUMERICS, NO_STAYS).frame.to_dicts()


def rejections(*rows: Row) -> pl.DataFrame:
    """Return what is refused of these source rows."""
    return find_events(extract(*rows), NO_NUMERICS, NO_STAYS).rejected


def dies(end: str = "2150-01-04 18:36", death: str | None = DIED) -> Row:
    """Return an admission that ends in death."""
    return admission("2150-01-01 08:00", end, death=death, location="DIED")


def test_deathtime_is_a_tier_a_death_within_a_minute_either_side() -> None:
    [death] = events(dies(), stay("2150-01-02 08:00", "2150-01-04 22:00"), patient("2150-01-04"))
    assert (death["event"], death["tier"], death["event_class"], death["rule"]) == (
        "death",
        "A",
        "in_unit",
        "death_charted",
    )
    assert death["event_time"] == datetime(2150, 1, 4, 18, 36)
    assert death["lower_time"] == death["event_time"] - 60 * SECONDS
    assert death["upper_time"] == death["event_time"] + 60 * SECONDS
    assert death["event_end_time"] is None
    assert (death["hadm_id"], death["stay_id"]) == (HADM, STAY)
    assert death["sources"] == ["admissions:1", "patients:1"]


@pytest.mark.parametrize("end", ["2150-01-04 00:01", "2150-01-03 21:30", "2150-01-05 02:00"])
def test_dischtime_is_never_the_time_of_death(end: str) -> None:
    [death] = events(dies(end), patient("2150-01-04"))
    assert death["event_time"] == datetime(2150, 1, 4, 18, 36)


@pytest.mark.parametrize(
    ("outtime", "event_class", "stay_id"),
    [
        ("2150-01-04 23:30", "in_unit", STAY),  # charted out five hours after death
        ("2150-01-04 18:36", "in_unit", STAY),  # (intime, outtime]: the end belongs to the stay
        ("2150-01-04 18:35", "in_hospital", None),  # had left: no slack
        ("2150-01-03 10:00", "in_hospital", None),
    ],
)
def test_a_death_is_in_the_unit_only_inside_a_stay(outtime: str, event_class: str, stay_id: int | None) -> None:
    [death] = events(dies(), stay("2150-01-02 08:00", outtime))
    assert (death["event_class"], death["stay_id"], death["hadm_id"]) == (event_class, stay_id, HADM)
    assert death["event_time"] == datetime(2150, 1, 4, 18, 36)


def test_without_a_deathtime_the_day_is_known_and_nothing_finer() -> None:
    [death] = events(admission("2150-01-01 08:00", "2150-01-02 10:00"), patient("2150-03-05"))
    assert (death["tier"], death["event_class"], death["rule"]) == ("C", "out_of_hospital", "death_dated")
    assert death["event_time"] is None
    assert (death["lower_time"], death["upper_time"]) == (datetime(2150, 3, 5), datetime(2150, 3, 6))
    assert (death["hadm_id"], death["stay_id"], death["sources"]) == (None, None, ["patients:1"])


@pytest.mark.parametrize(
    ("dod", "hadm_id"),
    [("2150-01-01", HADM), ("2150-01-02", HADM), ("2150-01-03", None), ("2149-12-31", None)],
)
def test_a_day_that_touches_an_admission_is_in_hospital(dod: str, hadm_id: int | None) -> None:
    [death] = events(admission("2150-01-01 08:00", "2150-01-02 10:00"), patient(dod))
    assert death["hadm_id"] == hadm_id
    assert death["event_class"] == ("out_of_hospital" if hadm_id is None else "in_hospital")
    assert death["event_time"] is None


def test_alive_means_no_death() -> None:
    assert events(admission("2150-01-01 08:00", "2150-01-02 10:00"), patient(None)) == []


def test_another_date_of_death_keeps_the_deathtime_and_is_reported() -> None:
    rows = dies(), patient("2150-01-05")
    [death] = events(*rows)
    assert (death["tier"], death["sources"]) == ("A", ["admissions:1"])
    [rejection] = rejections(*rows).to_dicts()
    assert (rejection["rule"], rejection["place"], rejection["table"]) == (
        "death_times_disagree", "patients:1, column death_time", "clinical_events",
    )  # fmt: skip
    assert not any(digits in rejection["message"] for digits in ("2150", "18:36"))  # no patient values


def test_two_deathtimes_are_one_death_bounded_by_both() -> None:
    rows = (
        dies(),
        admission("2150-01-04 19:00", "2150-01-06 09:00", HADM + 1, death="2150-01-06 08:00", location="DIED"),
    )
    [death] = events(*rows)
    assert death["event_time"] == datetime(2150, 1, 4, 18, 36)
    assert death["upper_time"] == datetime(2150, 1, 6, 8, 1)
    assert death["sources"] == ["admissions:1", "admissions:2"]
    assert rejections(*rows)["rule"].to_list() == ["death_times_disagree"]


def test_the_same_deathtime_in_two_admissions_is_one_death_without_complaint() -> None:
    rows = dies(), admission("2150-01-04 18:40", "2150-01-05 09:00", HADM + 1, death=DIED, location="DIED")
    [death] = events(*rows)
    assert death["upper_time"] == datetime(2150, 1, 4, 18, 37)
    assert rejections(*rows).is_empty()


def test_died_without_any_time_is_known_to_the_admission() -> None:
    [death] = events(dies("2150-01-04 00:00", death=None))
    assert (death["tier"], death["rule"], death["hadm_id"]) == ("D", "death_discharged", HADM)
    assert death["event_time"] is None
    assert (death["lower_time"], death["upper_time"]) == (datetime(2150, 1, 1, 8), datetime(2150, 1, 5))


def test_died_with_a_date_in_the_admission_is_one_dated_death() -> None:
    [death] = events(dies("2150-01-04 00:00", death=None), patient("2150-01-03"))
    assert (death["tier"], death["hadm_id"]) == ("C", HADM)


def test_died_with_a_date_elsewhere_still_marks_its_admission() -> None:
    deaths = events(dies("2150-01-04 00:00", death=None), patient("2150-02-03"))
    assert [(death["tier"], death["hadm_id"]) for death in deaths] == [("D", HADM), ("C", None)]


@pytest.mark.parametrize(
    ("rows", "event_class"),
    [
        ([order("o1", "2150-01-03 10:00"), order_detail("o1", "Comfort measures only")], "expected"),
        ([order("o1", "2150-01-03 10:00", "Comfort care")], "expected"),
        ([charted(223758, "2150-01-04 10:00", "CMO - comfort measures only")], "expected"),
        ([order("o1", "2150-01-03 10:00"), order_detail("o1", "Do not resuscitate (DNR/DNI)")], "in_unit"),
        ([order("o1", "2150-01-03 10:00", "Palliative Care")], "in_unit"),
        ([order("o1", "2150-01-04 18:37", "Comfort care")], "in_unit"),  # after death
        ([order("o1", "2150-01-03 10:00", "Comfort care", hadm_id=HADM + 1)], "in_unit"),  # of another admission
        (
            [
                order("o1", "2150-01-03 10:00"), order_detail("o1", "Comfort measures only"),
                order("o2", "2150-01-03 12:00", kind="Change"), order_detail("o2", "Resuscitate (Full code)"),
            ],
            "in_unit",
        ),
        # which order a discontinuation or hold ends is not known: it lifts nothing
        ([order("o1", "2150-01-03 10:00", "Comfort care"), order("o2", "2150-01-03 12:00", kind="D/C")], "expected"),
        ([order("o1", "2150-01-03 10:00", "Comfort care"), order("o2", "2150-01-03 12:00", kind="H")], "expected"),
        ([order("o1", "2150-01-03 10:00", "Comfort care", kind="D/C")], "in_unit"),  # it is no order either
        (
            [order("o1", "2150-01-03 10:00", "Comfort care"), charted(223758, "2150-01-03 12:00", "unreadable")],
            "expected",
        ),
        (
            [charted(223758, "2150-01-03 10:00", "Comfort measures only"), charted(223758, "2150-01-03 12:00", "DNR")],
            "in_unit",
        ),
        (  # the discontinuation and its replacement carry one time
            [
                order("o1", "2150-01-03 10:00"), order_detail("o1", "Do not resuscitate (DNR/DNI)"),
                order("o2", "2150-01-03 12:00", kind="D/C"),
                order("o3", "2150-01-03 12:00", kind="Change"), order_detail("o3", "Comfort measures only"),
            ],
            "expected",
        ),
        (  # a consult after the order states nothing
            [order("o1", "2150-01-03 10:00", "Comfort care"), order("o2", "2150-01-03 12:00", "Palliative Care")],
            "expected",
        ),
        ([procedure(225819, "2150-01-04 17:00")], "brain_death"),
        ([procedure(225819, "2150-01-04 17:00", hadm_id=HADM + 1)], "in_unit"),
        ([procedure(225819, "2150-01-04 17:00"), order("o1", "2150-01-03 10:00", "Comfort care")], "brain_death"),
    ],
)  # fmt: skip
def test_class_of_a_death(rows: list[Row], event_class: str) -> None:
    found = events(dies(), stay("2150-01-02 08:00", "2150-01-04 22:00"), *rows)
    assert [(event["event"], event["event_class"]) for event in found] == [("death", event_class)]
