"""What tasks beside the first two need: competing events, care follow-up, classes, several kinds, anchors."""

from typing import Any

import polars as pl

from mimic_assets.schemas.judged import Judged
from mimic_assets.windows import label_stays
from mimic_assets_tests.unit.windows.patient_frames import (
    CLEANED_NUMERICS,
    NO_TILES,
    RECORD_STAYS,
    admission,
    at,
    at_index,
    event,
    events,
    extract,
    label,
    order,
    stay,
    task,
    told,
)

ARREST = {"index": {"stride_s": 3600, "blanking_s": 3600}, "target": {"horizon_s": 7200}}
HOUSE = (stay("08:00", "18:00"), admission())


def arrest(event_id: str, lower: str, upper: str, **more: Any) -> dict[str, Any]:
    return event(event_id, lower, upper, kind="cardiac_arrest", hadm_id=20, **more)


def test_a_dnr_order_ends_follow_up_and_then_inclusion() -> None:
    said = told(label(task("cardiac_arrest", **ARREST), *HOUSE, *order("13:00", "DNAR (Do Not Attempt Resuscitation)")))
    assert said["1 10:00"] == "negative"  # target (10:05, 12:05]
    assert said["1 11:00"] == "follow_up_incomplete"  # target (11:05, 13:05], order at 13:00
    assert said["1 13:00"] == "care_limited"


def test_comfort_care_is_told_from_dnr() -> None:
    said = told(label(task("cardiac_arrest", **ARREST), *HOUSE, *order("13:00", "Comfort measures only")))
    assert (said["1 11:00"], said["1 14:00"]) == ("follow_up_incomplete", "comfort_care")


def test_a_lifted_order_gives_follow_up_back() -> None:
    orders = [*order("09:30", "DNR", name="1"), *order("12:30", "Full code", name="2")]
    said = told(label(task("cardiac_arrest", **ARREST), *HOUSE, *orders))
    assert (said["1 09:00"], said["1 11:00"], said["1 13:00"]) == ("follow_up_incomplete", "care_limited", "negative")


def test_an_arrest_after_full_care_has_ended_is_no_positive() -> None:
    ledger = [arrest("e", "12:00", "12:02")]
    said = told(label(task("cardiac_arrest", **ARREST), *HOUSE, *order("11:30", "DNR"), ledger=ledger))
    assert said["1 11:00"] == "follow_up_incomplete"
    assert told(label(task("cardiac_arrest", **ARREST), *HOUSE, ledger=ledger))["1 11:00"] == "positive"


def test_death_censors_arrest() -> None:
    judged = label(task("cardiac_arrest", **ARREST), *HOUSE, ledger=[event("d", "12:00", "12:02", hadm_id=20)])
    said = told(judged)
    assert (said["1 09:00"], said["1 10:00"], said["1 13:00"]) == ("negative", "follow_up_incomplete", "after_event")
    assert at_index(judged, "10:00")["follow_up_end_time"] == at("12:00")


def test_another_competing_event_counts_in_its_own_admission_only() -> None:
    of = task("cardiac_arrest", **(ARREST | {"target": {"horizon_s": 7200, "competing": ("shock",)}}))
    own = told(label(of, *HOUSE, ledger=[event("s", "12:00", "12:02", kind="shock", hadm_id=20)]))
    assert (own["1 10:00"], own["1 13:00"]) == ("follow_up_incomplete", "after_event")
    other = told(label(of, *HOUSE, ledger=[event("s", "12:00", "12:02", kind="shock", hadm_id=21)]))
    assert (other["1 10:00"], other["1 13:00"]) == ("negative", "negative")


def of_class(event_class: str, **more: Any) -> dict[str, str]:
    ledger = events(arrest("e", "12:00", "12:02")).with_columns(event_class=pl.lit(event_class), **more)
    of = task("cardiac_arrest", **ARREST)
    nothing = RECORD_STAYS.empty(), CLEANED_NUMERICS.empty(), frozenset()
    judged: Judged = label_stays(of, extract(*HOUSE), ledger, *nothing, waveform_quality=NO_TILES)
    return told(judged)


def test_an_excluded_class_makes_neither_positives_nor_negatives() -> None:
    assert of_class("in_unit")["1 11:00"] == "positive"
    assert set(of_class("newborn").values()) == {"untimed_event_in_stay"}


def test_what_a_reviewer_rejected_is_ignored() -> None:
    assert of_class("in_unit", adjudication=pl.lit("rejected"))["1 11:00"] == "negative"


def test_either_of_two_kinds_makes_a_positive() -> None:
    of = task("vt_vf", index={"stride_s": 3600})
    ledger = [
        event("a", "10:30", "10:32", kind="vt", tier="B", hadm_id=20),
        event("b", "13:30", "13:32", kind="vf", tier="B", hadm_id=20),
    ]
    said = told(label(of, *HOUSE, ledger=ledger))
    assert (said["1 10:00"], said["1 13:00"], said["1 12:00"]) == ("positive", "positive", "negative")
    assert said["1 17:00"] == "follow_up_incomplete"  # target ends a minute after outtime


def test_anchors_give_one_index_time_that_knows_its_anchor() -> None:
    rule = {"rule": "anchored", "stride_s": None, "blanking_s": 0}
    ledger = [event("s", "11:00", "11:02", kind="shock", hadm_id=20), event("t", "12:00", "12:02", kind="shock")]
    cases = {"intime": ("1 09:00", 3600), "admittime": ("1 09:00", 7200), "shock": ("1 12:02", 3600)}
    for anchor, (expected, offset) in cases.items():
        of = task("cardiac_arrest", index=rule | {"anchor": anchor, "offset_s": offset})
        assert list(told(label(of, *HOUSE, ledger=ledger))) == [expected]
    late = task("cardiac_arrest", index=rule | {"anchor": "shock", "offset_s": 36000})
    assert told(label(late, *HOUSE, ledger=ledger)) == {}
