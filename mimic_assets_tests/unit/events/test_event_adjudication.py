"""Reviewers' decisions: read, applied by the event's name, kept through rebuilds, told where they fit nothing."""

from datetime import datetime

import polars as pl
import pytest

from mimic_assets.events import find_events, read_adjudications, worklist
from mimic_assets.events.review import TO_FILL_IN
from mimic_assets.schemas.judged import Judged
from mimic_assets.schemas.tables import CLINICAL_EVENTS, EVENT_ADJUDICATIONS
from mimic_assets.windows.targets import read_events
from mimic_assets_tests.event_ledger import shipped
from mimic_assets_tests.unit.events.source_rows import (
    NO_NUMERICS,
    NO_STAYS,
    SUBJECT,
    admission,
    charted,
    diagnosis,
    extract,
    procedure,
    stay,
)

PLACE = (admission("2150-01-01 08:00", "2150-01-09 10:00"), stay("2150-01-02 08:00", "2150-01-08 10:00"))
ROWS = extract(*PLACE, procedure(225466, "2150-01-03 12:00"), charted(220048, "2150-01-05 12:00", "VT"))
CODED = extract(*PLACE, diagnosis("I469", 10))
NOBODY = EVENT_ADJUDICATIONS.empty()
HEADER = "event_id,subject_id,decision,new_event_time,new_lower_time,new_upper_time,reviewer,reason\n"


def ledger(rows: pl.DataFrame, decisions: pl.DataFrame = NOBODY) -> Judged:
    return find_events(shipped(), decisions, rows, NO_NUMERICS, NO_STAYS)


def named(rows: pl.DataFrame, kind: str) -> str:
    [event_id] = ledger(rows).frame.filter(event=kind)["event_id"]
    return str(event_id)


def decided(*lines: str) -> pl.DataFrame:
    judged = read_adjudications((HEADER + "\n".join(lines) + "\n").encode(), "review.csv")
    assert judged.rejected.is_empty()
    return judged.frame


def test_an_accepted_event_says_so_and_nothing_else_changes() -> None:
    arrest = named(ROWS, "cardiac_arrest")
    before = ledger(ROWS).frame
    after = ledger(ROWS, decided(f"{arrest},{SUBJECT},accept,,,,KL,clear")).frame
    [found] = after.filter(event_id=arrest).to_dicts()
    assert found["adjudication"] == "accepted"
    assert found["sources"] == ["procedureevents:1", "event_adjudications:1"]
    unchanged = [name for name in CLINICAL_EVENTS.schema if name not in ("adjudication", "sources")]
    assert after.select(unchanged).equals(before.select(unchanged))


def test_a_rejected_event_stays_in_the_ledger_and_counts_for_nothing() -> None:
    arrest = named(ROWS, "cardiac_arrest")
    after = ledger(ROWS, decided(f"{arrest},{SUBJECT},reject,,,,,")).frame
    assert after.filter(event_id=arrest)["adjudication"].to_list() == ["rejected"]
    assert [event.kind for event in read_events(after)] == ["vt"]


def test_a_retimed_code_becomes_a_timed_indirect_event() -> None:
    coded = named(CODED, "cardiac_arrest")
    after = ledger(CODED, decided(f"{coded},{SUBJECT},retime,2150-01-04 07:30:00,,,,"))
    [found] = after.frame.to_dicts()
    assert (found["event_id"], found["tier"], found["adjudication"]) == (coded, "B", "retimed")
    assert (found["lower_time"], found["event_time"], found["upper_time"]) == (
        datetime(2150, 1, 4, 7, 29), datetime(2150, 1, 4, 7, 30), datetime(2150, 1, 4, 7, 31),
    )  # fmt: skip
    for invariant in CLINICAL_EVENTS.invariants:
        assert after.frame.select(invariant.holds.fill_null(True).all()).item(), invariant.name


def test_a_reviewer_may_give_the_bounds_too() -> None:
    arrest = named(ROWS, "cardiac_arrest")
    line = f"{arrest},{SUBJECT},retime,2150-01-03T11:50:00,2150-01-03 11:40:00,2150-01-03 11:55:00,,"
    [found] = ledger(ROWS, decided(line)).frame.filter(event_id=arrest).to_dicts()
    assert (found["tier"], found["lower_time"], found["upper_time"]) == (
        "A", datetime(2150, 1, 3, 11, 40), datetime(2150, 1, 3, 11, 55),
    )  # fmt: skip


def test_a_decision_holds_through_a_rebuild_with_more_evidence_and_other_row_numbers() -> None:
    decision = decided(f"{named(ROWS, 'cardiac_arrest')},{SUBJECT},reject,,,,,")
    more = extract(
        *PLACE,
        procedure(225464, "2150-01-02 12:00"),  # moves the arrest's row
        procedure(225466, "2150-01-03 12:00"),
        diagnosis("I469", 10),
    )
    judged = ledger(more, decision)
    [arrest] = judged.frame.filter(event="cardiac_arrest").to_dicts()
    assert (arrest["adjudication"], arrest["sources"][:2]) == ("rejected", ["procedureevents:2", "diagnoses_icd:1"])
    assert judged.rejected.is_empty()


def test_a_decision_about_an_event_that_is_gone_is_an_orphan() -> None:
    decision = decided(f"{named(ROWS, 'cardiac_arrest')},{SUBJECT},accept,,,,,")
    judged = ledger(extract(*PLACE, procedure(225466, "2150-01-03 12:30")), decision)
    [told] = judged.rejected.to_dicts()
    assert (told["rule"], told["file"], told["place"]) == (
        "adjudication_without_event", "event_adjudications", "event_adjudications:1",
    )  # fmt: skip
    assert judged.frame["event_id"][0] in told["message"]  # the near miss
    assert judged.frame["adjudication"].to_list() == [None]


def test_decisions_that_differ_are_told_and_none_is_applied() -> None:
    arrest = named(ROWS, "cardiac_arrest")
    judged = ledger(ROWS, decided(f"{arrest},{SUBJECT},accept,,,,A,", f"{arrest},{SUBJECT},reject,,,,B,"))
    assert judged.rejected["rule"].to_list() == ["adjudications_disagree"]
    assert judged.frame["adjudication"].null_count() == judged.frame.height
    twice = ledger(ROWS, decided(f"{arrest},{SUBJECT},accept,,,,A,", f"{arrest},{SUBJECT},accept,,,,B,"))
    assert twice.rejected.is_empty()


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("ev_0000000000000001,10,maybe,,,,,", "unknown_decision"),
        ("ev_0000000000000001,ten,accept,,,,,", "bad_value"),
        (",10,accept,,,,,", "bad_value"),
        ("the arrest of Mr Ev_1,10,accept,,,,,", "bad_value"),
        ("ev_0000000000000001,10,retime,,,,,", "retimed_without_time"),
        ("ev_0000000000000001,10,retime,noon,,,,", "bad_value"),
        ("ev_0000000000000001,10,retime,2150-01-03 12:00:00,2150-01-03 13:00:00,,,", "bounds_out_of_order"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_and_the_others_are_read(line: str, rule: str) -> None:
    judged = read_adjudications(
        f"{HEADER}ev_0000000000000002,11,accept,,,,,\n{line}\nev_0000000000000003,12,,,,,,\n".encode(), "review.csv"
    )
    assert judged.frame["event_id"].to_list() == ["ev_0000000000000002"]
    told = judged.rejected.to_dicts()
    assert rule in {row["rule"] for row in told}
    assert {row["place"] for row in told} == {"line 3"}
    assert not any("ev_0000000000000001" in str(row) or "Mr" in str(row) for row in told)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"event_id,decision\nev_0000000000000001,accept\n"])
def test_a_file_without_the_columns_is_told_as_a_whole(content: bytes) -> None:
    judged = read_adjudications(content, "review.csv")
    assert judged.frame.is_empty()
    assert judged.rejected["rule"].to_list() == ["unreadable_table"]


def test_the_worklist_holds_what_is_doubtful_and_can_be_filled_in_and_read_back() -> None:
    rows = extract(
        *PLACE,
        procedure(225466, "2150-01-03 12:00"),  # clear
        procedure(225466, "2150-01-04 12:00"),
        charted(220048, "2150-01-04 12:00", "SR (Sinus Rhythm)"),
        charted(220048, "2150-01-05 12:00", "VT"),
        diagnosis("I97120", 10),
    )
    listed = worklist(ledger(rows).frame, NOBODY)
    assert sorted(listed.select("event", "reasons").rows()) == [
        ("cardiac_arrest", "no_time"),
        ("cardiac_arrest", "sources_disagree"),
        ("vt", "one_indirect_source"),
    ]
    filled = listed.with_columns(decision=pl.lit("accept")).write_csv(datetime_format="%Y-%m-%d %H:%M:%S").encode()
    judged = read_adjudications(filled, "worklist.csv")
    assert judged.rejected.is_empty()
    after = ledger(rows, judged.frame).frame
    assert after["adjudication"].value_counts().sort("adjudication").rows() == [(None, 1), ("accepted", 3)]
    assert worklist(after, NOBODY).is_empty()
    again = worklist(after, judged.frame)  # takes the place of the list before: every decision is in it
    assert set(again["reasons"]) == {"reviewed"}
    read = read_adjudications(again.write_csv().encode(), "again.csv").frame
    assert read.drop("source_row").equals(judged.frame.drop("source_row"))
    assert list(TO_FILL_IN) == listed.columns[-len(TO_FILL_IN) :]
