"""One patient's labels as rows of the MEDS label schema.

Belongs here: which labels are told. Does not belong here: how a label is made (`windows`). An excluded index time has
no label and no row: what is unknown is not told as false.
"""

from typing import Final

import polars as pl

LABELS: Final = pl.Schema(
    {"subject_id": pl.Int64(), "prediction_time": pl.Datetime("us"), "boolean_value": pl.Boolean()}
)
"""The columns of MEDS; it allows no others."""


def patient_labels(clinical_labels: pl.DataFrame) -> pl.DataFrame:
    """Return the labels of one patient and task, sorted by prediction time, then stay.

    Args:
        clinical_labels: rows of one patient and task.
    """
    told = clinical_labels.filter(pl.col("label").is_not_null()).sort("index_time", "stay_id")
    return told.select("subject_id", prediction_time="index_time", boolean_value="label")
