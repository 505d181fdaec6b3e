"""What has to hold for a held-out number to mean anything: subjects and bytes of one split, statistics of train alone.

The manifest is judged as it is stored; nothing is decided here. `altered` gives what no statistic may notice.
"""

from typing import Final

import polars as pl

from mimic_assets.manifest.splits import split_of
from mimic_assets.schemas.tables import WINDOWED_SAMPLES
from mimic_assets.tasks.model import SplitRule

_FOREIGN: Final = 987_654.0
"""A value that no body and no monitor gives: one of them moves every mean."""


def shared_subjects(manifest: pl.DataFrame) -> list[int]:
    """Return the subjects of a manifest that are in more than one split, ascending; none is expected."""
    per_subject = manifest.group_by("subject_id").agg(splits=pl.col("split").n_unique())
    return sorted(per_subject.filter(pl.col("splits") > 1)["subject_id"].to_list())


def moved_subjects(manifest: pl.DataFrame, rule: SplitRule) -> list[int]:
    """Return the subjects whose split is not that of their id and the seed, ascending; provisional ones have none yet.

    A split by anything else (labels, time, place in a list) moves subjects when data are added or labels change.
    """
    rows = manifest.filter(~pl.col("is_split_provisional")).select("subject_id", "split").unique()
    return sorted({subject for subject, split in rows.iter_rows() if split != split_of(subject, rule).value})


def shared_bytes(manifest: pl.DataFrame) -> list[str]:
    """Return the samples whose bytes, label included, lie in another split too; ascending by sample_id.

    The same recording under two subjects is one patient in two splits, whatever the ids say.
    """
    in_splits = pl.col("split").n_unique().over("sha256")
    return sorted(manifest.filter(in_splits > 1)["sample_id"].to_list())


def mixed_shards(manifest: pl.DataFrame) -> list[str]:
    """Return the shards of a manifest that hold more than one split, or bytes of two samples at one place; ascending.

    Args:
        manifest: `split shard shard_offset shard_length` of training_manifest.
    """
    previous_end = (pl.col("shard_offset") + pl.col("shard_length")).shift(1).over("shard")
    overlaps = (pl.col("shard_offset") < previous_end).fill_null(False)
    per_shard = (
        manifest.sort("shard", "shard_offset", "shard_length")
        .with_columns(overlaps=overlaps)
        .group_by("shard")
        .agg(pl.col("split").n_unique(), pl.col("overlaps").any())
    )
    return sorted(per_shard.filter((pl.col("split") > 1) | pl.col("overlaps"))["shard"].to_list())


def altered(windows: pl.DataFrame) -> pl.DataFrame:
    """Return windows with other labels, places in the stay and values, as far as the columns are there.

    Sample, subject, grid and reasons stay, so the windows pass wherever the true ones do; a statistic that changes with
    them has read them.
    """
    foreign = pl.when(pl.element().is_not_null()).then(_FOREIGN)
    changes = {
        "label": ~pl.col("label"),
        "care_unit": pl.lit("altered"),
        "hours_in_stay": pl.col("hours_in_stay") + 1000,
        "cell_values": pl.col("cell_values").list.eval(foreign),
        "signal_gains": pl.col("signal_gains").list.eval(pl.element() / _FOREIGN),
    }
    present = [name for name in changes if name in windows.columns]
    return windows.with_columns(changes[name].cast(WINDOWED_SAMPLES.schema[name]).alias(name) for name in present)
