"""The other side of the index time: what a label looks at begins after it, and no window ends after it.

Both functions name samples that break the promise; none is expected.
"""

import polars as pl

from mimic_assets.tasks.model import Task


def early_targets(
    task: Task, samples: pl.DataFrame, clinical_labels: pl.DataFrame, clinical_events: pl.DataFrame
) -> list[str]:
    """Return the positives whose event does not surely begin after the index time and after the gap.

    Args:
        task: gives gap and horizon.
        samples: `sample_id stay_id index_time label event_id` of one patient's windows.
        clinical_labels: the same patient's labels of that task.
        clinical_events: the same patient's events.

    Returns:
        sample_id of each positive for which `lower_time - gap > index_time` or `target_start = index_time + gap` does
        not hold, or whose event is not in the ledger or is known to no lower bound; ascending.
    """
    targets = clinical_labels.select("stay_id", "index_time", "target_start_time", labelled=pl.col("event_id"))
    bounds = clinical_events.select("event_id", "lower_time", "upper_time")
    positives = (
        samples.filter("label")
        .join(targets, on=["stay_id", "index_time"], how="left")
        .join(bounds, on="event_id", how="left")
    )
    start, end = pl.col("index_time") + task.gap, pl.col("index_time") + task.gap + task.horizon
    is_right = (
        (pl.col("lower_time") - task.gap > pl.col("index_time"))
        & (pl.col("upper_time") <= end)
        & (pl.col("target_start_time") == start)
        & (pl.col("labelled") == pl.col("event_id"))
    )
    return sorted(positives.filter(~is_right.fill_null(False))["sample_id"].to_list())


def late_windows(task: Task, samples: pl.DataFrame) -> list[str]:
    """Return the windows that are not `(index - observation, index]`, in times or in ticks; ascending by sample_id.

    Args:
        task: gives the length of the observation.
        samples: `sample_id index_time index_tick window_start_time window_start_tick window_end_time window_end_tick`.
    """
    is_right = (
        (pl.col("window_end_time") == pl.col("index_time"))
        & (pl.col("window_start_time") == pl.col("index_time") - task.observation)
        & (pl.col("window_end_tick") <= pl.col("index_tick"))
        & (pl.col("window_start_tick") < pl.col("window_end_tick"))
    )
    return sorted(samples.filter(~is_right.fill_null(False))["sample_id"].to_list())
