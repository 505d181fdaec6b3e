"""The ledger as a table: shape, order, names, and what is not one subject's."""

import hashlib

import polars as pl

from mimic_assets.schemas.tables import CLINICAL_EVENTS, REJECTED_INPUTS
from mimic_assets_tests.event_ledger import find_events
from mimic_assets_tests.unit.events.source_rows import (
    HADM,
    NO_EXTRACT,
    NO_NUMERICS,
    NO_STAYS,
    SUBJECT,
    admission,
    diagnosis,
    extract,
    order,
    order_detail,
    patient,
    pressures,
    procedure,
    stay,
)

EVERYTHING = extract(
    admission("2150-01-01 08:00", "2150-01-09 10:00", death="2150-01-09 10:00", location="DIED"),
    stay("2150-01-02 08:00", "2150-01-09 12:00"),
    patient("2150-01-09"),
    procedure(225466, "2150-01-09 09:50"),
    procedure(225464, "2150-01-09 09:52"),
    procedure(225464, "2150-01-03 09:52"),
    diagnosis("I469", 10),
    order("o1", "2150-01-08 08:00"),
    order_detail("o1", "Do not resuscitate (DNR/DNI)"),
)
PRESSURE = pressures([(0, 80), *[(seconds, 60) for seconds in range(10, 400, 10)]])


def test_nothing_in_gives_nothing_out() -> None:
    judged = find_events(NO_EXTRACT, NO_NUMERICS, NO_STAYS)
    assert judged.frame.schema == CLINICAL_EVENTS.schema
    assert judged.rejected.schema == REJECTED_INPUTS.schema
    assert judged.frame.is_empty()
    assert judged.rejected.is_empty()


def test_the_ledger_is_the_declared_table_sorted_with_its_promises_kept() -> None:
    frame = find_events(EVERYTHING, PRESSURE, NO_STAYS).frame
    assert frame.schema == CLINICAL_EVENTS.schema
    assert frame.equals(frame.sort(CLINICAL_EVENTS.order))
    assert frame["event"].to_list() == ["cardiac_arrest", "death", "hypotension", "shock", "shock"]
    assert frame["event_id"].is_unique().all()
    assert frame["subject_id"].unique().to_list() == [SUBJECT]
    for invariant in CLINICAL_EVENTS.invariants:
        assert frame.select(invariant.holds.fill_null(True).all()).item(), invariant.name
    required = [name for name in CLINICAL_EVENTS.schema if name not in CLINICAL_EVENTS.optional]
    assert frame.select(pl.col(required).null_count()).row(0) == (0,) * len(required)


def test_an_event_id_is_the_documented_hash() -> None:
    frame = find_events(extract(diagnosis("I469", 10)), NO_NUMERICS, NO_STAYS).frame
    text = f"{SUBJECT}\ncardiac_arrest\n\nadmission {HADM} stay None"
    assert frame["event_id"].to_list() == ["ev_" + hashlib.sha256(text.encode()).hexdigest()[:16]]


def test_a_charted_arrest_its_shock_and_its_code_are_one_event() -> None:
    [arrest] = find_events(EVERYTHING, NO_NUMERICS, NO_STAYS).frame.filter(event="cardiac_arrest").to_dicts()
    assert (arrest["tier"], arrest["rule"]) == ("A", "arrest_charted")
    assert arrest["sources"] == ["procedureevents:1", "procedureevents:2", "diagnoses_icd:1"]
    assert arrest["rules"] == ["arrest_charted:2", "arrest_shock:1", "arrest_diagnosis:1"]


def test_several_subjects_at_once_give_what_each_gives_alone() -> None:
    other = EVERYTHING.with_columns(
        pl.col("subject_id") + 1, pl.col("hadm_id") + 1, pl.col("stay_id") + 1, pl.col("start_time").dt.offset_by("3d")
    )
    both = find_events(pl.concat([other, EVERYTHING]), PRESSURE, NO_STAYS)
    alone = [find_events(EVERYTHING, PRESSURE, NO_STAYS), find_events(other, NO_NUMERICS, NO_STAYS)]
    assert both.frame.equals(pl.concat(each.frame for each in alone).sort(CLINICAL_EVENTS.order))
    assert both.rejected.equals(pl.concat(each.rejected for each in alone).sort(REJECTED_INPUTS.order))
