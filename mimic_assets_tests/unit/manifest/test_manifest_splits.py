"""Splits: the published formula, the shares it gives, and what happens when there are too few subjects."""

import hashlib

import pytest

from mimic_assets.manifest.draws import draw, unit_draw
from mimic_assets.manifest.splits import MINIMUM_SUBJECTS, assign, split_of
from mimic_assets.tasks.model import SplitRule

FROZEN = {
    10000000: "train",
    10000001: "held_out",
    10000002: "tuning",
    10000003: "train",
    10000004: "held_out",
    10000005: "train",
    10000006: "held_out",
    10000007: "train",
    10000008: "held_out",
    10000009: "train",
    10000010: "train",
    10000011: "held_out",
}
RULE = SplitRule(seed=7, train=0.6, tuning=0.2, held_out=0.2)


def test_a_draw_is_the_head_of_a_sha256() -> None:
    digest = hashlib.sha256(b"split:7:10005817").hexdigest()
    assert draw("split", 7, 10005817) == int(digest[:16], 16)
    assert unit_draw("split", 7, 10005817) == pytest.approx(int(digest[:16], 16) / 16**16)


def test_purposes_and_seeds_draw_apart() -> None:
    assert len({draw(purpose, seed, 1) for purpose in ("split", "control", "shard") for seed in (1, 2, 12)}) == 9


def test_splits_are_frozen() -> None:
    """These subjects are where they are in published manifests: a change here moves patients between splits."""
    found = {subject: split_of(subject, RULE).value for subject in range(10000000, 10000012)}
    assert found == FROZEN


def test_shares_are_the_rules() -> None:
    splits = assign(range(1, 20001), RULE)["split"].value_counts(normalize=True)
    found = dict(splits.iter_rows())
    assert found == pytest.approx({"train": 0.6, "tuning": 0.2, "held_out": 0.2}, abs=0.01)


def test_too_few_subjects_are_all_in_train_provisionally() -> None:
    few = assign(range(1, MINIMUM_SUBJECTS), RULE)
    assert few["split"].unique().to_list() == ["train"]
    assert few["is_split_provisional"].all()
    enough = assign(range(1, MINIMUM_SUBJECTS + 1), RULE)
    assert not enough["is_split_provisional"].any()
    assert enough["split"].to_list() == [split_of(subject, RULE).value for subject in range(1, MINIMUM_SUBJECTS + 1)]


def test_subjects_count_once_in_any_order() -> None:
    assert assign([5, 3, 5, 3, 4], RULE).equals(assign([3, 4, 5], RULE))


def test_nobody_is_an_empty_frame() -> None:
    assert assign([], RULE).rows() == []
    assert assign([], RULE).columns == ["subject_id", "split", "is_split_provisional"]
