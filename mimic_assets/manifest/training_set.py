"""The samples of one task and split, by number: rows of `training_manifest` as arrays, and their bytes fetched.

Belongs here: where a sample lies and that its bytes are what the manifest says. Does not belong here: which comes when
(`epoch_order`), arrays for a model (`batches`), a client of an object store (whoever opens the set passes a `Fetch`).
Pickles and forks small: files are opened anew in every process.
"""

import hashlib
import os
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mimic_assets.errors import DataError, RequestError
from mimic_assets.manifest.reader import parse_sample, read_header
from mimic_assets.manifest.sample import Sample
from mimic_assets.manifest.shard_layout import ShardLayout

Range = tuple[str, int, int]
"""Shard (path relative to the lake), first byte, bytes."""


_MOST_OPEN = 256
"""A quarter of the files that most systems allow a process."""
_AHEAD = 2
"""Parts whose bytes come while the caller has another: the requests of the second fill in as those of the first end."""


class Fetch(Protocol):
    """Gives the bytes of ranges, in their order; fewer where an object ends. Pickles."""

    def __call__(self, ranges: Sequence[Range]) -> list[bytes]:
        """Read; FileNotFoundError where there is no such shard."""
        ...


@dataclass
class LocalFetch:
    """Ranges of files below a folder; those used last stay open, fewer than a process may have."""

    folder: Path
    _handles: OrderedDict[str, int] = field(default_factory=OrderedDict, repr=False)

    def __call__(self, ranges: Sequence[Range]) -> list[bytes]:
        """Read one after the other."""
        return [os.pread(self._handle(shard), length, offset) for shard, offset, length in ranges]

    def _handle(self, shard: str) -> int:
        if shard not in self._handles:
            self._handles[shard] = os.open(self.folder / shard, os.O_RDONLY)
            if len(self._handles) > _MOST_OPEN:
                os.close(self._handles.popitem(last=False)[1])
        self._handles.move_to_end(shard)
        return self._handles[shard]

    def __getstate__(self) -> dict[str, object]:
        """Pickle without the files that are open."""
        return {"folder": self.folder, "_handles": OrderedDict()}

    def __del__(self) -> None:
        """Close the files."""
        for handle in self._handles.values():
            os.close(handle)


@dataclass(frozen=True)
class TrainingSet:
    """Samples in the order of the files they lie in; about 160 bytes of memory each."""

    layout: ShardLayout
    """Of the split's shards."""
    rates: tuple[int, ...]
    """Samples per frame that batches have, per signal: those of the train split where it has any."""
    shards: tuple[str, ...]
    shard_starts: NDArray[np.int64]
    """First sample of each shard, and at the end the number of samples."""
    sample_ids: NDArray[np.str_]
    labels: NDArray[np.bool_]
    weights: NDArray[np.float32]
    fetch: Fetch
    is_verified: bool
    """Whether the bytes of every sample are checked against the manifest's SHA-256."""
    _shard_of: NDArray[np.int32]
    _offsets: NDArray[np.int64]
    _lengths: NDArray[np.int64]
    _sha256: NDArray[np.bytes_]

    @classmethod
    def of(cls, manifest: pl.DataFrame, split: str, fetch: Fetch, *, is_verified: bool = True) -> "TrainingSet":
        """Return the samples of a split.

        Args:
            manifest: `training_manifest` of one task, every split.
            split: `train`, `tuning` or `held_out`.
            fetch: reads ranges of the shards.
            is_verified: whether bytes are checked when read.

        Raises:
            RequestError: the split has no samples.
            DataError: a shard's header is not of this task and split.
        """
        rows = manifest.filter(pl.col("split") == split).sort("shard", "shard_offset")
        if rows.is_empty():
            found = ", ".join(sorted(manifest["split"].unique())) or "no sample at all"
            raise RequestError(f"Split {split!r} of the manifest has no samples; {found} found.")
        shards = tuple(rows["shard"].unique(maintain_order=True))
        numbers = rows["shard"].rle_id().cast(pl.Int32).to_numpy()
        layout = _layout(fetch, shards[0], rows)
        train = manifest.filter(pl.col("split") == "train")
        is_other = split != "train" and not train.is_empty()
        trained = _layout(fetch, str(train["shard"].min()), train) if is_other else layout
        own = zip(trained.samples_per_frame, layout.samples_per_frame, strict=True)
        return cls(
            layout=layout,
            rates=tuple(rate or other for rate, other in own),
            shards=shards,
            shard_starts=np.append(np.searchsorted(numbers, np.arange(len(shards))), rows.height).astype(np.int64),
            sample_ids=rows["sample_id"].to_numpy().astype(np.str_),
            labels=rows["label"].to_numpy(),
            weights=rows["weight"].cast(pl.Float32).to_numpy(),
            fetch=fetch,
            is_verified=is_verified,
            _shard_of=numbers,
            _offsets=rows["shard_offset"].to_numpy(),
            _lengths=rows["shard_length"].to_numpy(),
            _sha256=rows["sha256"].to_numpy().astype(np.bytes_),
        )

    def __len__(self) -> int:
        """Samples."""
        return len(self.labels)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the samples' checksums in order: equal means equal batches."""
        return hashlib.sha256(self._sha256.tobytes()).hexdigest()

    def read(self, places: Sequence[int] | NDArray[np.int64]) -> list[Sample]:
        """Return samples by their numbers, in the order asked for.

        Raises:
            DataError: bytes of a shard are damaged, or the shard is gone; the message names it.
        """
        return self._parsed(self._fetched(places))

    def read_each(self, parts: Iterable[Sequence[int] | NDArray[np.int64]]) -> Iterator[list[Sample]]:
        """Yield `read` of each part, in turn.

        Where the shards are behind a network, the bytes of the next two parts, compressed as they lie there, come
        while the caller has another; an error is raised when its part's turn has come.
        """
        if not getattr(self.fetch, "is_remote", False):
            yield from map(self.read, parts)
            return
        coming: deque[Future[list[tuple[int, Range, bytes]]]] = deque()
        with ThreadPoolExecutor(_AHEAD, thread_name_prefix="read-ahead") as ahead:
            try:
                for part in parts:
                    coming.append(ahead.submit(self._fetched, part))
                    if len(coming) > _AHEAD:
                        yield self._parsed(coming.popleft().result())
                while coming:
                    yield self._parsed(coming.popleft().result())
            finally:
                for found in coming:
                    found.cancel()

    def _fetched(self, places: Sequence[int] | NDArray[np.int64]) -> list[tuple[int, Range, bytes]]:
        chosen = [int(place) for place in places]
        ranges = [
            (self.shards[self._shard_of[place]], int(self._offsets[place]), int(self._lengths[place]))
            for place in chosen
        ]
        try:
            return list(zip(chosen, ranges, self.fetch(ranges), strict=True))
        except FileNotFoundError as error:
            raise DataError(f"A shard is not there ({error}). Fetch it again, or materialise the manifest.") from None

    def _parsed(self, found: Sequence[tuple[int, Range, bytes]]) -> list[Sample]:
        return [
            parse_sample(
                data, offset, length, self.layout, name=shard,
                sha256=self._sha256[place].decode() if self.is_verified else None,
            )
            for place, (shard, offset, length), data in found
        ]  # fmt: skip


def _header(fetch: Fetch, shard: str) -> ShardLayout:
    try:
        return read_header(lambda offset, length: fetch([(shard, offset, length)])[0], name=shard)
    except FileNotFoundError:
        raise DataError(f"Shard {shard} is not there. Fetch it, or materialise the manifest again.") from None


def _layout(fetch: Fetch, shard: str, rows: pl.DataFrame) -> ShardLayout:
    layout = _header(fetch, shard)
    expected = rows["split"][0], rows["task"][0], rows["task_fingerprint"][0]
    found = layout.split, layout.task, layout.task_fingerprint
    if found != expected:
        raise DataError(
            f"Shard {shard}: {' / '.join(found)} found, {' / '.join(expected)} expected (split / task / its "
            "fingerprint). Fetch manifest and shards of one run."
        )
    return layout
