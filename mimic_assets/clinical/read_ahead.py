"""Items made in threads while the caller works on earlier ones, always in order.

Inflating, parsing and typing release the interpreter lock for most of their time, so threads use further cores. How
many there are changes when an item is made, never what it is or where it comes.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


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


def worked_ahead(work: Callable[[T], R], items: Iterator[T], threads: int) -> Generator[tuple[T, R], None, None]:
    """Yield each item with what `work` makes of it, in the order of items; `threads` of them are worked on at once.

    An exception of `work` is raised where its item would have come. Leaving early waits for the items being worked on.
    """
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="work-ahead") as pool:
        coming: deque[tuple[T, Future[R]]] = deque()
        for item in items:
            coming.append((item, pool.submit(work, item)))
            if len(coming) > threads:
                first, future = coming.popleft()
                yield first, future.result()
        for first, future in coming:
            yield first, future.result()
