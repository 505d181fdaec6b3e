"""A number of slots that threads take several of at a time: how many requests are on their way at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Slots:
    """Free slots; whoever finds too few waits."""

    def __init__(self, count: int) -> None:
        """Start with all of them free."""
        self._count = count
        self._free = count
        self._changed = Condition()

    @contextmanager
    def taken(self, count: int) -> Iterator[None]:
        """Hold so many slots, once they are free; more than there are counts as all."""
        count = min(count, self._count)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= count)
            self._free -= count
        try:
            yield
        finally:
            with self._changed:
                self._free += count
                self._changed.notify_all()
