"""Events and labels in the words of other tools: `clinical_extract`, `clinical_events`, `clinical_labels` -> MEDS.

In: one patient's frames. Out: rows of the MEDS data and label schemas. The format we write is specified in
`docs/formats/meds-export.md`. Does not belong here: files, shards, validation (`cli.meds_export`).

Where do I go to... see which rows a patient's history has? `history`. which labels? `labels`. what a
code means? `codes`.
"""

from mimic_assets.export.codes import describe_codes
from mimic_assets.export.history import DATA, patient_history
from mimic_assets.export.labels import LABELS, patient_labels

__all__ = ["DATA", "LABELS", "describe_codes", "patient_history", "patient_labels"]
