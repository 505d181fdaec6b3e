"""The text of a gzip file, block by block, and what is wrong with its compression.

Belongs here: inflating in bounded memory and keeping what a damaged file still gives. Does not belong here: the text.

Source: RFC 1952 (gzip): members follow each other; isal inflates about three times as fast as zlib.
"""

from collections.abc import Iterator
from typing import BinaryIO, cast

from isal import isal_zlib

_GZIP = 31
_DAMAGE = cast(type[Exception], isal_zlib.IsalError)
"""Its type stub calls it an instance."""
_INPUT_BYTES = 1 << 16
BLOCK_BYTES = 1 << 20


class DamagedGzipError(Exception):
    """The stream ended early or is no gzip; everything before the damage has been given out."""

    def __init__(self, rule: str, found: str) -> None:
        """Keep the rule that was broken and what was found."""
        super().__init__(found)
        self.rule = rule
        self.found = found


def inflate(file: BinaryIO) -> Iterator[bytes]:
    """Yield the inflated bytes in pieces.

    Raises:
        DamagedGzipError: after the last piece that could be read: `truncated_gzip` or `unreadable_gzip`.
    """
    stream = isal_zlib.decompressobj(_GZIP)
    is_started = False
    while data := file.read(_INPUT_BYTES):
        while data:
            if stream.eof:
                data = data.lstrip(b"\0")  # tapes and some tools pad with zeros; gzip ignores them as well
                if not data:
                    break
                stream = isal_zlib.decompressobj(_GZIP)
            is_started = True
            try:
                piece = stream.decompress(data)
            except _DAMAGE as error:
                raise DamagedGzipError(
                    "unreadable_gzip", "bytes that are no gzip stream, or a wrong check sum in it"
                ) from error
            if piece:
                yield piece
            data = stream.unused_data if stream.eof else b""
    if is_started and not stream.eof:
        raise DamagedGzipError("truncated_gzip", "a gzip stream that ends early")


def whole_lines(pieces: Iterator[bytes], block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield blocks of whole lines; the last may lack its line end.

    Missing: when `pieces` raises, the line that was cut is left out: its last number could have lost digits.
    Raises: what `pieces` raises, after the last whole line was given out.
    """
    parts: list[bytes] = []
    size = 0
    damage: DamagedGzipError | None = None
    try:
        for piece in pieces:
            parts.append(piece)
            size += len(piece)
            if size >= block_bytes and b"\n" in piece:
                lines, _, rest = b"".join(parts).rpartition(b"\n")
                yield lines + b"\n"
                parts, size = [rest], len(rest)
    except DamagedGzipError as error:
        damage = error
    rest = b"".join(parts)
    if damage is not None:
        rest = rest[: rest.rfind(b"\n") + 1]
    if rest:
        yield rest
    if damage is not None:
        raise damage
