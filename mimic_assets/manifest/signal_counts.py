"""How often each value of a window's signals was observed: digital values are few, so they are counted as they are.

Belongs here: samples of windows -> counts of physical values, per signal. Does not belong here: what follows from
counts (`value_counts`), or which windows are looked at (`normalisation`).
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mimic_assets.manifest.value_counts import ValueCounts
from mimic_assets.signal_codec import decode_samples
from mimic_assets.signals import MISSING_SAMPLE

_VALUES = 1 << 16
_COLUMNS = ("signals", "signal_units", "signal_sample_counts", "signal_gains", "signal_baselines", "signal_samples")


class SignalCounts:
    """Counts of the observed samples of each signal; memory grows with calibrations, not with windows."""

    def __init__(self, signals: Sequence[str]) -> None:
        """Start with nothing observed."""
        self._signals = tuple(signals)
        self._counts: dict[tuple[str, float, int], NDArray[np.int64]] = {}
        self.units: dict[str, str | None] = dict.fromkeys(signals)
        """Unit of each signal as windows say; null where none was observed, of several the first in the alphabet."""

    def add(self, windows: pl.DataFrame) -> None:
        """Count the samples of further rows of windowed_samples."""
        if not self._signals:
            return
        for row in windows.select(_COLUMNS).iter_rows():
            for name, unit, count, gain, baseline, samples in zip(*row, strict=True):
                if gain is None:
                    continue
                key = (name, gain, baseline)
                if key not in self._counts:
                    self._counts[key] = np.zeros(_VALUES, dtype=np.int64)
                self._counts[key] += np.bincount(decode_samples(samples, count).view(np.uint16), minlength=_VALUES)
                self.units[name] = min(filter(None, (self.units[name], unit)), default=None)

    def by_signal(self) -> dict[str, ValueCounts]:
        """Return the counts of physical values of each signal; missing samples do not count."""
        found = {name: ValueCounts() for name in self._signals}
        for (name, gain, baseline), counts in sorted(self._counts.items()):
            seen = np.flatnonzero(counts)
            digital = seen.astype(np.uint16).view(np.int16)
            is_there = digital != MISSING_SAMPLE
            physical = (digital[is_there].astype(np.float64) - baseline) / gain
            found[name].add_counted(physical + 0.0, counts[seen][is_there])
        return found
