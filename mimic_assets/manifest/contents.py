"""What a model reads is the window and nothing else: a sample's bytes judged against the window they were made from.

Bytes are read elsewhere (`reader`), windows are proven elsewhere (`windows.leakage`); this ties the two together.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from mimic_assets.manifest.reader import Sample
from mimic_assets.manifest.tensors import fill_missing, tensors_of
from mimic_assets.tasks.model import GapPolicy, Task


def is_window(task: Task, train_medians: Mapping[str, float | None], window: pl.DataFrame, sample: Sample) -> bool:
    """Return whether a sample holds a window's values, ages, reasons and label, bit for bit.

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
    return all(one.tobytes() == other.tobytes() for one, other in pairs) and sample.label == window["label"][0]
