"""From tiles to windows: the moments of any number of consecutive tiles, at any stride, without the samples.

Belongs here: the aggregation. Does not belong here: the union of two tiles (`moments`). A window of L tiles is put
together from spans of 1, 2, 4 ... tiles, so the work grows with log2(L), and equals the direct computation.
"""

import functools

from mimic_assets.errors import RequestError
from mimic_assets.waveforms.moments import Moments, union


def window_moments(tiles: Moments, tiles_per_window: int, stride_tiles: int = 1) -> Moments:
    """Return the moments of every whole window: entry k covers tiles `[k * stride, k * stride + length)`.

    Args:
        tiles: one entry per tile, consecutive.
        tiles_per_window: length of a window.
        stride_tiles: tiles from the start of one window to the start of the next.

    Raises:
        RequestError: a length or stride below 1.

    Examples:
        Eight tiles, windows of 6 at stride 1: three windows, of tiles 0-5, 1-6 and 2-7. Five tiles: none.
    """
    if tiles_per_window < 1 or stride_tiles < 1:
        raise RequestError(
            f"windows of {tiles_per_window} tiles at stride {stride_tiles} found, both at least 1 expected"
        )
    count = len(tiles) - tiles_per_window + 1
    if count < 1:
        return tiles[:0]
    parts = []
    span, length, start, left = tiles, 1, 0, tiles_per_window
    while left:
        if left & 1:
            parts.append(span[start : start + count])
            start += length
        left >>= 1
        if left:
            span, length = union(span[:-length], span[length:]), length * 2
    return functools.reduce(union, parts)[::stride_tiles]
