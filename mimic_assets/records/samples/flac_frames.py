"""Where the frames of a FLAC stream lie in its file.

Belongs here: offsets of frames, and bytes that hold exactly the frames asked for. Does not belong here: samples, and
proof that a frame is whole: an offset is a claim, which the CRCs of header and frame prove when the frame is decoded
(`flac_in_memory`).

Offsets are found where they are needed and kept: from the frames known so far a place is estimated, and the headers
around it tell how far off that was. A search through the whole file would cost more than many windows.
"""

from bisect import bisect_left
from typing import NamedTuple

from mimic_assets.records.samples.flac_headers import LONGEST_HEADER, START, header_number
from mimic_assets.records.samples.flac_stream import ReadAt, StreamDescription

_SLACKS = (1, 1, 1, *(1 << step for step in range(1, 12)))
"""How far around its place each try looks for a frame."""
_MOST_BYTES = 1 << 24
"""Read at once for frames whose places are not known."""


class _Piece(NamedTuple):
    """Some bytes of the file."""

    offset: int
    content: bytes
    starts: list[int]
    """Offsets at which a frame may start."""


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
        """Return the bytes of frames `first` to `last - 1`; None where they are not found one after the other.

        Neither where they hold the header of another frame: a decoder that skips a damaged frame takes the next whole
        one that it meets, whatever its number.
        """
        known = self._known(first, last)
        if known is not None:
            return _alone(self._piece(known[0], known[-1]), known)
        for slack in _SLACKS:
            piece = self._around(first, last, slack)
            self._keep(piece)
            known = self._known(first, last)
            if known is not None:
                is_whole = piece.offset <= known[0] and known[-1] <= piece.offset + len(piece.content)
                return _alone(piece if is_whole else self._piece(known[0], known[-1]), known)
        return self._before_a_defect(first, last)

    def _known(self, first: int, last: int) -> list[int] | None:
        """Return the offsets of frames `first` to `last` (the file's end is that of the one behind the last)."""
        start = bisect_left(self._numbers, first)
        end = start + last - first
        if end >= len(self._numbers) or self._numbers[start] != first or self._numbers[end] != last:
            return None
        return self._offsets[start : end + 1]

    def _piece(self, start: int, end: int) -> _Piece:
        content = self._read_at(start, end - start)
        return _Piece(start, content, [start + found.start() for found in START.finditer(content)])

    def _around(self, first: int, last: int, slack: int) -> _Piece:
        """Read where the frames should be."""
        start, end = self._estimate(first, -slack), self._estimate(last, slack) + LONGEST_HEADER
        return self._piece(start, min(end, start + _MOST_BYTES))

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

    def _keep(self, piece: _Piece) -> None:
        """Keep the offset of every frame that starts in a piece."""
        for offset in piece.starts:
            number = self._number_at(piece.content, offset - piece.offset)
            if number is None:
                continue
            above = bisect_left(self._numbers, number)
            is_between = self._offsets[above - 1] < offset < self._offsets[above]
            if self._numbers[above] != number and is_between:
                self._numbers.insert(above, number)
                self._offsets.insert(above, offset)

    def _number_at(self, content: bytes, place: int) -> int | None:
        """Return the number in the header that starts at a place; None where no header of this stream does."""
        if (content[place + 3] ^ self._code[3]) & 0x0F:
            return None
        number = header_number(content, place)
        if number is None or not 0 < number < self._stream.frame_count:
            return None
        is_last = number == self._stream.frame_count - 1
        return number if is_last or content[place + 2] == self._code[2] else None

    def _before_a_defect(self, first: int, last: int) -> bytes | None:
        """Return the bytes of frames whose end nothing tells, since the header behind them is damaged."""
        known = self._known(first, last - 1)
        if known is None:
            return None
        following = self._offsets[bisect_left(self._numbers, last - 1) + 1]
        piece = self._piece(known[0], min(known[-1] + 2 + self._stream.largest_frame, following))
        end = next((start for start in piece.starts if start > known[-1]), piece.offset + len(piece.content))
        return _alone(piece, [*known, end])


def _alone(piece: _Piece, known: list[int]) -> bytes | None:
    """Return the bytes between the first and the last of some offsets; None where they hold another frame's header."""
    content, base = piece.content, piece.offset
    for start in piece.starts:
        if known[0] <= start < known[-1] and start not in known and header_number(content, start - base) is not None:
            return None
    return content[known[0] - base : known[-1] - base]
