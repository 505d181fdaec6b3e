"""Folders for what a step holds on disk for a while: beside the Dagster instance, and gone even after `kill -9`.

A killed process cannot clean up, and what it spooled are rows of patients; so the next one that spools removes the
folders of processes that are gone. Belongs here: making and removing such folders. Not here: what lies in them.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from os import getpid
from pathlib import Path

import psutil

_NAME = re.compile(r"(?P<process>[0-9]+-[0-9]+)-.+")


@contextmanager
def spooling(home: Path, what: str) -> Iterator[Path]:
    """Give an empty folder below the instance's; it is removed at the end, or by the next call after a kill."""
    folder = home / "spool"
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():
        match = _NAME.fullmatch(left.name)
        if match and not _is_alive(match["process"]):
            shutil.rmtree(left, ignore_errors=True)  # another process may be removing it too
    with tempfile.TemporaryDirectory(prefix=f"{_process(getpid())}-{what}-", dir=folder) as spool:
        yield Path(spool)


def _process(pid: int) -> str:
    """Return a name for a process that is not used again after it has ended."""
    return f"{pid}-{int(psutil.Process(pid).create_time())}"


def _is_alive(process: str) -> bool:
    try:
        return _process(int(process.partition("-")[0])) == process
    except psutil.Error:
        return False
