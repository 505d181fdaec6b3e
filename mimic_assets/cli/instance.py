"""The Dagster instance of a lake: made on first use, locked while a run writes, cleared of runs that died.

Dagster's local launcher has no health check, so a run killed with its process stays STARTED until somebody fails it.
Runs started here carry host and process id; those whose process is gone are failed before new work starts.
"""

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import dagster as dg
import psutil

from mimic_assets.cli.full_disk import full_disk_explained, is_full
from mimic_assets.errors import RequestError

PROCESS_TAG = "mimic_assets/process"
_DATABASES = ("history", "schedules")
"""Folders of the instance that hold SQLite files."""
_UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.CANCELING,
]


def this_process() -> str:
    """Return a name for this process that is not used again after it has ended."""
    return _process_name(os.getpid())


def _process_name(pid: int) -> str:
    return f"{socket.gethostname()}/{pid}/{int(psutil.Process(pid).create_time())}"


def _is_alive(name: str) -> bool:
    host, pid, _ = name.rsplit("/", 2)
    if host != socket.gethostname():
        return True  # nobody here can know
    try:
        return _process_name(int(pid)) == name
    except psutil.Error:
        return False


def prepare_home(home: Path) -> Path:
    """Make the instance's folder with its `dagster.yaml` and databases, and point DAGSTER_HOME at it.

    Each part appears whole or not at all: Dagster cannot repair databases whose making was killed half-way.
    """
    with full_disk_explained(home):
        _make_parts(home)
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def _make_parts(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
        missing = [name for name in ("dagster.yaml", *_DATABASES) if not (home / name).exists()]
        if missing:
            with tempfile.TemporaryDirectory(prefix=".new-", dir=home) as folder:
                _make_instance(Path(folder))
                for name in missing:
                    try:
                        (Path(folder) / name).replace(home / name)
                    except OSError:  # another process may have been quicker
                        if not (home / name).exists():
                            raise
    except OSError as error:
        if is_full(error):
            raise
        raise RequestError(
            f"Cannot prepare the Dagster instance in {home}: {error.strerror}. Name another --lake."
        ) from None


def _make_instance(home: Path) -> None:
    (home / "dagster.yaml").write_bytes((files("mimic_assets") / "defs" / "dagster.yaml").read_bytes())
    with dg.DagsterInstance.from_config(str(home)) as instance:
        instance.get_runs_count()
        instance.get_dynamic_partitions("none")
        instance.all_instigator_state()


@contextmanager
def opened(home: Path) -> Iterator[dg.DagsterInstance]:
    """Give the instance of a lake, alone: a second run on the same lake is refused.

    Raises:
        RequestError: another process is running on this lake, or its disk is full, now or while the instance is used.
    """
    prepare_home(home)
    with full_disk_explained(home), (home / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RequestError(
                f"Another run is writing to this lake ({home.parent}). Wait for it, or stop it."
            ) from None
        with dg.DagsterInstance.from_config(str(home)) as instance:
            yield instance


def dead_runs(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """Return unfinished runs whose process is gone; runs of the UI are left to its daemon."""
    unfinished = instance.get_runs(dg.RunsFilter(statuses=_UNFINISHED))
    return [run for run in unfinished if PROCESS_TAG in run.tags and not _is_alive(run.tags[PROCESS_TAG])]


def fail_dead_runs(instance: dg.DagsterInstance) -> int:
    """Fail every dead run and return how many there were."""
    dead = dead_runs(instance)
    for run in dead:
        instance.report_run_failed(
            run, "The process of this run is gone (killed, or the machine stopped). Run again: it resumes."
        )
    return len(dead)
