"""One table of the source, streamed: its file found, its columns checked, its blocks read as typed rows.

Blocks are inflated in one thread and parsed in others; rows and defects come in file order whatever they do.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import BinaryIO

import polars as pl

from mimic_assets.clinical.blocks import BLOCK_BYTES, Block, Header, blocks
from mimic_assets.clinical.defects import Defects, FileDefect
from mimic_assets.clinical.files import find_file
from mimic_assets.clinical.lines import good_lines
from mimic_assets.clinical.read_ahead import read_ahead, worked_ahead
from mimic_assets.clinical.source_tables import SourceTable
from mimic_assets.clinical.typed import typed_rows
from mimic_assets.clinical.wanted import Items, string_frame, wanted_lines
from mimic_assets.file_tree import FileTree

Part = Header | Block | FileDefect
Progress = Callable[[str, int, int], None]
"""Called with the table's name, the bytes of its file read so far and the file's bytes."""
_PARSERS = 2
"""Blocks parsed at once. Inflating is a third thread; more would wait for it and for the interpreter lock."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is asked of every table."""

    buckets: int
    wanted: frozenset[int]
    block_bytes: int = BLOCK_BYTES
    progress: Progress | None = None


def read_table(tree: FileTree, table: SourceTable, reading: Reading, defects: Defects) -> Iterator[pl.DataFrame]:
    """Yield frames of `typed_rows`, in file order; what is wrong with the file or its rows is added to `defects`."""
    found = find_file(tree, table)
    if found is None:
        message = f"found no file, expected {table.file}"
        defects.files.append(
            FileDefect("missing_table", message, "Fetch the table, or point the clinical source at its root.")
        )
        return
    size = tree.size(found.path)
    with ExitStack() as context:
        file = context.enter_context(tree.open(found.path))
        parts = _with_position(file, blocks(file, found.is_gzip, reading.block_bytes))
        ahead = context.enter_context(closing(read_ahead(parts)))
        opening, position = next(ahead)  # a file of no bytes opens with its defect
        parser = _opened(opening, table, reading, defects)
        _tell(reading, table, position, size)
        if parser is None:
            return
        parsed = context.enter_context(closing(worked_ahead(parser, ahead, _PARSERS)))
        for (_, position), (rows, met) in parsed:
            defects.merge(met)
            if rows is not None:
                yield rows
            _tell(reading, table, position, size)


@dataclass(frozen=True, slots=True)
class _Parser:
    """What follows the header, one part at a time and in any thread: rows, and what is wrong with them."""

    header: tuple[str, ...]
    names: dict[str, str]
    table: SourceTable
    reading: Reading
    file: str
    items: Items | None

    def __call__(self, part: tuple[Part, int]) -> tuple[pl.DataFrame | None, Defects]:
        item, defects = part[0], Defects(self.file)
        if isinstance(item, FileDefect):
            defects.files.append(item)
        if not isinstance(item, Block):
            return None, defects
        whose = self.header.index(self.names["subject_id"])
        lines = good_lines(item, len(self.header), defects, whose)
        keep = None
        if self.items is not None:
            keep = wanted_lines(lines, self.header.index(self.names["itemid"]), whose, self.items, defects)
        strings = string_frame(lines, keep, self.header, tuple(self.names.values()), defects, whose)
        reading = self.reading
        return typed_rows(strings, self.table, self.names, reading.buckets, reading.wanted, defects), defects


def _opened(opening: Part, table: SourceTable, reading: Reading, defects: Defects) -> _Parser | None:
    """Return how the lines after a header are read; None, and the reason in `defects`, where they cannot be."""
    if not isinstance(opening, Header):
        if isinstance(opening, FileDefect):
            defects.files.append(opening)
        return None
    names, defect = _named(opening.columns, table)
    if defect is not None:
        defects.files.append(defect)
        return None
    items = None if table.items is None else Items.of(table.items)
    return _Parser(opening.columns, names, table, reading, defects.file, items)


def _tell(reading: Reading, table: SourceTable, position: int, size: int) -> None:
    if reading.progress is not None:
        reading.progress(table.name, position, size)


def _with_position(file: BinaryIO, parts: Iterator[Part]) -> Iterator[tuple[Part, int]]:
    for part in parts:
        yield part, file.tell()


def _named(header: tuple[str, ...], table: SourceTable) -> tuple[dict[str, str], FileDefect | None]:
    """Return source column -> as the file writes it (letters of any case), or what is wrong with the header."""
    advice = "Check that the file is that table of MIMIC-IV 2.x or 3.x; its rows were not used."
    written: dict[str, str] = {}
    for name in header:
        key = name.lower()
        if key in table.columns and key in written:
            return {}, FileDefect("unreadable_table", f"found column {key} twice, expected it once", advice)
        written[key] = name
    missing = [column for column in table.columns if column not in written]
    if missing:
        return {}, FileDefect(
            "missing_column", f"found no column {', '.join(missing)}, expected {', '.join(table.columns)}", advice
        )
    return {column: written[column] for column in table.columns}, None
