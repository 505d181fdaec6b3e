"""Whole journeys for tests: settings over a source, a run in this process or by the command line, what a lake holds.

Belongs here: starting journeys and looking at their result. Each test says what must be true of it.
"""

import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from mimic_assets.cli.instance import opened
from mimic_assets.cli.journey import Journey, travel
from mimic_assets.defs.automation import WAVEFORM_TABLES
from mimic_assets.schemas.tables import TABLES
from mimic_assets.settings import Settings, dagster_home_for
from mimic_assets.storage.lake import Lake
from mimic_assets.storage.query import query
from mimic_assets_tests.defs.kept_engines import keep_engines

BUCKETS = 4
"""Fewer than usual: a small source does not need sixteen."""
FEW_BUCKETS = {"MIMIC_ASSETS_BUCKETS": str(BUCKETS)}
"""The same for a command."""
COMMAND = (sys.executable, "-c", "from mimic_assets.cli.app import main; main()")
"""The command line as a process of its own, whatever folder the script was installed to."""


@dataclass(frozen=True, slots=True)
class Place:
    """A source and a lake."""

    source: Path
    """Holds `waveforms/` and `clinical/`."""
    lake: Path

    def settings(self, **more: Any) -> Settings:
        """One worker, so that what a test patches is what runs; one task, so that it is quick."""
        given: dict[str, Any] = {"workers": 1, "buckets": BUCKETS, "tasks": ("hypotension",)}
        places = {"waveforms": self.source / "waveforms", "clinical": self.source / "clinical", "lake": self.lake}
        return Settings(**{name: str(path) for name, path in places.items()}, **(given | more))


@dataclass(frozen=True, slots=True)
class Travelled:
    """A finished lake and how it came about."""

    place: Place
    journey: Journey


@dataclass(frozen=True, slots=True)
class RealJourney:
    """What the real command line said and left."""

    lake: Path
    summary: dict[str, Any]
    """Of `run --json`."""
    objects: dict[str, str]
    """Path -> SHA-256 right after the run."""


def linked_arguments(real_data: Path) -> list[str]:
    """Return the options that name the linked records, the clinical demo and the task of the acceptance run."""
    waveforms, clinical = real_data / "mimic4wdb-linked", real_data / "mimic-iv-demo"
    return ["--waveforms", str(waveforms), "--clinical", str(clinical), "--task", "in_hospital_death"]


def travel_in_process(settings: Settings, patients: str = "recorded") -> Journey:
    """Run a whole journey in this process; the environment is as before afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", "")  # remembered here, set by `opened`
        keep_engines(patch)
        with opened(dagster_home_for(settings.lake)) as instance:
            return travel(settings, instance, patients, None)


def with_instance(settings: Settings, look: Callable[[dg.DagsterInstance], Any]) -> Any:
    """Return what `look` says about the instance of a lake."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", "")
        keep_engines(patch)
        with opened(dagster_home_for(settings.lake)) as instance:
            return look(instance)


def run_command(
    *arguments: str, environment: Mapping[str, str] | None = None, timeout: float = 600
) -> "subprocess.CompletedProcess[str]":
    """Run `mimic-assets` to its end and return its exit code and what it printed."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=os.environ | (environment or {}),
        capture_output=True, text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def summary_of(finished: "subprocess.CompletedProcess[str]", code: int = 0) -> dict[str, Any]:
    """Return the summary object of a run with `--json`; its exit code must be the expected one."""
    assert finished.returncode == code, finished.stderr
    summary: dict[str, Any] = json.loads(finished.stdout)  # one object and nothing else
    return summary


def travel_by_command(lake: Path, *arguments: str) -> RealJourney:
    """Run a whole journey by the command line and return what it said and left."""
    finished = run_command("run", *arguments, "--lake", str(lake), "--json")
    return RealJourney(lake, summary_of(finished), objects_of(lake))


def objects_of(lake: Path) -> dict[str, str]:
    """Return path -> SHA-256 of every file of a local lake, leftovers too, without the Dagster instance in it."""
    found = {}
    for path in sorted(lake.rglob("*")):
        relative = path.relative_to(lake)
        if path.is_file() and relative.parts[0] != ".dagster":
            found[relative.as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def states_of(lake: Path) -> dict[str, tuple[int, int]]:
    """Return path -> (inode, modification time) of every file: what was written anew changes both."""
    return {path: ((lake / path).stat().st_ino, (lake / path).stat().st_mtime_ns) for path in objects_of(lake)}


def rows(settings: Settings, sql: str) -> list[dict[str, Any]]:
    """Return the rows of a query over a lake."""
    found: list[dict[str, Any]] = query(Lake.open(settings.lake, settings.s3), sql).to_pylist()
    return found


def assert_every_table_has_objects(objects: Mapping[str, str]) -> None:
    """Fail where a table that a task without waveforms needs has none: equal emptiness would prove nothing."""
    for table in TABLES.keys() - set(WAVEFORM_TABLES):
        assert any(path.startswith(f"{table}/") for path in objects), f"{table} has no object"


def numerics_file(source: Path, subject_id: str) -> Path:
    """Return the first numerics file of a subject."""
    return next(iter(sorted((source / "waveforms").glob(f"waves/*/p{subject_id}/*/*n.csv.gz"))))


def drop_last_numerics_row(source: Path, subject_id: str) -> Path:
    """Change one numerics file of a subject by its last row; return the file."""
    path = numerics_file(source, subject_id)
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(lines[:-1]), mtime=0))
    return path
