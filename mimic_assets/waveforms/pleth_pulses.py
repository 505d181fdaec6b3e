"""Pulse onsets of one stretch of plethysmogram: two moving averages, then the foot before each systolic peak.

Belongs here: the search. Does not belong here: to whom an onset is credited (`beats`).

Source: Elgendi, Norton, Brearley, Abbott, Schuurmans, "Systolic peak detection in acceleration photoplethysmograms
measured from emergency responders in tropical conditions", PLoS ONE 8(10) (2013): band 0.5-8 Hz, averages of 111 and
667 ms, offset 2 %.
"""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mimic_assets.waveforms.zero_phase import band_pass

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
SHORTEST_S = 3.0
_BAND_HZ, _ORDER = (0.5, 8.0), 2
_PEAK_S, _BEAT_S, _OFFSET = 0.111, 0.667, 0.02
_UPSTROKE_S = 0.4
"""The foot is the lowest point of this time before the peak."""


def find_pleth_onsets(pleth: Floats, rate_hz: float) -> Places:
    """Return the samples of the pulse feet of one stretch (`pleth_onsets_in_rows`), ascending."""
    return pleth_onsets_in_rows(pleth[None], rate_hz)


def pleth_onsets_in_rows(rows: Floats, rate_hz: float) -> Places:
    """Return the pulse feet of stretches of one length; none in one shorter than three seconds or constant.

    Args:
        rows: [stretch, sample], none missing, any unit. A stretch changes nothing that is found in another.
        rate_hz: samples per second.

    Returns:
        Places in the rows laid end to end, ascending.
    """
    samples = rows.shape[1]
    if samples < SHORTEST_S * rate_hz:
        return np.empty(0, dtype=np.int64)
    band = band_pass(rows, *_BAND_HZ, _ORDER, rate_hz)
    squared = np.maximum(band, 0)
    squared *= squared
    peak = ndimage.uniform_filter1d(squared, round(_PEAK_S * rate_hz), axis=1, mode="nearest")
    beat = ndimage.uniform_filter1d(squared, round(_BEAT_S * rate_hz), axis=1, mode="nearest")
    beat += _OFFSET * squared.mean(axis=1, keepdims=True)
    padded = np.zeros((len(rows), samples + 2), dtype=np.bool_)  # no block goes from one row into the next
    np.greater(peak, beat, out=padded[:, 1:-1])
    padded[np.ptp(rows, axis=1) <= 0] = False
    edge = np.flatnonzero(padded[:, 1:] != padded[:, :-1])  # a row has one more than it has samples
    edges = (edge - edge // (samples + 1)).reshape(-1, 2)
    blocks = edges[edges[:, 1] - edges[:, 0] >= round(_PEAK_S * rate_hz)]
    along = band.reshape(-1)
    peaks = _places(np.maximum, along, blocks)
    earliest = peaks - round(_UPSTROKE_S * rate_hz)
    lows = np.maximum(np.maximum(np.concatenate([[0], peaks[:-1]]), earliest), peaks // samples * samples)
    is_rise = lows < peaks
    peaks, lows, earliest = peaks[is_rise], lows[is_rise], earliest[is_rise]
    feet = _places(np.minimum, along, np.stack([lows, peaks], axis=1))
    return np.asarray(feet[(feet > lows) | (lows == earliest)])


def _places(extreme: np.ufunc, values: Floats, parts: Places) -> Places:
    """Return where each part `[begin, end)` is at its extreme, the first of equals; parts ascend, without overlap."""
    if not len(parts):
        return np.empty(0, dtype=np.int64)
    lengths = parts[:, 1] - parts[:, 0]
    firsts = np.cumsum(lengths) - lengths
    inside = np.arange(lengths.sum()) + np.repeat(parts[:, 0] - firsts, lengths)
    own = values[inside]
    place = np.flatnonzero(own == np.repeat(extreme.reduceat(own, firsts), lengths))
    return np.asarray(inside[place[np.searchsorted(place, firsts)]])
