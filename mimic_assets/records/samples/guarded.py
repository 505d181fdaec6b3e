"""A file whose failures survive a decoder written in C.

Belongs here: what libsndfile's callbacks may call. An exception inside a callback is printed and lost; here it is kept,
the decoder is told that the file ends, and `raise_failure` raises it afterwards. Does not belong here: formats.
"""

from typing import BinaryIO


class GuardedFile:
    """The part of a binary file that a decoder uses; it owns the file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._failure: Exception | None = None

    def raise_failure(self) -> None:
        """Raise what a callback met since the last call; return where nothing was."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def read(self, count: int) -> bytes:
        """Return up to `count` bytes; none where the file fails."""
        try:
            return self._file.read(count)
        except Exception as failure:  # whatever a client raises: it is raised again outside the callback
            self._failure = failure
            return b""

    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer` as far as there are bytes and return how many."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move, and return the place from the start; -1 where the file fails."""
        try:
            return self._file.seek(offset, whence)
        except Exception as failure:  # as above
            self._failure = failure
            return -1

    def tell(self) -> int:
        """Return the place from the start; -1 where the file fails."""
        try:
            return self._file.tell()
        except Exception as failure:  # as above
            self._failure = failure
            return -1

    def close(self) -> None:
        """Close the file."""
        self._file.close()
