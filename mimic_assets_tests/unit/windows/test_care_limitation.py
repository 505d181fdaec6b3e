"""Which limitation of care is known at an index time, statement by statement."""

from typing import Any

import pytest

from mimic_assets.windows.code_status import read_code_status
from mimic_assets_tests.unit.windows.patient_frames import (
    admission,
    at_index,
    charted,
    label,
    order,
    stay,
    task,
    told,
)

DEATH = task()
FULL, DNR, COMFORT = "Resuscitate (Full code)", "Do not resuscitate (DNR/DNI)", "Comfort measures only"


def known(*clinical: dict[str, Any], **options: Any) -> dict[str, str]:
    """Return clock time -> care limitation, for index times 09:00, 10:00 ... 14:00."""
    frame = label(DEATH, stay(end="14:00"), admission(), *clinical, **options).frame
    return {f"{time:%H:%M}": care for time, care in frame.select("index_time", "care_limitation").rows()}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Resuscitate (Full code)", "full_code"),
        ("Full code  (attempt resuscitation)", "full_code"),
        ("Full code", "full_code"),
        ("FULL CODE", "full_code"),
        ("Do not resuscitate (DNR/DNI)", "dnr"),
        ("DNAR (DO NOT attempt resuscitation for cardiac arrest) ", "dnr"),
        ("DNR / DNI", "dnr"),
        ("DNAR (Do Not Attempt Resuscitation) [DNR] / DNI", "dnr"),
        ("Do not resuscitate, full treatment otherwise", "dnr"),
        ("DNI (do not intubate)", "dni_only"),
        ("Comfort measures only", "comfort"),
        ("CMO", "comfort"),
        ("DNR; comfort care", "comfort"),
        ("see note", "unreadable"),
        ("", "unreadable"),
    ],
)
def test_texts_of_both_systems_are_read(text: str, said: str) -> None:
    assert read_code_status(text).value == said


def test_nothing_said_is_unknown() -> None:
    assert set(known().values()) == {"unknown"}


def test_the_latest_order_counts_from_its_ordertime_included() -> None:
    said = known(*order("10:00", FULL, "1"), *order("12:00:01", DNR, "2", kind="Change"))
    assert said == {
        "09:00": "unknown",
        "10:00": "none",
        "11:00": "none",
        "12:00": "none",
        "13:00": "dnr",
        "14:00": "dnr",
    }


def test_a_charted_status_is_known_when_stored_or_an_hour_later() -> None:
    assert known(charted("10:00", "DNR / DNI", stored="11:30"))["11:00"] == "unknown"
    assert known(charted("10:00", "DNR / DNI", stored="11:30"))["12:00"] == "dnr"
    assert known(charted("10:00:01", "DNR / DNI"))["11:00"] == "unknown"
    assert known(charted("10:00", "DNR / DNI"))["11:00"] == "dnr"


def test_a_status_stored_before_its_charttime_is_not_known_before_it_is_said() -> None:
    said = known(*order("09:00", FULL), charted("12:00:01", COMFORT, stored="10:00"))
    assert [said[clock] for clock in ("10:00", "12:00", "13:00")] == ["none", "none", "comfort"]


def test_a_status_charted_earlier_but_stored_later_does_not_overrule_an_order() -> None:
    said = known(charted("09:30", "Full code", stored="11:30"), *order("10:00", DNR))
    assert said["12:00"] == "dnr"


def test_of_two_statements_of_one_minute_the_more_limiting_counts() -> None:
    assert known(*order("10:00", FULL, "1"), *order("10:00", DNR, "2"))["10:00"] == "dnr"
    assert known(*order("10:00", DNR, "1"), *order("10:00", FULL, "2"))["10:00"] == "dnr"


def test_a_status_of_an_earlier_admission_does_not_carry_over() -> None:
    assert set(known(*order("06:00", DNR, hadm_id=19)).values()) == {"unknown"}


def test_a_discontinued_full_code_is_unknown_and_a_discontinued_limit_stays() -> None:
    stop = order("12:00", None, "2", kind="D/C")
    assert known(*order("10:00", FULL, "1"), *stop)["11:00"] == "none"
    assert known(*order("10:00", FULL, "1"), *stop)["12:00"] == "unknown"
    assert known(*order("10:00", DNR, "1"), *stop)["13:00"] == "dnr"
    assert known(*order("12:00", FULL, "1"), *stop)["12:00"] == "none"  # replaced within the same second


def test_comfort_care_ends_inclusion_and_dnr_only_where_the_task_says_so() -> None:
    clinical = [stay(end="12:00"), admission(), *order("09:00", DNR, "1"), *order("11:00", COMFORT, "2")]
    assert told(label(DEATH, *clinical)) == {
        "1 09:00": "negative",
        "1 10:00": "negative",
        "1 11:00": "comfort_care",
        "1 12:00": "comfort_care",
    }
    strict = task(care={"excluded": ("comfort", "dnr")})
    assert told(label(strict, *clinical))["1 09:00"] == "care_limited"
    assert at_index(label(strict, *clinical), "09:00")["care_limitation"] == "dnr"
    lenient = task(care={"excluded": ()})
    assert set(told(label(lenient, *clinical)).values()) == {"negative"}


def test_a_comfort_order_is_known_by_its_subtype_alone_unless_declined() -> None:
    (poe,) = order("10:00", None)
    assert known(poe | {"value_text": "Comfort measures"})["10:00"] == "comfort"
    poe, detail = order("10:00", "No")
    detail = detail | {"category": "Comfort measures only"}
    assert known(poe, detail)["10:00"] == "unknown"
    assert known(poe, detail | {"value_text": "Yes"})["10:00"] == "comfort"


def test_an_unreadable_text_is_refused_without_being_repeated() -> None:
    judged = label(DEATH, stay(), admission(), *order("10:00", "ask Dr Brown", "1"), *order("11:00", "??", "2"))
    assert judged.rejected.select("table", "file", "place", "rule", "defect_count").rows() == [
        ("clinical_labels", "poe_detail", "poe_detail:1", "unknown_code_status", 2)
    ]
    assert "Brown" not in judged.rejected["message"][0]
    assert at_index(judged, "12:00")["care_limitation"] == "unknown"


def test_an_empty_charted_text_says_nothing() -> None:
    judged = label(DEATH, stay(), admission(), *order("10:00", FULL), charted("11:00", None), charted("11:00", "  "))
    assert at_index(judged, "13:00")["care_limitation"] == "none"
    assert judged.rejected.is_empty()


def test_full_code_is_unknown_where_a_table_of_orders_is_incomplete() -> None:
    assert known(*order("10:00", FULL), incomplete=["poe"])["11:00"] == "unknown"
    assert known(*order("10:00", DNR), incomplete=["poe"])["11:00"] == "dnr"
