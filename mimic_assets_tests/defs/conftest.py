"""Journeys that several tests look at, each made once per session."""

import shutil
from pathlib import Path

import pytest

from mimic_assets.sources.demo import DemoPlan, generate_demo
from mimic_assets_tests.defs.journeys import Place, Travelled, travel_in_process


@pytest.fixture(scope="session")
def demo_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four generated patients with half an hour of numerics and a minute of waveforms each."""
    folder = tmp_path_factory.mktemp("demo")
    generate_demo(folder / "source", DemoPlan(patients=4, hours=0.5, waveform_minutes=1))
    return folder / "source"


@pytest.fixture(scope="session")
def finished(demo_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Travelled:
    """The uninterrupted journey of those patients with one worker; do not change it, take a `copy_of_finished`."""
    place = Place(demo_source, tmp_path_factory.mktemp("finished") / "lake")
    return Travelled(place, travel_in_process(place.settings()))


@pytest.fixture
def copy_of_finished(finished: Travelled, tmp_path: Path) -> Place:
    """A source and a finished lake of this test's own."""
    return copy_of(finished, tmp_path)


def copy_of(finished: Travelled, folder: Path) -> Place:
    """Copy a source and its lake, Dagster instance included, to a folder; source files get the time of now."""
    place = Place(folder / "source", folder / "lake")
    shutil.copytree(finished.place.source, place.source, copy_function=shutil.copyfile)
    shutil.copytree(finished.place.lake, place.lake)
    return place
