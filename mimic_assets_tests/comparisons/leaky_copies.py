"""Window tables that leak on purpose, one kind each, and the check of icu-leakage-check that has to say so."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from mimic_assets.manifest import normalisation
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import Task
from mimic_assets_tests.comparisons.leakage_check import Copy
from mimic_assets_tests.comparisons.window_table import WindowTable, provenance


@dataclass(frozen=True, slots=True)
class Leaky:
    """A leaky copy."""

    check: str
    """The check that has to find it."""
    status: str
    """What it says: some leaks the tool can only suspect."""
    make: Callable[[WindowTable, Lake, Task], Copy]


def _rows(table: WindowTable, **columns: pl.Expr) -> WindowTable:
    return replace(table, rows=table.rows.with_columns(**columns))


def _windows_past_the_index(table: WindowTable, lake: Lake, task: Task) -> Copy:
    late = table.rows.with_columns(pl.col("window_end_time") + pl.duration(minutes=5))
    return Copy(replace(table, provenance=provenance(lake, task, late)))


def _duplicates(table: WindowTable, _lake: Lake, _task: Task) -> Copy:
    train = table.rows.filter(pl.col("split") == "train")
    copies = train.head(3).with_columns(split=pl.lit("test"), sample_id=pl.lit("copy") + pl.col("sample_id"))
    return Copy(replace(table, rows=pl.concat([table.rows, copies])))


def _statistics_of_every_split(table: WindowTable, lake: Lake, task: Task) -> Copy:
    counts = {name: normalisation.ValueCounts() for name in task.numerics.parameters}
    for name in counts:
        counts[name].add(table.cells[name].drop_nulls().to_numpy())
    rows = [(name, c.mean, c.standard_deviation, c.total) for name, c in counts.items()]
    fitted = pl.DataFrame(rows, schema=["parameter", "mean", "standard_deviation", "observed_count"], orient="row")
    return Copy(replace(table, statistics=fitted))


def _subject_in_two_splits(table: WindowTable, _lake: Lake, _task: Task) -> Copy:
    every_third = pl.int_range(pl.len()) % 3 == 0
    return Copy(_rows(table, split=pl.when(every_third).then(pl.lit("test")).otherwise("split")))


def _interpolated_before_the_split(table: WindowTable, _lake: Lake, _task: Task) -> Copy:
    """As SMOTE does it (Chawla 2002): rows of the rarer label between near neighbours of that label, some held out."""
    counts = table.rows["label"].value_counts().sort("count")
    rows = table.rows.filter(label=counts["label"][0]).sort("sample_id")
    made_count = min(rows.height, counts["count"][1] - counts["count"][0] - 1)  # the rarer label stays the rarer one
    complete = [name for name in table.features if rows[name].null_count() == 0 and rows[name].n_unique() > 1]
    values = rows.select((pl.col(complete) - pl.col(complete).mean()) / pl.col(complete).std()).to_numpy()
    distance = np.linalg.norm(values[:, None] - values[None, :], axis=2)
    distance[distance < 1e-9] = np.inf  # itself and its copies
    neighbours = rows[np.argmin(distance, axis=1).tolist()]
    share = pl.Series("share", np.linspace(0.2, 0.8, rows.height))
    made = rows.with_columns(
        *((rows[name] + share * (neighbours[name] - rows[name])).alias(name) for name in table.features),
        sample_id=pl.lit("made") + pl.col("sample_id"),
        split=pl.Series(["train", "valid", "test"] * rows.height).head(rows.height),
    )
    return Copy(replace(table, rows=pl.concat([table.rows, made.head(made_count)])))


def _lowest_pressure_of_the_target(table: WindowTable, _lake: Lake, _task: Task) -> Copy:
    """A feature that was summarised over the hour of the target: it is the label in other words."""
    lowest = pl.when(pl.col("label") == 1).then(55.0).otherwise(68.0) + pl.int_range(pl.len()) % 9
    return Copy(_rows(table, lowest=lowest), features=["lowest"])


LEAKY: dict[str, Leaky] = {
    "subject_in_two_splits": Leaky(
        "entity_overlap", "fail",
        _subject_in_two_splits,
    ),
    "duplicated_rows": Leaky("duplicate_records", "fail", _duplicates),
    "target_before_the_index": Leaky(
        "outcome_timing", "fail",
        lambda t, _lake, _task: Copy(_rows(t, outcome_time=pl.col("outcome_time") - pl.duration(hours=2))),
    ),
    "windows_past_the_index": Leaky("event_timing", "fail", _windows_past_the_index),
    "stages_that_hold_from_the_future": Leaky(
        "truncation_invariance", "fail", lambda t, _lake, _task: Copy(t, leak="value_held_from_the_future")
    ),
    "eligible_by_the_end_of_the_stay": Leaky(
        "eligibility_timing", "fail", lambda t, _lake, _task: Copy(_rows(t, eligibility_time=pl.col("stay_end_time")))
    ),
    "length_of_stay_as_a_feature": Leaky(
        "hindsight_features", "fail", lambda t, _lake, _task: Copy(t, features=["los"])
    ),
    "label_as_a_feature": Leaky("hindsight_features", "fail", lambda t, _lake, _task: Copy(t, features=["label"])),
    "missing_where_it_happens": Leaky(
        "missingness_proxy", "fail",
        lambda t, _lake, _task: Copy(_rows(t, gauge=pl.when(pl.col("label") == 0).then(1.5)), features=["gauge"]),
    ),
    "lowest_pressure_of_the_target_as_a_feature": Leaky(
        "single_feature_dominance", "fail", _lowest_pressure_of_the_target
    ),
    "rows_interpolated_before_the_split": Leaky("synthetic_samples", "fail", _interpolated_before_the_split),
    "care_limitation_as_a_feature": Leaky(
        "outcome_proxies", "warn", lambda t, _lake, _task: Copy(t, features=["care_limitation"])
    ),
    "normalisation_on_every_split": Leaky("preprocessing_fit", "fail", _statistics_of_every_split),
    "subjects_sold_as_a_split_in_time": Leaky(
        "temporal_order", "fail", lambda t, _lake, _task: Copy(t, arguments={"split_strategy": "temporal"})
    ),
    "statistics_declared_not_of_train": Leaky(
        "declarations", "warn",
        lambda t, _lake, _task: Copy(t, arguments={"declarations": {"preprocessing_fitted_on_training_only": False}}),
    ),
}  # fmt: skip
"""Kind of leak -> the copy and its check. `site_overlap` and `threshold_selection` have nothing to look at here."""
