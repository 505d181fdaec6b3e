"""windowed_samples: cells, reasons, ages and features on numbers small enough to read."""

import math
from typing import Any

import polars as pl
import pytest

from mimic_assets.schemas.tables import CLEANED_NUMERICS, CLINICAL_LABELS, RECORD_STAYS, WINDOWED_SAMPLES
from mimic_assets.schemas.vocabulary import MissingReason
from mimic_assets.windows import cut_windows
from mimic_assets_tests.unit.windows.patient_frames import admission, at, label, numerics, record, records, stay, task

# Six cells of ten minutes: at 10:00 they are (09:00, 09:10] ... (09:50, 10:00].
NUMERICS: dict[str, Any] = {"parameters": ("heart_rate", "spo2"), "cell_s": 600, "observation_s": 3600}
COVERAGE = {"any_of": ("heart_rate",), "minimum_fraction": 0.1}
LEAVE = task(numerics=NUMERICS, coverage=COVERAGE)
CELLS = numerics(
    [
        ("09:00", "heart_rate", 60.0, "ok"),  # the open end: not in the window of 10:00
        ("09:10", "heart_rate", 70.0, "ok"),  # the closed end of the first cell
        ("09:25", "heart_rate", 250.0, "artefact"),
        ("09:31", "heart_rate", 90.0, "ok"),
        ("09:31", "heart_rate", 91.0, "conflict"),
        ("09:35", "heart_rate", 80.0, "ok"),
        ("09:45", "unheard_of", 1.0, "unknown_parameter"),
        ("10:00", "spo2", 97.5, "ok"),
        ("10:00:00.5", "spo2", 12.0, "ok"),  # after the index time
    ]
)


def cut(of: Any, cells: pl.DataFrame = CELLS, *, start: str = "08:00") -> dict[str, Any]:
    """Return the window of 10:00."""
    recorded = [record(start, "20:00")]
    labels = label(of, stay(), admission(), recorded=recorded, cleaned=cells).frame
    judged = cut_windows(of, labels, cells, records(*recorded)).whole()
    assert judged.frame.schema == WINDOWED_SAMPLES.schema
    assert judged.rejected.is_empty()
    return judged.frame.row(by_predicate=pl.col("index_time") == at("10:00"), named=True)


def reasons(row: dict[str, Any]) -> list[str]:
    return [list(MissingReason)[code].value for code in row["cell_reasons"]]


def test_each_cell_holds_its_last_usable_value_or_the_reason_for_none() -> None:
    row = cut(LEAVE)
    assert row["parameters"] == ["heart_rate", "spo2"]
    assert (row["cell_s"], row["cell_count"]) == (600, 6)
    assert row["cell_values"] == [70.0, None, None, 80.0, None, None, None, None, None, None, None, 97.5]
    assert reasons(row) == [
        "observed",
        "monitor_silent",
        "rejected",
        "observed",
        "not_measured",
        "not_measured",
        "not_measured",
        "monitor_silent",
        "not_measured",
        "not_measured",
        "not_measured",
        "observed",
    ]
    assert row["cell_ages_s"] == [0.0, 600.0, 1200.0, 300.0, 900.0, 1500.0, None, None, None, None, None, 0.0]


def test_hold_carries_a_value_until_it_is_too_old() -> None:
    hold = task(numerics=NUMERICS | {"gap_policy": "hold", "hold_at_most_s": 900}, coverage=COVERAGE)
    row = cut(hold)
    assert row["cell_values"][:6] == [70.0, 70.0, None, 80.0, 80.0, None]
    assert reasons(row)[:6] == ["observed", "held", "rejected", "observed", "held", "not_measured"]
    assert row["cell_ages_s"] == cut(LEAVE)["cell_ages_s"]
    assert row["feature_values"] == cut(LEAVE)["feature_values"]


def test_linear_draws_between_observed_cells_only() -> None:
    row = cut(task(numerics=NUMERICS | {"gap_policy": "linear"}, coverage=COVERAGE))
    third = 10 / 3
    assert row["cell_values"][:4] == pytest.approx([70.0, 70 + third, 70 + 2 * third, 80.0], rel=1e-6)
    assert row["cell_values"][4:6] == [None, None]
    assert reasons(row)[:6] == ["observed", "interpolated", "interpolated", "observed", "not_measured", "not_measured"]


def test_train_medians_are_left_to_the_manifest() -> None:
    medians = task(numerics=NUMERICS | {"gap_policy": "train_median"}, coverage=COVERAGE)
    assert cut(medians)["cell_values"] == cut(LEAVE)["cell_values"]


def test_features_summarise_observed_cells() -> None:
    row = cut(LEAVE)
    values = dict(zip(row["feature_names"], row["feature_values"], strict=True))
    # two observed cells: 70 ending 50 min before the index time, 80 ending 20 min before: 10 per half hour
    assert [values[f"heart_rate__{name}"] for name in ("observed_count", "last", "mean", "minimum", "maximum")] == [
        2.0,
        80.0,
        75.0,
        70.0,
        80.0,
    ]
    assert values["heart_rate__standard_deviation"] == 5.0
    assert values["heart_rate__slope_per_h"] == pytest.approx(20.0)
    assert values["heart_rate__age_of_last_s"] == 1500.0
    assert values["spo2__observed_count"] == 1.0
    assert values["spo2__slope_per_h"] is None
    assert values["spo2__standard_deviation"] == 0.0


def test_a_parameter_never_measured_has_a_count_of_zero_and_no_other_feature() -> None:
    row = cut(task(numerics=NUMERICS | {"parameters": ("abp_mean",)}, coverage=COVERAGE))
    assert row["feature_values"] == [0.0, *[None] * 7]
    assert not any(math.isnan(value) for value in row["feature_values"] if value is not None)
    assert row["cell_values"] == [None] * 6


def test_at_one_time_the_last_source_row_stands() -> None:
    cells = numerics(
        [("09:55", "heart_rate", 2.0, "ok"), ("09:51", "heart_rate", 9.0, "ok"), ("09:55", "heart_rate", 1.0, "ok")]
    )
    assert cut(LEAVE, cells)["cell_values"][5] == 1.0
    assert cut(LEAVE, cells.reverse())["cell_values"][5] == 1.0


def test_ticks_and_names_of_a_window() -> None:
    row = cut(LEAVE, start="09:00")  # tick 0 at 09:00: the observation (09:00, 10:00] lies in the record
    assert row["window_start_tick"] == 0
    assert row["window_end_tick"] == row["index_tick"] == math.floor(3600 * 999.56)
    assert (row["window_start_time"], row["window_end_time"]) == (at("09:00"), at("10:00"))
    # sha256("in_hospital_death|30|90|2150-01-01T10:00:00.000000"), first 16 digits: the name may never change
    assert row["sample_id"] == "s_00422e960cc7c1d8"


def test_a_record_that_starts_a_tick_too_late_gives_no_window() -> None:
    for start, said in (("09:00", None), ("09:00:00.001", None), ("09:00:00.002", "no_record")):
        labels = label(LEAVE, stay(), admission(), recorded=[record(start, "20:00")], cleaned=CELLS).frame
        row = labels.row(by_predicate=pl.col("index_time") == at("10:00"), named=True)
        assert row["window_exclusion"] == said, start  # the record covers what is after tick -1


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("09:00:00.001", "20:00", None),  # tick -1 is 09:00 sharp, the open start of the observation
        ("09:00:00.002", "20:00", "no_record"),
        ("08:00", "10:00", None),  # the last tick is the index time
        ("08:00", "09:59:59.999", "no_record"),  # the tick after the last would be the index time
    ],
)
def test_a_record_covers_from_the_tick_before_its_first_to_its_last(start: str, end: str, said: str | None) -> None:
    recorded = [record(start, end, hz="1000")]
    labels = label(LEAVE, stay(), admission(), recorded=recorded, cleaned=CELLS).frame
    row = labels.row(by_predicate=pl.col("index_time") == at("10:00"), named=True)
    assert row["window_exclusion"] == said
    assert row["record_id"] == (90 if said is None else None)


def test_only_labelled_rows_with_a_record_become_windows_once_each() -> None:
    recorded = [record("08:00", "20:00")]
    labels = label(LEAVE, stay(), admission(end="2 11:00"), recorded=recorded, cleaned=CELLS).frame
    cut_frame = cut_windows(LEAVE, labels, CELLS, records(*recorded)).whole().frame
    expected = labels.filter(pl.col("label").is_not_null() & pl.col("window_exclusion").is_null())
    # 11:00 has a label too, but its only value lies at the open start; after it follow-up ends
    assert cut_frame["index_time"].to_list() == expected["index_time"].to_list() == [at("09:00"), at("10:00")]
    assert cut_frame["sample_id"].n_unique() == cut_frame.height


def test_no_label_no_record_no_numerics_no_window() -> None:
    empty = cut_windows(LEAVE, CLINICAL_LABELS.empty(), CLEANED_NUMERICS.empty(), RECORD_STAYS.empty()).whole().frame
    assert empty.equals(WINDOWED_SAMPLES.empty())
    assert empty.schema == WINDOWED_SAMPLES.schema
    labels = label(LEAVE, stay(), admission()).frame
    assert cut_windows(LEAVE, labels, CELLS, records()).whole().frame.is_empty()


def test_every_promise_of_the_table_holds() -> None:
    recorded = [record("08:00", "20:00")]
    judged = label(LEAVE, stay(), admission(), recorded=recorded, cleaned=CELLS)
    frame = cut_windows(LEAVE, judged.frame, CELLS, records(*recorded)).whole().frame
    for table, rows in ((CLINICAL_LABELS, judged.frame), (WINDOWED_SAMPLES, frame)):
        for invariant in table.invariants:
            assert rows.select(invariant.holds.fill_null(True).all()).item(), invariant.name
        required = [column for column in table.schema if column not in table.optional]
        assert rows.select(required).null_count().sum_horizontal().item() == 0
