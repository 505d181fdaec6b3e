"""Shards written: samples of many patients, spooled as they stream by, then dealt in a random order to files.

Where a sample goes is decided when all have come, by its id and the seed: the samples of a split in the order of their
draws, cut into equal files of at most about `SHARD_BYTES`. So shards read from front to back are shuffled already.
Files lie in a local spool folder; putting them into a lake is the shell's. The bytes are `sample_bytes`'.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from mimic_assets.errors import InternalError
from mimic_assets.manifest.draws import draws
from mimic_assets.manifest.sample_bytes import encode_samples
from mimic_assets.manifest.shard_layout import NAME_DIGITS, SUFFIX, ShardLayout
from mimic_assets.manifest.tensors import Tensors

SHARD_BYTES = 128 << 20
"""A split of more than this is cut into shards of half to all of it: few enough to list, small enough to fetch."""
_INDEX = pl.Schema({"sample_id": pl.String, "draw": pl.UInt64, "spool_offset": pl.Int64, "shard_length": pl.Int64})
PLACED = pl.Schema(
    {
        "sample_id": pl.String, "shard_number": pl.Int64, "shard_offset": pl.Int64, "shard_length": pl.Int64,
        "sha256": pl.String,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShardFile:
    """A finished shard."""

    split: str
    number: int
    name: str
    """`<split>-<number>-of-<count>-<12 hex of the file's SHA-256>.arrow`"""
    path: Path
    """Where it lies in the spool."""
    placed: pl.DataFrame
    """`sample_id shard_number shard_offset shard_length sha256`, one row per sample in the order of the file."""


class ShardWriter:
    """The shards of one manifest; memory holds an index of the samples and one of them."""

    def __init__(self, spool: Path, layouts: Mapping[str, ShardLayout], seed: int) -> None:
        """Begin; what an earlier, broken attempt left in the folder is overwritten.

        Args:
            spool: Folder for the files; made where it does not exist. It will need twice the bytes of the samples.
            layouts: Layout of each split; the signals' rates are found out.
            seed: Seed of the task's split rule.
        """
        spool.mkdir(parents=True, exist_ok=True)
        self._splits = {split: _Spooled(spool / f"{split}.spool", layouts[split]) for split in sorted(layouts)}
        self._seed = seed

    def append(self, split: str, windows: pl.DataFrame, tensors: Tensors) -> None:
        """Take samples of one split: rows of windowed_samples, and their tensors as they shall lie in the shard."""
        if windows.height:
            self._splits[split].append(windows, draws("shard", self._seed, windows["sample_id"]), tensors)

    def finish(self) -> Iterator[ShardFile]:
        """Yield every shard, by split and number; a split without samples has none."""
        for split, spooled in self._splits.items():
            yield from spooled.deal(split)


class _Spooled:
    """The samples of one split in the order they came."""

    def __init__(self, path: Path, layout: ShardLayout) -> None:
        self._path = path
        self._layout = layout
        self._length = 0
        self._index: list[pl.DataFrame] = []
        self._rates = np.zeros(len(layout.signals), dtype=np.int64)
        path.unlink(missing_ok=True)

    def append(self, windows: pl.DataFrame, drawn: pl.Series, tensors: Tensors) -> None:
        lengths: list[int] = []
        with self._path.open("ab") as file:
            for sample in encode_samples(self._layout, windows, tensors):
                file.write(sample)
                lengths.append(len(sample))
        offsets = self._length + np.cumsum([0, *lengths])
        self._length = int(offsets[-1])
        frame = pl.DataFrame(
            {"sample_id": windows["sample_id"], "draw": drawn, "spool_offset": offsets[:-1], "shard_length": lengths},
            schema=_INDEX,
        )
        self._index.append(frame)
        if self._rates.size:
            rates = np.array(windows["signal_samples_per_frame"].to_list(), dtype=np.int64)
            self._rates = np.maximum(self._rates, rates.max(axis=0))

    def deal(self, split: str) -> Iterator[ShardFile]:
        if not self._index:
            return
        index = pl.concat(self._index).sort("draw", "sample_id")
        numbers = _shard_numbers(index["shard_length"].to_numpy())
        layout = replace(self._layout, samples_per_frame=tuple(int(rate) for rate in self._rates))
        parts = index.with_columns(shard_number=numbers).partition_by("shard_number", maintain_order=True)
        with self._path.open("rb") as spool:
            for number, part in enumerate(parts):
                draft = self._path.with_name(f"{split}-{number:05d}.part")
                digest, placed = _write(draft, layout, part, spool)
                name = f"{split}-{number:05d}-of-{len(parts):05d}-{digest[:NAME_DIGITS]}{SUFFIX}"
                yield ShardFile(split, number, name, draft.replace(draft.with_name(name)), placed)
        self._path.unlink()


def _shard_numbers(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the shard of each sample: equal shares of the bytes, whole samples, none empty."""
    ends = np.cumsum(lengths)
    total = int(ends[-1])
    shares = -(-total // SHARD_BYTES)
    share = (ends - lengths) * shares // total
    numbers: NDArray[np.int64] = np.unique(share, return_inverse=True)[1].astype(np.int64)
    return numbers


def _write(path: Path, layout: ShardLayout, part: pl.DataFrame, spool: io.BufferedReader) -> tuple[str, pl.DataFrame]:
    """Write one shard; return its SHA-256 and where its samples lie."""
    digests: list[str] = []
    offset = len(layout.header)
    offsets: list[int] = []
    with _Hashed(path) as file:
        sink = pa.PythonFile(file, mode="w")
        with pa.ipc.new_file(sink, layout.schema) as writer:
            for start, length in part.select("spool_offset", "shard_length").iter_rows():
                spool.seek(start)
                sample = spool.read(length)
                writer.write_batch(pa.ipc.read_record_batch(pa.py_buffer(sample), layout.schema))
                offsets.append(offset)
                offset += length
                if file.length != offset:
                    raise InternalError(f"Shard {path.name}: {file.length} bytes found, {offset} expected.")
                digests.append(hashlib.sha256(sample).hexdigest())
    frame = part.with_columns(pl.Series("shard_offset", offsets), pl.Series("sha256", digests))
    return file.digest, frame.select(pl.col(name).cast(dtype) for name, dtype in PLACED.items())


class _Hashed(io.RawIOBase):
    """A file that knows its length and SHA-256 as it is written."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("wb")
        self._hash = hashlib.sha256()
        self.length = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        view = memoryview(data)  # type: ignore[arg-type]  # pyarrow hands buffers over
        self._file.write(view)
        self._hash.update(view)
        self.length += view.nbytes
        return view.nbytes

    def tell(self) -> int:
        return self.length

    def close(self) -> None:
        self._file.close()
        super().close()

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()
