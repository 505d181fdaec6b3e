"""Clinical tables -> `clinical_extract`: every source row that events, stays or features need, in one set of columns.

In: `hosp/*.csv.gz` and `icu/*.csv.gz` of MIMIC-IV, 2.x or 3.x, or any other `ClinicalSource`. Out: rows per bucket of
subjects, and a rejection for every defect. Nothing is judged medically here: rows are kept as charted.

Where do I go to... add an item or a code? `needed`. map another table or column? `source_tables`. find which file is
read? `files`. see how bytes become lines, and which lines are refused? `inflate`, `blocks`, `lines`. change how a cell
is read? `cells`. find a defect that spans rows (a stay that ends before it starts)? `domain`. know what a missing
file means for labels? `completeness`. resume by subject? `fingerprints`.
"""

from mimic_assets.clinical.buckets import bucket_expression, bucket_of
from mimic_assets.clinical.completeness import incomplete_tables
from mimic_assets.clinical.csv_files import CsvFiles
from mimic_assets.clinical.extract import extract
from mimic_assets.clinical.files import source_files
from mimic_assets.clinical.fingerprints import subject_fingerprints
from mimic_assets.clinical.source import ClinicalSource
from mimic_assets.clinical.subjects import subjects

__all__ = [
    "ClinicalSource",
    "CsvFiles",
    "bucket_expression",
    "bucket_of",
    "extract",
    "incomplete_tables",
    "source_files",
    "subject_fingerprints",
    "subjects",
]
