"""Strings -> the columns of `clinical_extract`. A cell that cannot be read becomes null and a defect.

Rows of other buckets and orders that limit no care are dropped before their cells are read, and not judged.
"""

from collections.abc import Collection

import polars as pl

from mimic_assets.clinical.buckets import bucket_expression
from mimic_assets.clinical.cells import read_cells, within_limits
from mimic_assets.clinical.defects import Defects, RowDefect
from mimic_assets.clinical.source_tables import Cell, Kind, SourceTable
from mimic_assets.clinical.wanted import LINE
from mimic_assets.schemas.tables import CLINICAL_EXTRACT

_KEPT = "Compare the cell with the published file; the row is kept with that column null."
_FIELDS = {field.name: field for field in CLINICAL_EXTRACT.columns}
_DROPPED = "Compare the cell with the published file; the row was not used."


def typed_rows(
    strings: pl.DataFrame,
    table: SourceTable,
    names: dict[str, str],
    buckets: int,
    wanted: Collection[int],
    defects: Defects,
) -> pl.DataFrame:
    """Return the rows of subjects in `wanted` buckets: `bucket`, `subject_id` and the columns that the table fills.

    Args:
        strings: source columns as strings and `line`.
        table: how they are read.
        names: source column as the table calls it -> as this file writes it.
        buckets: how many there are.
        wanted: the buckets to keep.
        defects: counts cells that cannot be read and required cells that are empty.
    """
    strings = strings.with_columns(
        read_cells(strings.get_column(names["subject_id"]), Kind.IDENTIFIER).alias("_subject")
    )
    no_subject = strings.filter(pl.col("_subject").is_null() | (pl.col("_subject") < 1))
    if no_subject.height:
        defect = RowDefect("bad_subject_id", "subject_id", "a positive integer", _DROPPED)
        line = no_subject.get_column(LINE)
        defects.add(defect, no_subject.height, int(line[0]), "a cell that cannot be read")
        strings = strings.filter(pl.col("_subject") >= 1)
    strings = strings.with_columns(bucket_expression(buckets, "_subject"))
    if len(wanted) < buckets:
        strings = strings.filter(pl.col("bucket").is_in(sorted(wanted)))
    if table.matching is not None:
        column, pattern = table.matching
        strings = strings.filter(pl.col(names[table.cells[column].column]).str.contains(pattern))
    read: dict[str, pl.Series] = {"bucket": strings.get_column("bucket"), "subject_id": strings.get_column("_subject")}
    for target, cell in table.cells.items():
        raw = strings.get_column(names[cell.column])
        read[target] = within_limits(read_cells(raw, cell.kind), _FIELDS[target])
        _judge(strings, raw, read[target], cell, target in table.required, defects)
    return pl.DataFrame(read)


def _judge(
    strings: pl.DataFrame, raw: pl.Series, read: pl.Series, cell: Cell, is_required: bool, defects: Defects
) -> None:
    expected = cell.kind.value
    if read.null_count() > raw.null_count():
        unread = strings.filter(read.is_null() & raw.is_not_null())
        _count(unread, RowDefect("bad_value", cell.column, expected, _KEPT), "a cell that cannot be read", defects)
    if is_required and raw.null_count():
        empty = RowDefect("empty_cell", cell.column, expected, _KEPT)
        _count(strings.filter(raw.is_null()), empty, "an empty cell", defects)


def _count(rows: pl.DataFrame, defect: RowDefect, found: str, defects: Defects) -> None:
    for subject, count, line in rows.group_by("_subject").agg(pl.len(), pl.col(LINE).min().alias("first")).iter_rows():
        defects.add(defect, count, line, found, subject)
