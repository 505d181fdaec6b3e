"""A file as blocks of whole lines, each with the number of its first line; the header is kept apart.

Blocks only bound memory: cutting elsewhere gives the same lines. A line is what ends in a line feed; a quoted value
never runs over a line end here (MIMIC-IV has none), so that one unbalanced quote costs one line and not the file.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from mimic_assets.clinical.defects import FileDefect
from mimic_assets.clinical.inflate import inflated

BLOCK_BYTES = 2 * 1024 * 1024
_LONGEST_LINE_BYTES = 64 * 1024 * 1024
_EMPTY = FileDefect("empty_file", "found no bytes, expected a header line", "Fetch the file again.")
_NO_LINES = FileDefect(
    "unreadable_table",
    f"found no line end in {_LONGEST_LINE_BYTES // 2**20} MiB, expected lines of comma-separated values",
    "Fetch the file again; it is not a table of MIMIC-IV.",
)


@dataclass(frozen=True, slots=True)
class Header:
    """The column names of a file, as written, without a byte order mark."""

    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines; the last byte is a line feed."""

    text: bytes
    first_line: int
    """Number of its first line in the file; the header is line 1."""


def blocks(file: BinaryIO, is_gzip: bool, block_bytes: int = BLOCK_BYTES) -> Iterator[Header | Block | FileDefect]:
    """Yield the header, then blocks in order, then the file's defect where it has one.

    A last line without a line feed counts where the file ended whole and is dropped where it did not.
    """
    pieces: list[bytes] = []
    held = 0
    line = 1
    for piece in inflated(file, is_gzip):
        if isinstance(piece, FileDefect):
            text, _, _ = b"".join(pieces).rpartition(b"\n")
            yield from _cut(text + b"\n" if text else b"", line)
            yield piece
            return
        for start in range(0, len(piece), block_bytes):
            part = piece[start : start + block_bytes]
            pieces.append(part)
            held += len(part)
            if held < block_bytes:
                continue
            text, end, rest = b"".join(pieces).rpartition(b"\n")
            if not end and len(rest) > _LONGEST_LINE_BYTES:
                yield _NO_LINES
                return
            pieces, held = [rest], len(rest)
            if end:
                yield from _cut(text + end, line)
                line += text.count(b"\n") + 1
    text = b"".join(pieces)
    if text:
        yield from _cut(text if text.endswith(b"\n") else text + b"\n", line)
    elif line == 1:
        yield _EMPTY


def _cut(text: bytes, line: int) -> Iterator[Header | Block]:
    if line == 1 and text:
        head, _, text = text.partition(b"\n")
        names = next(csv.reader([head.decode("utf-8-sig", errors="replace").rstrip("\r")]), [])
        yield Header(tuple(name.strip() for name in names))
        line = 2
    if text:
        yield Block(text, line)
