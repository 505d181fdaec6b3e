"""Slots are never overdrawn, come back after a failure, and nobody waits for more than there are."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mimic_assets.storage.slots import Slots


def test_no_more_are_held_than_there_are() -> None:
    slots, lock = Slots(10), threading.Lock()
    held, most = 0, 0

    def work(count: int) -> None:
        nonlocal held, most
        with slots.taken(count):
            with lock:
                held += count
                most = max(most, held)
            threading.Event().wait(0.001)
            with lock:
                held -= count

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, [1, 4, 7, 10] * 50))
    assert (held, most) == (0, 10)


def test_more_than_there_are_counts_as_all_and_failures_give_back() -> None:
    slots = Slots(2)
    for _ in range(3):
        with pytest.raises(KeyError), slots.taken(5):
            raise KeyError
    with slots.taken(1), slots.taken(1):
        pass
