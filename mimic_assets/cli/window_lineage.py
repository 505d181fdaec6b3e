"""What a window was made from and where its bytes went: objects with fingerprints, source files, the shard verified.

Belongs here: reading footers and the shard's bytes. Not here: the label (`window_evidence`), printing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from mimic_assets.cli.window import Window
from mimic_assets.cli.window_evidence import clinical_bucket
from mimic_assets.errors import DataError, RequestError
from mimic_assets.manifest import has_signals, read_header, read_sample
from mimic_assets.schemas.model import Partitioning, Table
from mimic_assets.schemas.tables import RAW_RECORDS, TABLES, TRAINING_MANIFEST
from mimic_assets.storage import keys
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake, Stored
from mimic_assets.tasks.model import GapPolicy


@dataclass(frozen=True, slots=True)
class Ancestor:
    """An object on the way from the source to this window."""

    path: str
    """Relative to the lake."""
    stored: Stored | None
    """What its footer says; None where there is no such object."""


@dataclass(frozen=True, slots=True)
class ShardCheck:
    """Whether the sample's bytes in its shard are what the manifest and the window say."""

    is_good: bool
    message: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a window comes from and where it went."""

    ancestors: list[Ancestor]
    """In the order of the journey, this window's own object and the manifest included."""
    source_files: dict[str, int]
    """File status -> signal files of the record."""
    manifest: dict[str, Any] | None
    """The row of training_manifest; None where the sample was not selected, or there is no manifest."""
    shard: ShardCheck | None
    """None where there is no row in the manifest."""


def trace(lake: Lake, window: Window) -> Lineage:
    """Return where a window comes from and where it went."""
    row = window.row
    selected = lake.scan(TRAINING_MANIFEST, row["task"]).filter(pl.col("sample_id") == row["sample_id"]).collect()
    manifest = selected.row(0, named=True) if selected.height else None
    return Lineage(
        ancestors=[ancestor for table in TABLES.values() if (ancestor := _ancestor(lake, table, window)) is not None],
        source_files=_source_files(lake, row["subject_id"], row["record_id"]),
        manifest=manifest,
        shard=None if manifest is None else check_shard(lake, window, manifest),
    )


def _ancestor(lake: Lake, table: Table, window: Window) -> Ancestor | None:
    places: Mapping[Partitioning, Key | None] = {
        Partitioning.PATIENT: Key(window.key.partition),
        Partitioning.PATIENT_TASK: window.key,
        Partitioning.TASK: Key(task=window.key.task),
        Partitioning.WHOLE: Key(),
    }
    key = (
        clinical_bucket(lake, window.row["subject_id"])
        if table.partitioning is Partitioning.BUCKET
        else places[table.partitioning]
    )
    return None if key is None else Ancestor(keys.data_path(table, key), lake.stored(table, key))


def _source_files(lake: Lake, subject_id: int, record_id: int) -> dict[str, int]:
    try:
        files = lake.read(RAW_RECORDS, Key(subject_id), columns=["record_id", "file", "file_status"])
    except KeyError:
        return {}
    counted = (
        files.filter(pl.col("record_id") == record_id).unique("file").group_by("file_status").len().sort("file_status")
    )
    return dict(counted.iter_rows())


def check_shard(lake: Lake, window: Window, manifest: Mapping[str, Any]) -> ShardCheck:
    """Return whether the bytes at the manifest's offset have its SHA-256 and hold this window's tensor and label."""
    path = manifest["shard"]

    def read(offset: int, length: int) -> bytes:
        return lake.root.get_range(path, offset, length)

    try:
        layout = read_header(read, name=path)
        sample = read_sample(
            read,
            manifest["shard_offset"],
            manifest["shard_length"],
            layout=layout,
            sha256=manifest["sha256"],
            name=path,
        )
    except FileNotFoundError:
        return ShardCheck(False, "the shard is not in the lake; materialise training_manifest again")
    except (DataError, RequestError) as error:
        return ShardCheck(False, str(error))
    differing = []
    if list(layout.parameters) != window.parameters or not np.array_equal(sample.reasons, window.reasons):
        differing.append("reasons")
    is_filled = layout.gap_policy == GapPolicy.TRAIN_MEDIAN  # then cells hold medians that the window does not know
    known = ~np.isnan(window.values) if is_filled else np.ones(window.values.shape, dtype=bool)
    stored = sample.values.astype(np.float64)
    if stored.shape != window.values.shape or not np.array_equal(stored[known], window.values[known], equal_nan=True):
        differing.append("values")
    if not has_signals(window.row, sample):
        differing.append("signals")
    if sample.label != window.row["label"]:
        differing.append("label")
    if differing:
        return ShardCheck(
            False,
            f"the bytes have the manifest's SHA-256, but their {', '.join(differing)} differ from windowed_samples, "
            "which was made again since; materialise training_manifest",
        )
    return ShardCheck(True, "verified: the bytes have this SHA-256 and hold this window's values, reasons and label")
