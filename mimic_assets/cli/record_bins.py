"""Counts and shares of a record's equal parts added up into the columns of a terminal or a picture."""

import numpy as np
import numpy.typing as npt


def mean_by_column(shares: npt.NDArray[np.float64], columns: int) -> npt.NDArray[np.float64]:
    """Return the mean of the parts of each column that have a share; NaN where none has.

    Examples:
        >>> mean_by_column(np.array([1.0, 0.5, np.nan, np.nan]), 2).tolist()
        [0.75, nan]
    """
    known = ~np.isnan(shares)
    column = _column(len(shares), columns)
    total = np.bincount(column[known], shares[known], columns)
    count = np.bincount(column[known], minlength=columns)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def sum_by_column(counts: npt.NDArray[np.int64], columns: int) -> npt.NDArray[np.int64]:
    """Return the sum of the parts of each column.

    Examples:
        >>> sum_by_column(np.array([1, 2, 3, 4]), 2).tolist()
        [3, 7]
    """
    return np.bincount(_column(len(counts), columns), counts, columns).astype(np.int64)


def _column(parts: int, columns: int) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = np.arange(parts) * columns // parts
    return found
