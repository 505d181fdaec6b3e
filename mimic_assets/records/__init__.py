"""Stage 1, raw: WFDB records and numerics files become typed rows, nothing judged.

Enter: a source in the published layout (`file_tree.FileTree`). Leave: `raw_records`, `raw_numerics`, rejected inputs.

Where do I go to find patients and folders? `layout`. To read a header? `header` (one file), `master` (a record),
`segments`. To know whether a signal file is whole? `signal_files`. To read numerics? `raw_numerics`, its cells in
`cells`, its gzip in `inflate`. To read samples? `samples`. A record of any WFDB
database? `any_record`. What a value is worth is decided in `numerics`, not here.
"""

from mimic_assets.records.any_record import Record, SignalArray, open_wfdb
from mimic_assets.records.checksums import published_checksums
from mimic_assets.records.layout import find_patients, patient_files, patient_folder
from mimic_assets.records.raw_numerics import read_numerics
from mimic_assets.records.raw_records import read_records
from mimic_assets.records.samples import RecordSignals, open_signals

__all__ = [
    "Record",
    "RecordSignals",
    "SignalArray",
    "find_patients",
    "open_signals",
    "open_wfdb",
    "patient_files",
    "patient_folder",
    "published_checksums",
    "read_numerics",
    "read_records",
]
