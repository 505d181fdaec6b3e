"""Places in a tile where an energy stands out: the search that all three indices share.

Belongs here: thresholds within a tile, local maxima, agreement of two searches. Does not belong here: which energy is
searched, and beats of a whole record (`waveform_beats` has its own detector). All tiles are searched at once.

Source: threshold between noise and signal level after Pan, Tompkins, "A real-time QRS detection algorithm" (1985).
"""

import numpy as np
import numpy.typing as npt

from mimic_assets.waveforms.sliding_maximum import sliding_maximum
from mimic_assets.waveforms.tile_spectrum import Rows

Mask = npt.NDArray[np.bool_]
_SPANS = 4
"""The signal level is the lower median of the highest values of four spans: one artefact cannot raise it."""


def find_peaks(energy: Rows, reach: int, share: float) -> Mask:
    """Return where a tile's energy is the highest within `reach` frames on both sides and above its threshold.

    Args:
        energy: [tile, frame], not negative.
        reach: half of the time in which only one peak can lie.
        share: the threshold's place between the tile's median (0) and its signal level (1).
    """
    width = energy.shape[1] // _SPANS
    spans = energy[:, : width * _SPANS].reshape(len(energy), _SPANS, width).max(axis=2)
    level = np.sort(spans, axis=1)[:, _SPANS // 2 - 1]
    noise = np.partition(energy, energy.shape[1] // 2, axis=1)[:, energy.shape[1] // 2]
    threshold = noise + np.float32(share) * (level - noise)
    return np.asarray((energy == sliding_maximum(energy, reach)) & (energy > threshold[:, None]))


def agreement(a: Mask, b: Mask, tolerance: int) -> npt.NDArray[np.float64]:
    """Return per tile the peaks that both searches found / the peaks that either found; 0 where there are none.

    Source: bSQI of Li, Mark, Clifford, "Robust heart rate estimation from multiple asynchronous noisy sources using
    signal quality indices and a Kalman filter", Physiol. Meas. 29 (2008); 150 ms after ANSI/AAMI EC57.
    """
    near_b, near_a = sliding_maximum(b, tolerance), sliding_maximum(a, tolerance)
    both = np.minimum((a & near_b).sum(axis=1), (b & near_a).sum(axis=1))
    either = a.sum(axis=1) + b.sum(axis=1) - both
    return np.asarray(np.divide(both, either, out=np.zeros(len(a)), where=either > 0))
