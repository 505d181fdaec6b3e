"""Where the clinical tables lie in a source: `hosp/admissions.csv.gz`, or unpacked `.csv`, in letters of any case."""

from dataclasses import dataclass

from mimic_assets.clinical.source_tables import SOURCE_TABLES, SourceTable
from mimic_assets.file_tree import FileTree


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that holds a table."""

    path: str
    is_gzip: bool


def find_file(tree: FileTree, table: SourceTable) -> SourceFile | None:
    """Return the file of a table, csv.gz before csv; None where the source has neither."""
    names = {name.lower(): name for name in sorted(tree.names(table.folder), reverse=True)}
    for suffix, is_gzip in ((".csv.gz", True), (".csv", False)):
        if (name := names.get(table.name + suffix)) is not None:
            return SourceFile(f"{table.folder}/{name}", is_gzip)
    return None


def source_files(tree: FileTree) -> list[str]:
    """Return the paths of the files the extract reads, sorted; a table without a file is left out."""
    found = (find_file(tree, table) for table in SOURCE_TABLES.values())
    return sorted(file.path for file in found if file is not None)
