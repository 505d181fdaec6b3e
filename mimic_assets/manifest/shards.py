"""Shards written: samples of many patients, appended as they stream by, to files of about `SAMPLES_PER_SHARD` samples.

Files grow in a local spool folder under a working name and get their final one, with a piece of their checksum, when
all is written; putting them into a lake is the shell's. The bytes are `shard_layout`'s.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mimic_assets.manifest.draws import draws
from mimic_assets.manifest.shard_layout import NAME_DIGITS, ShardLayout
from mimic_assets.manifest.tensors import Tensors

SAMPLES_PER_SHARD = 4096
"""Samples aimed at: large enough that opening a shard costs nothing, small enough to shuffle in memory."""


@dataclass(frozen=True, slots=True)
class ShardFile:
    """A finished shard."""

    split: str
    number: int
    name: str
    """`<split>-<number>-of-<count>-<12 hex of the file's SHA-256>.bin`"""
    path: Path
    """Where it lies in the spool."""
    sample_count: int


class _Growing:
    """A shard that is being appended to."""

    def __init__(self, path: Path, layout: ShardLayout) -> None:
        self.path = path
        self.sample_count = 0
        self.length = len(layout.header)
        self._hash = hashlib.sha256(layout.header)
        path.write_bytes(layout.header)

    def append(self, data: bytes, samples: int) -> int:
        """Append whole records; return the offset of the first."""
        offset = self.length
        with self.path.open("ab") as file:
            file.write(data)
        self._hash.update(data)
        self.length += len(data)
        self.sample_count += samples
        return offset

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


class ShardWriter:
    """The shards of one manifest. Which shard a sample goes to depends on its id, the seed and the number of shards."""

    def __init__(
        self, spool: Path, layouts: Mapping[str, ShardLayout], sample_counts: Mapping[str, int], seed: int
    ) -> None:
        """Begin the shards, headers written; what an earlier, broken attempt left of them is overwritten.

        Args:
            spool: Folder for the files; made where it does not exist.
            layouts: Layout of each split.
            sample_counts: Samples that will come, per split; a split without samples gets no shard.
            seed: Seed of the task's split rule.
        """
        spool.mkdir(parents=True, exist_ok=True)
        self._seed = seed
        self._layouts = layouts
        self._growing: dict[str, list[_Growing]] = {
            split: [
                _Growing(spool / f"{split}-{number:05d}.part", layouts[split])
                for number in range(-(-sample_counts.get(split, 0) // SAMPLES_PER_SHARD))
            ]
            for split in sorted(layouts)
        }

    def append(self, split: str, sample_ids: pl.Series, labels: pl.Series, tensors: Tensors) -> pl.DataFrame:
        """Append samples of one split, in order.

        Returns:
            `shard_number shard_offset shard_length sha256`, one row per sample in the order given.
        """
        records = _records(self._layouts[split].record, labels, tensors)
        length = records.shape[1]
        shards = self._growing[split]
        numbers = (draws("shard", self._seed, sample_ids) % len(shards)).cast(pl.Int64).to_numpy()
        offsets = np.empty(len(records), dtype=np.int64)
        for number in np.unique(numbers):
            mine = np.flatnonzero(numbers == number)
            start = shards[number].append(records[mine].tobytes(), mine.size)
            offsets[mine] = start + np.arange(mine.size) * length
        digests = [hashlib.sha256(record).hexdigest() for record in records]
        return pl.DataFrame(
            {"shard_number": numbers, "shard_offset": offsets, "sha256": digests},
            schema_overrides={"shard_number": pl.Int64, "shard_offset": pl.Int64, "sha256": pl.String},
        ).with_columns(shard_length=pl.lit(length, dtype=pl.Int64))

    def finish(self) -> list[ShardFile]:
        """Give every shard its final name; sorted by split and number."""
        files: list[ShardFile] = []
        for split, shards in self._growing.items():
            for number, shard in enumerate(shards):
                name = f"{split}-{number:05d}-of-{len(shards):05d}-{shard.digest[:NAME_DIGITS]}.bin"
                path = shard.path.replace(shard.path.with_name(name))
                files.append(ShardFile(split, number, name, path, shard.sample_count))
        return files


def _records(layout: np.dtype[np.void], labels: pl.Series, tensors: Tensors) -> NDArray[np.uint8]:
    """Return samples as rows of bytes; as bytes, because numpy leaves the padding of records it copies undefined."""
    data = np.zeros((len(labels), layout.itemsize), dtype=np.uint8)
    records = data.view(layout)[:, 0]
    records["values"] = tensors.values
    records["ages_s"] = tensors.ages_s
    records["reasons"] = tensors.reasons
    records["label"] = labels.cast(pl.UInt8).to_numpy()
    return data
