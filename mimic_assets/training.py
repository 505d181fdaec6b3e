"""Opens what a model is trained on: the samples of one task and split in a lake, wherever the lake lies.

Belongs here: manifest, statistics and shards of a folder (a SageMaker File or FastFile channel too) or of s3://, put
together. Does not belong here: batches (`manifest.loader`, `manifest.torch_loader`), clients (`storage`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from mimic_assets.errors import RequestError
from mimic_assets.manifest.training_set import Fetch, LocalFetch, Range, TrainingSet
from mimic_assets.schemas.tables import TRAINING_MANIFEST, TRAINING_NORMALISATION
from mimic_assets.settings import S3Settings
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets.storage.local import LocalRoot
from mimic_assets.storage.objects import ObjectRoot

_COLUMNS = ["sample_id", "task", "split", "label", "weight", "shard", "shard_offset", "shard_length", "sha256",
            "task_fingerprint"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ObjectFetch:
    """Ranges of objects, many at once. Its client has threads: processes have to be spawned, not forked."""

    root: ObjectRoot
    needs_spawn: bool = True
    is_remote: bool = True

    def __call__(self, ranges: Sequence[Range]) -> list[bytes]:
        """Read them together."""
        return self.root.get_many(ranges)


def open_training_set(
    lake: str, task: str, split: str = "train", *, s3: S3Settings | None = None, is_verified: bool = True
) -> TrainingSet:
    """Return the samples of a task and split.

    Args:
        lake: a folder, file:// or s3://bucket/prefix.
        task: name of the task.
        split: `train`, `tuning` or `held_out`.
        s3: endpoint and credentials; unset parts follow the AWS_* variables.
        is_verified: whether every sample's bytes are checked against the manifest's SHA-256.

    Raises:
        RequestError: there is no such lake, or its manifest has no such task or split.
        DataError: the shards are not those of the manifest.
    """
    opened = Lake.open(lake, s3, create=False)
    try:
        manifest = opened.read(TRAINING_MANIFEST, Key(task=task), columns=_COLUMNS)
    except KeyError:
        raise _no_such_task(opened, task) from None
    return TrainingSet.of(manifest, split, _fetch(opened.root), is_verified=is_verified)


def read_normalisation(lake: str, task: str, *, s3: S3Settings | None = None) -> pl.DataFrame:
    """Return `training_normalisation` of a task, for `BatchFormat.normalisation`; errors as `open_training_set`."""
    opened = Lake.open(lake, s3, create=False)
    try:
        return opened.read(TRAINING_NORMALISATION, Key(task=task))
    except KeyError:
        raise _no_such_task(opened, task) from None


def _fetch(root: ObjectRoot) -> Fetch:
    return LocalFetch(root.folder) if isinstance(root, LocalRoot) else ObjectFetch(root)


def _no_such_task(lake: Lake, task: str) -> RequestError:
    found = ", ".join(sorted({key.task or "" for key in lake.keys(TRAINING_MANIFEST)})) or "no task at all"
    return RequestError(f"Task {task!r} was asked for; the lake {lake.root.uri} has a manifest of {found}.")
