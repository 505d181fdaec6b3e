"""What a manifest holds, counted: samples, subjects and weights per split, and what a person should be told.

Counts only, nothing of a single patient. The label rate by time to the record's end belongs to the windows.
"""

from dataclasses import dataclass

import polars as pl

from mimic_assets.manifest.splits import MINIMUM_SUBJECTS
from mimic_assets.schemas.vocabulary import Split
from mimic_assets.tasks.model import Task

_COUNTS = ("subject_count", "positive_subject_count", "positive_count", "negative_count", "negative_population_count")


@dataclass(frozen=True, slots=True)
class Summary:
    """A manifest in numbers."""

    splits: pl.DataFrame
    """`split is_matched subject_count positive_subject_count positive_count negative_count negative_population_count
    weight_sum shard_count`; one row per split, in the order train, tuning, held_out."""
    notes: tuple[str, ...]
    """Sentences for a person: an empty manifest, a provisional split, a split without positives."""

    @property
    def sample_count(self) -> int:
        """Samples of the manifest."""
        return int(self.splits.select((pl.col("positive_count") + pl.col("negative_count")).sum()).item())


def summarise(
    candidates: pl.DataFrame, splits: pl.DataFrame, selected: pl.DataFrame, shards: pl.Series, task: Task
) -> Summary:
    """Return the numbers of a manifest.

    Args:
        candidates: Every window of the task: `subject_id label`.
        splits: Split of every subject.
        selected: Rows of `selection.select`.
        shards: Split of every shard, one entry per shard.
        task: The task.

    Returns:
        Per split: subjects with selected samples (and with positives among them), positives, chosen negatives, all
        negatives they were chosen from, sum of weights, shards; and the notes.
    """
    by_split = candidates.join(splits, on="subject_id").group_by("split")
    population = by_split.agg(negative_population_count=(~pl.col("label")).sum())
    chosen = selected.group_by("split").agg(
        subject_count=pl.col("subject_id").n_unique(),
        positive_subject_count=pl.col("subject_id").filter("label").n_unique(),
        positive_count=pl.col("label").sum(),
        negative_count=(~pl.col("label")).sum(),
        weight_sum=pl.col("weight").sort().sum(),
    )
    files = shards.rename("split").to_frame().group_by("split").agg(shard_count=pl.len())
    order = pl.DataFrame({"split": [split.value for split in Split]})
    matched = [split.value for split in task.controls.matched_splits]
    frame = (
        order.join(population, on="split", how="left", maintain_order="left")
        .join(chosen, on="split", how="left", maintain_order="left")
        .join(files, on="split", how="left", maintain_order="left")
        .select(
            "split",
            pl.col("split").is_in(matched).alias("is_matched"),
            *(pl.col(name).fill_null(0).cast(pl.Int64) for name in _COUNTS),
            pl.col("weight_sum").fill_null(0.0),
            pl.col("shard_count").fill_null(0).cast(pl.Int64),
        )
    )
    return Summary(frame, tuple(_notes(frame, splits)))


def _notes(frame: pl.DataFrame, splits: pl.DataFrame) -> list[str]:
    notes = []
    if splits.is_empty():
        notes.append("No window of this task exists: the manifest is empty.")
    elif splits["is_split_provisional"].any():
        notes.append(
            f"{splits.height} subjects have windows, fewer than {MINIMUM_SUBJECTS}: all are in train, provisionally; "
            "splits become final when more arrive."
        )
    for row in frame.iter_rows(named=True):
        if row["negative_count"] and not row["positive_count"]:
            matching = ", with nothing to match: all of its negatives are kept" if row["is_matched"] else ""
            notes.append(f"Split {row['split']} has {row['negative_count']} negatives and no positive{matching}.")
    return notes
