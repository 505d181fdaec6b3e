"""The processes that make keys: a pool that is started once, fed in order, and never outlives its parent.

Results come back in the order of the keys, whatever the number of workers. Processes are spawned, never forked (Polars
holds threads); each watches its parent and ends with it, so a killed run leaves nobody behind.
"""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait

from mimic_assets.defs.derivation import FromTables, FromTree
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.outcomes import Outcome, Status
from mimic_assets.schemas.tables import TABLES
from mimic_assets.settings import Settings

_workshop: Workshop | None = None

_DEAD_WORKER = "the worker process died while making this key, twice (out of memory?); nothing was changed"


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _open_workshop(settings: Settings) -> None:
    global _workshop
    _workshop = Workshop(settings)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _make(table: str, derivation: FromTree | FromTables, key: str) -> Outcome:
    if _workshop is None:
        raise RuntimeError("a worker was used before it was opened")
    return _workshop.make(TABLES[table], derivation, key)


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
        if self._settings.workers == 1 or len(keys) == 1:
            for key in keys:
                yield self._workshop.make(TABLES[table], derivation, key)
            return
        waiting = deque(keys)
        running: deque[tuple[str, Future[Outcome]]] = deque()
        while waiting or running:
            while waiting and len(running) < 2 * self._settings.workers:
                try:
                    future = self._started().submit(_make, table, derivation, waiting[0])
                except BrokenProcessPool:  # a worker died since the last result; those in flight say so below
                    self.close()
                else:
                    running.append((waiting.popleft(), future))
            key, future = running.popleft()
            try:
                outcome = future.result()
            except BrokenProcessPool:
                self.close()
                lost = [key, *(name for name, _ in running)]
                running.clear()
                for name in lost:
                    yield self._alone(table, derivation, name)
            else:
                yield outcome

    def _alone(self, table: str, derivation: FromTree | FromTables, key: str) -> Outcome:
        """Return the outcome of a key that was in flight when a worker died, tried once with nothing beside it."""
        try:
            return self._started().submit(_make, table, derivation, key).result()
        except BrokenProcessPool:
            self.close()
            return Outcome(key, Status.BLOCKED, [_DEAD_WORKER])

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
