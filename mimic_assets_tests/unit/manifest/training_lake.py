"""A small lake to train from: three splits of windows with waveforms, in several shards; and a batch to compare."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mimic_assets.manifest import build_manifest, fit_normalisation, shards
from mimic_assets.manifest.batches import Batch
from mimic_assets.schemas.tables import TRAINING_MANIFEST, TRAINING_NORMALISATION
from mimic_assets.settings import S3Settings
from mimic_assets.storage.keys import Key, shard_path
from mimic_assets.storage.lake import Lake
from mimic_assets_tests.unit.manifest.waveform_frames import waveform_rows, waveform_task
from mimic_assets_tests.unit.manifest.window_frames import stream

TASK = waveform_task(tiles=1, controls={"matched_splits": ()})
PLACE = Key(task=TASK.name)


def make_training_lake(uri: str, s3: S3Settings | None = None, *, subjects: int = 16, each: int = 6) -> pl.DataFrame:
    """Store normalisation, manifest and shards; return every window."""
    frames = {subject: waveform_rows(TASK, subject, each, seed=3) for subject in range(1, subjects + 1)}
    lake = Lake.open(uri, s3)
    normalisation = fit_normalisation(TASK, stream(frames))
    lake.write(TRAINING_NORMALISATION, PLACE, normalisation, "n")
    kept, shards.SHARD_BYTES = shards.SHARD_BYTES, 60_000
    try:
        with tempfile.TemporaryDirectory() as spool:
            built = build_manifest(TASK, normalisation.frame, stream(frames), Path(spool), "c" * 64)
            for name, path in built.shards:
                lake.put_file(shard_path(TRAINING_MANIFEST, PLACE, name), path)
            lake.write(TRAINING_MANIFEST, PLACE, built.manifest, "m")
    finally:
        shards.SHARD_BYTES = kept
    return pl.concat(frames.values())


def content(batch: Batch) -> list[tuple[str, str, bytes]]:
    """Every array or tensor of a batch: name, type and bytes."""
    flat: dict[str, Any] = {}
    for name, value in batch.items():
        flat |= {f"{name}/{key}": part for key, part in value.items()} if isinstance(value, dict) else {name: value}
    arrays = [(name, np.asarray(value)) for name, value in flat.items()]
    return [(name, str(array.dtype), array.tobytes()) for name, array in arrays]
