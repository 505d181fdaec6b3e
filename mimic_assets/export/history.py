"""One patient's history as rows of the MEDS data schema, sorted by time, static rows first.

Belongs here: which facts become rows, under which code and at which time. Does not belong here: labels (`labels`).

An event of tier A or B stands at its best time, its bounds beside it; one of tier C at the end of its day, one of tier
D at the end of its admission, where ICD codes are given: from then on it had happened for certain. An event that
nothing bounds is left out. Index times are rows of their own, because tools that look for cohorts need something to
trigger on.

Source: Medical Event Data Standard 0.4 (Arnrich et al., 2024), data schema.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from mimic_assets.schemas.vocabulary import Adjudication, Event

DATA: Final = pl.Schema(
    {
        "subject_id": pl.Int64(),
        "time": pl.Datetime("us"),
        "code": pl.String(),
        "numeric_value": pl.Float32(),
        "text_value": pl.String(),
        "hadm_id": pl.Int64(),
        "stay_id": pl.Int64(),
        "event_id": pl.String(),
        "lower_time": pl.Datetime("us"),
        "upper_time": pl.Datetime("us"),
    }
)
"""The columns of MEDS, and what else is known; `lower_time`, `upper_time` bound an event."""
DEATH_CODE: Final = "MEDS_DEATH"
_TABLES: Final = {
    "admissions": ("HOSPITAL_ADMISSION", "HOSPITAL_DISCHARGE"),
    "icustays": ("ICU_ADMISSION", "ICU_DISCHARGE"),
}


def patient_history(
    clinical_extract: pl.DataFrame, clinical_events: pl.DataFrame, clinical_labels: Sequence[pl.DataFrame]
) -> pl.DataFrame:
    """Return the rows of one patient.

    Args:
        clinical_extract: the patient's rows.
        clinical_events: the patient's events; those a reviewer rejected are left out.
        clinical_labels: the patient's labels, one frame per task: each index time becomes a row `INDEX//task`.

    Returns:
        Rows of DATA, sorted by time (null first), then code, stay and event.
    """
    parts = [_static(clinical_extract), *_places(clinical_extract), _events(clinical_events)]
    parts += [_index_times(labels) for labels in clinical_labels if labels.height]
    complete = [_complete(part) for part in parts if part.height]
    rows = pl.concat([pl.DataFrame(schema=DATA), *complete])
    return rows.sort("time", "code", "stay_id", "event_id", nulls_last=False, maintain_order=True)


def _complete(rows: pl.DataFrame) -> pl.DataFrame:
    missing = [pl.lit(None).alias(name) for name in DATA if name not in rows.columns]
    return rows.with_columns(missing).select(pl.col(name).cast(dtype) for name, dtype in DATA.items())


def _static(extract: pl.DataFrame) -> pl.DataFrame:
    patients = extract.filter(source_table="patients").filter(pl.col("value_text").is_not_null()).head(1)
    return patients.select("subject_id", code=pl.format("GENDER//{}", "value_text"))


def _places(extract: pl.DataFrame) -> list[pl.DataFrame]:
    found = []
    for table, (came, left) in _TABLES.items():
        rows = extract.filter(source_table=table)
        unit = pl.format("//{}", "category").fill_null("") if table == "icustays" else pl.lit("")
        for column, code in (("start_time", came), ("end_time", left)):
            timed = rows.filter(pl.col(column).is_not_null())
            kind = pl.concat_str(pl.lit(code), unit) if code == came else pl.lit(code)
            found.append(timed.select("subject_id", "hadm_id", "stay_id", time=column, code=kind))
    return found


def _events(events: pl.DataFrame) -> pl.DataFrame:
    standing = events.filter(pl.col("adjudication").ne_missing(Adjudication.REJECTED.value))
    named = pl.format("EVENT//{}//{}//{}", "event", "event_class", "tier")
    is_death = pl.col("event") == Event.DEATH.value
    timed = standing.with_columns(time=pl.coalesce("event_time", "upper_time")).filter(pl.col("time").is_not_null())
    columns = ["subject_id", "hadm_id", "stay_id", "event_id", "lower_time", "upper_time", "time"]
    deaths = timed.filter(is_death).sort("time", "event_id").head(1).select(*columns, code=pl.lit(DEATH_CODE))
    return pl.concat([timed.select(*columns, code=named), deaths])


def _index_times(labels: pl.DataFrame) -> pl.DataFrame:
    return labels.select("subject_id", "hadm_id", "stay_id", time="index_time", code=pl.format("INDEX//{}", "task"))
