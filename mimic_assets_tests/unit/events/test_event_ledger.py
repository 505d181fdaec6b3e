"""The ledger as a table: shape, order, names, and what is not one subject's."""

import hashlib

import polars as pl
import pytest

from mimic_assets.errors import InternalError
from mimic_assets.events import find_events
from mimic_assets.events.rules import RULES, CodeRule, Timing
from mimic_assets.schemas.tables import CLINICAL_EVENTS, REJECTED_INPUTS
from mimic_assets.schemas.vocabulary import Tier
from mimic_assets_tests.unit.events.source_rows import (
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
    assert frame["event"].to_list() == ["cardiac_arrest", "cardiac_arrest", "death", "hypotension", "shock", "shock"]
    assert frame["event_id"].is_unique().all()
    assert frame["subject_id"].unique().to_list() == [SUBJECT]
    for invariant in CLINICAL_EVENTS.invariants:
        assert frame.select(invariant.holds.fill_null(True).all()).item(), invariant.name
    required = [name for name in CLINICAL_EVENTS.schema if name not in CLINICAL_EVENTS.optional]
    assert frame.select(pl.col(required).null_count()).row(0) == (0,) * len(required)


def test_an_event_id_is_the_documented_hash() -> None:
    frame = find_events(EVERYTHING, NO_NUMERICS, NO_STAYS).frame
    [found] = frame.filter(tier="D")["event_id"]
    text = f"{SUBJECT}\ncardiac_arrest\narrest_diagnosis\ndiagnoses_icd:1\n"
    assert found == "ev_" + hashlib.sha256(text.encode()).hexdigest()[:16]


def test_a_charted_arrest_and_its_code_are_both_kept() -> None:
    arrests = find_events(EVERYTHING, NO_NUMERICS, NO_STAYS).frame.filter(event="cardiac_arrest")
    assert sorted(arrests["rule"]) == ["arrest_charted", "arrest_diagnosis"]


def test_two_subjects_at_once_are_our_mistake() -> None:
    other = EVERYTHING.with_columns(subject_id=pl.lit(SUBJECT + 1, pl.Int64))
    with pytest.raises(InternalError, match="rows of 2 or more subjects"):
        find_events(other, PRESSURE, NO_STAYS)


def test_rules_have_one_name_each_and_tiers_that_fit_their_timing() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    fitting = {
        Timing.CHARTED_MINUTE: {Tier.A, Tier.B},
        Timing.EPISODE: {Tier.B},
        Timing.DAY: {Tier.C},
        Timing.ADMISSION: {Tier.D},
    }
    assert all(rule.tier in fitting[rule.timing] for rule in RULES)
    assert all(rule.timing in (Timing.DAY, Timing.ADMISSION) for rule in RULES if isinstance(rule, CodeRule))
    assert all(rule.version >= 1 and rule.source for rule in RULES)
