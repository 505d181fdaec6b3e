"""How alike the beats of a tile are: each is correlated with the template of the others.

Belongs here: cutting beats out and their mean correlation. Does not belong here: finding them. Noise gives beats of
different shapes; so do ectopic beats, in part, and ventricular fibrillation, wholly: see docs/waveform-quality.md.

Source: template matching after Orphanidou et al., "Signal-quality indices for the electrocardiogram and
photoplethysmogram", IEEE J. Biomed. Health Inform. 19 (2015); and Li, Clifford, "Dynamic time warping and machine
learning for signal quality assessment of pulsatile signals", Physiol. Meas. 33 (2012), whose linear resampling of
pulses is used. Both correlate a beat with a mean that holds the beat itself, which makes few beats look alike; here
that share is taken out: the figure is the root of the mean correlation of pairs.
"""

import numpy as np
import numpy.typing as npt

from mimic_assets.waveforms.tile_spectrum import Rows

Places = npt.NDArray[np.int64]
LEAST_BEATS = 3
"""With fewer beats in ten seconds (a rate below about 20 per minute) there is nothing to compare."""


def cut_windows(rows: Rows, tile: Places, at: Places, before: int, after: int) -> tuple[Rows, Places]:
    """Return `[beat, frame]` from `before` frames before each place to `after` behind it, and the tile of each.

    Beats whose window leaves the tile are left out.
    """
    whole = (at >= before) & (at + after < rows.shape[1])
    tile, at = tile[whole], at[whole]
    return rows[tile[:, None], at[:, None] + np.arange(-before, after + 1)], tile


def cut_cycles(rows: Rows, tile: Places, start: Places, end: Places, points: int) -> Rows:
    """Return `[beat, point]`: each cycle from start to end drawn on the same number of points, linearly."""
    place = start[:, None] + (end - start)[:, None] * (np.arange(points) / points)
    left = place.astype(np.int64)
    weight = (place - left).astype(np.float32)
    right = np.minimum(left + 1, rows.shape[1] - 1)
    here = tile[:, None]
    return np.asarray(rows[here, left] * (1 - weight) + rows[here, right] * weight, dtype=np.float32)


def likeness(shapes: Rows, tile: Places, tiles: int) -> npt.NDArray[np.float64]:
    """Return per tile how well its beats agree, from 0 to 1; 0 where there are fewer than LEAST_BEATS.

    Args:
        shapes: [beat, point].
        tile: of each beat, ascending.
        tiles: how many tiles there are.
    """
    unit = shapes.astype(np.float64)
    unit -= unit.mean(axis=1, keepdims=True)
    length = np.sqrt(np.vecdot(unit, unit))[:, None]
    unit = np.divide(unit, length, out=np.zeros_like(unit), where=length > 0)
    beats = np.bincount(tile, minlength=tiles)
    result = np.zeros(tiles)
    chosen = np.flatnonzero(beats >= LEAST_BEATS)
    if not chosen.size:
        return result
    starts = np.searchsorted(tile, np.flatnonzero(beats > 0))
    total = np.zeros((tiles, unit.shape[1]))
    total[beats > 0] = np.add.reduceat(unit, starts, axis=0)
    n = beats[chosen].astype(np.float64)
    pairs = (np.vecdot(total[chosen], total[chosen]) - n) / (n * (n - 1))
    result[chosen] = np.sqrt(np.clip(pairs, 0, 1))
    return result
