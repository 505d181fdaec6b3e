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
SHORTEST_S = 12.0
"""Two breaths at ten per minute."""
_BAND_HZ, _ORDER = (0.1, 0.8), 2
"""6 to 48 breaths per minute; the heart's own swing of the impedance lies above in most adults."""
_SHARE = 0.2
_LEAST_SWING_OHM = 0.01


def breath_band(rows: Floats, rate_hz: float) -> Floats:
    """Return the band that breaths are searched in, row by row."""
    return band_pass(rows - rows.mean(axis=1, keepdims=True), *_BAND_HZ, _ORDER, rate_hz)


def find_breaths(impedance_ohm: Floats, rate_hz: float, band: Floats | None = None) -> npt.NDArray[np.int64]:
    """Return the samples of the tops of the breaths, ascending; none where the swing is below 0.01 ohm.

    Args:
        impedance_ohm: one stretch without a missing sample.
        rate_hz: samples per second.
        band: its row of `breath_band`, where it is known.
    """
    nothing = np.empty(0, dtype=np.int64)
    if len(impedance_ohm) < SHORTEST_S * rate_hz or np.ptp(impedance_ohm) < _LEAST_SWING_OHM:
        return nothing
    band = breath_band(impedance_ohm[None], rate_hz)[0] if band is None else band
    inner = band[1:-1]
    maxima = np.flatnonzero((inner > band[:-2]) & (inner >= band[2:]) & (inner > 0)) + 1
    if not maxima.size:
        return nothing
    maxima = maxima[band[maxima] > _SHARE * _upper_quartile(band[maxima])]
    # maxima without a fall below zero between them are one breath: its highest
    is_low = band < 0
    falls = np.flatnonzero(is_low[1:] & ~is_low[:-1]) + 1
    highest: dict[int, tuple[float, int]] = {}
    for turn, height, place in zip(
        np.searchsorted(falls, maxima).tolist(), band[maxima].tolist(), maxima.tolist(), strict=True
    ):
        if turn not in highest or height > highest[turn][0]:
            highest[turn] = height, place
    return np.array([place for _, place in highest.values()], dtype=np.int64)


def _upper_quartile(values: Floats) -> float:
    """Return the 75th percentile, drawn between neighbours; of few values far quicker than numpy's own."""
    ordered = np.sort(values)
    place = 0.75 * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (ordered[high] - ordered[low]) * (place - low))
