"""The whole manifest on a few patients: what is in it, what is not, and what stops it."""

import hashlib
import tracemalloc
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mimic_assets.errors import DataError, InternalError
from mimic_assets.manifest import (
    CANDIDATE_COLUMNS,
    BuiltManifest,
    Windows,
    build_manifest,
    fit_normalisation,
    gather_candidates,
    open_shard,
    read_sample,
)
from mimic_assets.manifest.walk import selected_windows
from mimic_assets.schemas.tables import REJECTED_INPUTS, TRAINING_MANIFEST
from mimic_assets.schemas.vocabulary import MissingReason
from mimic_assets.tasks import Task
from mimic_assets_tests.unit.manifest.window_frames import random_rows, small_task, stream, window_rows

CODE = "c" * 64


def build(task: Task, windows: Windows, spool: Path) -> BuiltManifest:
    return build_manifest(task, fit_normalisation(task, windows).frame, windows, spool, CODE)


def test_no_windows_give_an_empty_manifest_that_says_so(tmp_path: Path) -> None:
    built = build(small_task(), stream({}), tmp_path)
    assert built.manifest.frame.equals(TRAINING_MANIFEST.empty())
    assert dict(built.manifest.frame.schema) == dict(TRAINING_MANIFEST.schema)
    assert built.shards == []
    assert built.summary.sample_count == 0
    assert built.summary.notes == ("No window of this task exists: the manifest is empty.",)
    assert built.summary.splits["split"].to_list() == ["train", "tuning", "held_out"]


def test_patients_without_windows_change_nothing(tmp_path: Path) -> None:
    task = small_task()
    frames = {1: window_rows(task, 1, [True, False])}
    built = build(task, stream(frames), tmp_path / "a")
    with_empty = build(task, stream(frames | {2: window_rows(task, 2, [])}), tmp_path / "b")
    assert with_empty.manifest.frame.equals(built.manifest.frame)


def test_every_sample_is_where_the_manifest_says(tmp_path: Path) -> None:
    task = small_task()
    frames = {subject: random_rows(task, subject, 12, seed=4) for subject in range(1, 16)}
    built = build(task, stream(frames), tmp_path)
    paths = {f"training_manifest/task={task.name}/shards/{name}": path for name, path in built.shards}
    windows = {row["sample_id"]: row for frame in frames.values() for row in frame.iter_rows(named=True)}
    assert dict(built.manifest.frame.schema) == dict(TRAINING_MANIFEST.schema)
    for row in built.manifest.frame.iter_rows(named=True):
        data = paths[row["shard"]].read_bytes()[row["shard_offset"] :][: row["shard_length"]]
        window = windows[row["sample_id"]]
        assert hashlib.sha256(data).hexdigest() == row["sha256"]
        sample = read_sample(paths[row["shard"]].read_bytes(), row["shard_offset"], row["shard_length"])
        expected = [np.nan if v is None else v for v in window["cell_values"]]
        np.testing.assert_array_equal(sample.values.ravel(), np.float32(expected))
        assert sample.reasons.ravel().tolist() == window["cell_reasons"]
        assert sample.label == window["label"] == row["label"]
        assert Path(row["shard"]).name.startswith(f"{row['split']}-")
        assert (row["task_fingerprint"], row["code_fingerprint"]) == (task.fingerprint, CODE)
        assert (row["stay_id"], row["record_id"], row["index_time"]) == (
            window["stay_id"], window["record_id"], window["index_time"],
        )  # fmt: skip
    assert built.manifest.frame.equals(built.manifest.frame.sort("split", "shard", "shard_offset"))
    assert built.manifest.rejected.is_empty()


def test_the_summary_counts_what_the_manifest_holds(tmp_path: Path) -> None:
    task = small_task()
    frames = {subject: random_rows(task, subject, 12, seed=4) for subject in range(1, 16)}
    built = build(task, stream(frames), tmp_path)
    manifest, everything = built.manifest.frame, pl.concat(frames.values())
    split_of = dict(manifest.select("subject_id", "split").iter_rows())
    for row in built.summary.splits.iter_rows(named=True):
        mine = manifest.filter(pl.col("split") == row["split"])
        subjects = [subject for subject, split in split_of.items() if split == row["split"]]
        assert row["is_matched"] == (row["split"] != "held_out")
        assert row["subject_count"] == len(subjects)
        assert row["positive_subject_count"] == mine.filter("label")["subject_id"].n_unique()
        assert (row["positive_count"], row["negative_count"]) == (mine["label"].sum(), (~mine["label"]).sum())
        negatives = everything.filter(~pl.col("label") & pl.col("subject_id").is_in(subjects)).height
        assert row["negative_population_count"] == negatives
        assert row["weight_sum"] == pytest.approx(mine["weight"].sum())
        assert row["shard_count"] == mine["shard"].n_unique()
    assert built.summary.sample_count == manifest.height
    assert built.summary.notes == ()


def test_notes_tell_of_provisional_splits_and_missing_positives(tmp_path: Path) -> None:
    task = small_task()
    built = build(task, stream({s: window_rows(task, s, [False, False]) for s in (1, 2)}), tmp_path)
    assert built.manifest.frame["is_split_provisional"].all()
    assert built.manifest.frame["split"].unique().to_list() == ["train"]
    provisional, no_positive = built.summary.notes
    assert provisional.startswith("2 subjects have windows, fewer than 10")
    assert (
        no_positive
        == "Split train has 4 negatives and no positive, with nothing to match: all of its negatives are kept."
    )


def test_train_medians_fill_gaps_and_reasons_stay(tmp_path: Path) -> None:
    task = small_task(numerics={"gap_policy": "train_median"})
    values = np.array([[[60, np.nan, 80], [np.nan] * 3], [[70, 90, np.nan], [np.nan] * 3]])
    built = build(task, stream({1: window_rows(task, 1, [True, False], values=values)}), tmp_path)
    shard = open_shard(built.shards[0][1].read_bytes())
    order = np.argsort(~shard.labels)  # as they came: the positive first
    assert shard.layout.gap_policy == "train_median"
    np.testing.assert_array_equal(shard.values[order, 0], np.float32([[60, 70, 80], [70, 90, 70]]))
    assert np.isnan(shard.values[:, 1]).all()  # never observed: there is no median
    ok, missing = MissingReason.OBSERVED.code, MissingReason.NOT_MEASURED.code
    assert shard.reasons[order, 0].tolist() == [[ok, missing, ok], [ok, ok, missing]]
    assert np.isnan(shard.ages_s[order[0], 0, 1])


def test_missing_cells_are_one_nan_to_the_bit(tmp_path: Path) -> None:
    task = small_task(parameters=("heart_rate",), cells=1)
    built = build(task, stream({1: window_rows(task, 1, [True], values=np.array([[[np.nan]]]))}), tmp_path)
    (sample,) = open_shard(built.shards[0][1].read_bytes()).samples
    assert (sample.values.tobytes(), sample.ages_s.tobytes()) == (bytes.fromhex("0000c07f"),) * 2
    assert (sample.reasons.tolist(), sample.label) == ([[3]], True)


def test_windows_of_another_grid_are_left_out_and_named(tmp_path: Path) -> None:
    task, old = small_task(), small_task(cells=4)
    swapped = small_task(parameters=("spo2", "heart_rate"))
    frames = {
        1: window_rows(task, 1, [True]),
        2: window_rows(old, 2, [True, False]),
        3: window_rows(swapped, 3, [True]),
    }
    built = build(task, stream(frames), tmp_path)
    assert built.manifest.frame["subject_id"].to_list() == [1]
    rejected = built.manifest.rejected
    assert dict(rejected.schema) == dict(REJECTED_INPUTS.schema)
    assert rejected.select("subject_id", "table", "rule", "defect_count").rows() == [
        (2, "training_manifest", "stale_windows", 2),
        (3, "training_manifest", "stale_windows", 1),
    ]
    assert rejected["message"][0].startswith("found windows of 4 cells of 60 s of heart_rate, spo2, expected 3 cells")


def test_candidates_need_no_tensors(tmp_path: Path) -> None:
    task = small_task()
    frames = {subject: random_rows(task, subject, 8, seed=9) for subject in range(1, 12)}
    narrow = gather_candidates(task, stream({s: frame.select(CANDIDATE_COLUMNS) for s, frame in frames.items()}))
    plain = build(task, stream(frames), tmp_path / "a")
    statistics = fit_normalisation(task, stream(frames), candidates=narrow).frame
    built = build_manifest(task, statistics, stream(frames), tmp_path / "b", CODE, candidates=narrow)
    assert built.manifest.frame.equals(plain.manifest.frame)


def test_statistics_of_another_task_are_refused(tmp_path: Path) -> None:
    task, other = small_task(), small_task(parameters=("heart_rate",))
    with pytest.raises(DataError, match="heart_rate found, heart_rate, spo2 expected"):
        build_manifest(task, fit_normalisation(other, stream({})).frame, stream({}), tmp_path, CODE)


def test_windows_that_vanish_between_two_walks_stop_the_manifest(tmp_path: Path) -> None:
    task = small_task()
    frames = {1: window_rows(task, 1, [True, False]), 2: window_rows(task, 2, [True])}
    known = gather_candidates(task, stream(frames))
    statistics = fit_normalisation(task, stream(frames)).frame
    with pytest.raises(InternalError, match="1 of 3 selected samples were not found"):
        build_manifest(task, statistics, stream({1: frames[1]}), tmp_path, CODE, candidates=known)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subject_id": pl.lit(9)}, "2 rows of another subject"),
        ({"task": pl.lit("other")}, "2 rows of another subject or task"),
        ({"label": pl.lit(None, dtype=pl.Boolean)}, "without a label"),
        ({"sample_id": pl.lit("s_1")}, "1 repeated sample_id"),
        ({"cell_values": pl.lit([1.0], dtype=pl.List(pl.Float32))}, "cell_values: 2 windows found"),
        ({"cell_values": pl.lit(None, dtype=pl.List(pl.Float32))}, "cell_values: 2 windows found"),
        (
            {"cell_values": pl.lit([None] * 6, dtype=pl.List(pl.Float32))},
            "12 cells found whose value or age contradicts",
        ),
        ({"cell_ages_s": pl.lit([float("inf")] * 6, dtype=pl.List(pl.Float32))}, "12 cells found whose value or age"),
        ({"cell_reasons": pl.lit([None] * 6, dtype=pl.List(pl.UInt8))}, "cell_reasons: 12 nulls"),
        ({"cell_reasons": pl.lit([4] * 6, dtype=pl.List(pl.UInt8))}, "12 cells found whose value or age contradicts"),
    ],
)
def test_broken_promises_of_the_windows_are_found(change: dict[str, pl.Expr], message: str) -> None:
    task = small_task()
    frame = window_rows(task, 1, [True, False]).with_columns(**change)
    with pytest.raises(InternalError, match=message):
        fit_normalisation(task, stream({1: frame}))


def test_patients_out_of_order_are_found() -> None:
    task = small_task()

    def walk() -> Iterator[tuple[int, pl.DataFrame]]:
        yield from ((subject, window_rows(task, subject, [True])) for subject in (2, 1))

    with pytest.raises(InternalError, match="found subject 1 after 2"):
        gather_candidates(task, walk)


def test_no_more_than_one_patient_is_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames are counted while they live: when the next is made, the last one and what was cut from it must be gone."""
    task = small_task()
    alive = most = 0

    def watched(frame: pl.DataFrame) -> pl.DataFrame:
        nonlocal alive
        alive += 1
        weakref.finalize(frame, gone)
        return frame

    def gone() -> None:
        nonlocal alive
        alive -= 1

    def walk() -> Iterator[tuple[int, pl.DataFrame]]:
        nonlocal most
        for subject in range(1, 41):
            most = max(most, alive)
            yield subject, watched(random_rows(task, subject, 5, seed=1))

    def watched_pieces(windows: Windows, selected: pl.DataFrame) -> Iterator[pl.DataFrame]:
        return map(watched, selected_windows(windows, selected))

    monkeypatch.setattr("mimic_assets.manifest.normalisation.selected_windows", watched_pieces)
    monkeypatch.setattr("mimic_assets.manifest.manifest.selected_windows", watched_pieces)
    built = build(task, walk, tmp_path)
    assert built.summary.splits["subject_count"].sum() == 40
    assert most == 0


def test_memory_does_not_grow_with_patients(tmp_path: Path) -> None:
    """Arrays and Python objects of 10 and of 60 patients; a manifest row is far smaller than its tensor."""
    task = small_task(cells=500)

    def peak(patients: int) -> int:
        def walk() -> Iterator[tuple[int, pl.DataFrame]]:
            for subject in range(1, patients + 1):
                yield (
                    subject,
                    base.with_columns(subject_id=pl.lit(subject), sample_id=pl.col("sample_id") + f"{subject}"),
                )

        base = random_rows(task, 1, 40, seed=1, positives=1.0)
        statistics = fit_normalisation(task, walk).frame
        tracemalloc.start()
        build_manifest(task, statistics, walk, tmp_path / str(patients), CODE)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    tensor_bytes = 40 * 2 * 500 * 9
    assert peak(60) - peak(10) < 2 * tensor_bytes  # fifty patients more would be fifty times this
