"""Shards read: one sample by its offset, or a whole shard as arrays, checked against the checksums of the manifest.

Bytes come from memory or from a function that reads a range (a file, an object store); no client is known here.
Scaling by `training_normalisation` is the loader's: shards hold raw values in canonical units.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mimic_assets.errors import DataError
from mimic_assets.manifest.shard_layout import NAME_DIGITS, PREFIX_LENGTH, ShardLayout, header_length, parse_header

ReadRange = Callable[[int, int], bytes]
"""Gives `length` bytes from `offset`; fewer where the object ends."""
_ADVICE = "Fetch the shard again, or materialise the manifest again."


@dataclass(frozen=True, slots=True)
class Sample:
    """One window as it lies in a shard; arrays [parameter, cell]."""

    values: NDArray[np.float32]
    """Canonical units, not scaled; NaN where missing and not filled."""
    ages_s: NDArray[np.float32]
    """Age of the last usable value at the cell's end; NaN where there is none."""
    reasons: NDArray[np.uint8]
    """Code of MissingReason: place in the header's list `reasons`."""
    label: bool


@dataclass(frozen=True, slots=True)
class Shard:
    """A whole shard; arrays [sample, parameter, cell] are read-only views of its bytes."""

    layout: ShardLayout
    values: NDArray[np.float32]
    ages_s: NDArray[np.float32]
    reasons: NDArray[np.uint8]
    labels: NDArray[np.bool_]

    def __len__(self) -> int:
        """Samples in the shard."""
        return len(self.labels)


def read_header(source: bytes | ReadRange, *, name: str = "(unnamed)") -> ShardLayout:
    """Return the layout of a shard; reads the header alone.

    Raises:
        DataError: this is no shard of a known version.
    """
    read = _range_reader(source)
    return parse_header(read(0, header_length(read(0, PREFIX_LENGTH), name)), name)


def read_sample(
    source: bytes | ReadRange,
    offset: int,
    length: int,
    *,
    layout: ShardLayout | None = None,
    sha256: str | None = None,
    name: str = "(unnamed)",
) -> Sample:
    """Return one sample.

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
    data = _range_reader(source)(offset, length)
    where = f"Shard {name}, sample at byte {offset}"
    if length != known.record.itemsize or len(data) != length:
        size = known.record.itemsize
        raise DataError(f"{where}: {len(data)} bytes found ({length} asked for), {size} expected. {_ADVICE}")
    if sha256 is not None:
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise DataError(f"{where}: SHA-256 {found} found, {sha256} expected. {_ADVICE}")
    shard = _arrays(data, known)
    return Sample(shard.values[0], shard.ages_s[0], shard.reasons[0], bool(shard.labels[0]))


def open_shard(data: bytes, *, name: str | None = None) -> Shard:
    """Return a whole shard as arrays.

    Args:
        data: All bytes of the file.
        name: Its file name or path; where given, the bytes are checked against the piece of SHA-256 in it.

    Raises:
        DataError: the bytes are not a whole shard, or not the one of that name.
    """
    label = name or "(unnamed)"
    if name is not None:
        expected = name.rsplit("-", 1)[-1].removesuffix(".bin")
        found = hashlib.sha256(data).hexdigest()[:NAME_DIGITS]
        if found != expected:
            raise DataError(f"Shard {label}: SHA-256 beginning {found} found, {expected} expected. {_ADVICE}")
    layout = read_header(data, name=label)
    body = data[header_length(data, label) :]
    rest = len(body) % layout.record.itemsize
    if rest:
        raise DataError(
            f"Shard {label}: {rest} bytes found after the last whole sample of {layout.record.itemsize} bytes, "
            f"none expected. {_ADVICE}"
        )
    return _arrays(body, layout)


def _arrays(data: bytes, layout: ShardLayout) -> Shard:
    records = np.frombuffer(data, dtype=layout.record)
    return Shard(layout, records["values"], records["ages_s"], records["reasons"], records["label"].astype(np.bool_))


def _range_reader(source: bytes | ReadRange) -> ReadRange:
    if not isinstance(source, bytes):
        return source
    return lambda offset, length: source[offset : offset + length]
