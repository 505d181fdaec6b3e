"""What a model reads is the window and nothing else: a sample's bytes judged against the window they were made from.

Bytes are read elsewhere (`reader`), windows are proven elsewhere (`windows.leakage`); this ties the two together.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from mimic_assets.manifest.sample import Sample
from mimic_assets.manifest.sample_bytes import SIGNAL_COLUMNS
from mimic_assets.manifest.tensors import fill_missing, tensors_of
from mimic_assets.tasks.model import GapPolicy, Task


def is_window(task: Task, train_medians: Mapping[str, float | None], window: pl.DataFrame, sample: Sample) -> bool:
    """Return whether a sample holds a window's values, ages, reasons, signals, tile features and label, bit for bit.

    Args:
        task: says whether gaps are filled by the medians.
        train_medians: `median` of training_normalisation by parameter; null leaves the gaps of that parameter.
        window: one row of windowed_samples, of that sample.
        sample: as it lies in its shard.
    """
    fill = np.full(len(task.numerics.parameters), np.nan, dtype=np.float32)
    if task.numerics.gap_policy is GapPolicy.TRAIN_MEDIAN:
        found = [train_medians.get(parameter) for parameter in task.numerics.parameters]
        fill = np.array([np.nan if median is None else median for median in found], dtype=np.float32)
    expected = fill_missing(tensors_of(window, task.numerics), fill)
    pairs = (
        (sample.values, expected.values[0]),
        (sample.ages_s, expected.ages_s[0]),
        (sample.reasons, expected.reasons[0]),
    )
    numerics = all(one.tobytes() == other.tobytes() for one, other in pairs)
    return numerics and sample.label == window["label"][0] and has_signals(window.row(0, named=True), sample)


def has_signals(window: Mapping[str, Any], sample: Sample) -> bool:
    """Return whether a sample's compressed signals and tile features are a window's, bit for bit; nothing is decoded.

    Args:
        window: one row of windowed_samples; of a task without waveforms, its lists are empty or null.
        sample: as it lies in its shard.
    """
    if [signal.signal for signal in sample.signals] != (window["signals"] or []):
        return False
    for name, column in SIGNAL_COLUMNS.items():
        if [getattr(signal, name) for signal in sample.signals] != (window[column] or []):
            return False
    tiles = [] if sample.tile_features is None else sample.tile_features.ravel().tolist()
    return [None if np.isnan(value) else value for value in tiles] == (window["tile_features"] or [])
