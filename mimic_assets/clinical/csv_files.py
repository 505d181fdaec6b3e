"""The clinical tables as csv.gz files below one root."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from mimic_assets.clinical.defects import Defects
from mimic_assets.clinical.files import find_file, source_files
from mimic_assets.clinical.read_table import Reading, read_table
from mimic_assets.clinical.source import ClinicalSource
from mimic_assets.clinical.source_tables import SourceTable
from mimic_assets.file_tree import FileTree


@dataclass(frozen=True, slots=True)
class CsvFiles:
    """`hosp/` and `icu/` of a file tree, as a `ClinicalSource`."""

    tree: FileTree

    def place(self, table: SourceTable) -> str:
        """Return the path of a table's file, as it lies there or as it is published."""
        found = find_file(self.tree, table)
        return table.file if found is None else found.path

    def inputs(self) -> dict[str, str]:
        """Return path -> SHA-256 of every file that is read."""
        return {path: self.tree.sha256(path) for path in source_files(self.tree)}

    def notes(self) -> list[str]:
        """Return nothing: reading files costs nothing."""
        return []

    def read(self, table: SourceTable, reading: Reading, defects: Defects) -> Iterator[pl.DataFrame]:
        """Yield frames of `typed_rows`, in file order."""
        return read_table(self.tree, table, reading, defects)


def as_source(source: FileTree | ClinicalSource) -> ClinicalSource:
    """Return a source as it is, and a file tree as the csv.gz files in it."""
    return source if isinstance(source, ClinicalSource) else CsvFiles(source)
