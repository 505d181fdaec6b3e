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
from sleepecg import _heartbeat_detection as compiled

from mimic_assets.waveforms.zero_phase import band_pass

Floats = npt.NDArray[np.float64]
SHORTEST_S = 3.0
"""The compiled code learns from the first two seconds without asking whether they are there."""
_BAND_HZ, _ORDER = (12.0, 25.0), 1
_PEAK_S, _INTEGRATED_S = 0.08, 0.12
_REFRACTORY_S = 0.2
_PEAK_REACH_S = 0.05
_LEAST_SPREAD = 1e-9


@cache
def _bell(samples: int) -> Floats:
    # an odd length: an even one gives a symmetric complex two equal tops, and the compiled code wants one
    window = np.hanning((samples | 1) + 2)[1:-1]
    return np.asarray(window / window.sum())


def qrs_band(rows: Floats, rate_hz: float) -> Floats:
    """Return the band that complexes are searched in, row by row."""
    return band_pass(rows, *_BAND_HZ, _ORDER, rate_hz)


def find_qrs(ecg: Floats, rate_hz: float, band: Floats | None = None) -> npt.NDArray[np.int64]:
    """Return the samples of the R peaks (the largest swing of the complex, up or down), ascending.

    Args:
        ecg: one stretch without a missing sample, any unit.
        rate_hz: samples per second.
        band: its row of `qrs_band`, where it is known.

    Missing: a stretch shorter than three seconds or without any change gives no beats.
    """
    if len(ecg) < SHORTEST_S * rate_hz or np.ptp(ecg) < _LEAST_SPREAD:
        return np.empty(0, dtype=np.int64)
    band = qrs_band(ecg[None], rate_hz)[0] if band is None else band
    energy = np.convolve(band * band, _bell(round(_PEAK_S * rate_hz)), mode="same")
    integrated = compiled._squared_moving_integration(band, round(_INTEGRATED_S * rate_hz))
    # The compiled code keeps intervals in an array of len / refractory entries and can step over its end when beats
    # follow each other at the refractory time (an artefact at 5 Hz does that); silence at the end makes it long enough.
    silence = np.zeros(3 * int(_REFRACTORY_S * rate_hz) + 1)
    found = compiled._thresholding(np.concatenate([energy, silence]), np.concatenate([integrated, silence]), rate_hz)
    at = np.flatnonzero(found[: len(ecg)])
    return _at_peak(np.abs(band), at, round(_PEAK_REACH_S * rate_hz))


def _at_peak(swing: Floats, at: npt.NDArray[np.int64], reach: int) -> npt.NDArray[np.int64]:
    """Return each place moved to the largest swing within reach."""
    if not at.size:
        return at
    places = np.clip(at[:, None] + np.arange(-reach, reach + 1), 0, len(swing) - 1)
    return np.unique(places[np.arange(len(at)), swing[places].argmax(axis=1)])
