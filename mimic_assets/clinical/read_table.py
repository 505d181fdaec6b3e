"""One table of the source, streamed: its file found, its columns checked, its blocks read as typed rows."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import BinaryIO

import polars as pl

from mimic_assets.clinical.blocks import BLOCK_BYTES, Block, Header, blocks
from mimic_assets.clinical.defects import Defects, FileDefect
from mimic_assets.clinical.files import find_file
from mimic_assets.clinical.lines import good_lines
from mimic_assets.clinical.read_ahead import read_ahead
from mimic_assets.clinical.source_tables import SourceTable
from mimic_assets.clinical.typed import typed_rows
from mimic_assets.clinical.wanted import Items, string_frame, wanted_lines
from mimic_assets.file_tree import FileTree

Part = Header | Block | FileDefect
Progress = Callable[[str, int, int], None]
"""Called with the table's name, the bytes of its file read so far and the file's bytes."""


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
    header: tuple[str, ...] = ()
    names: dict[str, str] = {}
    items = None if table.items is None else Items.of(table.items)
    with ExitStack() as context:
        file = context.enter_context(tree.open(found.path))
        parts = blocks(file, found.is_gzip, reading.block_bytes)
        ahead = context.enter_context(closing(read_ahead(_with_position(file, parts))))
        for item, position in ahead:
            if isinstance(item, FileDefect):
                defects.files.append(item)
            elif isinstance(item, Header):
                header = item.columns
                names, defect = _named(header, table)
                if defect is not None:
                    defects.files.append(defect)
                    return
            else:
                whose = header.index(names["subject_id"])
                lines = good_lines(item, len(header), defects, whose)
                places = None if items is None else (header.index(names["itemid"]), whose)
                keep = None if items is None or places is None else wanted_lines(lines, *places, items, defects)
                strings = string_frame(lines, keep, header, tuple(names.values()), defects, whose)
                yield typed_rows(strings, table, names, reading.buckets, reading.wanted, defects)
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
