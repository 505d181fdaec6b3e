"""The processes that make and prove keys: a pool that is started once, fed in order, and never outlives its parent.

Results come back in the order of the keys, whatever the number of workers. Processes are spawned, never forked (Polars
holds threads); each watches its parent and ends with it, so a killed run leaves nobody behind.
"""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import TypeVar

from mimic_assets.defs.derivation import FromTables, FromTree
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.outcomes import Outcome, Status
from mimic_assets.schemas.tables import TABLES
from mimic_assets.settings import Settings

_workshop: Workshop | None = None
_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")

DEAD_WORKER = "the worker process died while making this key, twice (out of memory?); nothing was changed"
"""Why a key is blocked whose worker died."""


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _open_workshop(settings: Settings) -> None:
    global _workshop
    _workshop = Workshop(settings)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _in_workshop(work: Callable[[Workshop, _Item], _Answer], item: _Item) -> _Answer:
    if _workshop is None:
        raise RuntimeError("a worker was used before it was opened")
    return work(_workshop, item)


def _make(workshop: Workshop, wanted: tuple[str, FromTree | FromTables, str]) -> Outcome:
    table, derivation, key = wanted
    return workshop.make(TABLES[table], derivation, key)


class Crew:
    """Makes keys in this process (one worker) or in a pool."""

    def __init__(self, settings: Settings, workshop: Workshop) -> None:
        """Remember the settings; processes start with the first batch that needs them."""
        self._settings = settings
        self._workshop = workshop
        self._pool: ProcessPoolExecutor | None = None

    def make(self, table: str, derivation: FromTree | FromTables, keys: Sequence[str]) -> Iterator[Outcome]:
        """Yield what became of each key, in order.

        A worker that dies (out of memory, killed) blocks the key it had; the pool is started again for the others.
        """
        wanted = [(table, derivation, key) for key in keys]
        return self.work(_make, wanted, lambda lost: Outcome(lost[2], Status.BLOCKED, [DEAD_WORKER]))

    def work(
        self, work: Callable[[Workshop, _Item], _Answer], items: Sequence[_Item], if_dead: Callable[[_Item], _Answer]
    ) -> Iterator[_Answer]:
        """Yield the answer to each item, in order.

        Args:
            work: a function of a module, given a worker's workshop and an item.
            items: pickled to the workers.
            if_dead: gives the answer to an item at which the worker died twice.
        """
        if self._settings.workers == 1 or len(items) == 1:
            for item in items:
                yield work(self._workshop, item)
            return
        waiting = deque(items)
        running: deque[tuple[_Item, Future[_Answer]]] = deque()
        while waiting or running:
            while waiting and len(running) < 2 * self._settings.workers:
                try:
                    future = self._started().submit(_in_workshop, work, waiting[0])
                except BrokenProcessPool:  # a worker died since the last result; those in flight say so below
                    self.close()
                else:
                    running.append((waiting.popleft(), future))
            item, future = running.popleft()
            try:
                answer = future.result()
            except BrokenProcessPool:
                self.close()
                lost = [item, *(other for other, _ in running)]
                running.clear()
                for other in lost:
                    yield self._alone(work, other, if_dead)
            except Exception:  # nobody may go on writing when the caller gives up, and its lock, for this
                self.close()
                raise
            else:
                yield answer

    def _alone(
        self, work: Callable[[Workshop, _Item], _Answer], item: _Item, if_dead: Callable[[_Item], _Answer]
    ) -> _Answer:
        """Return the answer to an item that was in flight when a worker died, tried once with nothing beside it."""
        try:
            return self._started().submit(_in_workshop, work, item).result()
        except BrokenProcessPool:
            self.close()
            return if_dead(item)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._settings.workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_open_workshop,
                initargs=(self._settings,),
            )
        return self._pool

    def close(self) -> None:
        """End the processes; they start again when needed."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
