"""`training_manifest` and its shards, composed: candidates, splits, selection, fill, bytes; decisions are elsewhere.

The files lie in a local spool afterwards; putting them beside the manifest's object is the shell's.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mimic_assets.errors import DataError
from mimic_assets.manifest.candidates import Candidates, Windows, gather_candidates
from mimic_assets.manifest.selection import select
from mimic_assets.manifest.shard_layout import ShardLayout
from mimic_assets.manifest.shards import ShardFile, ShardWriter
from mimic_assets.manifest.splits import assign
from mimic_assets.manifest.summary import Summary, summarise
from mimic_assets.manifest.tensors import fill_missing, tensors_of
from mimic_assets.manifest.walk import selected_windows
from mimic_assets.schemas.judged import Judged
from mimic_assets.schemas.tables import TRAINING_MANIFEST
from mimic_assets.schemas.vocabulary import Split
from mimic_assets.tasks.model import GapPolicy, Task

_FROM_SAMPLES = (
    "sample_id", "task", "subject_id", "record_id", "stay_id", "index_time", "split", "is_split_provisional", "label",
    "stratum", "weight",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BuiltManifest:
    """A manifest and everything that goes with it."""

    manifest: Judged
    """`training_manifest`."""
    shards: list[tuple[str, Path]]
    """Name of each shard and where it lies in the spool, sorted by name."""
    summary: Summary


def shard_path(task: Task, name: str) -> str:
    """Return the path of a shard in the lake: beside the manifest's own object."""
    return f"{TRAINING_MANIFEST.name}/task={task.name}/shards/{name}"


def build_manifest(
    task: Task,
    normalisation: pl.DataFrame,
    windows: Windows,
    spool: Path,
    code_fingerprint: str,
    *,
    candidates: Candidates | None = None,
) -> BuiltManifest:
    """Return the manifest of a task over all its windows; its shards are in `spool` afterwards.

    The same windows, task and code give the same bytes, in whatever pieces the stream comes. No window at all gives an
    empty manifest without shards, which stands.

    Args:
        task: The task.
        normalisation: `training_normalisation` of the same windows: units, and what fills gaps under `train_median`.
        windows: The stream of windowed_samples; it is walked twice (once where `candidates` is given).
        spool: A local folder for this manifest alone.
        code_fingerprint: SHA-256 of the core's source text, kept with every sample.
        candidates: `gather_candidates` of the same windows, where they can be had without the tensors.

    Raises:
        DataError: the normalisation is of another task or other parameters.
        InternalError: the stream breaks its promises (see `candidates` and `walk`).
    """
    statistics = _statistics(task, normalisation)
    known = candidates or gather_candidates(task, windows)
    splits = assign(known.frame["subject_id"], task.split)
    selected = select(known.frame, splits, task)
    layouts = {split.value: _layout(task, split, statistics) for split in Split}
    writer = ShardWriter(spool, layouts, task.split.seed)
    fill = _fill(task, statistics)
    frames: list[pl.DataFrame] = []
    for piece in selected_windows(windows, selected):
        for (split,), part in piece.partition_by("split", as_dict=True).items():
            writer.append(str(split), part, fill_missing(tensors_of(part, task.numerics), fill))
            frames.append(part.select(_FROM_SAMPLES))
            del part
        del piece  # the stream makes the next piece while this name would still hold this one
    files = list(writer.finish())
    frame = _manifest(frames, files, task, code_fingerprint)
    shards = pl.Series("split", [file.split for file in files], dtype=pl.String)
    summary = summarise(known.frame, splits, selected, shards, task)
    return BuiltManifest(Judged(frame, known.rejected), sorted((file.name, file.path) for file in files), summary)


def _manifest(frames: list[pl.DataFrame], files: list[ShardFile], task: Task, code_fingerprint: str) -> pl.DataFrame:
    if not frames:
        return TRAINING_MANIFEST.empty()
    placed = pl.concat(file.placed.with_columns(shard=pl.lit(shard_path(task, file.name))) for file in files)
    return (
        pl.concat(frames)
        .join(placed, on="sample_id", how="inner", validate="1:1")
        .with_columns(task_fingerprint=pl.lit(task.fingerprint), code_fingerprint=pl.lit(code_fingerprint))
        .select(pl.col(name).cast(dtype) for name, dtype in TRAINING_MANIFEST.schema.items())
        .sort(TRAINING_MANIFEST.order)
    )


def _statistics(task: Task, normalisation: pl.DataFrame) -> dict[str, tuple[str | None, float | None]]:
    """Unit and median of each parameter and signal of the task."""
    mine = normalisation.filter(pl.col("task") == task.name)
    found = {row["parameter"]: (row["unit"], row["median"]) for row in mine.iter_rows(named=True)}
    expected = [*task.numerics.parameters, *(task.waveforms.signals if task.waveforms else ())]
    if sorted(found) != sorted(expected):
        raise DataError(
            f"training_normalisation of task {task.name}: {', '.join(sorted(found)) or 'nothing'} found, "
            f"{', '.join(sorted(expected))} expected. Materialise training_normalisation again."
        )
    return found


def _layout(task: Task, split: Split, statistics: dict[str, tuple[str | None, float | None]]) -> ShardLayout:
    rule, waveforms = task.numerics, task.waveforms
    return ShardLayout(
        task=task.name,
        task_fingerprint=task.fingerprint,
        split=split.value,
        gap_policy=rule.gap_policy.value,
        parameters=rule.parameters,
        units=tuple(statistics[parameter][0] for parameter in rule.parameters),
        cell_s=rule.cell_s,
        cell_count=rule.cell_count,
        signals=waveforms.signals if waveforms else (),
        samples_per_frame=(0,) * (len(waveforms.signals) if waveforms else 0),
        frame_count=waveforms.frame_count if waveforms else 0,
        tile_features=waveforms.tile_features if waveforms else (),
        tile_count=waveforms.tile_count if waveforms else 0,
    )


def _fill(task: Task, statistics: dict[str, tuple[str | None, float | None]]) -> NDArray[np.float32]:
    """What fills each parameter's gaps: its train median where the task says so, else nothing."""
    if task.numerics.gap_policy is not GapPolicy.TRAIN_MEDIAN:
        return np.full(len(task.numerics.parameters), np.nan, dtype=np.float32)
    medians = [statistics[parameter][1] for parameter in task.numerics.parameters]
    return np.array([np.nan if median is None else median for median in medians], dtype=np.float32)
