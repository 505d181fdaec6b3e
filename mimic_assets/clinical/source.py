"""What the extract asks of a place that holds the clinical tables: csv.gz files (`csv_files`), or BigQuery.

Belongs here: the protocol, and how rows that arrive as text without line numbers are typed. Not here: a client.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import polars as pl

from mimic_assets.clinical.defects import Defects
from mimic_assets.clinical.read_table import Reading
from mimic_assets.clinical.source_tables import SourceTable
from mimic_assets.clinical.typed import typed_rows
from mimic_assets.clinical.wanted import LINE, NOT_ITEM


@runtime_checkable
class ClinicalSource(Protocol):
    """The clinical tables of MIMIC-IV, wherever they lie."""

    def place(self, table: SourceTable) -> str:
        """Return what rejections call a table's place: a path or an address whose last part begins with its name."""
        ...

    def inputs(self) -> dict[str, str]:
        """Return place -> fingerprint of every table that is there; equal means that nothing has to be read."""
        ...

    def notes(self) -> list[str]:
        """Return sentences for a person about the last reading (what it cost); none where there is nothing to say."""
        ...

    def dictionary(self, folder: str, name: str, columns: Sequence[str]) -> pl.DataFrame | None:
        """Return these columns of a dictionary as text; None where it is not there or cannot be read."""
        ...

    def read(self, table: SourceTable, reading: Reading, defects: Defects) -> Iterator[pl.DataFrame]:
        """Yield frames of `typed_rows`, in any order; what is wrong with the table or its rows goes to `defects`."""
        ...


def rows_of_text(strings: pl.DataFrame, table: SourceTable, reading: Reading, defects: Defects) -> pl.DataFrame:
    """Return typed rows of a result that has no lines: a column per `table.columns`, as published text, empty null.

    A row without an item may be any: it is counted in `defects`, as an unreadable item of a file is, and left out.
    """
    strings = strings.with_columns(
        *(pl.col(name).replace("", None) for name in table.columns), pl.lit(0, dtype=pl.Int64).alias(LINE)
    )
    if table.items is not None:
        item = pl.col("itemid").cast(pl.Int64, strict=False)
        lost = strings.filter(item.is_null())
        for subject, count in lost.group_by("subject_id").len().iter_rows():
            whose = int(subject) if subject is not None and subject.isdecimal() else None
            defects.add(NOT_ITEM, count, 0, "a cell that cannot be read", whose)
        strings = strings.filter(item.is_in(sorted(table.items)))
    names = {name: name for name in table.columns}
    return typed_rows(strings, table, names, reading.buckets, reading.wanted, defects)
