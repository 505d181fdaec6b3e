"""The benchmark's windows as shards of ours, and as a training set over them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from mimic_assets.manifest.shard_layout import ShardLayout
from mimic_assets.manifest.shards import ShardWriter
from mimic_assets.manifest.tensors import Tensors
from mimic_assets.manifest.training_set import Fetch, LocalFetch, TrainingSet
from mimic_assets.signal_codec import encode_reasons, encode_samples
from mimic_assets_tests.benchmarks import store_windows as w

_LISTS = {
    "signals": w.SIGNALS,
    "signal_units": w.UNITS,
    "signal_samples_per_frame": w.SAMPLES_PER_FRAME,
    "signal_gains": w.GAINS,
    "signal_baselines": w.BASELINES,
    "signal_is_rescaled": (False,) * len(w.SIGNALS),
}


@dataclass(frozen=True, slots=True)
class Store:
    """Shards in a folder."""

    folder: Path
    manifest: pl.DataFrame
    byte_count: int

    def training(self, fetch: Fetch | None = None, *, is_verified: bool = True) -> TrainingSet:
        """Open it, here or where its files were put."""
        return TrainingSet.of(self.manifest, "train", fetch or LocalFetch(self.folder), is_verified=is_verified)


def write_store(folder: Path, windows: list[list[np.ndarray]], copies: int = 1) -> Store:
    """Write windows so many times over; `sample_id` is copy and number. Beside its signals a window has one cell."""
    counts = [len(samples) for samples in windows[0]]
    layout = ShardLayout(
        "bench", "f", "train", "leave", ("x",), (None,), 60, 1, w.SIGNALS, w.SAMPLES_PER_FRAME, counts[-1]
    )
    blobs = [[encode_samples(samples) for samples in window] for window in windows]
    reasons = [encode_reasons(np.zeros(count, dtype=np.uint8)) for count in counts]
    number = len(windows)
    frame = pl.DataFrame(
        {name: [list(values)] * number for name, values in _LISTS.items()}
        | {
            "label": [True] * number,
            "signal_sample_counts": [counts] * number,
            "signal_samples": blobs,
            "signal_reasons": [reasons] * number,
        }
    )
    cells = np.zeros((number, 1, 1), dtype=np.float32)
    writer = ShardWriter(folder, {"train": layout}, seed=1)
    for copy in range(copies):
        named = frame.with_columns(sample_id=pl.Series([f"{copy}-{place}" for place in range(number)]))
        writer.append("train", named, Tensors(cells, cells.astype(np.uint8), cells))
    files = list(writer.finish())
    manifest = pl.concat(file.placed.with_columns(shard=pl.lit(file.name)) for file in files).with_columns(
        split=pl.lit("train"), task=pl.lit("bench"), task_fingerprint=pl.lit("f"), label=True, weight=1.0
    )
    return Store(folder, manifest, sum(file.path.stat().st_size for file in files))
