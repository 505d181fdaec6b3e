"""Subjects and shards of one split, and windows altered so that a statistic that reads them cannot stay the same."""

import polars as pl

from mimic_assets.manifest import altered, assign, fit_normalisation, mixed_shards, shared_subjects
from mimic_assets.schemas.tables import TRAINING_MANIFEST, WINDOWED_SAMPLES
from mimic_assets.schemas.vocabulary import Split
from mimic_assets_tests.unit.manifest.window_frames import random_rows, small_task, stream

ROWS = [
    ("s_1", 1, "train", "a", 64, 40), ("s_2", 1, "train", "a", 104, 40), ("s_3", 2, "train", "b", 64, 40),
    ("s_4", 3, "held_out", "c", 64, 40),
]  # fmt: skip
COLUMNS = ["sample_id", "subject_id", "split", "shard", "shard_offset", "shard_length"]
MANIFEST = pl.DataFrame(ROWS, schema=COLUMNS, orient="row")


def _changed(sample_id: str, **values: object) -> pl.DataFrame:
    return MANIFEST.with_columns(
        pl.when(pl.col("sample_id") == sample_id).then(pl.lit(value)).otherwise(name).alias(name)
        for name, value in values.items()
    )


def test_a_subject_in_two_splits_is_named() -> None:
    assert shared_subjects(MANIFEST) == []
    assert shared_subjects(_changed("s_2", split="tuning")) == [1]
    assert shared_subjects(TRAINING_MANIFEST.empty()) == []


def test_a_shard_of_two_splits_or_with_shared_bytes_is_named() -> None:
    assert mixed_shards(MANIFEST) == []
    assert mixed_shards(_changed("s_2", split="tuning")) == ["a"]
    assert mixed_shards(_changed("s_4", shard="b", shard_offset=104)) == ["b"]
    assert mixed_shards(_changed("s_2", shard_offset=103)) == ["a"]
    assert mixed_shards(_changed("s_2", shard_offset=64)) == ["a"]
    assert mixed_shards(TRAINING_MANIFEST.empty()) == []


def test_statistics_do_not_notice_altered_held_out_windows_and_do_notice_altered_train_windows() -> None:
    task = small_task()
    frames = {subject: random_rows(task, subject, 6, seed=3) for subject in range(1, 16)}
    splits = dict(assign(frames, task.split).select("subject_id", "split").iter_rows())
    assert set(splits.values()) == {split.value for split in Split}
    sound = fit_normalisation(task, stream(frames)).frame
    others = {s: f if splits[s] == Split.TRAIN.value else altered(f) for s, f in frames.items()}
    assert fit_normalisation(task, stream(others)).frame.equals(sound)
    for subject in (s for s, split in splits.items() if split == Split.TRAIN.value):
        one = frames | {subject: altered(frames[subject])}
        assert not fit_normalisation(task, stream(one)).frame.equals(sound)


def test_altered_windows_keep_their_grid_and_lose_everything_else() -> None:
    frame = random_rows(small_task(), 1, 20, seed=1)
    other = altered(frame)
    assert other.schema == WINDOWED_SAMPLES.schema
    assert (
        other["cell_values"]
        .list.eval(pl.element().is_null())
        .equals(frame["cell_values"].list.eval(pl.element().is_null()))
    )
    assert set(other["cell_values"].explode().drop_nulls()) == {987_654.0}
    assert (other["label"] != frame["label"]).all()
    assert other.drop("label", "care_unit", "hours_in_stay", "cell_values").equals(
        frame.drop("label", "care_unit", "hours_in_stay", "cell_values")
    )
    assert altered(frame.select("sample_id", "label")).columns == ["sample_id", "label"]
