"""Journeys over sound, broken and repaired copies of one generated source, each made once per session."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from mimic_assets_tests.bad_input.clinical_breakage import break_chartevents, break_lists, break_stays_and_deaths
from mimic_assets_tests.bad_input.header_cases import HEADER_CASES
from mimic_assets_tests.bad_input.numerics_cases import NUMERICS_CASES
from mimic_assets_tests.bad_input.record_case import Broken, RecordCase
from mimic_assets_tests.bad_input.signal_cases import SIGNAL_CASES
from mimic_assets_tests.bad_input.source import CROWDED, FIRST_EXTRA, Source, forget_published, sound_source
from mimic_assets_tests.bad_input.world import World, travelled

CASES: dict[int, RecordCase] = dict(enumerate((*NUMERICS_CASES, *HEADER_CASES, *SIGNAL_CASES), start=FIRST_EXTRA))
"""Record id -> what is broken in it."""


@dataclass(frozen=True, slots=True)
class BrokenWorld:
    """The journey over a source in which every case is broken at once."""

    world: World
    records: dict[int, Broken]
    """Record id -> what its case must lead to."""
    chart_lines: dict[str, int]
    list_lines: dict[str, int]


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Nothing is broken. Do not change it."""
    folder = tmp_path_factory.mktemp("sound")
    sound_source(folder / "source", len(CASES))
    return travelled(folder / "source", folder / "lake")


@pytest.fixture(scope="session")
def broken(sound: World, tmp_path_factory: pytest.TempPathFactory) -> BrokenWorld:
    """Every patient but the bystanders is broken in its own way. Do not change it."""
    folder = tmp_path_factory.mktemp("broken")
    source = Source(folder / "source")
    shutil.copytree(sound.place.source, source.root)
    records = {}
    for record_id, case in CASES.items():
        record = source.record(record_id)
        records[record_id] = case.make(record)
        if not case.keeps_published_sums:
            forget_published(source, record.folder.relative_to(source.waveforms).as_posix())
    break_stays_and_deaths(source)
    chart_lines = break_chartevents(source)
    list_lines = break_lists(source)
    assert source.patient(CROWDED).is_dir()
    return BrokenWorld(travelled(source.root, folder / "lake"), records, chart_lines, list_lines)


def copy_of(world: World, folder: Path) -> tuple[Path, Path]:
    """Copy a source and its lake, Dagster instance included; return where they are."""
    shutil.copytree(world.place.source, folder / "source", copy_function=shutil.copyfile, symlinks=True)
    shutil.copytree(world.place.lake, folder / "lake")
    return folder / "source", folder / "lake"
