"""How often each value of one input was observed: the whole distribution, exact in any order.

Belongs here: counting, and the statistics that follow. Does not belong here: what is counted (`normalisation`).
"""

import math

import numpy as np
from numpy.typing import NDArray


class ValueCounts:
    """How often each value of one parameter was observed; memory grows with distinct values, not with windows."""

    def __init__(self) -> None:
        """Start with nothing observed."""
        self.values: NDArray[np.float64] = np.empty(0)
        self.counts: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def add(self, observed: NDArray[np.float32]) -> None:
        """Count further values; none may be NaN. Zero has no sign here."""
        values, counts = np.unique(observed.astype(np.float64) + 0.0, return_counts=True)
        self.add_counted(values, counts)

    def add_counted(self, values: NDArray[np.float64], counts: NDArray[np.int64]) -> None:
        """Count values that were seen so often each; none may be NaN."""
        merged, place = np.unique(np.concatenate([self.values, values]), return_inverse=True)
        total = np.zeros(merged.size, dtype=np.int64)
        np.add.at(total, place, np.concatenate([self.counts, counts.astype(np.int64)]))
        self.values, self.counts = merged, total

    @property
    def total(self) -> int:
        """Values counted."""
        return int(self.counts.sum())

    @property
    def mean(self) -> float | None:
        """Mean, each product and the sum rounded once; null where nothing was observed."""
        return math.fsum(self.values * self.counts) / self.total if self.total else None

    @property
    def standard_deviation(self) -> float | None:
        """Population standard deviation (divided by n), in two passes; null where nothing was observed."""
        mean = self.mean
        if mean is None:
            return None
        return math.sqrt(math.fsum((self.values - mean) ** 2 * self.counts) / self.total)

    @property
    def median(self) -> float | None:
        """Lower median: the smallest value that at least half of all values do not exceed; null where nothing was."""
        if not self.total:
            return None
        half = (self.total + 1) // 2
        return float(self.values[np.searchsorted(np.cumsum(self.counts), half)])
