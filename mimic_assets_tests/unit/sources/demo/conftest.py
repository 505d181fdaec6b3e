"""Generated demos for these tests: the whole cohort with little waveform, and a small one with all of it."""

from pathlib import Path

import pytest

from mimic_assets.sources.demo import DemoPlan, generate_demo

COHORT_PLAN = DemoPlan(patients=40, hours=4.0, seed=7, waveform_minutes=8)
SMALL_PLAN = DemoPlan(patients=6, hours=1.0, seed=11)


@pytest.fixture(scope="session")
def cohort_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty subjects, records of four hours and more, eight minutes of waveform each."""
    root = tmp_path_factory.mktemp("cohort") / "demo"
    generate_demo(root, COHORT_PLAN)
    return root


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six subjects with one-hour records, complete waveforms (one subject has two records)."""
    root = tmp_path_factory.mktemp("small") / "demo"
    generate_demo(root, SMALL_PLAN)
    return root
