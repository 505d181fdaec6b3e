"""A folder on a disk as a `FileTree`.

Belongs here: paths below one root, and SHA-256 sums remembered while a file keeps its size and modification time. Does
not belong here: what any file means. Paths are checked as text: none may be absolute or climb out with `..`; symbolic
links inside the root are the owner's choice and are followed.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from mimic_assets.errors import RequestError

_CREATE = """
CREATE TABLE IF NOT EXISTS sha256_of_file (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, sha256 TEXT NOT NULL
)
"""
_FIND = "SELECT sha256 FROM sha256_of_file WHERE path = ? AND size = ? AND modified_ns = ?"
_REMEMBER = "INSERT OR REPLACE INTO sha256_of_file VALUES (?, ?, ?, ?)"
_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class FolderTree:
    """The files below one folder; a plain value that can be sent to other processes.

    Raises:
        RequestError: `root` is not a folder.
    """

    root: Path
    """The folder that paths are relative to."""
    hash_cache: Path | None = None
    """SQLite file that remembers SHA-256 sums; several processes may share it. Without it every sum is
    computed anew."""

    def __post_init__(self) -> None:
        if not self.root.is_dir():
            found = "a file" if self.root.exists() else "nothing"
            raise RequestError(
                f"{found} found at {self.root}, a folder expected; give the folder that holds the source files"
            )

    def _at(self, path: str) -> Path:
        """Return the place of `path` on the disk; RequestError where it would lie outside the root."""
        parts = PurePosixPath(path)
        if parts.is_absolute() or ".." in parts.parts or "\0" in path:
            raise RequestError(
                f"path {path!r} found, a path below {self.root} without '..' expected; correct the file that names it"
            )
        return self.root / parts

    def names(self, folder: str) -> Iterator[str]:
        """Yield the names of the files and folders directly in `folder`, sorted; nothing where it does not exist."""
        place = self._at(folder)
        if place.is_dir():
            yield from sorted(os.listdir(place))  # noqa: PTH208 - names alone; Path.iterdir builds a Path for each

    def exists(self, path: str) -> bool:
        """Return whether `path` is a file."""
        return self._at(path).is_file()

    def size(self, path: str) -> int:
        """Return the bytes of a file; FileNotFoundError where there is none."""
        return self._file(path).stat().st_size

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading from any position; FileNotFoundError where there is none."""
        return self._file(path).open("rb")

    def sha256(self, path: str) -> str:
        """Return the SHA-256 of a file's bytes, remembered for as long as size and modification time stay the same."""
        place = self._file(path)
        state = place.stat()
        if self.hash_cache is None:
            return _sha256(place)
        # A repaired copy may keep size and modification time (rsync -t, cp -p); inode and change time tell it apart.
        key = f"{place.resolve()}|{state.st_ino}|{state.st_ctime_ns}"
        try:
            with closing(_opened(self.hash_cache)) as cache:
                row = cache.execute(_FIND, (key, state.st_size, state.st_mtime_ns)).fetchone()
                if row is not None:
                    return str(row[0])
                found = _sha256(place)
                cache.execute(_REMEMBER, (key, state.st_size, state.st_mtime_ns, found))
                return found
        except sqlite3.Error:  # a memory that is locked or damaged only costs time
            return _sha256(place)

    def _file(self, path: str) -> Path:
        place = self._at(path)
        if not place.is_file():
            raise FileNotFoundError(f"no file {path} below {self.root}")
        return place


def _opened(path: Path) -> sqlite3.Connection:
    """Return the cache, made where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cache = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
    with suppress(sqlite3.OperationalError):  # the first process switches the file for all; others may meet its lock
        cache.execute("PRAGMA journal_mode=WAL")
    try:
        cache.execute("PRAGMA synchronous=NORMAL")
        cache.execute(_CREATE)
    except sqlite3.Error:
        cache.close()
        raise
    return cache


def _sha256(place: Path) -> str:
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
