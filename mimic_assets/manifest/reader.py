"""Shards read: one sample by its offset, or a whole shard, checked against the checksums of the manifest.

Bytes come from memory or from a function that reads a range (a file, an object store); no client is known here.
Scaling by `training_normalisation` is that of `batches`: shards hold raw values in canonical units.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mimic_assets.errors import DataError
from mimic_assets.manifest.sample import Sample
from mimic_assets.manifest.sample_bytes import decode_sample, sample_of
from mimic_assets.manifest.shard_layout import (
    HEADER_GUESS,
    NAME_DIGITS,
    SUFFIX,
    ShardLayout,
    header_length,
    parse_header,
)

ReadRange = Callable[[int, int], bytes]
"""Gives `length` bytes from `offset`; fewer where the object ends."""
_ADVICE = "Fetch the shard again, or materialise the manifest again."
_BROKEN = (pa.ArrowException, OSError, ValueError, TypeError, AttributeError)
"""What pyarrow and the decoder raise over bytes that are no sample."""


@dataclass(frozen=True, slots=True)
class Shard:
    """A whole shard in memory, in the order of the file."""

    layout: ShardLayout
    samples: tuple[Sample, ...]

    def __len__(self) -> int:
        """Samples in the shard."""
        return len(self.samples)

    @property
    def values(self) -> NDArray[np.float32]:
        """[sample, parameter, cell], copied together, like the next two."""
        return np.array([sample.values for sample in self.samples], dtype=np.float32).reshape(self._shape)

    @property
    def ages_s(self) -> NDArray[np.float32]:
        """[sample, parameter, cell]."""
        return np.array([sample.ages_s for sample in self.samples], dtype=np.float32).reshape(self._shape)

    @property
    def reasons(self) -> NDArray[np.uint8]:
        """[sample, parameter, cell]."""
        return np.array([sample.reasons for sample in self.samples], dtype=np.uint8).reshape(self._shape)

    @property
    def labels(self) -> NDArray[np.bool_]:
        """[sample]."""
        return np.array([sample.label for sample in self.samples], dtype=np.bool_)

    @property
    def _shape(self) -> tuple[int, int, int]:
        return len(self.samples), len(self.layout.parameters), self.layout.cell_count


def read_header(source: bytes | ReadRange, *, name: str = "(unnamed)") -> ShardLayout:
    """Return the layout of a shard; reads the header alone.

    Raises:
        DataError: this is no shard of a known version.
    """
    read = _range_reader(source)
    beginning = read(0, HEADER_GUESS)
    length = header_length(beginning, name)
    return parse_header(beginning if length <= len(beginning) else read(0, length), name)


def read_sample(
    source: bytes | ReadRange,
    offset: int,
    length: int,
    *,
    layout: ShardLayout | None = None,
    sha256: str | None = None,
    name: str = "(unnamed)",
) -> Sample:
    """Return one sample, from one range.

    Args:
        source: The shard, or a function that reads a range of it.
        offset: `shard_offset` of the manifest.
        length: `shard_length` of the manifest.
        layout: The shard's layout, where it was read before; else the header is read too.
        sha256: `sha256` of the manifest; where given, the bytes are checked.
        name: The shard's name, for messages.

    Raises:
        DataError: the bytes are not the sample's; the message names the shard and the offset.
    """
    known = layout or read_header(source, name=name)
    return parse_sample(_range_reader(source)(offset, length), offset, length, known, sha256=sha256, name=name)


def parse_sample(
    data: bytes, offset: int, length: int, layout: ShardLayout, *, sha256: str | None = None, name: str = "(unnamed)"
) -> Sample:
    """Return the sample of bytes that were read already; arguments and errors as `read_sample`."""
    if len(data) != length:
        raise _damaged(name, offset, f"{len(data)} bytes found, {length} expected")
    if sha256 is not None:
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise _damaged(name, offset, f"SHA-256 {found} found, {sha256} expected")
    try:
        return decode_sample(layout, data, is_trusted=sha256 is not None)
    except _BROKEN as error:
        raise _damaged(name, offset, f"bytes that are no sample found ({type(error).__name__})") from None


def open_shard(data: bytes, *, name: str | None = None) -> Shard:
    """Return a whole shard.

    Args:
        data: All bytes of the file.
        name: Its file name or path; where given, the bytes are checked against the piece of SHA-256 in it.

    Raises:
        DataError: the bytes are not a whole shard, or not the one of that name.
    """
    label = name or "(unnamed)"
    if name is not None:
        expected = name.rsplit("-", 1)[-1].removesuffix(SUFFIX)
        found = hashlib.sha256(data).hexdigest()[:NAME_DIGITS]
        if found != expected:
            raise DataError(f"Shard {label}: SHA-256 beginning {found} found, {expected} expected. {_ADVICE}")
    layout = read_header(data, name=label)
    try:
        file = pa.ipc.open_file(pa.py_buffer(data))
        batches = [file.get_batch(place) for place in range(file.num_record_batches)]
        if name is None:
            for batch in batches:
                batch.validate(full=True)
        return Shard(layout, tuple(sample_of(layout, batch) for batch in batches))
    except _BROKEN as error:
        raise DataError(f"Shard {label}: it cannot be read to its end ({type(error).__name__}). {_ADVICE}") from None


def _damaged(name: str, offset: int, found: str) -> DataError:
    return DataError(f"Shard {name}, sample at byte {offset}: {found}. {_ADVICE}")


def _range_reader(source: bytes | ReadRange) -> ReadRange:
    if not isinstance(source, bytes):
        return source
    return lambda offset, length: source[offset : offset + length]
