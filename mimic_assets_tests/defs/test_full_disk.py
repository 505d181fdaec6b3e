"""A disk that is full below the Dagster instance: a clear request error at any moment, and the next run completes.

The disk is a real one that is too small: a tmpfs in a mount namespace of its own, which goes with its process.
"""

import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from mimic_assets.cli.full_disk import full_disk_explained
from mimic_assets.errors import RequestError
from mimic_assets_tests.conftest import require
from mimic_assets_tests.defs.journeys import COMMAND, FEW_BUCKETS, Travelled, objects_of

_SCRIPT = """
mkdir -p "$HOME_OF_LAKE"
mount -t tmpfs -o size="$SIZE" tmpfs "$HOME_OF_LAKE" || exit 9
"$@" >"$SAID/full.out" 2>"$SAID/full.err"; echo $? >"$SAID/full.code"
mount -o remount,size=256m "$HOME_OF_LAKE"
exec "$@"
"""
_NAMESPACE = ("unshare", "--map-root-user", "--mount")


def _has_namespaces() -> bool:
    try:
        return subprocess.run([*_NAMESPACE, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("size", ["300k", "700k", "1100k", "1500k"])
def test_a_disk_that_fills_up_is_said_and_the_same_command_resumes(
    size: str, finished: Travelled, tmp_path: Path
) -> None:
    """The instance needs about 2 MB: the smallest disk cannot hold it, the others fill up during the run."""
    require(_has_namespaces(), "mount namespaces: `unshare --map-root-user --mount` is refused")
    lake, source = tmp_path / "lake", finished.place.source
    run = [
        *COMMAND, "run", "--waveforms", str(source / "waveforms"), "--clinical", str(source / "clinical"),
        "--lake", str(lake), "--task", "hypotension", "--workers", "1", "--json",
    ]  # fmt: skip
    given = FEW_BUCKETS | {"SIZE": size, "HOME_OF_LAKE": str(lake / ".dagster"), "SAID": str(tmp_path)}
    again = subprocess.run(
        [*_NAMESPACE, "sh", "-c", _SCRIPT, "sh", *run],
        env=os.environ | given, capture_output=True, text=True, timeout=600, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    said = (tmp_path / "full.err").read_text()
    assert (tmp_path / "full.code").read_text().strip() == "2", said
    assert "Traceback" not in said
    [error] = [line for line in said.splitlines() if line.startswith("Error: ")]
    total = int(size.removesuffix("k")) * 1024 / 1e6
    assert f"nothing more can be written below {lake / '.dagster'}" in error
    assert f" of {total:.1f} MB are free" in error
    assert error.endswith("then run the same command again.")
    assert not [subject for subject in finished.journey.patients if subject in said]
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["manifest_stands"]
    assert objects_of(lake) == objects_of(finished.place.lake)


def test_another_error_of_the_database_is_not_called_a_full_disk(tmp_path: Path) -> None:
    wrong = pytest.raises(sqlite3.OperationalError, match="no such table")
    with closing(sqlite3.connect(":memory:")) as database, wrong, full_disk_explained(tmp_path):
        database.execute("SELECT * FROM absent")


def _write_to_a_full_disk() -> None:
    """`/dev/full` is the system's own disk without space; as Dagster does, the error is wrapped."""
    with Path("/dev/full").open("wb", buffering=0) as file:
        try:
            file.write(b"x")
        except OSError as error:
            error.filename = str(file.name)
            raise RuntimeError("wrapped") from error


def test_a_full_disk_elsewhere_is_named_by_its_own_place(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"written below /dev, where"), full_disk_explained(tmp_path):
        _write_to_a_full_disk()


def _outgrow(database: sqlite3.Connection) -> None:
    """Run out of space by SQLite's own limit; as Dagster does, the error is wrapped."""
    try:
        database.execute("CREATE TABLE a AS SELECT randomblob(100000)")
    except sqlite3.OperationalError as error:
        raise RuntimeError("wrapped") from error


def test_a_database_without_space_is_found_below_what_wraps_it(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "small.sqlite")) as database:
        database.execute("PRAGMA max_page_count = 2")
        with pytest.raises(RequestError, match="The disk is full"), full_disk_explained(tmp_path):
            _outgrow(database)
