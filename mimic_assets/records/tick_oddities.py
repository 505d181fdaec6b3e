"""What is odd about the ticks of one numerics file, found block by block of its lines: first line and count per rule.

Belongs here: comparing ticks with those of earlier lines, and remembering them in little memory. Does not belong here:
wording (`numerics_defects`) and which cells are ticks (`cells`).
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FIRST_LINE = 2
"""Line number of source row 1; the heading line is line 1."""
_Ticks = NDArray[np.int64]


@dataclass(slots=True)
class Odd:
    """Lines that break one rule."""

    first_line: int = 0
    """Of the first of them; 0 while there is none."""
    count: int = 0

    def add(self, lines: _Ticks) -> None:
        """Count more lines, later than those before."""
        if len(lines):
            self.first_line = self.first_line or int(lines[0])
            self.count += len(lines)


@dataclass(slots=True)
class TickOddities:
    """Rows without a usable tick, before an earlier row, at an earlier row's tick, or outside the record."""

    last_tick: int
    """Of the record."""
    bad: Odd = field(default_factory=Odd)
    falling: Odd = field(default_factory=Odd)
    repeated: Odd = field(default_factory=Odd)
    beyond: Odd = field(default_factory=Odd)
    _before: _Ticks = field(default_factory=lambda: np.empty(0, np.int64))
    """The last tick so far; none at the start."""
    _seen: "_Seen" = field(default_factory=lambda: _Seen())

    def add(self, ticks: _Ticks, has_tick: NDArray[np.bool_], is_row: NDArray[np.bool_], rows_before: int) -> None:
        """Look at the lines of a block.

        Args:
            ticks: one per line.
            has_tick: whether it is a usable one.
            is_row: false for malformed lines.
            rows_before: lines of the blocks before.
        """
        self.bad.add(np.flatnonzero(is_row & ~has_tick) + rows_before + FIRST_LINE)
        timed, lines = ticks[has_tick], np.flatnonzero(has_tick) + rows_before + FIRST_LINE
        if not len(timed):
            return
        falls = np.diff(timed, prepend=self._before if len(self._before) else timed[:1]) < 0
        self.falling.add(lines[falls])
        self.repeated.add(lines[self._repeats(timed)])
        self.beyond.add(lines[(timed < 0) | (timed > self.last_tick)])
        self._before = timed[-1:].copy()

    def _repeats(self, timed: _Ticks) -> NDArray[np.bool_]:
        """Return whether each tick was there before, in this block or an earlier one; remember them."""
        distinct, first = np.unique(timed, return_index=True)
        is_repeat = np.ones(len(timed), np.bool_)
        is_repeat[first] = self._seen.has(distinct)
        self._seen.add(distinct)
        return is_repeat


class _Seen:
    """The ticks of the blocks so far, as steps: ticks a second apart take two bytes each and not eight."""

    def __init__(self) -> None:
        self._blocks: list[tuple[int, int, NDArray[np.unsignedinteger]]] = []

    def add(self, distinct: _Ticks) -> None:
        """Remember the ticks of a block, which are sorted."""
        steps = np.diff(distinct)
        kind = np.min_scalar_type(int(steps.max(initial=0)))
        self._blocks.append((int(distinct[0]), int(distinct[-1]), steps.astype(kind)))

    def has(self, distinct: _Ticks) -> NDArray[np.bool_]:
        """Return whether each of some sorted ticks is remembered."""
        found = np.zeros(len(distinct), np.bool_)
        for first, last, steps in self._blocks:
            start, end = np.searchsorted(distinct, first), np.searchsorted(distinct, last, "right")
            if start < end:
                ticks = first + np.concatenate([np.zeros(1, np.int64), np.cumsum(steps, dtype=np.int64)])
                found[start:end] |= np.isin(distinct[start:end], ticks)
        return found
