"""Where the frames of a FLAC stream lie in its file, and a stream of only those that are wanted.

Belongs here: the stream's description, frame numbers, offsets. Does not belong here: samples, and proof that a frame is
whole: an offset is a claim, which the CRCs of header and frame prove when the frame is decoded (`flac_in_memory`).

Offsets are found where they are needed and kept: from the frames known so far a place is estimated, and the headers
around it tell how far off that was. A search through the whole file would cost more than many windows.

Source: FLAC, RFC 9639 (2024), sections 8 and 9.1. Only streams of one block size, which number their frames; every
encoder in use writes them.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

ReadAt = Callable[[int, int], bytes]
"""Offset and count -> that many bytes, or as many as there are."""
_MARKER, _DESCRIPTION_BYTES = b"fLaC", 34
_LAST_BLOCK = 0x80
_ONLY_BLOCK, _NO_SUM = bytes([_LAST_BLOCK, 0, 0, _DESCRIPTION_BYTES]), bytes(16)
_SYNC = (0xFF, 0xF8)
_CODES = (b"\xff\xf8", b"\xff\xf9")
"""How a frame starts: in streams of one block size, and in others."""
_SIZE_BYTES, _RATE_BYTES = {6: 1, 7: 2}, {12: 1, 13: 2, 14: 2}
"""Bytes behind the number, by the codes of block size and rate."""
_LONGEST_HEADER = 16
_SLACKS = (1, 1, 1, *(1 << step for step in range(1, 12)), 0)
"""How far around its place each try looks for a frame; nobody looks after the last."""
_MOST_BYTES = 1 << 24
"""Read at once for frames whose places are not known."""


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
    largest = int.from_bytes(content[7:10], "big") or _LONGEST_HEADER + block_size * channels * (bits // 8 + 1)
    return StreamDescription(block_size, channels, bits, samples, largest, offset, content[:10], numbers >> 36)


class FrameOffsets:
    """The offsets of one stream's frames, as far as anybody asked."""

    def __init__(self, read_at: ReadAt, size: int, stream: StreamDescription) -> None:
        """Start with the two ends.

        Args:
            read_at: reads the file.
            size: bytes of the file.
            stream: its description.
        """
        self._read_at = read_at
        self._stream = stream
        self._numbers = [0, stream.frame_count]
        self._offsets = [stream.first_offset, max(size, stream.first_offset)]
        self._code = read_at(stream.first_offset, 4)

    def content(self, first: int, last: int) -> bytes | None:
        """Return the bytes of frames `first` to `last - 1`; None where they are not found one after the other."""
        for slack in _SLACKS:
            start, end = bisect_left(self._numbers, first), bisect_left(self._numbers, last)
            if end - start == last - first and self._numbers[start] == first and self._numbers[end] == last:
                found = self._read_at(self._offsets[start], self._offsets[end] - self._offsets[start])
                return self._without_strangers(found, start, end)
            if slack:
                self._learn(first, last, slack)
        return self._before_a_defect(first, last)

    def _learn(self, first: int, last: int, slack: int) -> None:
        """Read where the frames should be and keep the offsets of those that are there."""
        start = self._estimate(first, -slack)
        end = self._estimate(last, slack) + _LONGEST_HEADER
        self._keep(start, self._read_at(start, min(end - start, _MOST_BYTES)))

    def _estimate(self, number: int, slack: int) -> int:
        """Return a place before (slack below 0) or behind the start of a frame; exact where that is known."""
        above = bisect_left(self._numbers, number)
        if self._numbers[above] == number:
            return self._offsets[above]
        low, high = self._numbers[above - 1], self._numbers[above]
        low_offset, high_offset = self._offsets[above - 1], self._offsets[above]
        mean = (high_offset - low_offset) / (high - low)
        doubt = slack * (1 + min(number - low, high - number) / 8)  # frames; the further from a known one, the more
        return int(min(max(low_offset + (number - low + doubt) * mean, low_offset), high_offset))

    def _keep(self, base: int, content: bytes) -> None:
        """Keep the offset of every frame that starts in some bytes."""
        content += bytes(_LONGEST_HEADER)  # the file's last frame may be shorter than that
        found = np.frombuffer(content, np.uint8)
        places = np.flatnonzero(found[:-_LONGEST_HEADER] == _SYNC[0])
        for place in places[found[places + 1] == _SYNC[1]].tolist():
            number = self._number_at(content, place)
            if number is None:
                continue
            above = bisect_left(self._numbers, number)
            is_between = self._offsets[above - 1] < base + place < self._offsets[above]
            if self._numbers[above] != number and is_between:
                self._numbers.insert(above, number)
                self._offsets.insert(above, base + place)

    def _number_at(self, content: bytes, place: int) -> int | None:
        """Return the number in the header that starts at a place; None where no header of this stream does."""
        if (content[place + 3] ^ self._code[3]) & 0x0F:
            return None
        number = _header_number(content, place)
        if number is None or not 0 < number < self._stream.frame_count:
            return None
        is_last = number == self._stream.frame_count - 1
        return number if is_last or content[place + 2] == self._code[2] else None

    def _before_a_defect(self, first: int, last: int) -> bytes | None:
        """Return the bytes of frames whose end nothing tells, since the header behind them is damaged."""
        start, end = bisect_left(self._numbers, first), bisect_left(self._numbers, last - 1)
        if end - start != last - 1 - first or self._numbers[start] != first or self._numbers[end] != last - 1:
            return None
        inside = self._offsets[end] - self._offsets[start] + 2
        most = min(inside + self._stream.largest_frame, self._offsets[end + 1] - self._offsets[start])
        content = self._read_at(self._offsets[start], most)
        ends = [at for code in _CODES if (at := content.find(code, inside)) >= 0]
        return self._without_strangers(content[: min(ends, default=len(content))], start, end + 1)

    def _without_strangers(self, content: bytes, start: int, end: int) -> bytes | None:
        """Return the bytes of known frames; None where they hold a header of another, which would be decoded as well.

        A decoder that skips a damaged frame takes the next whole one it meets, whatever its number.
        """
        known = {offset - self._offsets[start] for offset in self._offsets[start:end]}
        for code in _CODES:
            place = content.find(code)
            while place >= 0:
                if place not in known and _header_number(content, place) is not None:
                    return None
                place = content.find(code, place + 1)
        return content


def _sum_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value << 1) ^ (0x107 if value & 0x80 else 0)
        table.append(value)
    return table


_SUMS = _sum_table()
"""CRC-8 of a header, polynomial 0x07."""


def _header_number(content: bytes, place: int) -> int | None:
    """Return the number in a header; None where its CRC says that none starts there, or it is not all there."""
    if len(content) < place + 5:
        return None
    number = _coded_number(content, place + 4)
    if number is None:
        return None
    lead, sizes = content[place + 4], content[place + 2]
    coded = 1 if lead < 0x80 else 8 - (lead ^ 0xFF).bit_length()
    end = place + 4 + coded + _SIZE_BYTES.get(sizes >> 4, 0) + _RATE_BYTES.get(sizes & 15, 0)
    if len(content) <= end:
        return None
    total = 0
    for byte in content[place:end]:
        total = _SUMS[total ^ byte]
    return number if total == content[end] else None


def _coded_number(content: bytes, place: int) -> int | None:
    """Return the number that is coded like a character of UTF-8, in up to 7 bytes."""
    lead = content[place]
    if lead < 0x80:
        return lead
    more = 7 - (lead ^ 0xFF).bit_length()
    if not 1 <= more <= 6:
        return None
    number = lead & (0x3F >> more)
    for byte in content[place + 1 : place + 1 + more]:
        if byte >> 6 != 2:
            return None
        number = number << 6 | byte & 0x3F
    return number
