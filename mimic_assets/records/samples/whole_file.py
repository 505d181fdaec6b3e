"""How far a FLAC signal file can be decoded from its start, and the sums of its signals.

Belongs here: one pass over every sample in blocks of bounded size. Does not belong here: what headers promise
(`signal_files`). libFLAC checks the CRC of every FLAC frame; the first one that fails ends what can be read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from mimic_assets.records.samples.flac import DamagedSamplesError, FlacFile, Samples
from mimic_assets.records.samples.sums import SampleSums

_BLOCK_SAMPLES = 1 << 15


@dataclass(frozen=True, slots=True)
class DecodedFile:
    """What a whole pass over a file found."""

    readable_samples: int
    """Of every channel, from the start."""
    checksums: tuple[int, ...]
    """Sum of each channel's readable samples modulo 65536."""


def decode_whole(open_file: Callable[[], BinaryIO], storage_format: int, sample_count: int) -> DecodedFile:
    """Return how much of a FLAC file can be decoded.

    Args:
        open_file: opens the file at its start; called again to find the place of a defect.
        storage_format: 508, 516 or 524.
        sample_count: samples of each channel that are wanted.

    Raises:
        DamagedSamplesError: the bytes start no FLAC stream.
    """
    stream = FlacFile(open_file(), storage_format)
    try:
        block = np.empty((min(_BLOCK_SAMPLES, sample_count), stream.channels), stream.dtype)
        sums = SampleSums(stream.channels)
        for start in range(0, sample_count, _BLOCK_SAMPLES):
            part = block[: sample_count - start]
            try:
                stream.read(start, part)
            except DamagedSamplesError:
                count = _good_part(open_file, storage_format, start, part)
                if count:
                    sums.add(part[:count])
                return DecodedFile(start + count, sums.values)
            sums.add(part)
        return DecodedFile(sample_count, sums.values)
    finally:
        stream.close()


def _good_part(open_file: Callable[[], BinaryIO], storage_format: int, start: int, part: Samples) -> int:
    """Return how many samples from `start` on can be decoded, and leave them at the start of `part`.

    Found by halving: a decoder that met a defect does not say how far it came.
    """
    good, bad = 0, len(part)
    while bad - good > 1:
        middle = (good + bad) // 2
        if _is_read(open_file, storage_format, start, part[:middle]):
            good = middle
        else:
            bad = middle
    if good:
        _is_read(open_file, storage_format, start, part[:good])
    return good


def _is_read(open_file: Callable[[], BinaryIO], storage_format: int, start: int, out: Samples) -> bool:
    stream = FlacFile(open_file(), storage_format)
    try:
        stream.read(start, out)
    except DamagedSamplesError:
        return False
    finally:
        stream.close()
    return True
