"""A signal as rows of braille dots: two columns and four rows of dots a character, blank where a sample is missing.

Belongs here: numbers to characters. Every column of dots is filled from its lowest to its highest sample, so that a
peak of one sample is seen; nothing is drawn between columns, so nothing bridges a gap. Source: Unicode block U+2800.
"""

import numpy as np
import numpy.typing as npt

from mimic_assets.pictures.envelope import column_ranges

_BLANK = 0x2800
_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""Bit of the dot in each row and column of a character."""


def braille(values: npt.NDArray[np.floating], width: int, height: int) -> list[str]:
    """Return `height` lines of `width` characters, the highest first.

    Args:
        values: at equal distances; NaN where missing. The lowest is drawn at the bottom, the highest at the top.
        width: characters of a line, at least 1.
        height: lines, at least 1.

    Examples:
        >>> braille(np.array([0.0, 1.0, np.nan, np.nan, 0.0, 0.0]), width=3, height=1)
        ['⡈ ⣀']
    """
    columns, rows = 2 * width, 4 * height
    if not len(values) or np.isnan(values).all():
        return [" " * width] * height
    if len(values) < columns:  # a sample is then several columns wide
        values = values[np.arange(columns) * len(values) // columns]
    low, high, _ = column_ranges(values, columns)
    floor, ceiling = float(np.nanmin(low)), float(np.nanmax(high))
    first, last = _dot(high, floor, ceiling, rows), _dot(low, floor, ceiling, rows)
    row = np.arange(rows)[:, None]
    dots = (row >= first) & (row <= last)  # a column without a sample has first behind last
    cells = dots.reshape(height, 4, width, 2).transpose(0, 2, 1, 3)
    codes = (cells * _DOTS).sum(axis=(2, 3))
    return ["".join(chr(_BLANK + int(code)) if code else " " for code in line) for line in codes]


def _dot(values: npt.NDArray[np.float64], floor: float, ceiling: float, rows: int) -> npt.NDArray[np.int64]:
    """Return the row of each value, 0 the highest; below the last, so that nothing is drawn, where there is none."""
    if ceiling == floor:
        found = np.full(values.shape, rows // 2)
    else:
        share = (ceiling - np.nan_to_num(values, nan=floor)) / (ceiling - floor)
        found = np.minimum((share * rows).astype(np.int64), rows - 1)
    return np.where(np.isnan(values), rows, found)
