"""Frames of windowed_samples with signals and tile features, drawn from a seed; for tests of shards and loader.

One record lacks a signal, one has it at another rate, and gaps come in runs: what a reader has to live with.
"""

import numpy as np
import polars as pl

from mimic_assets.schemas.tables import WINDOWED_SAMPLES
from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.signal_codec import encode_reasons, encode_samples
from mimic_assets.signals import MISSING_SAMPLE
from mimic_assets.tasks import Task
from mimic_assets.timeline import TICKS_PER_FRAME
from mimic_assets_tests.unit.manifest.window_frames import random_rows, small_task

SIGNALS = ("II", "Pleth", "Resp")
RATES = (4, 2, 1)
UNITS = ("mV", "NU", "Ohm")


def waveform_task(tiles: int = 1, **sections: dict[str, object]) -> Task:
    """The small task with three signals and two tile features."""
    values = small_task(**sections).model_dump()
    values["waveforms"] = {
        "observation_s": 10 * tiles,
        "signals": SIGNALS,
        "required_any": ("II",),
        "tile_features": ("heart_rate_per_min", "II.quality_index"),
    }
    return Task.model_validate(values)


def waveform_rows(task: Task, subject_id: int, count: int, seed: int) -> pl.DataFrame:
    """Rows of one subject; subjects divisible by 5 have no Resp, those by 7 have Pleth at 4 samples per frame."""
    rule = task.waveforms
    assert rule is not None
    rows = random_rows(task, subject_id, count, seed)
    rng = np.random.default_rng([seed, subject_id, 1])
    rates = [0 if name == "Resp" and subject_id % 5 == 0 else rate for name, rate in zip(SIGNALS, RATES, strict=True)]
    rates[1] = 4 if subject_id % 7 == 0 else rates[1]
    lists: dict[str, list[list[object]]] = {name: [] for name in WINDOWED_SAMPLES.schema if name.startswith("signal")}
    tiles: list[list[float | None]] = []
    for _ in range(count):
        sizes = [rate * rule.frame_count for rate in rates]
        masks = [_mask(rng, size) for size in sizes]
        is_there = [bool(mask.size and (mask == 0).any()) for mask in masks]
        lists["signals"].append(list(SIGNALS))
        lists["signal_units"].append([unit if there else None for unit, there in zip(UNITS, is_there, strict=True)])
        lists["signal_samples_per_frame"].append(list(rates))
        lists["signal_sample_counts"].append(list(sizes))
        lists["signal_gains"].append([200.0 if there else None for there in is_there])
        lists["signal_baselines"].append([8192 if there else None for there in is_there])
        lists["signal_is_rescaled"].append([False] * 3)
        lists["signal_samples"].append([encode_samples(_samples(rng, mask)) for mask in masks])
        lists["signal_reasons"].append([encode_reasons(mask) for mask in masks])
        drawn = rng.random(2 * rule.tile_count)
        tiles.append([None if value < 0.2 else float(np.float32(value)) for value in drawn])
    columns = {name: pl.Series(name, values, dtype=WINDOWED_SAMPLES.schema[name]) for name, values in lists.items()}
    return rows.with_columns(
        **columns,
        waveform_start_tick=pl.lit(-1, dtype=pl.Int64),
        waveform_end_tick=pl.lit(rule.frame_count * TICKS_PER_FRAME - 1, dtype=pl.Int64),
        tile_count=pl.lit(rule.tile_count, dtype=pl.Int32),
        tile_feature_names=pl.lit(list(rule.tile_features), dtype=pl.List(pl.String)),
        tile_features=pl.Series(tiles, dtype=pl.List(pl.Float32)),
    )


def _mask(rng: np.random.Generator, size: int) -> np.ndarray:
    mask = np.zeros(size, dtype=np.uint8)
    if size and rng.random() < 0.5:
        start = int(rng.integers(0, size))
        mask[start : start + int(rng.integers(1, size))] = SignalReason.GAP.code
    return mask


def _samples(rng: np.random.Generator, mask: np.ndarray) -> np.ndarray:
    samples = (8192 + rng.integers(-3, 4, mask.size).cumsum()).astype(np.int16)
    samples[mask != 0] = MISSING_SAMPLE
    return samples
