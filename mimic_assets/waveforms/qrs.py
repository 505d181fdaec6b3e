"""QRS complexes of one stretch of ECG: sleepecg's compiled adaptive thresholds behind a front end made for noise.

Belongs here: the front end, and keeping the compiled code within its bounds. Does not belong here: which lead, which
stretch, and to whom a beat is credited (`beats`). The energy of a 12-25 Hz band is thresholded instead of the filtered
signal: polarity does not matter then (aVR needs no turning), and precision at 0 dB rises from 71 to about 80 %
(docs/beats.md). Two private functions of sleepecg are called; a test guards their signature.

Source: Pan, Tompkins, "A real-time QRS detection algorithm", IEEE Trans. Biomed. Eng. 32 (1985); Hofer et al.,
sleepecg 0.6 (thresholds and search back).
"""

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mimic_assets.waveforms.zero_phase import band_pass

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
SHORTEST_S = 3.0
"""The compiled code learns from the first two seconds without asking whether they are there."""
_BAND_HZ, _ORDER = (12.0, 25.0), 1
_PEAK_S, _INTEGRATED_S = 0.08, 0.12
_REFRACTORY_S = 0.2
_PEAK_REACH_S = 0.05
_LEAST_SPREAD = 1e-9
_RISE = 1e-12
"""By which each sample's energy counts more than the one before it: a complex that is symmetric between two samples has
two equal tops, of which the compiled code would take neither. Far above rounding, far below any difference that means
something."""


@cache
def _bell(samples: int) -> Floats:
    # an odd length: an even one gives a symmetric complex two equal tops, and the compiled code wants one
    window = np.hanning((samples | 1) + 2)[1:-1]
    return np.asarray(window / window.sum())


@cache
def _rise(samples: int) -> Floats:
    return np.asarray(1 + _RISE * np.arange(samples))


def find_qrs(ecg: Floats, rate_hz: float) -> Places:
    """Return the samples of the R peaks of one stretch (`qrs_in_rows`), ascending."""
    return qrs_in_rows(ecg[None], rate_hz)


def qrs_in_rows(rows: Floats, rate_hz: float) -> Places:
    """Return the R peaks (the largest swing of the complex, up or down) of stretches of one length.

    Args:
        rows: [stretch, sample], none missing, any unit. A stretch changes nothing that is found in another.
        rate_hz: samples per second.

    Returns:
        Places in the rows laid end to end, ascending.

    Missing: a stretch shorter than three seconds or without any change gives no beats.
    """
    from sleepecg import _heartbeat_detection as compiled  # brings scipy.stats, which takes a second to import

    samples = rows.shape[1]
    if samples < SHORTEST_S * rate_hz:
        return np.empty(0, dtype=np.int64)
    band = band_pass(rows, *_BAND_HZ, _ORDER, rate_hz)
    # The compiled code keeps intervals in an array of len / refractory entries and can step over its end when beats
    # follow each other at the refractory time (an artefact at 5 Hz does that); silence at the end makes it long enough.
    silence = 3 * int(_REFRACTORY_S * rate_hz) + 1
    energy = np.empty((len(rows), samples + silence))
    energy[:, samples:] = 0
    ndimage.correlate1d(
        np.square(band), _bell(round(_PEAK_S * rate_hz)), axis=1, output=energy[:, :samples], mode="constant"
    )
    energy[:, :samples] *= _rise(samples)
    integrated, width = np.zeros(samples + silence), round(_INTEGRATED_S * rate_hz)
    is_peak = np.zeros(rows.shape, dtype=np.bool_)
    for row in np.flatnonzero(np.ptp(rows, axis=1) >= _LEAST_SPREAD):
        integrated[:samples] = compiled._squared_moving_integration(band[row], width)
        is_peak[row] = compiled._thresholding(energy[row], integrated, rate_hz)[:samples]
    return _at_peak(band, np.flatnonzero(is_peak), round(_PEAK_REACH_S * rate_hz))


def _at_peak(band: Floats, at: Places, reach: int) -> Places:
    """Return each place moved to the largest swing within reach, in its own row."""
    if not at.size:
        return at
    samples = band.shape[1]
    first = (at // samples * samples)[:, None]
    near = at[:, None] + np.arange(-reach, reach + 1)
    np.maximum(near, first, out=near)
    np.minimum(near, first + (samples - 1), out=near)
    swing = band.reshape(-1)[near]
    moved = near[np.arange(len(at)), np.abs(swing, out=swing).argmax(axis=1)]
    moved.sort()
    return np.asarray(moved[np.append(True, moved[1:] > moved[:-1])])
