"""A place for whole objects: what a lake needs of it.

Belongs here: the operations that every place shares; they run through obstore. Not here: how a put becomes atomic and
which errors a place has (`local`, `s3`), which place a URI means (`objects`), what the objects mean (`keys`, `lake`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import obstore
from obstore.store import LocalStore, S3Store

from mimic_assets.errors import InternalError


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object as a listing shows it."""

    path: str
    """Relative to the root, with `/`."""
    byte_count: int


class ObjectRoot(ABC):
    """A place for whole objects: a local folder or a prefix of an S3 bucket.

    Paths are relative, with `/`; no part may be empty or start with a dot. Every failure of the place itself (missing
    rights, full disk, wrong credentials, no answer) is a RequestError that names the place and what to check.
    """

    def __init__(self, uri: str, store: LocalStore | S3Store) -> None:
        """Use `objects.open_root` instead."""
        self.uri = uri
        """What was asked for; opens the same place again."""
        self._store = store

    @abstractmethod
    def __reduce__(self) -> tuple[Callable[..., "ObjectRoot"], tuple[Any, ...]]:
        """Pickle as the request to open the same place again, so that worker processes get clients of their own."""

    @abstractmethod
    def put(self, path: str, data: bytes | Path) -> int:
        """Store an object whole or not at all, replacing one that is there; return its size in bytes."""

    @abstractmethod
    def address(self, path: str) -> str:
        """Return what Polars opens: an absolute file name or an s3:// address."""

    @abstractmethod
    def scan_options(self) -> dict[str, Any]:
        """Return the keyword arguments Polars needs beside the address; they may hold a secret, so never print them."""

    @abstractmethod
    def _explained(self, doing: str) -> AbstractContextManager[None]:
        """Turn the place's failures into one RequestError; FileNotFoundError of an object passes."""

    def get(self, path: str) -> bytes:
        """Return an object's bytes; FileNotFoundError where there is none."""
        with self._explained(f"read {path}"):
            return bytes(obstore.get(self._store, checked(path)).bytes())

    def get_range(self, path: str, start: int, length: int) -> bytes:
        """Return `length` bytes from `start`, fewer where the object ends; FileNotFoundError where there is none."""
        if length <= 0:
            return b""
        with self._explained(f"read {path}"):
            return bytes(obstore.get_range(self._store, checked(path), start=start, length=length))

    def get_many(self, ranges: Sequence[tuple[str, int, int]]) -> list[bytes]:
        """Return the bytes of ranges (path, start, length), in their order; several at once where that is faster."""
        return [self.get_range(path, start, length) for path, start, length in ranges]

    def tail(self, path: str, length: int) -> tuple[bytes, int]:
        """Return the last `length` bytes (or all) and the object's size, in one request; FileNotFoundError as `get`."""
        with self._explained(f"read {path}"):
            found = obstore.get(self._store, checked(path), options={"range": {"suffix": length}})
            return bytes(found.bytes()), int(found.meta["size"])

    def head(self, path: str) -> ObjectInfo | None:
        """Return an object's size without its bytes; None where there is none."""
        try:
            with self._explained(f"look at {path}"):
                return ObjectInfo(path, int(obstore.head(self._store, checked(path))["size"]))
        except FileNotFoundError:
            return None

    def list(self, folder: str = "") -> list[ObjectInfo]:
        """Return every object under a folder, at any depth, sorted by path; hidden ones are left out."""
        with self._explained(f"list {folder or 'the objects'}"):
            prefix = checked(folder) if folder else None
            found = [
                ObjectInfo(entry["path"], int(entry["size"]))
                for batch in obstore.list(self._store, prefix=prefix, chunk_size=1000)
                for entry in batch
                if not any(part.startswith(".") for part in entry["path"].split("/"))
            ]
        return sorted(found, key=lambda info: info.path)

    def delete(self, path: str) -> None:
        """Remove an object; nothing happens where there is none."""
        try:
            with self._explained(f"remove {path}"):
                obstore.delete(self._store, checked(path))
        except FileNotFoundError:
            return


def checked(path: str) -> str:
    """Return a path that every place understands alike.

    Raises:
        InternalError: it is absolute, has an empty part or one that starts with a dot, or a character that the local
            store gives a meaning of its own (`#`, `\\`).
    """
    parts = path.split("/")
    if any(not part or part.startswith(".") for part in parts) or any(sign in path for sign in "#\\\0"):
        raise InternalError(f"{path!r} was given as an object's path; relative parts joined by '/' were expected.")
    return path
