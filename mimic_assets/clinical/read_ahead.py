"""One item ahead, in a thread: inflating releases the interpreter lock, so it runs beside parsing on a second core."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def read_ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """Yield the same items in the same order, the next one being made while the caller works on this one.

    Items are never None. An exception while making an item is raised where that item would have come. Leaving early
    waits for at most one item.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="read-ahead") as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item
