"""How far a signal file can be decoded from its start, and the sums of its signals.

Belongs here: one pass over every sample in blocks of bounded size. Does not belong here: what headers promise
(`signal_files`, `any_record`). libFLAC checks the CRC of every FLAC frame; the first one that fails ends what can be
read. The plain formats have no CRC: only their length and the sums tell.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from mimic_assets.records.samples.decoders import Decoder, open_decoder
from mimic_assets.records.samples.flac import DamagedSamplesError
from mimic_assets.records.samples.layout import FileLayout

_BLOCK_SAMPLES = 1 << 15


@dataclass(frozen=True, slots=True)
class DecodedFile:
    """What a whole pass over a file found."""

    readable_frames: int
    """From the start."""
    checksums: tuple[int, ...]
    """Sum of each signal's readable samples modulo 65536, unsigned, as header(5) has it."""


def decode_whole(open_file: Callable[[], BinaryIO], layout: FileLayout, frame_count: int) -> DecodedFile:
    """Return how much of a signal file can be decoded.

    Args:
        open_file: opens the file at its start; called again to find the place of a defect.
        layout: what the header says of the file.
        frame_count: frames that are wanted.

    Raises:
        DamagedSamplesError: the bytes are not what the layout says.
    """
    step = max(_BLOCK_SAMPLES // max(layout.samples_per_frame), 1)
    sums = [0] * len(layout.samples_per_frame)
    decoder = open_decoder(open_file(), layout)
    try:
        for start in range(0, frame_count, step):
            count = min(step, frame_count - start)
            try:
                _add(decoder, start, count, sums)
            except DamagedSamplesError:
                count = _good_part(open_file, layout, start, count)
                _at(open_file, layout, start, count, sums)
                return DecodedFile(start + count, _unsigned(sums))
    finally:
        decoder.close()
    return DecodedFile(frame_count, _unsigned(sums))


def _add(decoder: Decoder, start: int, count: int, sums: list[int]) -> None:
    for channel, samples in enumerate(decoder.frames(start, count).columns):
        sums[channel] += int(np.add.reduce(samples, dtype=samples.dtype))  # wraps: only the lower 16 bits count


def _unsigned(sums: list[int]) -> tuple[int, ...]:
    return tuple(value % 65536 for value in sums)


def _good_part(open_file: Callable[[], BinaryIO], layout: FileLayout, start: int, count: int) -> int:
    """Return how many frames from `start` on can be decoded, fewer than `count`.

    Found by halving: a decoder that met a defect does not say how far it came.
    """
    good, bad = 0, count
    while bad - good > 1:
        middle = (good + bad) // 2
        if _at(open_file, layout, start, middle, [0] * len(layout.samples_per_frame)):
            good = middle
        else:
            bad = middle
    return good


def _at(open_file: Callable[[], BinaryIO], layout: FileLayout, start: int, count: int, sums: list[int]) -> bool:
    """Add the sums of some frames, and return whether they could be decoded."""
    decoder = open_decoder(open_file(), layout)
    try:
        _add(decoder, start, count, sums)
    except DamagedSamplesError:
        return False
    finally:
        decoder.close()
    return True
