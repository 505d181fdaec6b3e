"""The rest of the truth against the clinical tables as written."""

import gzip
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from mimic_assets_tests.unit.sources.demo.demo_files import clinical, records, time_of, truth

MINUTE = timedelta(seconds=60)
CHARTED = {"225466": "cardiac_arrest", "225464": "shock", "225475": "respiratory_arrest"}
ARREST_CODES = {"I462", "I468", "I469", "4275"}
NEVER_CODES = {"V1253", "Z8674", "V1741", "Z8241", "P2981", "77985"}


def test_every_timed_event_is_charted_and_no_other(cohort_demo: Path) -> None:
    written = {
        (row["subject_id"], row["hadm_id"], row["stay_id"], CHARTED[row["itemid"]], time_of(row["starttime"]))
        for row in clinical(cohort_demo, "icu/procedureevents")
        if row["itemid"] in CHARTED
    }
    told = set()
    for row in truth(cohort_demo):
        if row["source"] == "procedureevents":
            time = time_of(row["event_time"])
            assert row["tier"] == "A"
            assert (time_of(row["lower_time"]), time_of(row["upper_time"])) == (time - MINUTE, time + MINUTE)
            assert time.second == time.microsecond == 0
            told.add((row["subject_id"], row["hadm_id"], row["stay_id"], row["event"], time))
    assert written == told
    assert Counter(event for *_, event, _ in told) == {"cardiac_arrest": 5, "shock": 4, "respiratory_arrest": 2}


def test_deaths(cohort_demo: Path) -> None:
    dod = {row["subject_id"]: row["dod"] for row in clinical(cohort_demo, "hosp/patients")}
    timed, dated = {}, {}
    for row in truth(cohort_demo):
        if row["event"] == "death":
            (timed if row["tier"] == "A" else dated)[row["subject_id"]] = row
    in_hospital = {r["subject_id"]: r for r in clinical(cohort_demo, "hosp/admissions") if r["deathtime"]}
    assert set(timed) == set(in_hospital)
    assert len(timed) == 19
    for subject, row in timed.items():
        time = time_of(in_hospital[subject]["deathtime"])
        assert time_of(row["event_time"]) == time
        assert dod[subject] == time.date().isoformat()
        assert in_hospital[subject]["hospital_expire_flag"] == "1"
    assert set(dated) == {subject for subject, day in dod.items() if day and subject not in timed}
    assert len(dated) == 3
    for subject, row in dated.items():
        start = time_of(dod[subject])
        assert (row["event_time"], row["hadm_id"], row["stay_id"]) == ("", "", "")
        assert (time_of(row["lower_time"]), time_of(row["upper_time"])) == (start, start + timedelta(days=1))


def test_discharge_times_before_death_are_decoys(cohort_demo: Path) -> None:
    early = {
        row["hadm_id"]
        for row in clinical(cohort_demo, "hosp/admissions")
        if row["deathtime"] and time_of(row["dischtime"]) < time_of(row["deathtime"])
    }
    assert early == {r["hadm_id"] for r in truth(cohort_demo, "decoys") if r["kind"] == "dischtime_before_death"}
    assert len(early) == 3


def test_codes_without_time_are_tier_d_for_the_whole_admission(cohort_demo: Path) -> None:
    admissions = {row["hadm_id"]: row for row in clinical(cohort_demo, "hosp/admissions")}
    timed = {row["hadm_id"] for row in truth(cohort_demo) if row["event"] == "cardiac_arrest" and row["tier"] == "A"}
    coded = {r["hadm_id"] for r in clinical(cohort_demo, "hosp/diagnoses_icd") if r["icd_code"] in ARREST_CODES}
    rows = {
        row["hadm_id"]: row
        for row in truth(cohort_demo)
        if (row["event"], row["source"]) == ("cardiac_arrest", "diagnoses_icd")
    }
    assert set(rows) == coded - timed
    assert len(rows) == 3
    decoys = {row["hadm_id"] for row in truth(cohort_demo, "decoys") if row["kind"] == "code_of_timed_event"}
    assert decoys == coded & timed
    assert len(decoys) == 1
    for hadm_id, row in rows.items():
        assert (row["tier"], row["event_time"], row["stay_id"]) == ("D", "", "")
        assert time_of(row["lower_time"]) == time_of(admissions[hadm_id]["admittime"])
        assert time_of(row["upper_time"]) == time_of(admissions[hadm_id]["dischtime"])


def test_dated_procedures_are_tier_c(cohort_demo: Path) -> None:
    meaning = {"9960": "cardiac_arrest", "5A12012": "cardiac_arrest", "9962": "shock"}
    written = {
        (row["hadm_id"], meaning[row["icd_code"]], datetime.fromisoformat(row["chartdate"]))
        for row in clinical(cohort_demo, "hosp/procedures_icd")
        if row["icd_code"] in meaning
    }
    told = {
        (row["hadm_id"], row["event"], time_of(row["lower_time"]))
        for row in truth(cohort_demo)
        if row["source"] == "procedures_icd"
    }
    assert written == told
    assert len(told) == 3


def test_history_and_newborn_codes_are_decoys_only(cohort_demo: Path) -> None:
    coded = {r["hadm_id"] for r in clinical(cohort_demo, "hosp/diagnoses_icd") if r["icd_code"] in NEVER_CODES}
    assert coded == {r["hadm_id"] for r in truth(cohort_demo, "decoys") if r["kind"] == "history_code"}
    assert len(coded) == len(NEVER_CODES)
    events = {row["hadm_id"] for row in truth(cohort_demo) if row["event"] == "cardiac_arrest"}
    assert coded & events == set()


def test_stay_of_each_event_contains_it(cohort_demo: Path) -> None:
    stays = {row["stay_id"]: row for row in clinical(cohort_demo, "icu/icustays")}
    for row in truth(cohort_demo):
        if row["stay_id"]:
            stay = stays[row["stay_id"]]
            assert stay["subject_id"] == row["subject_id"]
            assert time_of(stay["intime"]) <= time_of(row["event_time"]) < time_of(stay["outtime"])


def test_care_limits_follow_the_orders(cohort_demo: Path) -> None:
    wording = {row["poe_id"]: row["field_value"] for row in clinical(cohort_demo, "hosp/poe_detail")}
    orders = {
        (row["subject_id"], row["hadm_id"], time_of(row["ordertime"]), wording[row["poe_id"]])
        for row in clinical(cohort_demo, "hosp/poe")
        if row["order_subtype"] == "Code status"
    }

    def meaning(text: str) -> str:
        return "comfort" if "Comfort" in text else "dnr" if text.upper().startswith(("DO NOT", "DNAR")) else "none"

    told = [
        (row["subject_id"], row["hadm_id"], time_of(row["start_time"]), row["care_limitation"])
        for row in truth(cohort_demo, "care_limits")
    ]
    assert sorted(told) == sorted((*key, meaning(text)) for *key, text in orders)
    assert Counter(kind for *_, kind in told)["comfort"] == 3
    deaths = {
        row["hadm_id"]: time_of(row["event_time"])
        for row in truth(cohort_demo)
        if row["event"] == "death" and row["event_time"]
    }
    assert all(time < deaths[hadm] for _, hadm, time, _ in told if hadm in deaths)


def test_the_calendar_is_possible(cohort_demo: Path) -> None:
    admissions = {row["hadm_id"]: row for row in clinical(cohort_demo, "hosp/admissions")}
    for stay in clinical(cohort_demo, "icu/icustays"):
        start, end = time_of(stay["intime"]), time_of(stay["outtime"])
        assert time_of(admissions[stay["hadm_id"]]["admittime"]) < start < end
        assert 2110 <= start.year <= 2190
        assert abs(float(stay["los"]) - (end - start).total_seconds() / 86400) < 1e-9
    for row in clinical(cohort_demo, "icu/chartevents"):
        assert row["charttime"].endswith(":00")
        assert row["storetime"] > row["charttime"]
    for row in clinical(cohort_demo, "hosp/transfers"):
        assert row["outtime"] == "" or row["intime"] < row["outtime"]


def test_records_lie_where_labels_need_them(cohort_demo: Path) -> None:
    """Dying subjects are recorded to 5 to 20 minutes before death, survivors are followed for a day and more."""
    discharge = {row["hadm_id"]: row for row in clinical(cohort_demo, "hosp/admissions")}
    to_death, followed = [], 0
    for record in records(cohort_demo):
        end = record.time_at(record.frames * 16)
        row = discharge[record.hadm_id]
        if row["deathtime"]:
            to_death.append((time_of(row["deathtime"]) - end).total_seconds())
        else:
            followed += (time_of(row["dischtime"]) - end).total_seconds() > 86400
    assert sum(290 <= seconds <= 1210 for seconds in to_death) == 18
    assert followed >= 20


def test_identifiers_are_unique_and_shaped_like_the_published_ones(cohort_demo: Path) -> None:
    for table, column, first in (
        ("hosp/patients", "subject_id", "1"),
        ("hosp/admissions", "hadm_id", "2"),
        ("icu/icustays", "stay_id", "3"),
        ("hosp/transfers", "transfer_id", "3"),
        ("hosp/poe", "poe_id", "1"),
        ("hosp/labevents", "labevent_id", ""),
    ):
        values = [row[column] for row in clinical(cohort_demo, table)]
        assert len(values) == len(set(values))
        assert all(value.startswith(first) for value in values)


def test_codes_and_items_are_in_the_dictionaries(cohort_demo: Path) -> None:
    for table, column, dictionary, key in (
        ("icu/chartevents", "itemid", "icu/d_items", "itemid"),
        ("icu/inputevents", "itemid", "icu/d_items", "itemid"),
        ("icu/procedureevents", "itemid", "icu/d_items", "itemid"),
        ("hosp/labevents", "itemid", "hosp/d_labitems", "itemid"),
        ("hosp/diagnoses_icd", "icd_code", "hosp/d_icd_diagnoses", "icd_code"),
        ("hosp/procedures_icd", "icd_code", "hosp/d_icd_procedures", "icd_code"),
    ):
        known = {row[key] for row in clinical(cohort_demo, dictionary)}
        assert {row[column] for row in clinical(cohort_demo, table)} <= known


def test_columns_are_those_of_the_published_demo(cohort_demo: Path, real_data: Path) -> None:
    for path in sorted((cohort_demo / "clinical").glob("*/*.csv.gz")):
        published = real_data / "mimic-iv-demo" / path.parent.name / path.name
        with gzip.open(path) as ours, gzip.open(published) as theirs:
            assert ours.readline() == theirs.readline(), path.name


def test_subjects_are_drawn_independently(cohort_demo: Path) -> None:
    patients = clinical(cohort_demo, "hosp/patients")
    assert len({(row["anchor_age"], row["anchor_year"], row["gender"]) for row in patients}) >= 38
    arrivals = {row["admittime"][5:] for row in clinical(cohort_demo, "hosp/admissions")}
    assert len(arrivals) == 41
