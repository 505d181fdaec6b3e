"""Laws of splits, selection, statistics and bytes, against slow and obvious code."""

import hashlib
import math
import statistics
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mimic_assets.manifest import assign, build_manifest, fit_normalisation, select
from mimic_assets.manifest.value_counts import ValueCounts
from mimic_assets.tasks.model import SplitRule
from mimic_assets_tests.unit.manifest.window_frames import random_rows, small_task, stream

CODE = "c" * 64
RULE = SplitRule(seed=20260101, train=0.6, tuning=0.2, held_out=0.2)
CANDIDATE = {
    "sample_id": pl.String,
    "subject_id": pl.Int64,
    "label": pl.Boolean,
    "care_unit": pl.String,
    "hours_in_stay": pl.Float64,
}
SUBJECTS = st.lists(st.integers(1, 10**8), max_size=40)
SLOW = settings(max_examples=25, deadline=None)


def in_split(task_seed: int, subject: int) -> str:
    """The split of the format's sentence, written again."""
    u = int(hashlib.sha256(f"split:{task_seed}:{subject}".encode()).hexdigest()[:16], 16) / 2**64
    return "train" if u < 0.6 else "tuning" if u < 0.8 else "held_out"


@given(subjects=SUBJECTS, later=SUBJECTS)
def test_new_subjects_move_nobody(subjects: list[int], later: list[int]) -> None:
    before, after = assign(subjects, RULE), assign([*later, *subjects], RULE)
    if not before["is_split_provisional"].any():
        both = before.join(after, on="subject_id", suffix="_after")
        assert both.height == before.height
        assert (both["split"] == both["split_after"]).all()
    assert after["subject_id"].is_unique().all()


@st.composite
def populations(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Candidates of up to 20 subjects, and their splits."""
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(1, 20),
                st.booleans(),
                st.sampled_from(["MICU", "CCU", None]),
                st.sampled_from([0.0, 1.0, 24.0, 24.5, 48.0, 100.0]),
            ),
            max_size=60,
        )
    )
    candidates = pl.DataFrame(
        [(f"s{i}", *row) for i, row in enumerate(rows)],
        schema=CANDIDATE,
        orient="row",
    )
    return candidates, assign(candidates["subject_id"], RULE)


def selected_slowly(candidates: pl.DataFrame, splits: pl.DataFrame, per_positive: int) -> dict[str, float]:
    """sample_id -> weight, by the sentences of `select`, one sample at a time."""
    split_of = {row["subject_id"]: row["split"] for row in splits.iter_rows(named=True)}
    groups: dict[tuple[str, str | None, int], list[dict[str, object]]] = {}
    for row in candidates.iter_rows(named=True):
        time_bin = max(0, math.ceil(row["hours_in_stay"] / 24) - 1)
        groups.setdefault((split_of[row["subject_id"]], row["care_unit"], time_bin), []).append(row)
    has_positive = {key[0] for key, rows in groups.items() if any(row["label"] for row in rows)}
    weights: dict[str, float] = {}
    for (split, _, _), rows in groups.items():
        positives = [str(row["sample_id"]) for row in rows if row["label"]]
        negatives = [str(row["sample_id"]) for row in rows if not row["label"]]
        weights |= dict.fromkeys(positives, 1.0)
        if split == "held_out" or split not in has_positive:
            weights |= dict.fromkeys(negatives, 1.0)
            continue
        negatives.sort(key=lambda name: hashlib.sha256(f"control:{RULE.seed}:{name}".encode()).digest()[:8])
        chosen = negatives[: per_positive * len(positives)]
        weights |= {name: len(negatives) / len(chosen) for name in chosen}
    return weights


@given(population=populations(), per_positive=st.integers(1, 4))
def test_selection_is_what_its_sentences_say(population: tuple[pl.DataFrame, pl.DataFrame], per_positive: int) -> None:
    task = small_task(controls={"per_positive": per_positive, "hours_in_stay_bin_h": 24})
    candidates, splits = population
    chosen = select(candidates, splits, task)
    assert dict(chosen.select("sample_id", "weight").iter_rows()) == selected_slowly(candidates, splits, per_positive)
    assert chosen.equals(select(candidates.reverse(), splits, task))


@given(population=populations())
def test_weights_give_back_the_population_of_every_matched_stratum(
    population: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    task = small_task(controls={"hours_in_stay_bin_h": 24})
    candidates, splits = population
    chosen = select(candidates, splits, task)
    assert (chosen["weight"] >= 1).all()
    everyone = small_task(controls={"hours_in_stay_bin_h": 24, "matched_splits": ()})
    population_of = select(candidates, splits, everyone).group_by("split", "stratum", "label").agg(whole=pl.len())
    cells = chosen.group_by("split", "stratum", "label").agg(stood_for=pl.col("weight").sum())
    both = cells.join(population_of, on=["split", "stratum", "label"], how="left")
    assert both["stood_for"].to_list() == pytest.approx(both["whole"].to_list())


@given(population=populations(), per_positive=st.integers(1, 3))
def test_more_controls_keep_those_already_chosen(
    population: tuple[pl.DataFrame, pl.DataFrame], per_positive: int
) -> None:
    candidates, splits = population
    few = select(candidates, splits, small_task(controls={"per_positive": per_positive}))
    more = select(candidates, splits, small_task(controls={"per_positive": per_positive + 1}))
    assert set(few["sample_id"]) <= set(more["sample_id"])


@given(population=populations(), per_positive=st.integers(1, 4))
def test_filling_reaches_the_number_wherever_the_split_has_it(
    population: tuple[pl.DataFrame, pl.DataFrame], per_positive: int
) -> None:
    candidates, splits = population
    rule = {"per_positive": per_positive, "fill_from_other_strata": True}
    chosen = select(candidates, splits, small_task(controls=rule))
    strict = select(candidates, splits, small_task(controls=rule | {"fill_from_other_strata": False}))
    assert set(strict["sample_id"]) <= set(chosen["sample_id"])
    everyone = candidates.join(splits, on="subject_id")
    for split in ("train", "tuning"):
        inside, outside = chosen.filter(split=split), everyone.filter(split=split)
        positives, negatives = int(outside["label"].sum()), int((~outside["label"]).sum())
        wanted = min(negatives, per_positive * positives) if positives else negatives
        assert int((~inside["label"]).sum()) == wanted


VALUES = st.lists(st.lists(st.floats(-1e4, 1e4, width=32), max_size=30), max_size=6)


@given(pieces=VALUES)
def test_value_counts_are_numpy_and_the_standard_library(pieces: list[list[float]]) -> None:
    counts = ValueCounts()
    for piece in pieces:
        counts.add(np.array(piece, dtype=np.float32))
    everything = np.array([value for piece in pieces for value in piece], dtype=np.float64)
    assert counts.total == everything.size
    if everything.size == 0:
        assert (counts.mean, counts.standard_deviation, counts.median) == (None, None, None)
        return
    assert counts.mean == pytest.approx(np.mean(everything), rel=1e-12, abs=1e-9)
    assert counts.standard_deviation == pytest.approx(np.std(everything), rel=1e-9, abs=1e-9)
    assert counts.median == statistics.median_low(everything.tolist())


@given(pieces=VALUES, order=st.randoms(use_true_random=False))
def test_value_counts_do_not_know_the_order(pieces: list[list[float]], order: Random) -> None:
    one, other = ValueCounts(), ValueCounts()
    for piece in pieces:
        one.add(np.array(piece, dtype=np.float32))
    shuffled = [value for piece in pieces for value in piece]
    order.shuffle(shuffled)
    other.add(np.array(shuffled, dtype=np.float32))
    assert (one.mean, one.standard_deviation, one.median) == (other.mean, other.standard_deviation, other.median)


@SLOW
@given(seed=st.integers(0, 10**6))
def test_statistics_are_those_of_selected_train_windows(seed: int) -> None:
    """Every observed cell of every train window of the manifest, gathered one by one."""
    task = small_task()
    frames = {subject: random_rows(task, subject, 6, seed) for subject in range(1, 15)}
    found = fit_normalisation(task, stream(frames)).frame
    everything = pl.concat(frames.values())
    chosen = select(everything, assign(everything["subject_id"], task.split), task)
    train = set(chosen.filter(pl.col("split") == "train")["sample_id"])
    cells: dict[str, list[float]] = {"heart_rate": [], "spo2": []}
    for row in everything.iter_rows(named=True):
        if row["sample_id"] in train:
            assert in_split(task.split.seed, row["subject_id"]) == "train"
            for i, (value, reason) in enumerate(zip(row["cell_values"], row["cell_reasons"], strict=True)):
                if reason == 0:
                    cells[row["parameters"][i // row["cell_count"]]].append(value)
    for row in found.iter_rows(named=True):
        values = cells[row["parameter"]]
        assert row["observed_count"] == len(values)
        assert row["mean"] == pytest.approx(np.mean(values))
        assert row["standard_deviation"] == pytest.approx(np.std(values))
        assert row["median"] == statistics.median_low(values)


@SLOW
@given(
    seed=st.integers(0, 10**6), other=st.integers(10**6, 2 * 10**6), extra=st.lists(st.integers(100, 200), max_size=5)
)
def test_other_splits_have_no_influence_on_statistics(seed: int, other: int, extra: list[int]) -> None:
    task = small_task()
    frames = {subject: random_rows(task, subject, 5, seed) for subject in range(1, 15)}
    changed = dict(frames)
    for subject in [*frames, *extra]:
        if in_split(task.split.seed, subject) != "train":
            changed[subject] = random_rows(task, subject, 7, other)
    assert fit_normalisation(task, stream(frames)).frame.equals(fit_normalisation(task, stream(changed)).frame)


@given(population=populations(), seed=st.integers(0, 10**6))
def test_other_splits_have_no_influence_on_train_samples_and_weights(
    population: tuple[pl.DataFrame, pl.DataFrame], seed: int
) -> None:
    """Held-out and tuning labels are drawn anew, and a part of those windows is gone: train is what it was."""
    candidates, splits = population
    candidates = candidates.with_columns(
        label=pl.col("label") & (pl.int_range(pl.len()) % 3 == 0)
    )  # negatives to spare
    draw = Random(seed)
    for fills in (False, True):
        of = small_task(controls={"per_positive": 1, "hours_in_stay_bin_h": 24, "fill_from_other_strata": fills})
        split_of = dict(splits.select("subject_id", "split").iter_rows())
        other = [split_of[subject] != "train" for subject in candidates["subject_id"]]
        flipped = [
            draw.random() < 0.5 if is_other else label
            for is_other, label in zip(other, candidates["label"], strict=True)
        ]
        kept = [not is_other or draw.random() < 0.7 for is_other in other]
        changed = candidates.with_columns(pl.Series("label", flipped, dtype=pl.Boolean)).filter(
            pl.Series(kept, dtype=pl.Boolean)
        )
        one, two = (select(frame, splits, of).filter(pl.col("split") == "train") for frame in (candidates, changed))
        assert one.equals(two)


@SLOW
@given(seed=st.integers(0, 10**6), piece=st.integers(1, 9), policy=st.sampled_from(["leave", "train_median"]))
def test_any_chunking_gives_the_same_bytes(seed: int, piece: int, policy: str) -> None:
    task = small_task(numerics={"gap_policy": policy})
    frames = {subject: random_rows(task, subject, 6, seed) for subject in range(1, 13)}
    results = []
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("mimic_assets.manifest.shards.SHARD_BYTES", 4000)
        for windows in (stream(frames), stream(frames, piece)):
            spool = Path(folder) / str(len(results))
            normalisation = fit_normalisation(task, windows).frame
            built = build_manifest(task, normalisation, windows, spool, CODE)
            files = {path.name: path.read_bytes() for path in spool.iterdir()}
            assert sorted(files) == [name for name, _ in built.shards]
            results.append((normalisation.write_csv(), built.manifest.frame.write_csv(), files))
    assert results[0] == results[1]
    splits_of = pl.read_csv(results[0][1].encode()).group_by("subject_id").agg(pl.col("split").n_unique())
    assert splits_of["split"].max() == 1
