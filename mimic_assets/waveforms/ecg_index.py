"""The quality index of an ECG lead: can its QRS complexes be told from noise, in this tile alone?

Belongs here: the three parts of the index and how they are put together. Does not belong here: the threshold that makes
a tile unusable (`unusable`). Nothing is learnt from other tiles.
"""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mimic_assets.waveforms.beat_search import agreement, find_peaks
from mimic_assets.waveforms.beat_shapes import cut_windows, likeness, likeness_of_two
from mimic_assets.waveforms.tile_spectrum import Rows, tile_spectrum

_REFRACTORY_S, _TOLERANCE_S = 0.2, 0.15
_BEFORE_S, _AFTER_S, _SEARCH_S = 0.12, 0.2, 0.08


def ecg_index(samples: Rows, frame_rate_hz: float) -> npt.NDArray[np.float64]:
    """Return the index of each tile, from 0 (noise, or no beat) to 1.

    The product of three published indices: agreement of two detectors that look at different things (bSQI), likeness
    of the beats' shapes (template correlation; where beats are of two clear shapes, within each), and the share of
    power where QRS complexes have theirs (pSQI; above a half it counts as 1).

    Args:
        samples: [tile, sample] in any unit, nothing missing.
        frame_rate_hz: frames per second of the record, about 62.5.
    Source: bSQI Li, Mark, Clifford (2008); the slope detector Pan, Tompkins (1985), the curve length Zong, Moody,
        Jiang, "A robust open-source algorithm to detect onset and duration of QRS complexes" (2003); template
        correlation Orphanidou et al. (2015); pSQI (5-15 Hz over 5-40 Hz) Clifford, Behar, Li, Rezek, "Signal quality
        indices and data fusion for determining clinical acceptability of electrocardiograms", Physiol. Meas. 33 (2012).
    """
    spectrum = tile_spectrum(samples, frame_rate_hz)
    sharp, broad = spectrum.band(6, 20), spectrum.band(1.5, 20)
    width = max(1, round(_TOLERANCE_S * frame_rate_hz))
    reach = round(_REFRACTORY_S * frame_rate_hz)
    slope = np.diff(sharp, axis=1, prepend=sharp[:, :1])
    by_slope = find_peaks(ndimage.uniform_filter1d(slope * slope, width, axis=1), reach, 0.2)
    step = np.diff(broad, axis=1, prepend=broad[:, :1])
    by_length = find_peaks(ndimage.uniform_filter1d(np.abs(step), width, axis=1), reach, 0.35)
    beats = agreement(by_slope, by_length, width)

    tile, at = np.nonzero(by_slope)
    tile, at = tile.astype(np.int64), _aligned(sharp, tile, at, round(_SEARCH_S * frame_rate_hz))
    shapes, of = cut_windows(broad, tile, at, round(_BEFORE_S * frame_rate_hz), round(_AFTER_S * frame_rate_hz))
    alike = likeness_of_two(shapes, of, len(samples), likeness(shapes, of, len(samples)))

    wide = spectrum.power(5, 40)
    share = np.divide(spectrum.power(5, 15), wide, out=np.zeros(len(samples)), where=wide > 0)
    return np.asarray(beats * alike * np.minimum(1.0, 2 * share))


def _aligned(rows: Rows, tile: npt.NDArray[np.int64], at: npt.NDArray[np.int64], reach: int) -> npt.NDArray[np.int64]:
    """Return each place moved to the extreme near it, of the polarity that is the larger one in its tile."""
    around = np.clip(at[:, None] + np.arange(-reach, reach + 1), 0, rows.shape[1] - 1)
    near = rows[tile[:, None], around]
    swing = np.bincount(tile, weights=near.max(axis=1) + near.min(axis=1), minlength=len(rows))
    near = np.where(swing[tile, None] >= 0, near, -near)
    return np.asarray(around[np.arange(len(at)), near.argmax(axis=1)], dtype=np.int64)
