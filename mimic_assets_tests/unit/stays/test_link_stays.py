"""Records meet stays by time, of the same subject, open at the start and closed at the end."""

from datetime import datetime, timedelta

import polars as pl
import pytest

from mimic_assets.schemas.tables import RAW_RECORDS, RECORD_STAYS, REJECTED_INPUTS
from mimic_assets.stays import link_stays
from mimic_assets_tests.unit.events.source_rows import (
    HADM,
    NO_EXTRACT,
    RECORD,
    RECORD_START,
    STAY,
    SUBJECT,
    admission,
    extract,
    record,
    stay,
)

TICK = timedelta(milliseconds=1)


def test_a_record_inside_a_stay_overlaps_from_before_its_first_tick_to_its_last() -> None:
    judged = link_stays(record(), extract(stay("2150-01-01 11:00", "2150-01-02 11:00")))
    assert judged.frame.schema == RECORD_STAYS.schema
    [row] = judged.frame.to_dicts()
    assert (row["record_id"], row["stay_id"], row["hadm_id"], row["care_unit"]) == (RECORD, STAY, HADM, "MICU")
    assert row["overlap_start_time"] == RECORD_START - TICK  # tick 0 is in (start, end]
    assert row["overlap_end_time"] == RECORD_START + timedelta(hours=1)
    assert (row["lag_s"], row["lag_confidence"]) == (None, None)
    assert (row["stay_start_time"], row["stay_end_time"]) == (datetime(2150, 1, 1, 11), datetime(2150, 1, 2, 11))
    assert judged.rejected.is_empty()


def test_a_record_over_two_stays_gives_a_row_for_each_cut_at_their_ends() -> None:
    stays = extract(
        stay("2150-01-01 09:00", "2150-01-01 12:10", stay_id=STAY + 1),
        stay("2150-01-01 12:30", "2150-01-03 09:00", stay_id=STAY),
    )
    frame = link_stays(record(), stays).frame
    assert frame["stay_id"].to_list() == [STAY, STAY + 1]
    assert frame["overlap_start_time"].to_list() == [datetime(2150, 1, 1, 12, 30), RECORD_START - TICK]
    assert frame["overlap_end_time"].to_list() == [datetime(2150, 1, 1, 13), datetime(2150, 1, 1, 12, 10)]


@pytest.mark.parametrize(
    ("start", "end", "is_linked"),
    [
        ("2150-01-01 13:00", "2150-01-01 14:00", False),  # begins at the record's last tick: (start, end] leaves it out
        ("2150-01-01 12:59:59.999", "2150-01-01 14:00", True),  # holds exactly the last tick
        ("2150-01-01 11:00", "2150-01-01 12:00", True),  # ends at tick 0: closed, so tick 0 is in it
        ("2150-01-01 11:00", "2150-01-01 11:59:59.999", False),
        ("2150-01-01 14:00", "2150-01-01 11:00", False),  # ends before it starts
        ("2150-01-01 12:30", "2150-01-01 12:30", False),
    ],
)
def test_ends_of_a_stay(start: str, end: str, is_linked: bool) -> None:
    judged = link_stays(record(), extract(stay(start, end)))
    assert judged.frame.height == int(is_linked)
    assert judged.rejected["rule"].to_list() == ([] if is_linked else ["record_without_stay"])


def test_another_admission_in_the_header_keeps_the_link_and_is_reported_once() -> None:
    stays = extract(
        stay("2150-01-01 11:00", "2150-01-01 12:30"), stay("2150-01-01 12:30", "2150-01-01 19:00", STAY + 1)
    )
    judged = link_stays(record(hadm_id=HADM + 7), stays)
    assert judged.frame["hadm_id"].to_list() == [HADM, HADM]
    [rejection] = judged.rejected.to_dicts()
    assert (rejection["rule"], rejection["defect_count"]) == ("admission_mismatch", 2)
    assert rejection["file"] == f"waves/p100/p{SUBJECT}/{RECORD}/{RECORD}.hea"
    assert rejection["place"] == f"comment hadm_id, stay {STAY}"


def test_an_unknown_admission_on_either_side_is_no_mismatch() -> None:
    known = extract(stay("2150-01-01 11:00", "2150-01-01 19:00"))
    unknown = extract(stay("2150-01-01 11:00", "2150-01-01 19:00", hadm_id=None))
    assert link_stays(record(hadm_id=None), known).rejected.is_empty()
    judged = link_stays(record(), unknown)
    assert judged.rejected.is_empty()
    assert judged.frame["hadm_id"].to_list() == [None]


def test_a_record_without_a_stay_is_reported_and_the_others_flow() -> None:
    late = record(RECORD + 1, RECORD_START + timedelta(days=9))
    judged = link_stays(pl.concat([late, record()]), extract(stay("2150-01-01 11:00", "2150-01-02 11:00")))
    assert judged.frame["record_id"].to_list() == [RECORD]
    [rejection] = judged.rejected.to_dicts()
    assert rejection["rule"] == "record_without_stay"
    assert rejection["file"].endswith(f"{RECORD + 1}.hea")


def test_an_admission_alone_is_no_stay() -> None:
    judged = link_stays(record(), extract(admission("2150-01-01 11:00", "2150-01-02 11:00")))
    assert judged.frame.is_empty()
    assert judged.rejected["rule"].to_list() == ["record_without_stay"]


def test_a_subject_without_clinical_rows_is_one_rejection() -> None:
    judged = link_stays(pl.concat([record(), record(RECORD + 1)]), NO_EXTRACT)
    assert judged.frame.schema == RECORD_STAYS.schema
    assert judged.frame.is_empty()
    [rejection] = judged.rejected.to_dicts()
    assert (rejection["rule"], rejection["defect_count"], rejection["subject_id"]) == (
        "subject_without_clinical_rows", 2, SUBJECT,
    )  # fmt: skip


def test_stays_without_times_are_reported_per_column() -> None:
    stays = extract(
        stay("2150-01-01 11:00", None), stay(None, None, STAY + 1), stay("2150-01-01 11:00", None, STAY + 2)
    )
    judged = link_stays(RAW_RECORDS.empty(), stays)
    assert judged.frame.is_empty()
    found = judged.rejected.select("rule", "place", "defect_count").rows()
    assert sorted(found) == [
        ("stay_without_times", "icustays:1, column outtime", 3),
        ("stay_without_times", "icustays:2, column intime", 1),
    ]


def test_a_stay_that_occurs_twice_is_linked_once() -> None:
    twice = extract(stay("2150-01-01 11:00", "2150-01-01 19:00"), stay("2150-01-01 11:00", "2150-01-01 20:00"))
    frame = link_stays(record(), twice).frame
    assert frame["stay_end_time"].to_list() == [datetime(2150, 1, 1, 19)]


def test_the_clock_of_the_header_decides_where_the_record_starts_to_cover() -> None:
    judged = link_stays(record(frequency="999.56"), extract(stay("2150-01-01 11:00", "2150-01-02 11:00")))
    [start] = judged.frame["overlap_start_time"]
    assert start == RECORD_START - timedelta(microseconds=1001)  # one tick of 1/999.56 s, rounded down


def test_nothing_in_gives_nothing_out() -> None:
    judged = link_stays(RAW_RECORDS.empty(), NO_EXTRACT)
    assert judged.frame.schema == RECORD_STAYS.schema
    assert judged.rejected.schema == REJECTED_INPUTS.schema
    assert judged.frame.is_empty()
    assert judged.rejected.is_empty()
