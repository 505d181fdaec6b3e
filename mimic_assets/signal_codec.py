"""Bytes of one signal's samples and of their reasons, as `windowed_samples` and shards hold them.

Belongs here: int16 <-> bytes without loss, and a mask <-> runs. Does not belong here: which samples these are, and the
file they lie in. Samples go through pcodec (equal input gives equal bytes for one release of it); a mask, nearly always
one run, is written as `(length uint32, code uint8)` little-endian, run after run.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from pcodec import ChunkConfig, standalone

from mimic_assets.errors import DataError

_LEVEL: Final = 4
_INT16: Final = np.dtype(np.int16)
_RUN: Final = np.dtype([("length", "<u4"), ("code", "u1")])


def encode_samples(digital: npt.NDArray[np.int16]) -> bytes:
    """Return samples as bytes, every value of int16 kept; no bytes for no samples."""
    if not digital.size:
        return b""
    return bytes(standalone.simple_compress(np.ascontiguousarray(digital), ChunkConfig(compression_level=_LEVEL)))


def decode_samples(data: bytes, count: int) -> npt.NDArray[np.int16]:
    """Return the samples that `encode_samples` was given.

    Args:
        data: the bytes.
        count: samples expected.

    Raises:
        DataError: the bytes are damaged, or hold another number or kind of values.
    """
    if not data and not count:
        return np.empty(0, dtype=np.int16)
    try:
        found = standalone.simple_decompress(data)
    except (RuntimeError, ValueError, TypeError) as error:
        raise DataError(
            f"Samples of a signal: bytes that cannot be decoded found ({type(error).__name__}), {count} samples "
            "expected. Fetch the shard again, or materialise the window again."
        ) from None
    if found is None or found.dtype != _INT16 or found.shape != (count,):
        kind = "nothing" if found is None else f"{found.size} values of {found.dtype}"
        raise DataError(f"Samples of a signal: {kind} found, {count} values of int16 expected.")
    return np.asarray(found, dtype=np.int16)


def encode_reasons(codes: npt.NDArray[np.uint8]) -> bytes:
    """Return a mask as runs of equal codes; no bytes for no samples."""
    changes = np.flatnonzero(codes[1:] != codes[:-1]) + 1
    starts = np.concatenate([[0], changes]) if codes.size else np.empty(0, dtype=np.int64)
    runs = np.empty(len(starts), dtype=_RUN)
    runs["length"] = np.diff(starts, append=codes.size)
    runs["code"] = codes[starts]
    return runs.tobytes()


def decode_reasons(data: bytes, count: int) -> npt.NDArray[np.uint8]:
    """Return the mask that `encode_reasons` was given.

    Raises:
        DataError: the runs do not add up to `count` samples.
    """
    if len(data) % _RUN.itemsize:
        raise DataError(f"Mask of a signal: {len(data)} bytes found, a multiple of {_RUN.itemsize} expected.")
    runs = np.frombuffer(data, dtype=_RUN)
    total = int(runs["length"].sum(dtype=np.int64))
    if total != count:
        raise DataError(f"Mask of a signal: runs over {total} samples found, {count} expected.")
    return np.repeat(runs["code"], runs["length"])
