"""Numbers as a line of unicode blocks; a cell without a number is a space. Knows nothing of patients."""

import numpy as np
from numpy.typing import NDArray

BLOCKS = "▁▂▃▄▅▆▇█"


def squeeze(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Return at most `width` numbers: the means of neighbouring cells, NaN where a group holds no number.

    Every number but the last stands for equally many cells, counted from the end, so the newest cell keeps its place.
    """
    if width < 1 or len(values) <= width:
        return values
    size = -(-len(values) // width)
    padded = np.concatenate([np.full(-len(values) % size, np.nan), values]).reshape(-1, size)
    present = ~np.isnan(padded)
    count = present.sum(axis=1)
    total = np.where(present, padded, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def sparkline(values: NDArray[np.float64], width: int = 60) -> str:
    """Return one character per number (or group of them), scaled from the smallest to the largest.

    Examples:
        >>> sparkline(np.array([1.0, 2.0, np.nan, 8.0]))
        '▁▂ █'
        >>> sparkline(np.array([5.0, 5.0]))
        '▄▄'
        >>> sparkline(np.array([np.nan, 0.0, 2.0, 7.0]), width=2)
        '▁█'
    """
    numbers = squeeze(values, width)
    present = ~np.isnan(numbers)
    if not present.any():
        return " " * len(numbers)
    low, high = float(numbers[present].min()), float(numbers[present].max())
    if high == low:
        levels = np.full(len(numbers), 3)
    else:
        share = (np.where(present, numbers, low) - low) / (high - low)
        levels = np.minimum((share * len(BLOCKS)).astype(int), len(BLOCKS) - 1)
    return "".join(BLOCKS[level] if here else " " for level, here in zip(levels, present, strict=True))
