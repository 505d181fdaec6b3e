"""clinical_events of a generated demo against its truth: everything planted is found, nothing is invented."""

from collections import Counter

import pytest

from mimic_assets.defs.making import Workshop
from mimic_assets.schemas.tables import CLINICAL_EVENTS, RECORD_STAYS
from mimic_assets_tests.event_ledger import shipped
from mimic_assets_tests.truth.accuracy import measure, table
from mimic_assets_tests.truth.judgement import Judgement
from mimic_assets_tests.truth.ledger import decoys_taken, differences

pytestmark = pytest.mark.slow

MONITORED = ("hypotension", "desaturation", "bradycardia", "tachycardia")
DEFECTS = [
    pytest.param("a listed .dat file is missing", "file_missing", id="missing_dat"),
    pytest.param("text in a SpO2 cell", "text_in_number_column", id="text_cell"),
    pytest.param("unknown numerics column", "unknown_parameter", id="unknown_column"),
]
"""Words of the decoy's detail, and the rule that must name it."""


def test_every_planted_event_is_found_and_none_is_invented(judgement: Judgement) -> None:
    ledger = judgement.rows(CLINICAL_EVENTS)
    assert differences(judgement.planted, ledger) == []


def test_precision_and_recall_are_whole_for_every_kind_and_tier(judgement: Judgement) -> None:
    accuracies = measure(judgement.planted, judgement.rows(CLINICAL_EVENTS))
    print(table(accuracies))
    assert {key: (a.recall, a.precision) for key, a in accuracies.items()} == dict.fromkeys(accuracies, (1.0, 1.0))
    charted = [error for (_, tier), a in accuracies.items() if tier == "A" for error in a.errors_s]
    assert set(charted) == {0.0}
    for kind in MONITORED:
        errors = accuracies[kind, "B"].errors_s
        assert max(abs(error) for error in errors) < 0.002  # ticks become microseconds by two formulas
    assert set(accuracies["acute_mi", "B"].errors_s) == {0.0}


def test_the_plan_holds_every_kind_of_event_and_decoy(judgement: Judgement) -> None:
    """Agreement over an empty plan would prove nothing."""
    events = Counter((row["event"], row["tier"]) for row in judgement.planted.events)
    assert {
        ("death", "A"), ("death", "C"), ("cardiac_arrest", "A"), ("cardiac_arrest", "C"), ("cardiac_arrest", "D"),
        ("shock", "A"), ("shock", "C"), ("respiratory_arrest", "A"), ("hypotension", "B"), ("vf", "B"), ("vt", "B"),
        ("asystole", "B"), ("desaturation", "B"), ("bradycardia", "B"), ("tachycardia", "B"), ("acute_mi", "B"),
        ("acute_mi", "D"),
    } == set(events)  # fmt: skip
    assert {kind for kind, _ in events} == {definition.name for definition in shipped()}
    assert events["death", "A"] >= 15
    assert all(events[kind, "B"] >= 20 for kind in MONITORED)
    decoys = Counter(row["kind"] for row in judgement.planted.decoys)
    assert {
        "short_dip", "line_flush", "line_zeroed", "mean_above_systolic", "line_disconnected", "cuff_only", "defect",
        "dischtime_before_death", "history_code", "atrial_shock_code", "code_of_timed_event", "record_without_stay",
        "rhythm_text", "silence_in_episode", "dip_one_step_short", "long_dip", "dip_beside_silence",
        "silence_between_dips", "pressure_at_limit", "pulse_deficit", "old_infarction", "later_care_of_infarction",
        "markers_without_code", "markers_of_type_2",
        *(f"{kind}_{form}" for kind in MONITORED[1:] for form in ("one_step_short", "at_limit", "around_silence")),
    } <= set(decoys)  # fmt: skip


def test_no_decoy_is_an_event(judgement: Judgement) -> None:
    assert decoys_taken(judgement.planted, judgement.rows(CLINICAL_EVENTS)) == []


@pytest.mark.parametrize(("words", "rule"), DEFECTS)
def test_planted_defects_are_named_in_rejected_inputs(judgement: Judgement, words: str, rule: str) -> None:
    rejected = Workshop(judgement.settings).lake.scan_rejected().collect().to_dicts()
    [defect] = [row for row in judgement.planted.decoys if row["kind"] == "defect" and words in row["detail"]]
    record = defect["detail"].split(",")[0].removeprefix("record ")
    hits = [r for r in rejected if r["subject_id"] == int(defect["subject_id"]) and record in r["file"]]
    assert rule in {row["rule"] for row in hits}


def test_records_outside_every_stay_are_linked_to_none(judgement: Judgement) -> None:
    linked = {row["record_id"] for row in judgement.rows(RECORD_STAYS)}
    outside = [d for d in judgement.planted.decoys if d["kind"] == "record_without_stay"]
    assert outside
    for decoy in outside:
        assert int(decoy["detail"].split()[1]) not in linked
