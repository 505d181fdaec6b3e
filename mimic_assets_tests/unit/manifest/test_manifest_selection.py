"""Matched selection on frames small enough to count by eye."""

import polars as pl
import pytest

from mimic_assets.manifest.selection import SELECTION_SCHEMA, select, stratum
from mimic_assets.tasks.model import ControlRule
from mimic_assets_tests.unit.manifest.window_frames import small_task

TASK = small_task(controls={"per_positive": 2})
CANDIDATE = {
    "sample_id": pl.String,
    "subject_id": pl.Int64,
    "label": pl.Boolean,
    "care_unit": pl.String,
    "hours_in_stay": pl.Float64,
}


def candidates(*rows: tuple[int, bool, str | None, float]) -> pl.DataFrame:
    return pl.DataFrame([(f"s{i:02d}", *row) for i, row in enumerate(rows)], schema=CANDIDATE, orient="row")


def splits(**of: str) -> pl.DataFrame:
    return pl.DataFrame(
        [(int(subject[1:]), split, False) for subject, split in of.items()],
        schema={"subject_id": pl.Int64, "split": pl.String, "is_split_provisional": pl.Boolean},
        orient="row",
    )


def test_a_stratum_gives_two_negatives_per_positive_and_they_stand_for_all() -> None:
    frame = candidates((1, True, "MICU", 5.0), *[(1, False, "MICU", 5.0)] * 7)
    chosen = select(frame, splits(s1="train"), TASK)
    assert dict(chosen.schema) == dict(SELECTION_SCHEMA)
    assert chosen.filter("label").select("sample_id", "weight").rows() == [("s00", 1.0)]
    assert chosen.filter(~pl.col("label"))["weight"].to_list() == [3.5, 3.5]


def test_a_stratum_with_too_few_negatives_gives_them_all() -> None:
    frame = candidates((1, True, "MICU", 5.0), (1, True, "MICU", 5.0), *[(1, False, "MICU", 5.0)] * 3)
    assert select(frame, splits(s1="train"), TASK)["weight"].to_list() == [1.0] * 5


def test_units_bins_and_splits_are_matched_apart() -> None:
    frame = candidates(
        (1, True, "MICU", 5.0), *[(1, False, "MICU", 5.0)] * 4,
        *[(1, False, "MICU", 49.0)] * 4,  # another bin, no positive
        *[(1, False, "CCU", 5.0)] * 4,  # another unit, no positive
        *[(1, False, None, 5.0)] * 4,  # unknown unit, no positive
        (2, True, "CCU", 5.0), (2, False, "MICU", 5.0), (2, False, "CCU", 5.0),
    )  # fmt: skip
    chosen = select(frame, splits(s1="train", s2="tuning"), TASK)
    found = chosen.filter(~pl.col("label")).group_by("split", "stratum").len().sort("split").rows()
    assert found == [
        ("train", "care_unit=MICU; hours_in_stay=(0, 48]", 2),
        ("tuning", "care_unit=CCU; hours_in_stay=(0, 48]", 1),
    ]


def test_what_a_stratum_lacks_comes_from_the_others_with_the_weight_of_their_own() -> None:
    """One positive asks for two controls; its stratum has one, so one of the other unit's four makes up the number."""
    frame = candidates((1, True, "MICU", 5.0), (1, False, "MICU", 5.0), *[(1, False, "CCU", 5.0)] * 4)
    chosen = select(frame, splits(s1="train"), small_task(controls={"per_positive": 2, "fill_from_other_strata": True}))
    negatives = chosen.filter(~pl.col("label")).sort("stratum")
    assert negatives["stratum"].to_list() == [
        "care_unit=CCU; hours_in_stay=(0, 48]",
        "care_unit=MICU; hours_in_stay=(0, 48]",
    ]
    assert negatives["weight"].to_list() == [4.0, 1.0]


def test_unknown_units_are_matched_with_each_other() -> None:
    frame = candidates((1, True, None, 5.0), (1, False, None, 6.0), (1, False, "null", 6.0), (1, False, "MICU", 6.0))
    chosen = select(frame, splits(s1="train"), TASK)
    assert chosen.select("sample_id", "stratum").rows() == [
        ("s00", "care_unit is null; hours_in_stay=(0, 48]"),
        ("s01", "care_unit is null; hours_in_stay=(0, 48]"),
    ]


def test_a_split_that_is_not_matched_keeps_everything() -> None:
    frame = candidates((1, True, "MICU", 5.0), *[(1, False, "CCU", 60.0)] * 9)
    chosen = select(frame, splits(s1="held_out"), TASK)
    assert chosen.height == 10
    assert chosen["weight"].unique().to_list() == [1.0]


def test_a_split_without_positives_keeps_everything_while_another_is_matched() -> None:
    frame = candidates((1, True, "MICU", 5.0), (1, False, "CCU", 5.0), *[(2, False, "MICU", 5.0)] * 5)
    chosen = select(frame, splits(s1="train", s2="tuning"), TASK)
    assert chosen.group_by("split").len().sort("split").rows() == [("train", 1), ("tuning", 5)]


@pytest.mark.parametrize(
    ("hours", "bin_text"),
    [
        (0.0, "(0, 48]"),
        (0.5, "(0, 48]"),
        (48.0, "(0, 48]"),
        (48.001, "(48, 96]"),
        (96.0, "(48, 96]"),
        (97.0, "(96, 144]"),
    ],
)
def test_bins_are_open_at_their_start_and_closed_at_their_end(hours: float, bin_text: str) -> None:
    rule = ControlRule(per_positive=1, match_on=("hours_in_stay",), hours_in_stay_bin_h=48)
    frame = candidates((1, True, "MICU", hours))
    assert frame.select(stratum(rule)).item() == f"hours_in_stay={bin_text}"


def test_a_task_that_matches_on_nothing_has_one_stratum() -> None:
    task = small_task(controls={"per_positive": 1, "match_on": ()})
    frame = candidates((1, True, "MICU", 5.0), *[(1, False, "CCU", 60.0)] * 4)
    chosen = select(frame, splits(s1="train"), task)
    assert chosen["stratum"].unique().to_list() == ["all"]
    assert chosen.filter(~pl.col("label"))["weight"].to_list() == [4.0]


def test_no_candidates_give_no_rows() -> None:
    assert dict(select(candidates(), splits(), TASK).schema) == dict(SELECTION_SCHEMA)
    assert select(candidates(), splits(), TASK).is_empty()
