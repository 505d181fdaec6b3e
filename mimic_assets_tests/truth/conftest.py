"""A generated demo with one of every planted case, and its journey through the assets, made once per session."""

import pytest

from mimic_assets.sources.demo import DemoPlan, generate_demo
from mimic_assets_tests.defs.journeys import Place, travel_in_process
from mimic_assets_tests.truth.judgement import Judgement
from mimic_assets_tests.truth.planted import Planted

PLAN = DemoPlan(patients=40, hours=2.0, waveform_minutes=1)
"""The cohort's design repeats every 40 subjects: with fewer, some planted case would not be there."""


@pytest.fixture(scope="session")
def judgement(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """The cohort, generated and brought all the way to the manifest by two workers."""
    folder = tmp_path_factory.mktemp("truth")
    generate_demo(folder / "source", PLAN, workers=2)
    settings = Place(folder / "source", folder / "lake").settings(
        workers=2, tasks=("in_hospital_death", "hypotension", "cardiac_arrest"), buckets=16
    )
    journey = travel_in_process(settings)
    assert journey.has_manifest
    assert journey.quarantined == []
    return Judgement(Planted(folder / "source"), settings)
