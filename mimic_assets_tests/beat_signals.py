"""Signals with beats at known places: pulses, pressure and breaths, for tests of detectors and of the walk.

Belongs here: shapes simple enough to be checked by eye. Does not belong here: the reader (`signals_in_memory`) and
noise (`noisy_ecg`).
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets_tests.signals_in_memory import InMemoryReader, breath, ecg, pleth, pressure, record_in_memory

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
TICKS_PER_TILE = 10_000


def beat_ticks(length: int, seed: int, rate_per_min: float = 75.0) -> Places:
    """Return R peaks, irregular by a few per cent, on multiples of 16 ticks."""
    rng = np.random.default_rng(seed)
    steps = 60_000 / rate_per_min * (1 + 0.04 * rng.standard_normal(int(length * rate_per_min / 50_000) + 8))
    ticks = 400 + np.cumsum(steps)
    return (ticks[ticks < length - 400] // 16 * 16).astype(np.int64)


def drawn_record(tiles: int, seed: int, rate_per_min: float = 75.0) -> tuple[dict[str, Places], dict[str, Floats]]:
    """Return `(truth, signals)` of whole tiles at 1000 ticks per second: ticks of beats and breaths, physical values.

    Lead II has R peaks of 1 mV. Pulses begin 250 ticks after them: pressure 80 to 120 mmHg, pleth 0.3 to 0.7. A breath
    is a sine of 0.5 ohm about 1, 4,000 ticks long, its top at a quarter.
    """
    length = tiles * TICKS_PER_TILE
    rng = np.random.default_rng(seed + 1)
    peaks = beat_ticks(length, seed, rate_per_min)
    ticks = np.arange(0, length, 4)
    lead = 0.004 * rng.standard_normal(len(ticks))
    for at in peaks:
        near = slice(max((at - 400) // 4, 0), (at + 500) // 4)
        away = ticks[near] - at
        lead[near] += np.exp(-((away / 14) ** 2)) + 0.2 * np.exp(-(((away - 280) / 50) ** 2))
    pulse = np.zeros(length // 8)
    onsets = peaks + 250
    for onset, following in zip(onsets, [*onsets[1:], onsets[-1] + 800], strict=True):
        near = np.arange(onset // 8, min(following // 8, len(pulse)))
        share = np.clip((near * 8 - onset) / (following - onset), 0, 1)
        pulse[near] = np.where(share < 0.2, np.sin(share / 0.2 * np.pi / 2), (1 - share) / 0.8) ** 1.2
    breaths = 1 + 0.5 * np.sin(np.arange(0, length, 16) / 4000 * 2 * np.pi)
    truth = {"qrs": peaks, "pulse_onset": onsets[onsets < length], "breath": np.arange(1000, length, 4000)}
    return truth, {"II": lead, "ABP": 80 + 40 * pulse, "Pleth": 0.3 + 0.4 * pulse, "Resp": breaths}


def held(signals: dict[str, Floats]) -> tuple[pl.DataFrame, InMemoryReader]:
    """Return rows of `raw_records` and the reader of such signals, at 62.5 frames per second; NaN is missing."""
    made = {
        "II": (ecg, 200, 8192), "V": (ecg, 200, 8192), "ABP": (pressure, 16, 800), "Pleth": (pleth, 4096, 0),
        "Resp": (breath, 4093, 2),
    }  # fmt: skip
    parts = {}
    for name, values in signals.items():
        make, gain, zero = made[name]
        digital = np.where(np.isnan(values), -32768, np.rint(np.nan_to_num(values) * gain + zero))
        parts[name] = make(digital)
    return record_in_memory(parts, frame_rate_hz="62.5")
