"""Breaths of one stretch of chest impedance: counted where a clear rise is followed by a clear fall.

Belongs here: the search. Does not belong here: to whom a breath is credited (`beats`).

Source: Schäfer, Kratky, "Estimation of breathing rate from respiratory sinus arrhythmia: comparison of various
methods", Ann. Biomed. Eng. 36 (2008), original counting: maxima above a fifth of the upper quartile of maxima, one
minimum below zero between two of them. Compared with others in Charlton et al., Physiol. Meas. 37 (2016).
"""

import numpy as np
import numpy.typing as npt

from mimic_assets.waveforms.zero_phase import band_pass

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
SHORTEST_S = 12.0
"""Two breaths at ten per minute."""
_BAND_HZ, _ORDER = (0.1, 0.8), 2
"""6 to 48 breaths per minute; the heart's own swing of the impedance lies above in most adults."""
_SHARE = 0.2
_LEAST_SWING_OHM = 0.01


def find_breaths(impedance_ohm: Floats, rate_hz: float) -> Places:
    """Return the samples of the tops of the breaths of one stretch (`breaths_in_rows`), ascending."""
    return breaths_in_rows(impedance_ohm[None], rate_hz)


def breaths_in_rows(rows: Floats, rate_hz: float) -> Places:
    """Return the tops of the breaths of stretches of one length; none where the swing is below 0.01 ohm.

    Args:
        rows: [stretch, sample] in ohm, none missing. A stretch changes nothing that is found in another.
        rate_hz: samples per second.

    Returns:
        Places in the rows laid end to end, ascending.
    """
    samples = rows.shape[1]
    if samples < SHORTEST_S * rate_hz:
        return np.empty(0, dtype=np.int64)
    band = band_pass(rows - rows.mean(axis=1, keepdims=True), *_BAND_HZ, _ORDER, rate_hz)
    inner = band[:, 1:-1]
    is_top = np.zeros(band.shape, dtype=np.bool_)
    is_top[:, 1:-1] = (inner > band[:, :-2]) & (inner >= band[:, 2:]) & (inner > 0)
    is_top[np.ptp(rows, axis=1) < _LEAST_SWING_OHM] = False
    along = band.reshape(-1)
    maxima = np.flatnonzero(is_top)
    if not maxima.size:
        return maxima
    row, heights = maxima // samples, along[maxima]
    is_clear = heights > _SHARE * _upper_quartiles(heights, row)[row]
    maxima, row, heights = maxima[is_clear], row[is_clear], heights[is_clear]
    # maxima without a fall below zero between them are one breath: its highest, the first of equals
    is_low, falls = band < 0, np.zeros(band.shape, dtype=np.bool_)
    falls[:, 1:] = is_low[:, 1:] & ~is_low[:, :-1]
    turn = np.searchsorted(np.flatnonzero(falls), maxima)
    first = np.flatnonzero((np.diff(turn, prepend=-1) != 0) | (np.diff(row, prepend=-1) != 0))
    lengths = np.diff(first, append=len(maxima))
    highest = np.flatnonzero(heights == np.repeat(np.maximum.reduceat(heights, first), lengths))
    return np.asarray(maxima[highest[np.searchsorted(highest, first)]])


def _upper_quartiles(values: Floats, row: Places) -> Floats:
    """Return the 75th percentile of the values of each row up to the last that has any, drawn between neighbours."""
    ordered = values[np.lexsort((values, row))]
    counts = np.bincount(row)
    first = np.cumsum(counts) - counts
    place = 0.75 * np.maximum(counts - 1, 0)
    low = place.astype(np.int64)
    high = np.minimum(low + 1, np.maximum(counts - 1, 0))
    # a row without any takes some other's value, and nothing asks for it
    low_at, high_at = (np.minimum(first + each, len(ordered) - 1) for each in (low, high))
    return np.asarray(ordered[low_at] + (ordered[high_at] - ordered[low_at]) * (place - low))
