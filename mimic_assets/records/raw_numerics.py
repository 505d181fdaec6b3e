"""`raw_numerics`: every non-empty cell of a patient's numerics files, nothing judged.

Belongs here: heading line -> parameter and unit, lines -> rows with tick and time, and one summary row per oddity of a
file. Does not belong here: what a cell looks like (`cells`), compression (`inflate`), plausibility (`numerics`).
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from mimic_assets.file_tree import FileTree
from mimic_assets.records.cells import Cells, Columns, columns_of, read_cells
from mimic_assets.records.checksums import published_checksums
from mimic_assets.records.inflate import DamagedGzipError, inflate, whole_lines
from mimic_assets.records.layout import RecordFiles, patient_folder, record_files
from mimic_assets.records.master import Master, read_master
from mimic_assets.records.numerics_defects import Defects
from mimic_assets.records.tick_oddities import TickOddities
from mimic_assets.schemas.judged import JudgedParts, Rejection, rejected_frame
from mimic_assets.schemas.tables import RAW_NUMERICS

_HEADING = re.compile(r"(.*?)\s*\[([^\[\]]*)\]")
_BYTE_ORDER_MARK = "\ufeff"


def read_numerics(tree: FileTree, subject_id: int) -> JudgedParts:
    """Return `raw_numerics` of one patient, a part per block of lines (about a megabyte of text).

    Args:
        tree: a source in the published layout.
        subject_id: the patient.

    Returns:
        Rows of `raw_numerics`, one per non-empty cell, sorted by record, source row and source column; `source_row` is
        the line below the heading line, counted from 1, malformed lines included. Rejected: one row per (file, rule,
        column) with the first place and the count.

    Time: `time` is the UTC-naive wall time of `tick` by the record's own counter frequency, rounded down to the
        microsecond.
    Missing: `tick` and `time` are null where the time cell is no whole number; `value` is null and `value_text` set
        where a cell is no number; `unit` is null where the heading has no brackets. A record without a numerics file
        has no rows; it is a defect only where the published list promises one.
    """
    rejections: list[Rejection] = []

    def parts() -> Iterator[pl.DataFrame]:
        published = published_checksums(tree, patient_folder(subject_id))
        for files in record_files(tree, subject_id):
            defects = Defects(subject_id, files.numerics)
            if tree.exists(files.numerics):
                expected = published.get(files.numerics)
                if expected is not None and (found := tree.sha256(files.numerics)) != expected:
                    defects.checksum_mismatch(found, expected)
                master, _ = read_master(tree, files)
                if master is None:
                    defects.no_clock()
                else:
                    yield from _read_file(tree, files, master, defects)
            elif files.numerics in published:
                defects.missing()
            rejections.extend(defects.rows())

    return JudgedParts(RAW_NUMERICS, parts(), lambda: rejected_frame(rejections))


def split_heading(heading: str) -> tuple[str, str | None]:
    """Return parameter and unit of a heading: `HR [bpm]` -> (`HR`, `bpm`); no unit without brackets or in empty ones.

    Examples:
        >>> split_heading("Pulse (NBP) [bpm]")
        ('Pulse (NBP)', 'bpm')
        >>> split_heading("HR")
        ('HR', None)
    """
    match = _HEADING.fullmatch(heading.strip())
    if match is None or not match[1]:
        return heading.strip() or heading, None
    return match[1], match[2].strip() or None


@dataclass(frozen=True, slots=True)
class _Named:
    """The columns of one numerics file and what they are called; the rows of `by_code` are column codes."""

    columns: Columns
    by_code: pl.DataFrame

    @staticmethod
    def of(originals: list[str]) -> "_Named":
        """Return the columns of a heading line."""
        columns = columns_of(originals)
        headings = [columns.headings[place] for place in columns.sorted_places]
        named = [split_heading(originals[place] or columns.headings[place]) for place in columns.sorted_places]
        found = {
            "source_column": headings,
            "parameter": [each for each, _ in named],
            "unit": [unit for _, unit in named],
        }
        return _Named(columns, pl.DataFrame(found, schema=dict.fromkeys(found, pl.String)))


def _read_file(tree: FileTree, files: RecordFiles, master: Master, defects: Defects) -> Iterator[pl.DataFrame]:
    """Yield the rows of one numerics file; its oddities are added to `defects`, the last ones at the end."""
    row_count = 0
    named: _Named | None = None
    oddities = TickOddities(master.last_tick)
    with tree.open(files.numerics) as file:
        try:
            for block in whole_lines(inflate(file)):
                body = block
                if named is None:
                    heading, _, body = block.partition(b"\n")
                    originals = _headings(heading)
                    named = _Named.of(originals)
                    defects.headings(originals, named.columns)
                if body:
                    cells = read_cells(body, named.columns)
                    defects.malformed(cells, row_count, len(named.columns.headings))
                    defects.texts(cells, row_count)
                    yield _frame(files, master, named, cells, row_count, oddities)
                    row_count += cells.line_count
        except DamagedGzipError as damage:
            defects.damaged(damage, row_count)
    if named is None or not row_count:
        defects.empty(has_headings=named is not None)
        return
    defects.ticks(oddities, named.columns.time is not None)
    defects.texts_of_columns(named.by_code["source_column"].to_list())


def _headings(line: bytes) -> list[str]:
    text = line.decode("utf-8", "replace").removeprefix(_BYTE_ORDER_MARK).rstrip("\r")
    return next(csv.reader([text]), [""])


def _frame(
    files: RecordFiles, master: Master, named: _Named, cells: Cells, rows_before: int, oddities: TickOddities
) -> pl.DataFrame:
    """Return the rows of one block; its ticks are looked at on the way."""
    rows = pl.DataFrame({"tick": cells.ticks, "has_tick": cells.has_tick}).select(tick=pl.when("has_tick").then("tick"))
    rows = rows.with_columns(time=master.clock.times(pl.col("tick")))
    rows = rows.with_columns(tick=pl.when(pl.col("time").is_not_null()).then("tick"))
    oddities.add(cells.ticks, rows["tick"].is_not_null().to_numpy(), cells.is_row, rows_before)
    lines, codes = pl.Series(cells.lines), pl.Series(cells.codes.astype(np.int16))
    source_rows = (lines + (rows_before + 1)).alias("source_row")
    return (
        named.by_code[codes]
        .hstack(rows[lines])
        .hstack([source_rows, pl.Series("value", cells.values), _text_column(cells)])
        .with_columns(
            subject_id=pl.lit(files.subject_id, pl.Int64),
            record_id=pl.lit(files.record_id, pl.Int64),
            value=pl.when(pl.col("value_text").is_null()).then("value"),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in RAW_NUMERICS.schema.items())
    )


def _text_column(cells: Cells) -> pl.Series:
    """Return the texts at their cells, null elsewhere."""
    column = pl.Series("value_text", [None], dtype=pl.String).new_from_index(0, len(cells.lines))
    if cells.texts:
        column = column.scatter(list(cells.texts), list(cells.texts.values()))
    return column
