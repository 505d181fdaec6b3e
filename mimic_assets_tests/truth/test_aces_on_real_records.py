"""ACES gives our labels row by row for every subject of the clinical demo: deaths and arrests that nobody planted."""

from pathlib import Path

import pytest

from mimic_assets.settings import Settings
from mimic_assets_tests.comparisons.aces import TASKS, compare
from mimic_assets_tests.conftest import environment_python
from mimic_assets_tests.defs.journeys import RealJourney
from mimic_assets_tests.truth.agreement_with_aces import judge

pytestmark = [pytest.mark.real_data, pytest.mark.slow]


def test_labels_of_the_real_demo_are_those_of_aces(all_subjects: RealJourney, tmp_path: Path) -> None:
    python = environment_python("aces")
    assert all_subjects.summary["patients"] == 88
    settings = Settings(lake=str(all_subjects.lake), tasks=TASKS)
    death, arrest = compare(settings, python, tmp_path)
    judge(death, settings)
    judge(arrest, settings)
    assert death.labelled.filter("label").height > 100  # twelve deaths, up to 24 index times before each
    assert death.labelled.height > 5_000
