"""Our window table as the other tool reads it: a row per sample of the manifest, and the cells it was made from.

Belongs here: joining stored tables. Nothing is judged here; `leakage_check` runs the audits.
"""

from dataclasses import dataclass

import polars as pl

from mimic_assets import clinical
from mimic_assets.schemas.tables import (
    CLEANED_NUMERICS,
    CLINICAL_EVENTS,
    CLINICAL_EXTRACT,
    CLINICAL_LABELS,
    RAW_NUMERICS,
    RECORD_STAYS,
    TRAINING_MANIFEST,
    TRAINING_NORMALISATION,
    WINDOWED_SAMPLES,
)
from mimic_assets.schemas.vocabulary import MissingReason
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import Task

REBUILT = 16
"""Windows whose features the other tool has made again."""
_SPLITS = {"train": "train", "tuning": "valid", "held_out": "test"}


@dataclass(frozen=True, slots=True)
class WindowTable:
    """What is audited."""

    rows: pl.DataFrame
    """A row per sample: ids, `split label index_time outcome_time eligibility_time year`, later facts, the features."""
    features: list[str]
    provenance: pl.DataFrame
    """A row per cell of cleaned_numerics that lies in a window: `entity_id variable event_time index_time`."""
    raw: pl.DataFrame
    """Rows of raw_numerics around REBUILT windows, later ones included."""
    cells: pl.DataFrame
    """A row per cell of a sample: `split`, and each parameter's value where it was observed."""
    statistics: pl.DataFrame
    """training_normalisation."""


def export(lake: Lake, task: Task) -> WindowTable:
    """Return the window table of a task in a lake."""
    manifest = lake.scan(TRAINING_MANIFEST, task.name).select("sample_id", "split").collect()
    samples = lake.scan(WINDOWED_SAMPLES, task.name).collect().join(manifest, on="sample_id").sort("sample_id")
    subjects = samples["subject_id"].unique().sort().to_list()
    labels = lake.scan(CLINICAL_LABELS, task.name).select("stay_id", "index_time", "hadm_id").collect()
    events = pl.concat([lake.read(CLINICAL_EVENTS, Key(s)) for s in subjects]).select(
        "event_id", outcome_time="lower_time"
    )
    stays = pl.concat([lake.read(RECORD_STAYS, Key(s)) for s in subjects]).select(
        "record_id", "stay_id", "stay_start_time", "stay_end_time", "overlap_start_time"
    )
    buckets = len(lake.keys(CLINICAL_EXTRACT))
    people = pl.concat(
        [lake.read(CLINICAL_EXTRACT, Key(clinical.bucket_of(s, buckets)), subject_id=s) for s in subjects]
    ).filter(pl.col("source_table") == "patients").select("subject_id", year="category")  # fmt: skip
    features = samples["feature_names"][0].to_list()
    wide = pl.DataFrame(samples["feature_values"].to_list(), schema=dict.fromkeys(features, pl.Float64), orient="row")
    joined = (
        samples.join(labels, on=["stay_id", "index_time"], how="left", maintain_order="left")
        .join(events, on="event_id", how="left", maintain_order="left")
        .join(stays, on=["record_id", "stay_id"], how="left", maintain_order="left")
        .join(people, on="subject_id", how="left", maintain_order="left")
    )
    rows = joined.select(
        "sample_id", "subject_id", "hadm_id", "stay_id", "record_id", "index_time", "window_start_time",
        "window_end_time", "stay_end_time", "care_limitation", "year", pl.col("split").replace_strict(_SPLITS),
        pl.col("label").cast(pl.Int64), pl.when("label").then("outcome_time").alias("outcome_time"),
        eligibility_time="stay_start_time",
        los=(pl.col("stay_end_time") - pl.col("stay_start_time")).dt.total_hours().cast(pl.Float64) / 24,
    )  # fmt: skip
    return WindowTable(
        pl.concat([rows, wide], how="horizontal"), features, provenance(lake, task, rows), _raw(lake, rows),
        _cells(samples, task), lake.scan(TRAINING_NORMALISATION, task.name).collect(),
    )  # fmt: skip


def provenance(lake: Lake, task: Task, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the usable cells within the windows as the table itself gives their bounds."""
    found = []
    for (subject_id,), own in rows.partition_by("subject_id", as_dict=True, maintain_order=True).items():
        cells = lake.read(CLEANED_NUMERICS, Key(int(str(subject_id)))).filter(
            (pl.col("flag") == "ok") & pl.col("parameter").is_in(list(task.numerics.parameters))
        )
        for row in own.iter_rows(named=True):
            inside = (pl.col("time") > row["window_start_time"]) & (pl.col("time") <= row["window_end_time"])
            found.append(
                cells.filter(inside & (pl.col("record_id") == row["record_id"])).select(
                    pl.lit(row["sample_id"]).alias("entity_id"), variable="parameter", event_time="time",
                    available_time="time", index_time=pl.lit(row["index_time"]),
                )
            )  # fmt: skip
    return pl.concat(found)


def _raw(lake: Lake, rows: pl.DataFrame) -> pl.DataFrame:
    """Return raw cells from the window's start to a quarter of an hour after the index time."""
    found = []
    for row in rows.gather_every(max(1, rows.height // REBUILT)).head(REBUILT).iter_rows(named=True):
        until = pl.lit(row["index_time"]) + pl.duration(minutes=15)
        near = (pl.col("time") > row["window_start_time"]) & (pl.col("time") <= until)
        cells = lake.read(RAW_NUMERICS, Key(row["subject_id"])).filter(near & (pl.col("record_id") == row["record_id"]))
        found.append(
            cells.with_columns(
                event_time="time", entity_id=pl.lit(row["sample_id"]), stay_id=pl.lit(row["stay_id"]),
                asked_time=pl.lit(row["index_time"]),
            )
        )  # fmt: skip
    return pl.concat(found)


def _cells(samples: pl.DataFrame, task: Task) -> pl.DataFrame:
    rule = task.numerics
    frames = []
    for row in samples.iter_rows(named=True):
        observed = [
            value if reason == MissingReason.OBSERVED.code else None
            for value, reason in zip(row["cell_values"], row["cell_reasons"], strict=True)
        ]
        columns = {
            name: pl.Series(observed[place * rule.cell_count : (place + 1) * rule.cell_count], dtype=pl.Float64)
            for place, name in enumerate(rule.parameters)
        }
        frames.append(pl.DataFrame(columns).with_columns(split=pl.lit(_SPLITS[row["split"]])))
    return pl.concat(frames)
