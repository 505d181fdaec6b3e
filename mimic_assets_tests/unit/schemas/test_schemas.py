"""The schemas are themselves tested: whole, exportable, and refusing what they should."""

from datetime import datetime

import polars as pl
import pytest

from mimic_assets.schemas import fields
from mimic_assets.schemas.arrow import arrow_schema
from mimic_assets.schemas.judged import Rejection, rejected_frame
from mimic_assets.schemas.judging import violations
from mimic_assets.schemas.model import Field, Table
from mimic_assets.schemas.tables import (
    CLEANED_NUMERICS,
    CLINICAL_LABELS,
    RAW_NUMERICS,
    REJECTED_INPUTS,
    TABLES,
    WINDOWED_SAMPLES,
)

ALL = [*TABLES.values(), REJECTED_INPUTS]
T = datetime(2135, 1, 17, 6)


def cells(*changes: dict[str, object]) -> pl.DataFrame:
    good = {
        "subject_id": 10000001, "record_id": 80000001, "source_row": 1, "source_column": "HR [bpm]", "tick": 16,
        "time": T, "parameter": "HR", "unit": "bpm", "value": 80.0, "value_text": None,
    }  # fmt: skip
    return pl.DataFrame(
        [good | {"source_row": n} | change for n, change in enumerate(changes, 1)], schema=RAW_NUMERICS.schema
    )


def label(**change: object) -> pl.DataFrame:
    good = {
        "task": "t", "subject_id": 1, "stay_id": 3, "index_time": T, "target_start_time": T,
        "target_end_time": T.replace(hour=9), "follow_up_end_time": T.replace(hour=9), "label": False,
        "care_limitation": "none", "hours_in_stay": 1.0,
    }  # fmt: skip
    return pl.DataFrame([good | change], schema=CLINICAL_LABELS.schema)


def test_every_field_is_used_by_a_table() -> None:
    used = {id(column) for table in ALL for column in table.columns}
    unused = [name for name, value in vars(fields).items() if isinstance(value, Field) and id(value) not in used]
    assert unused == []


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_a_table_is_consistent(table: Table) -> None:
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    assert {*table.key, *table.order, *table.optional} <= set(names)
    assert all(
        column.limit_source for column in table.columns if column.minimum is not None or column.maximum is not None
    )
    assert set(table.upstream) <= set(TABLES)
    for column, sources in table.lineage.items():
        assert column in names
        assert all(source in TABLES and name in TABLES[source].schema for source, name in sources)
    assert violations(table, table.empty()) == []
    assert arrow_schema(table).names == names


@pytest.mark.parametrize(
    ("frame", "rule"),
    [
        (cells({"subject_id": 0}), "within_limits(subject_id): 1 row(s)"),
        (cells({"value": float("nan")}), "finite(value): 1 row(s)"),
        (cells({"value": None}), "value_or_text: 1 row(s)"),
        (cells({"tick": None}), "time_with_tick: 1 row(s)"),
        (cells({}, {"source_row": 1}), "unique_key: 1 row(s)"),
        (cells({"source_row": 2}, {"source_row": 1}), "sorted: 1 row(s)"),
    ],
    ids=["limits", "nan", "value_or_text", "time_with_tick", "unique", "sorted"],
)
def test_bad_rows_are_refused_by_name_and_count(frame: pl.DataFrame, rule: str) -> None:
    assert [str(violation) for violation in violations(RAW_NUMERICS, frame)] == [rule]


def test_good_rows_pass() -> None:
    assert violations(RAW_NUMERICS, cells({}, {"value": None, "value_text": "---"}, {"tick": None, "time": None})) == []


def test_a_value_outside_the_vocabulary_is_refused() -> None:
    columns = {"parameter": "heart_rate", "flag": "fine"}
    frame = cells({}).drop("value_text").with_columns(**{k: pl.lit(v) for k, v in columns.items()})
    assert [v.rule for v in violations(CLEANED_NUMERICS, frame)] == ["in_vocabulary"]


@pytest.mark.parametrize("columns", [["tick"], ["subject_id"]])
def test_a_missing_column_is_named(columns: list[str]) -> None:
    found = violations(RAW_NUMERICS, cells({}).drop(columns))
    assert any(v.rule == "column_not_in_dataframe" for v in found)


def test_a_wrong_type_is_refused() -> None:
    found = violations(RAW_NUMERICS, cells({}).with_columns(pl.col("tick").cast(pl.Int32)))
    assert "wrong_datatype" in [v.rule for v in found]


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({}, []),
        ({"follow_up_end_time": T.replace(hour=8)}, ["negative_is_followed_up"]),
        ({"follow_up_end_time": None}, ["negative_is_followed_up"]),
        ({"label": True}, ["positive_names_its_event"]),
        ({"label": None}, ["label_or_exclusion"]),
        ({"exclusion": "blanking"}, ["label_or_exclusion"]),
        ({"target_start_time": T.replace(hour=5)}, ["target_follows_index"]),
    ],
)
def test_labels_keep_their_promises(change: dict[str, object], rules: list[str]) -> None:
    assert [v.rule for v in violations(CLINICAL_LABELS, label(**change))] == rules


def test_a_broken_promise_over_rows_with_bytes_is_named() -> None:
    row = {"index_time": T, "window_end_time": T.replace(hour=8), "signal_samples": [b"samples"]}
    frame = pl.DataFrame([row], schema=WINDOWED_SAMPLES.schema)
    assert "window_ends_at_index: 1 row(s)" in [str(v) for v in violations(WINDOWED_SAMPLES, frame)]


def test_violations_carry_no_values() -> None:
    text = "".join(str(v) for v in violations(RAW_NUMERICS, cells({"subject_id": -987654})))
    assert "987654" not in text


def test_rejections_are_sorted_and_said_once() -> None:
    one = Rejection("raw_records", "b.dat", "segment 1", "missing_file", "found nothing, expected a file", "Fetch it.")
    other = Rejection(
        "raw_records", "a.dat", "segment 1", "missing_file", "found nothing, expected a file", "Fetch it."
    )
    frame = rejected_frame([one, other, one])
    assert frame["file"].to_list() == ["a.dat", "b.dat"]
    assert violations(REJECTED_INPUTS, frame) == []
