"""Whole objects in a folder: killed writers, concurrent writers, full disks, foreign paths."""

import contextlib
import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mimic_assets.errors import InternalError, RequestError
from mimic_assets.storage import open_root

WRITE = "import sys, pathlib; from mimic_assets.storage import open_root; root = open_root(sys.argv[1]); "
MEBIBYTE = 1 << 20


def _python(code: str, *arguments: object) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[3], stderr=subprocess.PIPE)


def _wait_until(condition: object, seconds: float = 60) -> None:
    assert callable(condition)
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "the other process did not get there"
        time.sleep(0.002)


def _temporary(folder: Path) -> list[Path]:
    return list(folder.glob(".tmp-*"))


def test_bytes_ranges_and_listing(tmp_path: Path) -> None:
    root = open_root(str(tmp_path / "not" / "yet" / "there"))
    assert root.put("a/b=1/c.bin", b"0123456789") == 10
    assert root.put("a/b=1/a.bin", b"") == 0
    assert root.get("a/b=1/c.bin") == b"0123456789"
    assert root.get_range("a/b=1/c.bin", 2, 3) == b"234"
    assert root.get_range("a/b=1/c.bin", 8, 100) == b"89"
    assert root.get_range("a/b=1/c.bin", 8, 0) == b""
    assert root.tail("a/b=1/c.bin", 3) == (b"789", 10)
    assert root.tail("a/b=1/c.bin", 300) == (b"0123456789", 10)
    info = root.head("a/b=1/c.bin")
    assert info is not None
    assert info.byte_count == 10
    assert [i.path for i in root.list()] == ["a/b=1/a.bin", "a/b=1/c.bin"]
    assert root.list("a/b") == []  # a folder, not the beginning of a name
    root.delete("a/b=1/c.bin")
    root.delete("a/b=1/c.bin")
    assert root.head("a/b=1/c.bin") is None
    with pytest.raises(FileNotFoundError, match=r"a/b=1/c\.bin"):
        root.get("a/b=1/c.bin")


def test_hidden_files_are_no_objects(tmp_path: Path) -> None:
    root = open_root(str(tmp_path))
    root.put("a/x", b"1")
    for hidden in (".dagster/run.db", "a/.tmp-1", ".tmp-x"):
        (tmp_path / hidden).parent.mkdir(exist_ok=True)
        (tmp_path / hidden).write_bytes(b"2")
    assert [info.path for info in root.list()] == ["a/x"]


@pytest.mark.parametrize("path", ["", "/a", "a//b", "../a", "a/../b", "a/.b", "a#1", "a\\b", "a/"])
def test_a_path_stays_below_the_root(tmp_path: Path, path: str) -> None:
    root = open_root(str(tmp_path))
    with pytest.raises(InternalError):
        root.put(path, b"1")
    with pytest.raises(InternalError):
        root.get(path)


def test_a_writer_killed_in_the_middle_leaves_the_old_object(tmp_path: Path) -> None:
    lake, pipe = tmp_path / "lake", tmp_path / "pipe"
    root = open_root(str(lake))
    root.put("a/x", b"old")
    os.mkfifo(pipe)
    writer = _python(WRITE + "root.put('a/x', pathlib.Path(sys.argv[2]))", lake, pipe)
    handle = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)  # waits neither for the other end nor for room

    def has_begun_to_write() -> bool:
        with contextlib.suppress(BlockingIOError):
            os.write(handle, b"n" * 4096)  # the writer copies what comes and waits for more
        return writer.poll() is not None or any(file.stat().st_size > 0 for file in _temporary(lake))

    try:
        _wait_until(has_begun_to_write)
        assert open_root(str(lake)).list()[0].byte_count == 3
        assert _temporary(lake), "a living writer's file was taken away"
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        os.close(handle)
    assert root.get("a/x") == b"old"
    assert [info.path for info in root.list()] == ["a/x"]
    assert len(_temporary(lake)) == 1
    open_root(str(lake))
    assert _temporary(lake) == []


def test_what_an_old_writer_on_another_machine_left_goes_after_a_day(tmp_path: Path) -> None:
    fresh, old, foreign = (tmp_path / f".tmp-elsewhere-1-{n * 32}" for n in "abc")
    foreign = tmp_path / ".tmp-notes"
    for file in (fresh, old, foreign):
        file.write_bytes(b"x")
    two_days_ago = time.time() - 2 * 86_400
    for file in (old, foreign):
        os.utime(file, (two_days_ago, two_days_ago))
    open_root(str(tmp_path))
    assert sorted(tmp_path.iterdir()) == sorted([fresh, foreign])


def test_concurrent_writers_of_one_key_leave_one_whole_object(tmp_path: Path) -> None:
    root = open_root(str(tmp_path))
    root.put("a/x", b"a" * MEBIBYTE)
    code = WRITE + f"[root.put('a/x', sys.argv[2].encode() * {MEBIBYTE}) for _ in range(40)]"
    writers = [_python(code, tmp_path, letter) for letter in "bc"]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        data = root.get("a/x")
        assert len(data) == MEBIBYTE
        assert data == data[:1] * MEBIBYTE
        seen.add(data[:1])
    for writer in writers:
        assert writer.communicate()[1] == b""
        assert writer.returncode == 0
    assert root.get("a/x")[:1] in (b"b", b"c")
    assert seen & {b"b", b"c"}
    assert _temporary(tmp_path) == []


def test_a_disk_that_takes_no_more_is_one_clear_error(tmp_path: Path) -> None:
    root = open_root(str(tmp_path))
    root.put("a/x", b"old")
    code = """
import resource, sys
from mimic_assets.storage import open_root
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
try:
    open_root(sys.argv[1]).put("a/x", b"n" * 100_000)
except Exception as error:
    print(type(error).__name__, error, file=sys.stderr)
"""
    said = _python(code, tmp_path).communicate()[1].decode()
    assert said.startswith(f"RequestError Lake {tmp_path}: cannot store a/x: File too large.")
    assert len(said.splitlines()) == 1
    assert root.get("a/x") == b"old"
    assert _temporary(tmp_path) == []


def test_no_space_left_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = open_root(str(tmp_path))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RequestError, match=r"No space left on device\. Free space on that disk"):
        root.put("a/x", b"1")
    assert root.list() == []
    assert _temporary(tmp_path) == []


def test_a_file_where_a_folder_is_needed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(RequestError, match="A file stands where a folder is needed"):
        open_root(str(tmp_path / "a"))
    with pytest.raises(RequestError, match="A file stands where a folder is needed"):
        open_root(str(tmp_path)).put("a/x", b"1")


def test_places_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="There is no lake at"):
        open_root(str(tmp_path / "nowhere"), create=False)
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(RequestError, match="a folder or s3://bucket/prefix was expected"):
        open_root("gs://bucket/x")
    with pytest.raises(RequestError, match="s3://bucket/prefix was expected"):
        open_root("s3://A/x")
    open_root(f"file://{tmp_path}/a%20lake")
    assert (tmp_path / "a lake").is_dir()
