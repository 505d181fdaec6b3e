"""How alike the beats of a tile are: each is correlated with the template of the others.

Belongs here: cutting beats out and their mean correlation. Does not belong here: finding them. Noise gives beats of
different shapes; so does ventricular fibrillation: see docs/waveform-quality.md.

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
LEAST_FOR_TWO = 6
"""Fewer beats fall into two groups that look alike by chance."""
CLEAR_SHAPES = 0.9
_MOST_BEATS = 64
"""More than fit into ten seconds at the shortest interval that the searches allow (0.2 s)."""


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
    unit = _unit(shapes)
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


def likeness_of_two(shapes: Rows, tile: Places, tiles: int, alike: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return `alike`, raised where the beats are of two shapes, each of them clear: ectopic beats are no noise.

    The two beats that differ most are taken for the two shapes, and each beat goes to the one it resembles more. What
    counts is the likeness within the two groups, if it is at least CLEAR_SHAPES; noise, cut in two, stays below it.
    This rule is ours: the papers correlate with a single template and so call bigeminy noise.

    Args:
        shapes, tile, tiles: as in `likeness`.
        alike: what `likeness` says of them.
    """
    beats = np.bincount(tile, minlength=tiles)
    chosen = np.flatnonzero((beats >= LEAST_FOR_TWO) & (beats <= _MOST_BEATS) & (alike < CLEAR_SHAPES))
    if not chosen.size:
        return alike
    # Always the same number of places, so that no tile's last bits depend on how many beats another one has.
    padded = np.zeros((len(chosen), _MOST_BEATS, shapes.shape[1]))
    starts = np.searchsorted(tile, chosen)
    for place, (start, count) in enumerate(zip(starts, beats[chosen], strict=True)):
        padded[place, :count] = _unit(shapes[start : start + count])
    there = np.arange(_MOST_BEATS) < beats[chosen][:, None]
    correlation = padded @ padded.transpose(0, 2, 1)
    both = there[:, :, None] & there[:, None, :]
    farthest = np.where(both, correlation, np.inf).reshape(len(chosen), -1).argmin(axis=1)
    rows = np.arange(len(chosen))
    to_one = correlation[rows, farthest // _MOST_BEATS] >= correlation[rows, farthest % _MOST_BEATS]
    together = both & (to_one[:, :, None] == to_one[:, None, :]) & ~np.eye(_MOST_BEATS, dtype=np.bool_)
    count = together.sum(axis=(1, 2))
    within = np.where(together, correlation, 0.0).sum(axis=(1, 2)) / np.maximum(count, 1)
    within = np.sqrt(np.clip(within, 0, 1))
    result = alike.copy()
    result[chosen] = np.where(within >= CLEAR_SHAPES, within, alike[chosen])
    return result


def _unit(shapes: Rows) -> npt.NDArray[np.float64]:
    """Return shapes of mean 0 and length 1; one that does not move stays 0."""
    unit = shapes.astype(np.float64)
    unit -= unit.mean(axis=1, keepdims=True)
    length = np.sqrt(np.vecdot(unit, unit))[:, None]
    return np.asarray(np.divide(unit, length, out=np.zeros_like(unit), where=length > 0))
