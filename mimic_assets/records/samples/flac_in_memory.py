"""Samples of a FLAC file from exactly the frames that hold them, decoded in memory.

Belongs here: what makes the answers of a decoder that skips what it cannot read as safe as libsndfile's. Does not
belong here: the decoder (`dr_flac`), offsets (`flac_frames`), and what is done where there is no answer: then
libsndfile reads (`flac`), and says what is wrong.

An answer is given only where the frames asked for, and no other bytes, gave as many samples as they must hold: dr_flac
leaves out a frame of which the CRC fails, and then there are fewer.
"""

import os

import numpy as np

from mimic_assets.records.samples.dr_flac import Decode, Samples, decoder
from mimic_assets.records.samples.flac_frames import FrameOffsets
from mimic_assets.records.samples.flac_stream import StreamDescription, describe

_WIDTHS = (8, 16, 24)


def frames_in_memory(descriptor: int) -> "FramesInMemory | None":
    """Return quick access to the samples of a file on a disk; None where the machine or the stream allows none."""

    def read_at(offset: int, count: int) -> bytes:
        return os.pread(descriptor, count, offset)

    decode = decoder()
    stream = describe(read_at) if decode is not None else None
    if decode is None or stream is None or stream.bits not in _WIDTHS:
        return None
    return FramesInMemory(FrameOffsets(read_at, os.fstat(descriptor).st_size, stream), stream, decode)


class FramesInMemory:
    """The samples of one stream."""

    def __init__(self, offsets: FrameOffsets, stream: StreamDescription, decode: Decode) -> None:
        """Use `frames_in_memory` instead."""
        self._offsets = offsets
        self._stream = stream
        self._decode = decode
        self._buffer: Samples = np.empty((0, stream.channels), np.int16 if stream.bits <= 16 else np.int32)
        self._kept: tuple[int, Samples] | None = None
        """The last frame that a read ended in, while reads follow each other: the next one starts in it."""
        self._reached = 0
        """End of the last read."""

    def read(self, start: int, count: int) -> Samples | None:
        """Return samples `start` to `start + count - 1`, samples x channels; None where not all of them are proved.

        Good until the next read. They are as libsndfile gives them: 8 bits as the upper half of 16, and 24 as the upper
        three quarters of 32.
        """
        block, end = self._stream.block, start + count
        if start < 0 or count < 1 or end > self._stream.samples:
            return None
        is_following, self._reached = start == self._reached, end
        first, last = start // block, -(-end // block)
        if not is_following:
            return self._decoded(first, last, start, end)
        kept = self._kept
        parts: list[Samples] = [kept[1]] if kept is not None and kept[0] == first else []
        missing = first + len(parts)
        if missing < last:
            decoded = self._decoded(missing, last, missing * block, min(last * block, self._stream.samples))
            if decoded is None:
                return None
            parts.append(decoded)
            self._kept = last - 1, decoded[(last - 1 - missing) * block :].copy()
        samples = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return samples[start - first * block : end - first * block]

    def _decoded(self, first: int, last: int, start: int, end: int) -> Samples | None:
        """Return samples `start` to `end - 1`, which frames `first` to `last - 1` hold; each is proved as a whole."""
        stream = self._stream
        content = self._offsets.content(first, last)
        if content is None:
            return None
        before = first * stream.block
        if len(self._buffer) < end - start:
            self._buffer = np.empty((end - start, stream.channels), self._buffer.dtype)
        found = self._buffer[: end - start]
        announced = min(last * stream.block, stream.samples) - before
        decoded = self._decode(stream.of_frames(content, announced), start - before, found)
        return found if decoded == end - before else None
