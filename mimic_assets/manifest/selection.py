"""Which samples enter the manifest, and how many of the population each stands for.

Positives are rare and all are taken. In the task's matched splits each stratum (such as care unit x time in the stay)
gives up to `per_positive` negatives for each of its positives, so that a model cannot tell the classes by where and
when they were seen; in the other splits everything stays, at natural prevalence. Splits themselves are in `splits`.
"""

import polars as pl

from mimic_assets.manifest.draws import draws
from mimic_assets.schemas import fields as f
from mimic_assets.tasks.model import ControlRule, Task

UNSTRATIFIED = "all"
"""The one stratum of a task that matches on nothing."""

SELECTION_SCHEMA = pl.Schema(
    {
        column.name: column.dtype
        for column in (f.SAMPLE_ID, f.SUBJECT_ID, f.SPLIT, f.IS_SPLIT_PROVISIONAL, f.SAMPLE_LABEL, f.STRATUM, f.WEIGHT)
    }
)
_CELL = ["split", "stratum"]


def stratum(rule: ControlRule) -> pl.Expr:
    """Return the stratum of a candidate as text, such as `care_unit=MICU; hours_in_stay=(48, 96]`.

    Hours are binned as every interval here, `(start, end]`; 0 h falls into the first bin. A missing care unit is a
    stratum of its own, `care_unit is null`, never mixed with known ones.
    """
    width = rule.hours_in_stay_bin_h
    lower = ((pl.col("hours_in_stay") / width).ceil().cast(pl.Int64) - 1).clip(0) * width
    share = rule.signal_coverage_bin
    lowest = ((pl.col("observed_fraction") / share - 1e-9).ceil() - 1).clip(0) * share
    parts = {
        "care_unit": pl.when(pl.col("care_unit").is_null())
        .then(pl.lit("care_unit is null"))
        .otherwise(pl.format("care_unit={}", pl.col("care_unit"))),
        "hours_in_stay": pl.format("hours_in_stay=({}, {}]", lower, lower + width),
        "signal_coverage": pl.format("signal_coverage=({}, {}]", lowest.round(4), (lowest + share).clip(0, 1).round(4)),
    }
    if not rule.match_on:
        return pl.lit(UNSTRATIFIED).alias("stratum")
    return pl.concat_str([parts[name] for name in rule.match_on], separator="; ").alias("stratum")


def select(candidates: pl.DataFrame, splits: pl.DataFrame, task: Task) -> pl.DataFrame:
    """Return the samples of the manifest with their weights.

    Args:
        candidates: `sample_id subject_id label care_unit hours_in_stay observed_fraction`, one per window of the task.
        splits: `subject_id split is_split_provisional` of every subject of the candidates (`splits.assign`).
        task: Its `controls` say what is matched; its split seed draws.

    Returns:
        `sample_id subject_id split is_split_provisional label stratum weight`, sorted by split and sample.

        - A positive is always there, weight 1.
        - In a matched split with at least one positive, a stratum with p positives and n negatives gives
          m = min(n, per_positive x p) negatives: those with the lowest draws. Where that is fewer than per_positive for
          every positive of the split and the task fills from other strata, the next draws of the split, whatever their
          stratum, make up the number. A chosen negative weighs (negatives of its stratum) / (chosen ones of it), so
          weights stand for the strata that are represented.
        - In a matched split without any positive there is nothing to match: all negatives stay, weight 1
          (`summary` says so). So it is in a split that is not matched.

        New data may change how many negatives a stratum gives, but not their order: of the old ones, the lowest draws
        stay the first to be taken.
    """
    known = candidates.join(splits, on="subject_id", how="inner", validate="m:1").with_columns(stratum(task.controls))
    known = known.with_columns(draws("control", task.split.seed, known["sample_id"])).sort("draw", "sample_id")
    positives = pl.col("label").sum().cast(pl.Int64)
    is_matched = pl.col("split").is_in([split.value for split in task.controls.matched_splits]) & (
        positives.over("split") > 0
    )
    negatives = (~pl.col("label")).sum().cast(pl.Int64).over(_CELL)
    place = pl.col("label").cum_count().over([*_CELL, "label"])
    takes_all = pl.col("label") | ~is_matched
    known = known.with_columns(
        is_matched_control=~takes_all & (place <= positives.over(_CELL) * task.controls.per_positive),
        quota=positives.over("split") * task.controls.per_positive,
    )
    missing = pl.col("quota") - pl.col("is_matched_control").sum().cast(pl.Int64).over("split")
    spare = pl.col("label").cum_count().over(["split", "label", "is_matched_control"])
    fills = ~takes_all & ~pl.col("is_matched_control") & (spare <= missing) & task.controls.fill_from_other_strata
    known = known.with_columns(is_taken=takes_all | pl.col("is_matched_control") | fills)
    chosen = (~pl.col("label") & pl.col("is_taken")).sum().cast(pl.Int64).over(_CELL)
    return (
        known.with_columns(weight=pl.when(takes_all).then(1.0).otherwise(negatives / chosen))
        .filter("is_taken")
        .select(pl.col(name).cast(dtype) for name, dtype in SELECTION_SCHEMA.items())
        .sort("split", "sample_id")
    )
