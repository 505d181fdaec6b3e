"""Ranges of objects that lie close together, read in one request and cut apart again.

Belongs here: which ranges to merge, and which requests go out together. Does not belong here: clients. A request costs
an object store some ten milliseconds, in which a connection moves hundreds of kilobytes: bytes between two ranges are
cheaper than a second one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

Range = tuple[str, int, int]
"""Path, start, length."""

GAP_BYTES: Final = 64 << 10
"""Ranges at most so far apart are read in one."""
MOST_BYTES: Final = 8 << 20
"""One request reads at most this, unless a single range is larger."""


@dataclass(slots=True)
class Merged:
    """One request, and which of the ranges asked for it holds."""

    path: str
    start: int
    end: int
    """First byte after it."""
    members: list[int] = field(default_factory=list)
    """Places in what was asked for."""


def merge(ranges: Sequence[Range]) -> list[Merged]:
    """Return the requests that read all ranges, by path and start; a range without bytes needs none."""
    merged: list[Merged] = []
    for place in sorted(range(len(ranges)), key=lambda place: ranges[place]):
        path, start, length = ranges[place]
        if length <= 0:
            continue
        end = start + length
        last = merged[-1] if merged else None
        joins = last is not None and last.path == path and start - last.end <= GAP_BYTES
        if last is not None and joins and max(end, last.end) - last.start <= MOST_BYTES:
            last.end = max(last.end, end)
            last.members.append(place)
        else:
            merged.append(Merged(path, start, end, [place]))
    return merged


def by_call(merged: Sequence[Merged], most: int) -> list[list[Merged]]:
    """Return requests in lists of one object each, of at most so many: what a client's one call may send together."""
    calls: list[list[Merged]] = []
    for request in merged:
        if calls and calls[-1][0].path == request.path and len(calls[-1]) < most:
            calls[-1].append(request)
        else:
            calls.append([request])
    return calls


def cut(ranges: Sequence[Range], merged: Sequence[Merged], found: Sequence[bytes]) -> list[bytes]:
    """Return the bytes of each range, in the order asked for; fewer where a request met its object's end."""
    parts: list[bytes] = [b""] * len(ranges)
    for request, data in zip(merged, found, strict=True):
        for place in request.members:
            _, start, length = ranges[place]
            parts[place] = data[start - request.start : start - request.start + length]
    return parts
