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
SHORTEST_S = 3.0
_BAND_HZ, _ORDER = (0.5, 8.0), 2
_PEAK_S, _BEAT_S, _OFFSET = 0.111, 0.667, 0.02
_UPSTROKE_S = 0.4
"""The foot is the lowest point of this time before the peak."""


def pleth_band(rows: Floats, rate_hz: float) -> Floats:
    """Return the band that pulses are searched in, row by row."""
    return band_pass(rows, *_BAND_HZ, _ORDER, rate_hz)


def find_pleth_onsets(pleth: Floats, rate_hz: float, band: Floats | None = None) -> npt.NDArray[np.int64]:
    """Return the samples of the pulse feet, ascending; none in a stretch shorter than three seconds or constant.

    Args:
        pleth: one stretch without a missing sample, any unit.
        rate_hz: samples per second.
        band: its row of `pleth_band`, where it is known.
    """
    if len(pleth) < SHORTEST_S * rate_hz or np.ptp(pleth) <= 0:
        return np.empty(0, dtype=np.int64)
    band = pleth_band(pleth[None], rate_hz)[0] if band is None else band
    squared = np.square(np.maximum(band, 0))
    peak = ndimage.uniform_filter1d(squared, round(_PEAK_S * rate_hz), mode="nearest")
    beat = ndimage.uniform_filter1d(squared, round(_BEAT_S * rate_hz), mode="nearest")
    is_block = peak > beat + _OFFSET * squared.mean()
    padded = np.zeros(len(is_block) + 2, dtype=np.bool_)
    padded[1:-1] = is_block
    edges = np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2)
    blocks = edges[edges[:, 1] - edges[:, 0] >= round(_PEAK_S * rate_hz)]
    peaks = _places(-band, blocks)
    earliest = peaks - round(_UPSTROKE_S * rate_hz)
    lows = np.maximum(np.concatenate([[0], peaks[:-1]]), earliest)
    is_rise = lows < peaks
    peaks, lows, earliest = peaks[is_rise], lows[is_rise], earliest[is_rise]
    feet = _places(band, np.stack([lows, peaks], axis=1))
    return np.unique(feet[(feet > lows) | (lows == earliest)])


def _places(values: Floats, parts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return where each part `[begin, end)` is lowest, the first of equals; parts ascend and do not overlap."""
    if not len(parts):
        return np.empty(0, dtype=np.int64)
    lengths = parts[:, 1] - parts[:, 0]
    firsts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    inside = np.arange(lengths.sum()) + np.repeat(parts[:, 0] - firsts, lengths)
    own = values[inside]
    is_lowest = own == np.repeat(np.minimum.reduceat(own, firsts), lengths)
    place = np.flatnonzero(is_lowest)
    return np.asarray(inside[place[np.searchsorted(place, firsts)]])
