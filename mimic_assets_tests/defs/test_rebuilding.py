"""Windows made again without their future: sound stages give the same, every leak is named by its columns."""

from dataclasses import replace

import polars as pl
import pytest

from mimic_assets.defs.rebuilding import Patient, choose_windows, rebuild
from mimic_assets.events import load_definitions
from mimic_assets.schemas.tables import CLINICAL_EXTRACT
from mimic_assets.tasks import Task
from mimic_assets.windows import INPUTS, differences, labels
from mimic_assets_tests.leaks import COLUMNS, Leak
from mimic_assets_tests.raw_patient import small_task, steady_patient, windows_of
from mimic_assets_tests.unit.windows.patient_frames import at, extract


@pytest.fixture(scope="module")
def steady() -> Patient:
    return steady_patient()


def differing(of: Task, who: Patient) -> list[set[str]]:
    """Return the columns that differ, window by window."""
    made = windows_of(of, who)
    return [set(differences(sample, rebuild(of, who, sample))) for sample in made.iter_slices(1)]


@pytest.mark.parametrize("policy", ["leave", "hold", "linear"])
def test_sound_stages_give_the_same_windows_without_the_future(steady: Patient, policy: str) -> None:
    of = small_task(numerics={"gap_policy": policy, "hold_at_most_s": 600 if policy == "hold" else 0})
    found = differing(of, steady)
    assert len(found) > 15
    assert found == [set()] * len(found)


def test_the_patient_has_what_leaks_need(steady: Patient) -> None:
    """Two records that take turns and three limitations of care: otherwise some leaks would have nothing to change."""
    made = windows_of(small_task(), steady)
    assert made["record_id"].n_unique() == 2
    assert made["care_limitation"].n_unique() >= 3


@pytest.mark.parametrize("leak", COLUMNS, ids=lambda leak: leak.__name__)
def test_a_leak_is_named_by_the_columns_it_reaches(
    leak: Leak, steady: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    leak(monkeypatch)
    found = differing(small_task(), steady)
    assert COLUMNS[leak] <= set().union(*found)


def test_a_window_made_by_leaky_stages_does_not_pass_the_sound_ones(steady: Patient) -> None:
    of = small_task()
    for leak, columns in COLUMNS.items():
        with pytest.MonkeyPatch.context() as patch:
            leak(patch)
            made = windows_of(of, steady)
        found = [set(differences(sample, rebuild(of, steady, sample))) for sample in made.iter_slices(1)]
        assert columns <= set().union(*found), leak.__name__


@pytest.mark.parametrize(("stored", "is_made"), [("09:40", True), ("10:40", False)])
def test_a_window_that_hangs_on_an_event_has_to_find_it_again(
    stored: str, is_made: bool, steady: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    definitions = load_definitions()
    shock = {"hadm_id": 20, "stay_id": 30, "item_id": 225464, "start_time": at("09:30"), "store_time": at(stored)}
    rows = pl.concat([steady.clinical_extract, extract({"source_table": "procedureevents"} | shock)])
    who = replace(steady, clinical_extract=rows.sort(CLINICAL_EXTRACT.order))
    rule = {"rule": "anchored", "stride_s": None, "anchor": "shock", "offset_s": 3600}
    of = small_task(index=rule)
    assert windows_of(of, who, definitions)["index_time"].to_list() == [at("10:31")] * is_made
    monkeypatch.setattr(labels, "known_times", lambda found, *_: dict.fromkeys(found["event_id"], 0))  # knows too early
    [sample] = windows_of(of, who, definitions).iter_slices(1)
    monkeypatch.undo()
    assert differences(sample, rebuild(of, who, sample, definitions)) == ([] if is_made else ["record_id"])


def test_the_label_is_taken_as_given_and_not_compared(steady: Patient) -> None:
    of = small_task()
    sample = windows_of(of, steady)[0]
    flipped = sample.with_columns(label=~pl.col("label"), event_id=pl.lit("ev_0000000000000000"))
    assert not differences(flipped, rebuild(of, steady, flipped))
    assert not {"label", "event_id"} & set(INPUTS)


def test_windows_are_drawn_by_name_few_of_a_patient_and_tasks_take_turns() -> None:
    rows = [(task, subject, f"s_{task}{subject}{k}") for task in "ab" for subject in range(30) for k in range(5)]
    names = pl.DataFrame(rows, schema=["task", "subject_id", "sample_id"], orient="row")
    chosen = choose_windows(names, 20, 2)
    assert chosen.height == 20
    assert chosen["subject_id"].n_unique() == 20  # one of every patient drawn before a second of any
    assert choose_windows(names.sample(fraction=1, shuffle=True, seed=1), 20, 2).equals(chosen)
    pairs = choose_windows(names, None, 2)
    assert pairs.group_by("subject_id").len()["len"].to_list() == [2] * 30
    assert pairs["task"].value_counts()["count"].to_list() == [30, 30]
    assert choose_windows(names, None, None).height == names.height
    assert choose_windows(names.clear(), 20, 2).is_empty()
    later = pl.concat([names, names.with_columns(pl.col("subject_id") + 100)])
    assert set(choose_windows(later, None, 2).rows()) >= set(pairs.rows())  # new patients change nobody's draw
