"""Signal files that stay open, a few at a time: opening one again is what random reads would spend their time on.

Belongs here: lending open files, one borrower each, and closing the ones not used for longest. Does not belong here:
what is read from them.
"""

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from mimic_assets.records.samples.decoders import Decoder

_Answer = TypeVar("_Answer")


class OpenFiles:
    """Files by path; safe to use from several threads. What is still open is closed with the value itself."""

    def __init__(self, open_file: Callable[[str], Decoder], most: int = 12) -> None:
        self._open = open_file
        self._most = most
        self._idle: OrderedDict[str, Decoder] = OrderedDict()
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._finalizer = weakref.finalize(self, _close_all, self._idle)

    def lend(self, path: str, use: Callable[[Decoder], _Answer]) -> _Answer:
        """Return what a borrower makes of the file; a second one at the same time gets a handle of its own.

        After an exception the handle is closed: its place is unknown. A process that was forked opens files of its own:
        those of its parent move when the parent reads.
        """
        if self._process != os.getpid():
            self._lock, self._process = threading.Lock(), os.getpid()
            _close_all(self._idle)
        with self._lock:
            file = self._idle.pop(path, None)
        if file is None:
            file = self._open(path)
        try:
            answer = use(file)
        except BaseException:
            file.close()
            raise
        with self._lock:
            surplus = self._idle.pop(path, None)
            self._idle[path] = file
            if surplus is None and len(self._idle) > self._most:
                surplus = self._idle.popitem(last=False)[1]
        if surplus is not None:
            surplus.close()
        return answer

    def close(self) -> None:
        """Close every file; later reads open what they need again."""
        with self._lock:
            _close_all(self._idle)


def _close_all(files: OrderedDict[str, Decoder]) -> None:
    while files:
        files.popitem()[1].close()
