"""The headers of a FLAC stream's frames: where one may start, and the number that it gives its frame.

Belongs here: a header's fields and its CRC. Does not belong here: where frames lie in a file (`flac_frames`).

Source: FLAC, RFC 9639 (2024), section 9.1.
"""

import re

_SIZE_AND_RATE = bytes(value for value in range(256) if value >> 4 and value & 15 != 15)
_CHANNELS_AND_BITS = bytes(value for value in range(256) if value >> 4 <= 10 and not value & 1 and value & 14 != 6)
_LEAD = bytes(value for value in range(255) if value >> 6 != 2)
START = re.compile(
    b"\xff[\xf8\xf9]" + b"".join(b"[%s]" % re.escape(of) for of in (_SIZE_AND_RATE, _CHANNELS_AND_BITS, _LEAD))
)
"""How a frame may start: the sync code of streams of one block size or of others, then no value that is reserved or
forbidden. No other frame starts within such five bytes: 255 is none of the last three."""
LONGEST_HEADER = 16
"""Bytes."""
_SIZE_BYTES, _RATE_BYTES = {6: 1, 7: 2}, {12: 1, 13: 2, 14: 2}
"""Bytes behind the number, by the codes of block size and rate."""


def _sum_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value << 1) ^ (0x107 if value & 0x80 else 0)
        table.append(value)
    return table


_SUMS = _sum_table()
"""CRC-8 of a header, polynomial 0x07."""


def header_number(content: bytes, place: int) -> int | None:
    """Return the number in a header; None where its CRC says that none starts there, or it is not all there."""
    if len(content) < place + 5:
        return None
    number, end = content[place + 4], place + 5  # a number below 128 is one byte
    if number >= 0x80:  # else it is coded like a character of UTF-8, in up to 7 bytes
        more = 7 - (number ^ 0xFF).bit_length()
        if not 1 <= more <= 6:
            return None
        number, end = number & (0x3F >> more), end + more
        for byte in content[place + 5 : end]:
            if byte >> 6 != 2:
                return None
            number = number << 6 | byte & 0x3F
    sizes = content[place + 2]
    end += _SIZE_BYTES.get(sizes >> 4, 0) + _RATE_BYTES.get(sizes & 15, 0)
    if len(content) <= end:
        return None
    total = 0
    for byte in content[place:end]:
        total = _SUMS[total ^ byte]
    return number if total == content[end] else None
