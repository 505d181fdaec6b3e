"""Objects below a prefix as a `FileTree`: source files that lie in a bucket, read in ranges.

Belongs here: listing once, and files that ask for the bytes they need. Does not belong here: clients (`root`, `s3`),
what files mean. A reader that jumps gets small ranges; one that reads on gets ever larger ones, up to 4 MiB.
"""

import hashlib
import io
from collections.abc import Iterator
from functools import cached_property
from typing import BinaryIO, cast

from mimic_assets.storage.root import ObjectRoot

_SMALLEST_RANGE = 64 << 10
_LARGEST_RANGE = 4 << 20


class ObjectTree:
    """The objects of a root as they were when first asked for."""

    def __init__(self, root: ObjectRoot) -> None:
        """Use a root; nothing is sent before the first question."""
        self._root = root

    def names(self, folder: str) -> Iterator[str]:
        """Yield the names of the files and folders directly in `folder`, sorted; nothing where it does not exist."""
        start = f"{folder.rstrip('/')}/" if folder else ""
        below = (path[len(start) :] for path in self._sizes if path.startswith(start))
        yield from sorted({path.split("/", 1)[0] for path in below})

    def exists(self, path: str) -> bool:
        """Return whether `path` is a file."""
        return path in self._sizes

    def size(self, path: str) -> int:
        """Return the bytes of a file; FileNotFoundError where there is none."""
        if path not in self._sizes:
            raise FileNotFoundError(f"no file {path} below {self._root.uri}")
        return self._sizes[path]

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading from any position; FileNotFoundError where there is none."""
        return cast(BinaryIO, self._opened(path))

    def sha256(self, path: str) -> str:
        """Return the SHA-256 of a file's bytes."""
        with self._opened(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _opened(self, path: str) -> "RangedFile":
        return RangedFile(self._root, path, self.size(path))

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return {info.path: info.byte_count for info in self._root.list()}


class RangedFile(io.RawIOBase):
    """An object as a file: bytes come in ranges, the last of which is kept."""

    def __init__(self, root: ObjectRoot, path: str, size: int) -> None:
        """Open an object of known size; nothing is sent before the first read."""
        super().__init__()
        self._root, self._path, self._size = root, path, size
        self._place = 0
        self._kept_from, self._kept = 0, b""
        self._range = _SMALLEST_RANGE

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move and return the place; nothing is sent."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"place {start + offset} found, 0 or more expected")
        self._place = start + offset
        return self._place

    def readinto(self, buffer: object) -> int:
        """Fill a buffer, in several ranges where needed, and return its bytes; fewer only where the object ends."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # RawIOBase's own signature names no usable type
        filled = 0
        while filled < len(view) and (got := self._part(view[filled:])):
            filled += got
        return filled

    def _part(self, view: memoryview) -> int:
        """Fill a view as far as the kept range or the next one goes, and return how many bytes that were."""
        if not len(view) or self._place >= self._size:
            return 0
        at = self._place - self._kept_from
        if not 0 <= at < len(self._kept):
            reads_on = self._place == self._kept_from + len(self._kept) and bool(self._kept)
            self._range = min(self._range * 2, _LARGEST_RANGE) if reads_on else _SMALLEST_RANGE
            length = min(max(self._range, len(view)), self._size - self._place)
            self._kept_from, self._kept, at = self._place, self._root.get_range(self._path, self._place, length), 0
            if len(self._kept) < length:
                raise OSError(f"{self._path}: {len(self._kept)} bytes came, {length} expected; it has changed since")
        part = self._kept[at : at + len(view)]
        view[: len(part)] = part
        self._place += len(part)
        return len(part)
