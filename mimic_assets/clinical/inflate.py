"""The bytes of a csv or csv.gz, piece by piece, and how they ended. Knows gzip; knows nothing of lines or columns.

Inflating with ISA-L takes a third of zlib's time. Several gzip members in one file read as one text (RFC 1952). The
compressed side is always read in the same pieces, so what is recovered from a damaged file never depends on the caller.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from isal import isal_zlib

from mimic_assets.clinical.defects import FileDefect

_READ_BYTES = 256 * 1024
_PIECE_BYTES = 1024 * 1024
"""Most that one piece holds, however well the file is packed."""
_GZIP_WINDOW = 31
"""15 bits of window plus 16: expect a gzip header and check the CRC at the end."""
_INFLATE_ERROR: Any = isal_zlib.error
"""An exception class; isal's stubs take it for an instance."""
_TRUNCATED = FileDefect(
    "truncated_gzip",
    "found an end inside the compressed data, expected the gzip trailer; rows before it are used",
    "Fetch the file again and compare its SHA-256 with the published one.",
)
_DAMAGED = FileDefect(
    "unreadable_table",
    "found data that is not gzip or fails its checksum, expected gzip; rows before it are used",
    "Fetch the file again and compare its SHA-256 with the published one.",
)


def inflated(file: BinaryIO, is_gzip: bool) -> Iterator[bytes | FileDefect]:
    """Yield the text of a file in pieces of at most 1 MiB; last, where it did not end whole, the defect.

    A file of no bytes yields nothing, also where gzip is expected. Zero bytes after the last member are padding.
    """
    if not is_gzip:
        while piece := file.read(_PIECE_BYTES):
            yield piece
        return
    member = None
    while packed := file.read(_READ_BYTES):
        while packed:
            if member is None:
                packed = packed.lstrip(b"\0")
                if not packed:
                    break
                member = isal_zlib.decompressobj(wbits=_GZIP_WINDOW)
            try:
                piece = member.decompress(packed, _PIECE_BYTES)
            except _INFLATE_ERROR:
                yield _DAMAGED
                return
            if piece:
                yield piece
            packed = member.unused_data if member.eof else member.unconsumed_tail
            member = None if member.eof else member
    if member is None:
        return
    try:
        rest = member.flush()
    except _INFLATE_ERROR:
        yield _DAMAGED
        return
    if rest:
        yield rest
    yield _TRUNCATED
