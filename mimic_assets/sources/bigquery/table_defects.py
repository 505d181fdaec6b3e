"""What is wrong with a table of BigQuery as a whole, by its description alone: not there, a column short, another type.

Belongs here: judging a description against `SOURCE_TABLES`. Not here: fetching it (`source`), defects of rows.
"""

from google.cloud import bigquery

from mimic_assets.clinical.defects import FileDefect
from mimic_assets.clinical.source_tables import SourceTable

_INTEGERS = ("INTEGER", "INT64")
_ADVICE = "Check that the data sets are MIMIC-IV 2.x or 3.x; the table's rows were not used."


def defect_of(seen: bigquery.Table | None, table: SourceTable, place: str) -> FileDefect | None:
    """Return what is wrong with a table as a whole."""
    if seen is None:
        return FileDefect("missing_table", f"found no table, expected {place}", _ADVICE)
    types = {column.name.lower(): column.field_type for column in seen.schema}
    missing = [name for name in table.columns if name not in types]
    if missing:
        message = f"found no column {', '.join(missing)}, expected {', '.join(table.columns)}"
        return FileDefect("missing_column", message, _ADVICE)
    asked = ["subject_id", *(["itemid"] if table.items is not None else [])]
    for name in asked:
        if types[name] not in _INTEGERS:
            return FileDefect("unreadable_table", f"found column {name} of type {types[name]}, expected INT64", _ADVICE)
    return None
