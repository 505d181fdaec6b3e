"""What a FLAC stream says of itself before its first frame, and a stream of only some of its frames.

Belongs here: the marker and the first metadata block. Does not belong here: frames and their headers (`flac_headers`).

Source: FLAC, RFC 9639 (2024), section 8. Only streams of one block size, which number their frames; every encoder in
use writes them.
"""

from collections.abc import Callable
from dataclasses import dataclass

ReadAt = Callable[[int, int], bytes]
"""Offset and count -> that many bytes, or as many as there are."""
_MARKER, _DESCRIPTION_BYTES = b"fLaC", 34
_LAST_BLOCK = 0x80
_ONLY_BLOCK, _NO_SUM = bytes([_LAST_BLOCK, 0, 0, _DESCRIPTION_BYTES]), bytes(16)
_FRAME_BYTES = 16 + 2
"""Of a header, at most, and what is behind the samples."""


@dataclass(frozen=True, slots=True)
class StreamDescription:
    """What a stream says of itself before its first frame."""

    block: int
    """Samples of every frame but the last."""
    channels: int
    bits: int
    samples: int
    """Of one channel."""
    largest_frame: int
    """Bytes."""
    first_offset: int
    """Of the first frame."""
    sizes: bytes
    """As stored: smallest and largest block, smallest and largest frame."""
    form: int
    """As stored: rate, channels, bits."""

    @property
    def frame_count(self) -> int:
        """Frames of the stream."""
        return -(-self.samples // self.block)

    def of_frames(self, frames: bytes, samples: int) -> bytes:
        """Return a stream of frames of this one that hold so many samples; its sum is unknown."""
        numbers = (self.form << 36 | samples).to_bytes(8, "big")
        return b"".join((_MARKER, _ONLY_BLOCK, self.sizes, numbers, _NO_SUM, frames))


def describe(read_at: ReadAt) -> StreamDescription | None:
    """Return a stream's description; None where it has blocks of several sizes, no length, or is none."""
    start = read_at(0, len(_MARKER) + 4 + _DESCRIPTION_BYTES)
    if len(start) < 42 or start[:4] != _MARKER or start[4] & 0x7F or start[5:8] != bytes([0, 0, _DESCRIPTION_BYTES]):
        return None
    offset, is_last = len(start), bool(start[4] & _LAST_BLOCK)
    while not is_last:
        block = read_at(offset, 4)
        if len(block) < 4:
            return None
        offset, is_last = offset + 4 + int.from_bytes(block[1:], "big"), bool(block[0] & _LAST_BLOCK)
    content = start[8:]
    smallest, block_size = int.from_bytes(content[:2], "big"), int.from_bytes(content[2:4], "big")
    numbers = int.from_bytes(content[10:18], "big")
    channels, bits = (numbers >> 41 & 7) + 1, (numbers >> 36 & 31) + 1
    samples = numbers & (1 << 36) - 1
    if smallest != block_size or block_size < 16 or not samples:
        return None
    largest = int.from_bytes(content[7:10], "big") or _FRAME_BYTES + block_size * channels * (bits // 8 + 1)
    return StreamDescription(block_size, channels, bits, samples, largest, offset, content[:10], numbers >> 36)
