"""What the core asks of a place where source bytes lie: a folder (`sources` implements it), a bucket (`storage`).

Paths are relative to the tree's root, with `/`. Nothing here opens a network connection or knows a client.
"""

from collections.abc import Iterator
from typing import BinaryIO, Protocol


class FileTree(Protocol):
    """A read-only tree of files."""

    def names(self, folder: str) -> Iterator[str]:
        """Yield the names of the files and folders directly in `folder`, sorted; nothing where it does not exist."""
        ...

    def exists(self, path: str) -> bool:
        """Return whether `path` is a file."""
        ...

    def size(self, path: str) -> int:
        """Return the bytes of a file; FileNotFoundError where there is none."""
        ...

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading from any position; FileNotFoundError where there is none."""
        ...

    def sha256(self, path: str) -> str:
        """Return the SHA-256 of a file's bytes, remembered for as long as the file does not change."""
        ...
