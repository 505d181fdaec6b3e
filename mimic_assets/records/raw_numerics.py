"""`raw_numerics`: every non-empty cell of a patient's numerics files, nothing judged.

Belongs here: heading line -> parameter and unit, lines -> rows with tick and time, and one summary row per oddity of a
file. Does not belong here: what a cell looks like (`cells`), compression (`inflate`), plausibility (`numerics`).
"""

import csv
import re
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mimic_assets.file_tree import FileTree
from mimic_assets.records.cells import Cells, Columns, columns_of, read_cells
from mimic_assets.records.checksums import published_checksums
from mimic_assets.records.inflate import DamagedGzipError, inflate, whole_lines
from mimic_assets.records.layout import RecordFiles, patient_folder, record_files
from mimic_assets.records.master import Master, read_master
from mimic_assets.records.numerics_defects import Defects
from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.tables import RAW_NUMERICS

_HEADING = re.compile(r"(.*?)\s*\[([^\[\]]*)\]")
_BYTE_ORDER_MARK = "\ufeff"


def read_numerics(tree: FileTree, subject_id: int) -> Judged:
    """Return `raw_numerics` of one patient.

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
    published = published_checksums(tree, patient_folder(subject_id))
    frames: list[pl.DataFrame] = []
    rejections = []
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
                frames.append(_read_file(tree, files, master, defects))
        elif files.numerics in published:
            defects.missing()
        rejections += defects.rows()
    frame = pl.concat(frames, rechunk=False) if frames else RAW_NUMERICS.empty()
    return Judged(frame, rejected_frame(rejections))


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


@dataclass(slots=True)
class _Gathered:
    """What the blocks of one file gave so far."""

    row_count: int = 0
    ticks: list[NDArray[np.int64]] = field(default_factory=list)
    has_tick: list[NDArray[np.bool_]] = field(default_factory=list)
    is_row: list[NDArray[np.bool_]] = field(default_factory=list)
    lines: list[NDArray[np.int64]] = field(default_factory=list)
    codes: list[NDArray[np.int16]] = field(default_factory=list)
    values: list[NDArray[np.float64]] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)
    cell_count: int = 0

    def add(self, cells: Cells) -> None:
        self.ticks.append(cells.ticks)
        self.has_tick.append(cells.has_tick)
        self.is_row.append(cells.is_row)
        self.lines.append(cells.lines + self.row_count)
        self.codes.append(cells.codes.astype(np.int16))
        self.values.append(cells.values)
        self.texts |= {self.cell_count + place: text for place, text in cells.texts.items()}
        self.row_count += cells.line_count
        self.cell_count += len(cells.lines)


def _read_file(tree: FileTree, files: RecordFiles, master: Master, defects: Defects) -> pl.DataFrame:
    """Return the rows of one numerics file; its oddities are added to `defects`."""
    gathered = _Gathered()
    columns: Columns | None = None
    originals: list[str] = []
    with tree.open(files.numerics) as file:
        try:
            for block in whole_lines(inflate(file)):
                body = block
                if columns is None:
                    heading, _, body = block.partition(b"\n")
                    originals = _headings(heading)
                    columns = columns_of(originals)
                    defects.headings(originals, columns)
                if body:
                    cells = read_cells(body, columns)
                    defects.malformed(cells, gathered.row_count, len(columns.headings))
                    gathered.add(cells)
        except DamagedGzipError as damage:
            defects.damaged(damage, gathered.row_count)
    if columns is None or not gathered.row_count:
        defects.empty(has_headings=columns is not None)
        return RAW_NUMERICS.empty()
    return _frame(files, master, columns, originals, gathered, defects)


def _headings(line: bytes) -> list[str]:
    text = line.decode("utf-8", "replace").removeprefix(_BYTE_ORDER_MARK).rstrip("\r")
    return next(csv.reader([text]), [""])


def _frame(
    files: RecordFiles, master: Master, columns: Columns, originals: list[str], gathered: _Gathered, defects: Defects
) -> pl.DataFrame:
    rows = pl.DataFrame({"tick": np.concatenate(gathered.ticks), "has_tick": np.concatenate(gathered.has_tick)})
    rows = rows.select(tick=pl.when("has_tick").then("tick"))
    rows = rows.with_columns(time=master.clock.times(pl.col("tick")))
    rows = rows.with_columns(tick=pl.when(pl.col("time").is_not_null()).then("tick"))
    defects.ticks(rows["tick"], np.concatenate(gathered.is_row), master.last_tick, columns.time is not None)
    lines, codes = pl.Series(np.concatenate(gathered.lines)), pl.Series(np.concatenate(gathered.codes))
    headings = [columns.headings[place] for place in columns.sorted_places]
    named = [split_heading(originals[place] or columns.headings[place]) for place in columns.sorted_places]
    texts = _text_column(gathered, len(lines))
    defects.texts(gathered.texts, lines, codes, headings)
    by_code = pl.DataFrame(
        {"source_column": headings, "parameter": [name for name, _ in named], "unit": [unit for _, unit in named]},
        schema={"source_column": pl.String, "parameter": pl.String, "unit": pl.String},
    )
    return (
        by_code[codes]
        .hstack(rows[lines])
        .hstack([(lines + 1).alias("source_row"), pl.Series("value", np.concatenate(gathered.values)), texts])
        .with_columns(
            subject_id=pl.lit(files.subject_id, pl.Int64),
            record_id=pl.lit(files.record_id, pl.Int64),
            value=pl.when(pl.col("value_text").is_null()).then("value"),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in RAW_NUMERICS.schema.items())
    )


def _text_column(gathered: _Gathered, count: int) -> pl.Series:
    """Return the texts at their cells, null elsewhere."""
    column = pl.Series("value_text", [None], dtype=pl.String).new_from_index(0, count)
    if gathered.texts:
        column = column.scatter(list(gathered.texts), list(gathered.texts.values()))
    return column
