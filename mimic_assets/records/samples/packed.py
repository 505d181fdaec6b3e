"""Bytes of the plain binary formats -> samples.

Belongs here: the bit layout of each format, and how many samples so many bytes hold. Does not belong here: files,
frames, signals. Own decoders: each is a line or three of numpy, and wfdb-python decodes no byte range (it opens paths
and starts at the file's beginning); it is the oracle in tests.

Source: WFDB signal(5).
"""

import numpy as np
import numpy.typing as npt

from mimic_assets.records.samples.formats import FORMATS

Flat = npt.NDArray[np.int16 | np.int32]
_Bytes = npt.NDArray[np.uint8]
_PARTIAL = {212: (0, 0, 1), 310: (0, 0, 1, 1), 311: (0, 0, 1, 2)}
"""Bytes left over behind the last whole group -> samples that they hold."""


def samples_in(storage_format: int, byte_count: int) -> int:
    """Return how many samples a number of bytes holds, the last group's part included."""
    form = FORMATS[storage_format]
    groups, left = divmod(byte_count, form.group_bytes)
    return groups * form.samples + (_PARTIAL[storage_format][left] if storage_format in _PARTIAL else 0)


def unpack(storage_format: int, content: bytes) -> Flat:
    """Return the samples of whole groups of bytes; of format 8 the differences.

    Args:
        storage_format: one that is no FLAC.
        content: a multiple of the format's group; a last group that is cut off is filled up by the caller.

    Returns:
        int16, or int32 where 16 bits do not hold every value.
    """
    match storage_format:
        case 8:
            return np.frombuffer(content, "i1").astype(np.int32)
        case 16:
            return np.frombuffer(content, "<i2").astype(np.int16, copy=False)
        case 32:
            return np.frombuffer(content, "<i4").astype(np.int32, copy=False)
        case 61:
            return np.frombuffer(content, ">i2").astype(np.int16)
        case 80:
            return np.frombuffer(content, "u1").astype(np.int16) - np.int16(128)
        case 160:
            return (np.frombuffer(content, "<u2") ^ np.uint16(1 << 15)).view(np.int16)
        case 24:
            parts = np.frombuffer(content, "u1").reshape(-1, 3)
            wide = np.zeros((len(parts), 4), np.uint8)
            wide[:, 1:] = parts
            return wide.view("<i4").reshape(-1).astype(np.int32, copy=False) >> 8
        case 212:
            return _signed(_of_212(np.frombuffer(content, "u1")), 12)
        case 310:
            return _signed(_of_310(np.frombuffer(content, "u1")), 10)
        case 311:
            return _signed(_of_311(np.frombuffer(content, "u1")), 10)
    raise KeyError(storage_format)


def _of_212(parts: _Bytes) -> npt.NDArray[np.int16]:
    first, second, third = (parts[place::3].astype(np.int16) for place in range(3))
    found = np.empty(2 * len(first), np.int16)
    found[0::2] = first | (second & 0x0F) << 8
    found[1::2] = third | (second & 0xF0) << 4
    return found


def _of_310(parts: _Bytes) -> npt.NDArray[np.int16]:
    low, high = (np.frombuffer(parts.tobytes(), "<u2")[place::2].astype(np.int16) for place in range(2))
    found = np.empty(3 * len(low), np.int16)
    found[0::3] = low >> 1 & 0x3FF
    found[1::3] = high >> 1 & 0x3FF
    found[2::3] = (low >> 11 & 0x1F) | (high >> 11 & 0x1F) << 5
    return found


def _of_311(parts: _Bytes) -> npt.NDArray[np.int16]:
    words = np.frombuffer(parts.tobytes(), "<u4")
    found = np.empty(3 * len(words), np.int16)
    for place in range(3):
        found[place::3] = words >> np.uint32(10 * place) & np.uint32(0x3FF)
    return found


def _signed(values: npt.NDArray[np.int16], bits: int) -> npt.NDArray[np.int16]:
    """Return two's complement of so many bits."""
    unused = 16 - bits
    return np.right_shift(np.left_shift(values, unused), unused)
