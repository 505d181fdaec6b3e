"""Who is in the clinical source, from `patients` alone."""

from mimic_assets.clinical.read_table import Reading, open_defects, read_table
from mimic_assets.clinical.source_tables import SOURCE_TABLES
from mimic_assets.file_tree import FileTree


def subjects(tree: FileTree) -> list[int]:
    """Return the subject ids of patients, ascending, without repeats; none where the table is missing or unreadable."""
    table = SOURCE_TABLES["patients"]
    reading = Reading(buckets=1, wanted=frozenset({0}))
    found: set[int] = set()
    for rows in read_table(tree, table, reading, open_defects(tree, table)):
        found.update(rows.get_column("subject_id").to_list())
    return sorted(found)
