"""Statistics of signals, against all their samples side by side."""

import numpy as np
import polars as pl
import pytest

from mimic_assets.manifest.signal_counts import SignalCounts
from mimic_assets.signal_codec import encode_samples
from mimic_assets.signals import MISSING_SAMPLE


def window(**signals: tuple[list[int], float | None, int | None]) -> pl.DataFrame:
    """Return one row: name -> digital samples, gain, baseline."""
    parts = list(signals.values())
    return pl.DataFrame(
        {
            "signals": [list(signals)],
            "signal_units": [[None if gain is None else "mV" for _, gain, _ in parts]],
            "signal_sample_counts": [[len(digital) for digital, _, _ in parts]],
            "signal_gains": [[gain for _, gain, _ in parts]],
            "signal_baselines": [[baseline for _, _, baseline in parts]],
            "signal_samples": [[encode_samples(np.array(digital, np.int16)) for digital, _, _ in parts]],
        }
    )


def test_samples_of_two_calibrations_are_one_distribution() -> None:
    counts = SignalCounts(("II", "ABP"))
    counts.add(window(II=([8192, 8392, MISSING_SAMPLE, 7992], 200.0, 8192), ABP=([], None, None)))
    counts.add(window(II=([100, 0], 100.0, 0), ABP=([MISSING_SAMPLE], None, None)))
    found = counts.by_signal()
    values = np.array([0.0, 1.0, -1.0, 1.0, 0.0])
    assert found["II"].total == 5
    assert found["II"].mean == pytest.approx(values.mean())
    assert found["II"].standard_deviation == pytest.approx(values.std())
    assert found["II"].median == 0.0
    assert (found["ABP"].total, found["ABP"].mean) == (0, None)
    assert counts.units == {"II": "mV", "ABP": None}


def test_random_signals_against_numpy() -> None:
    rng = np.random.default_rng(5)
    counts, every = SignalCounts(("II",)), []
    for gain, baseline in ((200.0, 8192), (16.0, 800), (200.0, 8192)):
        digital = rng.integers(-32767, 32767, 3000).astype(np.int16)
        counts.add(window(II=(digital.tolist(), gain, baseline)))
        every.append((digital.astype(np.float64) - baseline) / gain)
    physical, found = np.concatenate(every), counts.by_signal()["II"]
    assert found.total == physical.size
    assert found.mean == pytest.approx(physical.mean(), rel=1e-12)
    assert found.standard_deviation == pytest.approx(physical.std(), rel=1e-12)
    assert found.median == np.sort(physical)[(physical.size + 1) // 2 - 1]
