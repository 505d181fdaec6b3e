"""`make demo` with its defaults: enough subjects, hours and windows, and the truth that holds at full size.

One run of the real command line; the time limit itself is judged by the benchmark `demo` on a quiet machine.
"""

import json
from collections import Counter

import pytest

from mimic_assets.schemas.tables import CLINICAL_EVENTS, TRAINING_MANIFEST
from mimic_assets.schemas.vocabulary import Split
from mimic_assets.settings import Settings
from mimic_assets.sources.demo import DemoPlan
from mimic_assets_tests.defs.journeys import run_command
from mimic_assets_tests.truth.judgement import Judgement
from mimic_assets_tests.truth.ledger import decoys_taken, differences
from mimic_assets_tests.truth.planted import Planted

pytestmark = pytest.mark.slow

TASKS = ("hypotension", "in_hospital_death")


@pytest.fixture(scope="module")
def default_demo(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """The default demo, made by the command line as `make demo` makes it."""
    folder = tmp_path_factory.mktemp("demo") / ".demo"
    finished = run_command("demo", "--folder", str(folder), timeout=800)
    assert finished.returncode == 0, finished.stderr
    (folder / "said.txt").write_text(finished.stdout, encoding="utf-8")
    return Judgement(Planted(folder / "source"), Settings(lake=str(folder / "lake"), tasks=TASKS, buckets=4))


def test_the_default_plan_has_subjects_and_hours(default_demo: Judgement) -> None:
    root = default_demo.planted.root
    receipt = json.loads((root / "demo.json").read_text(encoding="utf-8"))
    assert receipt["summary"]["patients"] == DemoPlan().patients >= 24
    assert len(default_demo.planted.clinical("hosp/patients")) == DemoPlan().patients
    hours = []
    for path in (root / "waveforms").glob("waves/p*/p*/*/"):
        _, _, rates, frames, *_ = (path / f"{path.name}.hea").read_text(encoding="ascii").split("\n")[1].split()
        hours.append(int(frames) / float(rates.split("/")[0]) / 3600)
    assert sum(length >= 4 for length in hours) >= 26


@pytest.mark.parametrize("task", TASKS)
def test_every_split_has_twenty_windows_of_either_label(default_demo: Judgement, task: str) -> None:
    counts = Counter((row["split"], row["label"]) for row in default_demo.rows(TRAINING_MANIFEST, task=task))
    assert {key: counts[key] >= 20 for key in ((split.value, label) for split in Split for label in (True, False))} == {
        (split.value, label): True for split in Split for label in (True, False)
    }, dict(counts)


def test_the_command_prints_these_counts(default_demo: Judgement) -> None:
    said = (default_demo.planted.root.parent / "said.txt").read_text(encoding="utf-8")
    for task in TASKS:
        counts = Counter((row["split"], row["label"]) for row in default_demo.rows(TRAINING_MANIFEST, task=task))
        for split in Split:
            assert f"{counts[split.value, True]} / {counts[split.value, False]}" in said


def test_the_truth_holds_at_full_size(default_demo: Judgement) -> None:
    ledger = default_demo.rows(CLINICAL_EVENTS)
    assert differences(default_demo.planted, ledger) == []
    assert decoys_taken(default_demo.planted, ledger) == []
