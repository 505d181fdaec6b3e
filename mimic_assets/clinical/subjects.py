"""Who is in the clinical source, from `patients` alone."""

from mimic_assets.clinical.csv_files import as_source
from mimic_assets.clinical.defects import Defects
from mimic_assets.clinical.read_table import Reading
from mimic_assets.clinical.source import ClinicalSource
from mimic_assets.clinical.source_tables import SOURCE_TABLES
from mimic_assets.file_tree import FileTree


def subjects(source: FileTree | ClinicalSource) -> list[int]:
    """Return the subject ids of patients, ascending, without repeats; none where the table is missing or unreadable."""
    table = SOURCE_TABLES["patients"]
    reading = Reading(buckets=1, wanted=frozenset({0}))
    found: set[int] = set()
    tables = as_source(source)
    for rows in tables.read(table, reading, Defects(tables.place(table))):
        found.update(rows.get_column("subject_id").to_list())
    return sorted(found)
