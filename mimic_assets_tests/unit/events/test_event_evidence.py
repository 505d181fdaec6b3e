"""What speaks for an event, what speaks against it, and which findings are one event."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from mimic_assets.schemas.tables import CLEANED_NUMERICS
from mimic_assets_tests.event_ledger import find_events
from mimic_assets_tests.unit.events.source_rows import (
    HADM,
    NO_NUMERICS,
    NO_STAYS,
    Row,
    admission,
    charted,
    diagnosis,
    extract,
    pressures,
    procedure,
    procedure_code,
    row,
    stay,
)

PLACE = (admission("2150-01-01 08:00", "2150-01-09 10:00"), stay("2150-01-02 08:00", "2150-01-08 10:00"))
SHOCK = "2150-01-03 12:00"


def events(*rows: Row, kind: str, numerics: pl.DataFrame = NO_NUMERICS) -> list[dict[str, Any]]:
    """Return the events of one kind, by time."""
    frame = find_events(extract(*PLACE, *rows), numerics, NO_STAYS).frame
    return frame.filter(event=kind).sort("event_time").to_dicts()


def drug(item_id: int, time: str) -> Row:
    return row("inputevents", item_id=item_id, start_time=time, hadm_id=HADM, value=1.0, value_text="FinishedRunning")


def laboratory(
    item_id: int, time: str, value: float | None, hadm_id: int | None = HADM, text: str | None = None
) -> Row:
    return row("labevents", item_id=item_id, start_time=time, hadm_id=hadm_id, value=value, value_text=text)


@pytest.mark.parametrize(
    ("evidence", "is_arrest"),
    [
        ([], False),  # an elective cardioversion
        ([drug(221289, "2150-01-03 12:04")], True),
        ([drug(229617, "2150-01-03 11:52")], True),
        ([drug(221289, "2150-01-03 12:10")], True),  # ten minutes are near
        ([drug(221289, "2150-01-03 12:11")], False),
        ([drug(221906, "2150-01-03 12:04")], False),  # norepinephrine is no resuscitation
        ([charted(220048, "2150-01-03 12:01", "VF (Ventricular Fibrillation)")], True),
        ([charted(220048, "2150-01-03 12:01", "AF (Atrial Fibrillation)")], False),
        ([charted(220048, "2150-01-03 12:01", "VT (Ventricular Tachycardia)")], False),
        ([procedure_code("9960", 9, "2150-01-03")], True),  # resuscitation on that day
        ([procedure_code("9960", 9, "2150-01-02")], True),  # its own, dated arrest; not the shock's
        ([procedure_code("9961", 9, "2150-01-03")], False),
    ],
)
def test_a_shock_is_evidence_of_an_arrest_only_with_evidence_near_it(evidence: list[Row], is_arrest: bool) -> None:
    arrests = events(procedure(225464, SHOCK), *evidence, kind="cardiac_arrest")
    assert bool(arrests) == is_arrest
    assert len(events(procedure(225464, SHOCK), *evidence, kind="shock")) == 1


def test_the_evidence_is_a_source_of_the_arrest() -> None:
    [arrest] = events(procedure(225464, SHOCK), drug(221289, "2150-01-03 12:04"), kind="cardiac_arrest")
    assert (arrest["tier"], arrest["rule"]) == ("B", "arrest_shock")
    assert arrest["sources"] == ["procedureevents:1", "inputevents:1"]


def test_resuscitation_of_another_day_gives_the_shock_nothing() -> None:
    [arrest] = events(procedure(225464, SHOCK), procedure_code("9960", 9, "2150-01-02"), kind="cardiac_arrest")
    assert (arrest["tier"], arrest["sources"]) == ("C", ["procedures_icd:1"])


def test_the_best_source_gives_the_time_and_the_earliest_its_lower_bound() -> None:
    rows = charted(220048, "2150-01-03 12:00", "Asystole"), procedure(225466, "2150-01-03 12:05")
    [arrest] = events(*rows, kind="cardiac_arrest")
    assert (arrest["tier"], arrest["event_time"]) == ("A", datetime(2150, 1, 3, 12, 5))
    assert (arrest["lower_time"], arrest["upper_time"]) == (
        datetime(2150, 1, 3, 11, 59),
        datetime(2150, 1, 3, 12, 6),
    )
    assert arrest["rules"] == ["arrest_charted:2", "arrest_rhythm:2"]


@pytest.mark.parametrize(("minutes", "count"), [(19, 1), (20, 1), (21, 2)])
def test_findings_within_the_merge_window_are_one_event(minutes: int, count: int) -> None:
    first = datetime(2150, 1, 3, 12)
    rows = [procedure(225466, str(first)), procedure(225466, str(first + timedelta(minutes=minutes)))]
    found = events(*rows, kind="cardiac_arrest")
    assert len(found) == count
    assert len({event["event_id"] for event in found}) == count


def test_a_code_joins_the_first_arrest_of_its_admission_and_no_other() -> None:
    rows = [procedure(225466, time) for time in ("2150-01-03 12:00", "2150-01-05 12:00")]
    first, second = events(*rows, diagnosis("I469", 10), kind="cardiac_arrest")
    assert (first["sources"], second["sources"]) == (["procedureevents:1", "diagnoses_icd:1"], ["procedureevents:2"])
    [coded] = [e for e in events(*rows, diagnosis("I469", 10, HADM + 7), kind="cardiac_arrest") if e["tier"] == "D"]
    assert coded["hadm_id"] == HADM + 7


def test_a_peri_procedural_code_stays_apart_from_a_charted_arrest() -> None:
    found = events(procedure(225466, SHOCK), diagnosis("I97120", 10), kind="cardiac_arrest")
    assert sorted((event["tier"], event["event_class"]) for event in found) == [
        ("A", "in_unit"),
        ("D", "peri_procedural"),
    ]


def test_a_row_without_its_time_joins_no_other_event() -> None:
    found = events(procedure(225466, SHOCK), procedure(225466, None), kind="cardiac_arrest")
    assert sorted(event["tier"] for event in found) == ["A", "D"]


@pytest.mark.parametrize(
    ("time", "tier"),
    [("2150-01-09 12:00", "A"), ("2150-01-10 10:00", "A"), ("2150-01-10 10:01", "D"), ("2153-01-03 12:00", "D")],
)
def test_a_charttime_years_after_the_stay_is_no_time(time: str, tier: str) -> None:
    judged = find_events(extract(*PLACE, procedure(225466, time)), NO_NUMERICS, NO_STAYS)
    [arrest] = judged.frame.to_dicts()
    assert (arrest["tier"], arrest["event_time"] is None) == (tier, tier == "D")
    assert judged.rejected["rule"].to_list() == ["event_without_time"] * (tier == "D")
    if tier == "D":
        assert (arrest["lower_time"], arrest["upper_time"]) == (datetime(2150, 1, 1, 8), datetime(2150, 1, 9, 10))


def pulses(seconds: range, value: float) -> pl.DataFrame:
    return pressures([(s, value) for s in seconds], parameter="pulse_spo2", start=datetime(2150, 1, 3, 11, 58))


@pytest.mark.parametrize(
    ("value", "is_contradicted"),
    [(72.0, True), (40.0, False), (0.0, False)],
)
def test_a_pulse_on_the_monitor_contradicts_a_charted_arrest_and_decides_nothing(
    value: float, is_contradicted: bool
) -> None:
    [arrest] = events(procedure(225466, SHOCK), kind="cardiac_arrest", numerics=pulses(range(0, 240, 10), value))
    assert (arrest["tier"], arrest["event_time"]) == ("A", datetime(2150, 1, 3, 12))
    assert [name.split(":")[0] for name in arrest["contradictions"]] == ["cleaned_numerics"] * is_contradicted


def test_a_sinus_rhythm_of_the_same_minute_contradicts_an_arrest() -> None:
    rows = procedure(225466, SHOCK), charted(220048, "2150-01-03 12:01", "SR (Sinus Rhythm)")
    [arrest] = events(*rows, kind="cardiac_arrest")
    assert arrest["contradictions"] == ["chartevents:1"]
    later = procedure(225466, SHOCK), charted(220048, "2150-01-03 12:02", "SR (Sinus Rhythm)")
    assert events(*later, kind="cardiac_arrest")[0]["contradictions"] == []


def test_a_flat_line_on_the_monitor_is_no_event() -> None:
    flat = pressures([(s, 0.0, "no_signal") for s in range(0, 600, 10)], parameter="heart_rate")
    alive = pressures([(s, 75.0) for s in range(0, 600, 10)], parameter="pulse_spo2")
    numerics = pl.concat([flat, alive]).sort(CLEANED_NUMERICS.order)
    assert find_events(extract(*PLACE), numerics, NO_STAYS).frame.is_empty()


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("VF (Ventricular Fibrillation) ", {"cardiac_arrest", "vf"}),
        ("V-fib", {"cardiac_arrest", "vf"}),
        ("VT (Ventricular Tachycardia) ", {"vt"}),
        ("pulseless VT", {"cardiac_arrest", "vt"}),
        ("Assystole", {"cardiac_arrest", "asystole"}),
        ("SVT (Supra Ventricular Tachycardia)", set()),
        ("supraventricular tachycardia", set()),
        ("hx of VT", set()),
        ("no VF", set()),
        ("Idioventricular", set()),
    ],
)
def test_one_text_is_every_kind_it_says(text: str, kinds: set[str]) -> None:
    frame = find_events(extract(*PLACE, charted(220048, SHOCK, text)), NO_NUMERICS, NO_STAYS).frame
    assert set(frame["event"]) == kinds


def test_charted_ectopy_may_have_begun_an_hour_before() -> None:
    [found] = events(charted(224651, SHOCK, "Runs Vtach"), kind="vt")
    assert (found["rule"], found["lower_time"]) == ("vt_ectopy", datetime(2150, 1, 3, 11))


def test_texts_that_nobody_knows_are_counted_and_not_told() -> None:
    rows = [charted(220048, SHOCK, text) for text in ("SR (Sinus Rhythm)", "Mystery", "Mystery", "Another")]
    judged = find_events(extract(*PLACE, *rows), NO_NUMERICS, NO_STAYS)
    [told] = judged.rejected.to_dicts()
    assert (told["rule"], told["place"], told["defect_count"]) == (
        "unknown_event_text", "chartevents:2, item 220048", 3,
    )  # fmt: skip
    assert "2 text(s)" in told["message"]
    assert "Mystery" not in told["message"] + told["advice"]


INFARCTION = diagnosis("I214", 10)


def test_a_troponin_times_a_coded_infarction_between_the_last_normal_and_the_first_raised_value() -> None:
    values = (
        (2, 0.01, None),
        (5, None, "<0.01"),
        (6, None, "HEMOLYZED"),
        (7, None, None),
        (8, 0.4, None),
        (14, 0.9, ""),
    )
    rows = [laboratory(51003, f"2150-01-03 {h:02}:00", value, text=text) for h, value, text in values]
    [found] = events(INFARCTION, *rows, kind="acute_mi")
    assert (found["tier"], found["event_time"]) == ("B", datetime(2150, 1, 3, 8))
    assert (found["lower_time"], found["upper_time"]) == (datetime(2150, 1, 3, 5), datetime(2150, 1, 3, 8, 1))
    assert found["sources"] == ["labevents:5", "diagnoses_icd:1"]


def test_a_troponin_raised_from_the_start_is_bounded_by_the_admission() -> None:
    [found] = events(INFARCTION, laboratory(51003, "2150-01-03 08:00", 0.4), kind="acute_mi")
    assert found["lower_time"] == datetime(2150, 1, 1, 8)


def test_a_troponin_that_names_no_admission_is_of_the_one_that_holds_its_time() -> None:
    rows = [
        laboratory(51003, "2150-01-03 02:00", 0.01, None),
        laboratory(51003, "2150-01-03 08:00", 0.4, None),
        laboratory(51003, "2150-01-03 14:00", 0.9),
        laboratory(51003, "2149-12-01 08:00", 0.4, None),  # of no admission
    ]
    [found] = events(INFARCTION, *rows, kind="acute_mi")
    assert found["event_time"] == datetime(2150, 1, 3, 8)
    assert (found["lower_time"], found["upper_time"]) == (datetime(2150, 1, 3, 2), datetime(2150, 1, 3, 8, 1))


def test_a_raised_troponin_alone_an_old_infarction_and_type_2_are_no_timed_infarction() -> None:
    raised = laboratory(51003, "2150-01-03 08:00", 0.4)
    assert events(raised, kind="acute_mi") == []
    assert events(raised, diagnosis("I252", 10), diagnosis("412", 9), kind="acute_mi") == []
    [second] = events(raised, diagnosis("I21A1", 10), kind="acute_mi")
    assert (second["tier"], second["event_class"]) == ("D", "type_2")


@pytest.mark.parametrize(
    ("kind", "parameter", "beyond", "boundary"),
    [
        ("desaturation", "spo2", 87.9, 88.0),
        ("bradycardia", "heart_rate", 39.9, 40.0),
        ("tachycardia", "heart_rate", 150.1, 150.0),
    ],
)
def test_episodes_of_the_monitor_need_a_minute_beyond_the_limit(
    kind: str, parameter: str, beyond: float, boundary: float
) -> None:
    normal = 95.0

    def found(value: float, seconds: int) -> list[dict[str, Any]]:
        values = [(0, normal), *[(s, value) for s in range(10, 10 + seconds + 1, 10)], (20 + seconds, normal)]
        return events(kind=kind, numerics=pressures(values, parameter=parameter))

    [episode] = found(beyond, 60)
    assert (episode["tier"], (episode["event_end_time"] - episode["event_time"]).seconds) == ("B", 60)
    assert found(beyond, 50) == []
    assert found(boundary, 600) == []
