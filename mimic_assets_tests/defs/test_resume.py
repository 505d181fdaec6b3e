"""`kill -9` at any moment, then the same command: it resumes, and every byte is that of a run nobody interrupted."""

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import dagster as dg
import psutil
import pytest

from mimic_assets.defs.automation import MANIFEST_TABLES, PATIENT_TABLES, WAVEFORM_TABLES
from mimic_assets.schemas.tables import TABLES
from mimic_assets_tests.defs.journeys import (
    BUCKETS,
    COMMAND,
    FEW_BUCKETS,
    Place,
    Travelled,
    assert_every_table_has_objects,
    objects_of,
    run_command,
    summary_of,
    with_instance,
)

pytestmark = pytest.mark.slow

SEED = 20261123
EXTRACTED = BUCKETS + 1
"""Objects of the first job: the buckets and the decisions of reviewers."""
OBJECTS = EXTRACTED + 4 * (len(PATIENT_TABLES) - len(WAVEFORM_TABLES)) + len(MANIFEST_TABLES)
"""Of four patients and one task, which has no waveforms."""
BETWEEN_PUT_AND_EVENT = """
import os, signal, sys
from mimic_assets.cli.app import main
from mimic_assets.defs.io_managers import TableIO
from mimic_assets.defs.outcomes import Status

left = int(sys.argv.pop(1))
make = TableIO._outcomes

def make_or_die(self, table, derivation, keys):
    global left
    for outcome in make(self, table, derivation, keys):
        left -= outcome.status is Status.MADE
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        yield outcome

TableIO._outcomes = make_or_die
main()
"""
"""Ends itself when the n-th new object has been put and its event has not been written."""


def _arguments(place: Place, workers: int) -> list[str]:
    settings = place.settings()
    return [
        "run", "--waveforms", settings.waveforms, "--clinical", settings.clinical, "--lake", settings.lake,
        "--task", "hypotension", "--workers", str(workers), "--json",
    ]  # fmt: skip


def _start(command: Iterable[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        list(command),
        env=os.environ | FEW_BUCKETS,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def _watch(process: "subprocess.Popen[bytes]", is_time: Callable[[], bool]) -> set[psutil.Process]:
    """Wait until it is time or the process has ended; return every process that it started meanwhile."""
    children: set[psutil.Process] = set()
    until = time.monotonic() + 300
    for look in itertools.count():
        is_due = is_time()
        if process.poll() is not None:
            break
        if is_due or look % 20 == 0:  # it reads the parent of every process there is: at each look it held a core
            try:
                children |= set(psutil.Process(process.pid).children(recursive=True))
            except psutil.NoSuchProcess:
                break
        if is_due:
            break
        assert time.monotonic() < until, "the moment to kill never came"
        time.sleep(0.01)
    return children


def _assert_gone(children: set[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive, f"{len(alive)} processes outlived the run"


def _kill_group_when(place: Place, workers: int, is_time: Callable[[], bool]) -> None:
    """Run, and kill -9 the whole process group at that moment; it must still have been at work."""
    process = _start([*COMMAND, *_arguments(place, workers)])
    children = _watch(process, is_time)
    assert process.poll() is None, "the run had ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    _assert_gone(children)


def _object_count(lake: Path) -> int:
    return sum(1 for path in lake.glob("*/**/data.parquet") if ".dagster" not in path.parts)


def _statuses(place: Place) -> list[dg.DagsterRunStatus]:
    found: list[dg.DagsterRunStatus] = with_instance(
        place.settings(), lambda instance: [run.status for run in instance.get_runs()]
    )
    return found


def _assert_resumed(place: Place, expected: Travelled, summary: dict[str, object]) -> None:
    found, wanted = objects_of(place.lake), objects_of(expected.place.lake)
    assert_every_table_has_objects(wanted)
    assert set(found) == set(wanted)  # no object lacks, no temporary file was left
    assert [path for path in wanted if found[path] != wanted[path]] == []
    assert sorted(summary["tables"]) == sorted(expected.journey.outcomes)
    spool = place.lake / ".dagster" / "spool"
    assert list(spool.iterdir()) == []  # rows of patients that a killed run had spooled are gone too
    assert set(_statuses(place)) <= {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE}  # none is left STARTED


def test_killed_at_random_points_it_resumes_to_the_same_bytes(finished: Travelled, tmp_path: Path) -> None:
    """Six kills of one lake, one after the other: while the instance is made, then at random numbers of objects."""
    place = Place(finished.place.source, tmp_path / "lake")
    home = place.lake / ".dagster"
    _kill_group_when(place, 2, lambda: any(home.glob(".new-*/history/runs/index.db")))
    points = sorted(random.Random(SEED).sample(range(1, OBJECTS - 4), 5))
    for point in points:
        _kill_group_when(place, 2, lambda point=point: _object_count(place.lake) >= point)
    summary = summary_of(run_command(*_arguments(place, 2), environment=FEW_BUCKETS))
    assert _object_count(place.lake) == OBJECTS
    assert summary["quarantined_patients"] == []
    _assert_resumed(place, finished, summary)
    assert dg.DagsterRunStatus.FAILURE in _statuses(place)


def test_killed_between_the_put_and_its_event_it_resumes_and_no_worker_stays_behind(
    finished: Travelled, tmp_path: Path
) -> None:
    """The main process dies alone: its workers have to notice. The object is there, Dagster knows nothing of it."""
    place = Place(finished.place.source, tmp_path / "lake")
    made_before_death = EXTRACTED + 3
    launcher = [sys.executable, "-c", BETWEEN_PUT_AND_EVENT, str(made_before_death)]
    process = _start([*launcher, *_arguments(place, 2)])
    children = _watch(process, lambda: False)
    assert process.wait() == -signal.SIGKILL
    assert len(children) >= 2, "no worker was seen"
    _assert_gone(children)
    assert _object_count(place.lake) >= made_before_death
    assert len(_materialised(place)) == EXTRACTED  # those of the steps that had ended
    summary = summary_of(run_command(*_arguments(place, 1), environment=FEW_BUCKETS))
    assert summary["dead_runs_failed"] == 1
    tables = summary["tables"]
    assert sum(table["kept"] for table in tables.values()) >= made_before_death
    _assert_resumed(place, finished, summary)
    assert len(_materialised(place)) == OBJECTS  # what had been put without its event has one now


def _materialised(place: Place) -> set[tuple[str, str | None]]:
    def look(instance: dg.DagsterInstance) -> set[tuple[str, str | None]]:
        found = set()
        for run in instance.get_runs():
            for record in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
                event = record.get_dagster_event()
                found.add((event.asset_key.path[-1], event.partition))
        return {(table, key) for table, key in found if table in TABLES}

    seen: set[tuple[str, str | None]] = with_instance(place.settings(), look)
    return seen


def test_two_workers_give_the_bytes_of_one(finished: Travelled, tmp_path: Path) -> None:
    place = Place(finished.place.source, tmp_path / "lake")
    summary = summary_of(run_command(*_arguments(place, 2), environment=FEW_BUCKETS))
    assert {status: sum(table[status] for table in summary["tables"].values()) for status in ("made", "kept")} == {
        "made": OBJECTS, "kept": 0,
    }  # fmt: skip
    _assert_resumed(place, finished, summary)
