"""The clinical tables as csv.gz files below one root."""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

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

    def dictionary(self, folder: str, name: str, columns: Sequence[str]) -> pl.DataFrame | None:
        """Return these columns of a dictionary as text; None where there is no file, or none that can be read."""
        path = next((p for end in (".csv.gz", ".csv") if self.tree.exists(p := f"{folder}/{name}{end}")), None)
        if path is None:
            return None
        with self.tree.open(path) as file:
            content = file.read()
        try:
            text = gzip.decompress(content) if path.endswith(".gz") else content
            return pl.read_csv(BytesIO(text), infer_schema=False).select(columns)
        except (OSError, EOFError, pl.exceptions.PolarsError):
            return None

    def read(self, table: SourceTable, reading: Reading, defects: Defects) -> Iterator[pl.DataFrame]:
        """Yield frames of `typed_rows`, in file order."""
        return read_table(self.tree, table, reading, defects)


def as_source(source: FileTree | ClinicalSource) -> ClinicalSource:
    """Return a source as it is, and a file tree as the csv.gz files in it."""
    return source if isinstance(source, ClinicalSource) else CsvFiles(source)
