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
Places = npt.NDArray[np.int64]
SHORTEST_S = 3.0
_BOX_S, _SLOPE_S = 0.040, 0.128
_REACH_S, _BLIND_S, _PATIENCE_S = 0.15, 0.3, 2.5
_FIRST, _LATER, _ONSET = 3.0, 0.6, 0.01
_ROWS_IN_CACHE = 16
_LOOKS = 4
"""Parts in which that patience is looked through: most rises come in the first."""
_LEAST_RISE_MMHG = 5.0
"""A smaller rise is no pulse: a damped or zeroed line, or noise."""


def find_pressure_onsets(pressure_mmhg: Floats, rate_hz: float) -> Places:
    """Return the samples of the pulse onsets of one stretch (`pressure_onsets_in_rows`), ascending."""
    return pressure_onsets_in_rows(pressure_mmhg[None], rate_hz)


def pressure_onsets_in_rows(rows: Floats, rate_hz: float) -> Places:
    """Return the pulse onsets of stretches of one length; none in one shorter than three seconds.

    The search goes along a stretch from onset to onset; all stretches take a step at a time together.

    Args:
        rows: [stretch, sample] in mmHg, none missing. A stretch changes nothing that is found in another.
        rate_hz: samples per second.

    Returns:
        Places in the rows laid end to end, ascending.
    """
    samples = rows.shape[1]
    if samples < SHORTEST_S * rate_hz or not len(rows):
        return np.empty(0, dtype=np.int64)
    reach, blind, patience = (round(s * rate_hz) for s in (_REACH_S, _BLIND_S, _PATIENCE_S))
    look = -(-patience // _LOOKS)
    width = samples + look
    padded = np.full((len(rows), width), -np.inf)  # behind its end a row has nothing that could be a rise
    for some in range(0, len(rows), _ROWS_IN_CACHE):
        _slope_sums(rows[some : some + _ROWS_IN_CACHE], rate_hz, padded[some : some + _ROWS_IN_CACHE, :samples])
    threshold = np.maximum(_FIRST * padded[:, :samples].mean(axis=1), _LEAST_RISE_MMHG)
    along = padded.reshape(-1)
    ahead, after = (np.lib.stride_tricks.sliding_window_view(along, width) for width in (look, reach))
    behind = np.arange(-reach, 1)
    place, waited = np.zeros((2, len(rows)), dtype=np.int64)
    onsets = [np.empty(0, dtype=np.int64)]
    active = np.arange(len(rows))
    while active.size:
        at = place[active] + waited[active]
        above = ahead[active * width + at] > threshold[active, None]
        crossing = at + above.argmax(axis=1)
        is_crossing = (along[active * width + crossing] > threshold[active]) & (crossing < place[active] + patience)
        waited[active] += look
        # nothing for 2.5 s: the pulse may have become smaller
        left = active[~is_crossing & ((waited[active] >= patience) | (at + look >= samples))]
        place[left[threshold[left] <= _LEAST_RISE_MMHG]] += patience
        threshold[left] = np.maximum(threshold[left] / 2, _LEAST_RISE_MMHG)
        reached, crossing = active[is_crossing], crossing[is_crossing]
        before = np.maximum(crossing[:, None] + behind, 0)
        begin = reached * width
        high = after[begin + crossing].max(axis=1)
        rise = along[begin[:, None] + before]
        low = rise.min(axis=1)
        is_pulse = high - low >= _LEAST_RISE_MMHG
        is_still = rise <= (low + _ONSET * (high - low))[:, None]
        onset = before[np.arange(len(reached)), reach - is_still[:, ::-1].argmax(axis=1)]
        onsets.append((reached * samples + onset)[is_pulse])
        threshold[reached[is_pulse]] = np.maximum(_LATER * high[is_pulse], _LEAST_RISE_MMHG)
        place[reached] = crossing + blind
        waited[left], waited[reached] = 0, 0
        active = active[place[active] < samples]
    found = np.sort(np.concatenate(onsets))
    return np.asarray(found[np.diff(found, prepend=-1) > 0])


def _slope_sums(rows: Floats, rate_hz: float, out: Floats) -> None:
    """Put at each sample of a row the sum of all rises of the smoothed pressure in the 128 ms before it."""
    box, width = max(1, round(_BOX_S * rate_hz)), round(_SLOPE_S * rate_hz)
    smooth = ndimage.uniform_filter1d(ndimage.uniform_filter1d(rows, box, mode="nearest"), box, mode="nearest")
    rises = np.zeros(rows.shape)
    np.subtract(smooth[:, 1:], smooth[:, :-1], out=rises[:, 1:])
    np.maximum(rises, 0, out=rises)
    np.cumsum(rises, axis=1, out=rises)
    out[:, :width] = rises[:, :width]
    np.subtract(rises[:, width:], rises[:, :-width], out=out[:, width:])
