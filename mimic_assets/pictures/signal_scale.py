"""The y axis of a signal: which values it spans and where its marks stand.

Belongs here: the scale alone. An ECG is drawn with the same millivolts per inch in every lead, as on paper, so that a
small complex looks small; other signals fill their panel, but never so closely that noise looks like a wave.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from mimic_assets.pictures.signal_view import SampledSignal

_ECG_LEAST_MV, _ECG_MOST_MV = 1.5, 5.0
"""A QRS complex has 0.5 to 3 mV; a signal of more shows artefact: the panel cuts it off and says so."""
_LEAST_SPAN = {"mmHg": 10.0}
"""A narrower panel would draw a line at rest as if it moved."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A y axis."""

    low: float
    high: float
    marks: tuple[float, ...]
    beyond: tuple[float | None, float | None]
    """Lowest and highest sample where it lies outside; None where it does not."""


def ecg_span(signals: Sequence[SampledSignal]) -> float:
    """Return the millivolts that every ECG panel of a picture spans."""
    spans = [float(np.nanmax(s.values) - np.nanmin(s.values)) for s in signals if s.is_ecg and _is_known(s)]
    return float(np.clip(max(spans, default=0.0), _ECG_LEAST_MV, _ECG_MOST_MV))


def scale_of(signal: SampledSignal, ecg_mv: float) -> Scale | None:
    """Return the y axis of a signal; None where it holds no value.

    Args:
        signal: the signal.
        ecg_mv: what an ECG spans (`ecg_span` of all signals of the picture).
    """
    if not _is_known(signal):
        return None
    low, high = float(np.nanmin(signal.values)), float(np.nanmax(signal.values))
    if not signal.is_ecg:
        span = max(high - low, _LEAST_SPAN.get(signal.unit, 0.0), 0.01 * abs(high), 1e-6)
        middle = (low + high) / 2
        return _scale(middle - span / 2, middle + span / 2, (None, None))
    middle = (low + high) / 2 if high - low <= ecg_mv else float(np.nanmedian(signal.values))
    floor, ceiling = middle - ecg_mv / 2, middle + ecg_mv / 2
    tolerance = 1e-6 * ecg_mv
    beyond = (low if low < floor - tolerance else None, high if high > ceiling + tolerance else None)
    return _scale(floor, ceiling, beyond)


def _scale(low: float, high: float, beyond: tuple[float | None, float | None]) -> Scale:
    found = MaxNLocator(nbins=4, steps=[1, 2, 5, 10]).tick_values(low, high)
    return Scale(low, high, tuple(float(mark) for mark in found if low <= mark <= high), beyond)


def _is_known(signal: SampledSignal) -> bool:
    return bool((~np.isnan(signal.values)).any())
