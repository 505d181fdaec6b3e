"""The grid that everything said of a waveform lies on: tile t is ticks `(10000 t - 1, 10000 t + 9999]`, 625 frames.

Belongs here: how blocks of tiles are walked, and a slice seen as one row per tile. Does not belong here: what is said
of a tile, and the grid's arithmetic (`timeline`).
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from mimic_assets.errors import InternalError
from mimic_assets.signals import SignalSlice
from mimic_assets.timeline import FRAMES_PER_TILE, TICKS_PER_TILE

_USUAL_FRAME_RATE_HZ = (60.0, 65.0)


def is_usual_rate(frame_rate_hz: float) -> bool:
    """Return whether a record has about 62.5 frames per second: filters and waiting times are made for these."""
    return _USUAL_FRAME_RATE_HZ[0] <= frame_rate_hz <= _USUAL_FRAME_RATE_HZ[1]


def tile_blocks(start: int, count: int, tiles_per_block: int) -> Iterator[tuple[int, int]]:
    """Yield `[first, after)` of blocks of the tiles `[start, count)`; every block but the last is full."""
    for first in range(start, count, tiles_per_block):
        yield first, min(first + tiles_per_block, count)


def ticks_of(first: int, after: int) -> tuple[int, int]:
    """Return the `(start_tick, end_tick]` of the tiles `[first, after)`."""
    return first * TICKS_PER_TILE - 1, after * TICKS_PER_TILE - 1


def by_tile(part: SignalSlice) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.uint8]]:
    """Return the digital values and the reasons of a slice, one row per tile; views, nothing is copied.

    Raises:
        InternalError: the slice does not start with a tile, or does not hold whole tiles.
    """
    samples = FRAMES_PER_TILE * part.samples_per_frame
    if not samples or part.first_tick % TICKS_PER_TILE or part.digital.size % samples:
        raise InternalError(
            f"slice from tick {part.first_tick} with {part.digital.size} samples found, whole tiles of {samples} "
            f"samples from a multiple of {TICKS_PER_TILE} expected"
        )
    return part.digital.reshape(-1, samples), part.reasons.reshape(-1, samples)
