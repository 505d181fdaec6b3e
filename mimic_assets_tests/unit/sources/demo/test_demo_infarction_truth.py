"""The truth of infarction against codes and laboratory rows as written, read with the standard library."""

from collections import defaultdict
from datetime import timedelta
from pathlib import Path

from mimic_assets_tests.unit.sources.demo.demo_files import clinical, time_of, truth

LIMITS = {"51003": 0.01, "50911": 10.0}
"""Troponin T and CK-MB, ng/mL."""
INITIAL_CARE = {"I214", "I2102", "I2119", "I220", "41001", "41071"}
TYPE_2, NEVER = {"I21A1"}, {"412", "I252", "41072"}


def coded(root: Path, codes: set[str]) -> set[str]:
    return {row["hadm_id"] for row in clinical(root, "hosp/diagnoses_icd") if row["icd_code"] in codes}


def panels(root: Path) -> dict[str, list[tuple[str, bool]]]:
    """Return (time, whether a marker is raised) of each panel by admission; rows of none are of the one by time."""
    admissions = clinical(root, "hosp/admissions")
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    for row in clinical(root, "hosp/labevents"):
        if row["itemid"] in LIMITS:
            hadm_id = row["hadm_id"] or next(
                a["hadm_id"]
                for a in admissions
                if a["subject_id"] == row["subject_id"] and a["admittime"] <= row["charttime"] < a["dischtime"]
            )
            is_raised = row["valuenum"] != "" and float(row["valuenum"]) > LIMITS[row["itemid"]]
            found[hadm_id][row["charttime"]] = found[hadm_id].get(row["charttime"], False) or is_raised
    return {hadm_id: sorted(times.items()) for hadm_id, times in found.items()}


def test_coded_infarctions_are_timed_by_their_first_raised_panel(cohort_demo: Path) -> None:
    admissions = {row["hadm_id"]: row for row in clinical(cohort_demo, "hosp/admissions")}
    drawn = panels(cohort_demo)
    told = {row["hadm_id"]: row for row in truth(cohort_demo) if row["event"] == "acute_mi"}
    assert set(told) == coded(cohort_demo, INITIAL_CARE | TYPE_2)
    timed = 0
    for hadm_id in coded(cohort_demo, INITIAL_CARE):
        row, of_admission = told[hadm_id], drawn.get(hadm_id, [])
        raised = [time for time, is_raised in of_admission if is_raised]
        if not raised:
            assert (row["tier"], row["event_time"], row["source"]) == ("D", "", "diagnoses_icd")
            assert time_of(row["lower_time"]) == time_of(admissions[hadm_id]["admittime"])
            continue
        before = [time for time, _ in of_admission if time < raised[0]]
        assert (row["tier"], row["source"]) == ("B", "labevents")
        assert time_of(row["event_time"]) == time_of(raised[0])
        assert time_of(row["upper_time"]) == time_of(raised[0]) + timedelta(minutes=1)
        assert time_of(row["lower_time"]) == time_of(before[-1] if before else admissions[hadm_id]["admittime"])
        timed += 1
    assert timed == 4


def test_type_2_has_no_time_although_its_markers_rise(cohort_demo: Path) -> None:
    [hadm_id] = coded(cohort_demo, TYPE_2)
    [row] = [row for row in truth(cohort_demo) if row["event"] == "acute_mi" and row["hadm_id"] == hadm_id]
    assert (row["tier"], row["event_time"]) == ("D", "")
    assert any(is_raised for _, is_raised in panels(cohort_demo)[hadm_id])
    assert [d["hadm_id"] for d in truth(cohort_demo, "decoys") if d["kind"] == "markers_of_type_2"] == [hadm_id]


def test_old_infarctions_and_markers_alone_are_decoys(cohort_demo: Path) -> None:
    decoys = defaultdict(set)
    for row in truth(cohort_demo, "decoys"):
        decoys[row["kind"]].add(row["hadm_id"])
    assert decoys["old_infarction"] | decoys["later_care_of_infarction"] == coded(cohort_demo, NEVER)
    assert (len(decoys["old_infarction"]), len(decoys["later_care_of_infarction"])) == (2, 1)
    drawn = panels(cohort_demo)
    for hadm_id in coded(cohort_demo, NEVER) | decoys["markers_without_code"]:
        assert any(is_raised for _, is_raised in drawn[hadm_id])
    assert decoys["markers_without_code"] & coded(cohort_demo, NEVER | INITIAL_CARE | TYPE_2) == set()


def test_some_markers_stand_at_their_limit_below_the_range_or_name_no_admission(cohort_demo: Path) -> None:
    rows = [row for row in clinical(cohort_demo, "hosp/labevents") if row["itemid"] in LIMITS]
    assert sum(row["valuenum"] != "" and float(row["valuenum"]) == LIMITS[row["itemid"]] for row in rows) >= 5
    assert sum(row["value"] == "<0.01" and row["valuenum"] == "" for row in rows) >= 3
    assert sum(row["hadm_id"] == "" for row in rows) >= 3
    assert len({row["labevent_id"] for row in clinical(cohort_demo, "hosp/labevents")}) == len(
        clinical(cohort_demo, "hosp/labevents")
    )
