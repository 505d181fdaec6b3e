"""Pulse onsets of one stretch of arterial pressure: where the slope sum begins to rise.

Belongs here: the search. Does not belong here: to whom an onset is credited (`beats`).

Source: Zong, Heldt, Moody, Mark, "An open-source algorithm to detect onset of arterial blood pressure pulses",
Computers in Cardiology 30 (2003): slope sum over 128 ms, first threshold three times its mean, then 60 % of the last
maximum, onset at 1 % of the rise, 300 ms without another. The low pass is theirs (two boxes of five samples at 125 Hz),
centred so that it does not delay.
"""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Floats = npt.NDArray[np.float64]
SHORTEST_S = 3.0
_BOX_S, _SLOPE_S = 0.040, 0.128
_REACH_S, _BLIND_S, _PATIENCE_S = 0.15, 0.3, 2.5
_FIRST, _LATER, _ONSET = 3.0, 0.6, 0.01
_LEAST_RISE_MMHG = 5.0
"""A smaller rise is no pulse: a damped or zeroed line, or noise."""


def find_pressure_onsets(
    pressure_mmhg: Floats, rate_hz: float, slope_sum: Floats | None = None
) -> npt.NDArray[np.int64]:
    """Return the samples of the pulse onsets, ascending; none in a stretch shorter than three seconds.

    Args:
        pressure_mmhg: one stretch without a missing sample.
        rate_hz: samples per second.
        slope_sum: its row of `slope_sums`, where it is known.
    """
    if len(pressure_mmhg) < SHORTEST_S * rate_hz:
        return np.empty(0, dtype=np.int64)
    slope_sum = slope_sums(pressure_mmhg[None], rate_hz)[0] if slope_sum is None else slope_sum
    reach, blind, patience = (round(s * rate_hz) for s in (_REACH_S, _BLIND_S, _PATIENCE_S))
    threshold = max(_FIRST * float(slope_sum.mean()), _LEAST_RISE_MMHG)
    onsets: list[int] = []
    place = 0
    while place < len(slope_sum):
        crossing = _first_above(slope_sum, place, min(place + patience, len(slope_sum)), threshold)
        if crossing is None:
            # nothing for 2.5 s: the pulse may have become smaller
            if threshold <= _LEAST_RISE_MMHG:
                place += patience
            threshold = max(threshold / 2, _LEAST_RISE_MMHG)
            continue
        begin = max(crossing - reach, 0)
        high = float(slope_sum[crossing : crossing + reach].max())
        low = float(slope_sum[begin : crossing + 1].min())
        if high - low >= _LEAST_RISE_MMHG:
            quiet = np.flatnonzero(slope_sum[begin : crossing + 1] <= low + _ONSET * (high - low))
            onsets.append(begin + int(quiet[-1]))
            threshold = max(_LATER * high, _LEAST_RISE_MMHG)
        place = crossing + blind
    return np.unique(np.array(onsets, dtype=np.int64))


def slope_sums(rows: Floats, rate_hz: float) -> Floats:
    """Return at each sample of a row the sum of all rises of the smoothed pressure in the 128 ms before it."""
    box = max(1, round(_BOX_S * rate_hz))
    smooth = ndimage.uniform_filter1d(ndimage.uniform_filter1d(rows, box, mode="nearest"), box, mode="nearest")
    rises = np.cumsum(np.maximum(np.diff(smooth, prepend=smooth[:, :1]), 0), axis=1)
    width = round(_SLOPE_S * rate_hz)
    rises[:, width:] -= rises[:, :-width].copy()
    return rises


def _first_above(values: Floats, begin: int, end: int, threshold: float) -> int | None:
    above = values[begin:end] > threshold
    first = int(above.argmax())
    return begin + first if above[first] else None
