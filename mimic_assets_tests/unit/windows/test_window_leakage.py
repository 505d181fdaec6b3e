"""What is deleted after an index time, what was known of clinical rows, and what counts as a difference."""

from datetime import timedelta

import polars as pl

from mimic_assets.clinical.source_tables import SOURCE_TABLES
from mimic_assets.schemas.tables import RAW_RECORDS, WINDOWED_SAMPLES
from mimic_assets.windows import INPUTS, differences, early_targets, known_rows, late_windows, truncated_raw
from mimic_assets.windows.hindsight import KNOWN_AT_START, STORED, WRITTEN_AT_DISCHARGE
from mimic_assets_tests.raw_patient import CLOCKS, patient, small_task, steady_patient, windows_of
from mimic_assets_tests.unit.windows.patient_frames import (
    STAY,
    admission,
    at,
    charted,
    event,
    events,
    extract,
    order,
    stay,
)


def test_raw_rows_after_the_index_time_are_gone_and_untimed_ones_too() -> None:
    tick = CLOCKS[90].tick_at(at("10:00"))
    cells = [(90, tick, "HR [bpm]", 70.0), (90, tick + 1, "HR [bpm]", 71.0), (90, None, "HR [bpm]", 72.0)]
    who = patient(cells)
    known, recorded = truncated_raw(who.raw_numerics, who.raw_records, at("10:00"))
    assert known["value"].to_list() == [70.0]  # the untimed one cannot be shown to be earlier
    assert recorded.schema == RAW_RECORDS.schema
    first = recorded.filter(pl.col("record_id") == 90)
    assert first["record_last_tick"].to_list() == [tick]  # the second segment begins at 10:30
    assert first["record_end_time"].to_list() == [CLOCKS[90].time_at(tick)]
    assert first["segment_frame_count"].to_list() == [3600 * 1000 // 16]  # it had ended at 09:30


def test_a_segment_under_way_is_cut_and_a_record_that_has_not_begun_is_gone() -> None:
    who = patient([])
    _, recorded = truncated_raw(who.raw_numerics, who.raw_records, at("08:45"))
    assert recorded["record_id"].to_list() == [90]
    frames = recorded["segment_frame_count"][0]
    last = CLOCKS[90].tick_at(at("08:45"))
    assert (frames - 1) * 16 <= last < frames * 16
    assert recorded["readable_frame_count"][0] == frames
    _, whole = truncated_raw(who.raw_numerics, who.raw_records, at("2 08:00"))
    assert whole.equals(who.raw_records)


def test_a_record_whose_signals_begin_later_is_known_by_its_header() -> None:
    who = patient([])
    later = who.raw_records.filter(pl.col("segment_index") == 2)
    _, recorded = truncated_raw(who.raw_numerics, later, at("09:15"))
    assert recorded["record_id"].to_list() == [90, 91]
    assert recorded["segment_frame_count"].to_list() == [0, 0]


def test_clinical_rows_are_known_when_stored_and_orders_with_their_details() -> None:
    rows = extract(
        stay(),
        admission(),
        *order("09:30", "Full code", "1"),
        *order("10:30", "DNR", "2"),
        charted("09:00", "a", stored="10:00"),
        charted("09:00", "b", stored="10:01"),
        charted("09:00", "c"),
        charted("09:01", "d"),
        {"source_table": "patients", "death_time": at("3 00:00"), "value_text": "F"},
        {"source_table": "diagnoses_icd", "code": "I469", "code_version": 10},
        {"source_table": "procedures_icd", "start_time": at("07:00"), "code": "5A12012", "code_version": 10},
    )
    known = known_rows(rows, at("10:00"), 3600)
    assert known.schema == rows.schema
    kept = known.select("source_table", "source_row").rows()
    assert kept == [
        ("admissions", 1), ("chartevents", 1), ("chartevents", 3), ("icustays", 1), ("patients", 1), ("poe", 1),
        ("poe_detail", 1),
    ]  # fmt: skip


def test_a_segment_that_is_cut_says_nothing_of_its_whole_file() -> None:
    who = patient([])
    of_file = {"file_bytes": pl.lit(1000, pl.Int64), "file_sha256": pl.lit("ab"), "checksum": pl.lit(7, pl.Int32)}
    rows = who.raw_records.with_columns(**of_file)
    _, recorded = truncated_raw(who.raw_numerics, rows, at("09:45"))
    said = recorded.select("record_id", "file_bytes", "file_sha256", "checksum").rows()
    assert said == [
        (90, 1000, "ab", 7),
        (91, None, None, 0),
    ]  # 90's first segment ended at 09:30, 91's goes on to 10:00
    assert recorded.schema == RAW_RECORDS.schema


def test_a_row_is_known_when_it_is_both_charted_and_stored() -> None:
    def row(table: str, start: str | None, stored: str | None) -> dict[str, object]:
        times = {"start_time": at(start) if start else None, "store_time": at(stored) if stored else None}
        return {"source_table": table} | times

    kept = {
        table: known_rows(extract(row(table, *times)), at("10:00"), 3600).height
        for table, times in {
            "chartevents": ("11:00", "09:00"),  # stored before it was charted: the row is about 11:00
            "inputevents": ("09:00", "11:00"),
            "labevents": ("09:30", None),  # known at 10:30
            "procedureevents": ("09:00", None),
            "admissions": ("09:59", None),
            "drgcodes": ("09:00", "09:00"),  # a table that nobody classified
            "transfers": (None, None),
        }.items()
    }
    assert kept == dict.fromkeys(kept, 0) | {"procedureevents": 1, "admissions": 1}


def test_a_date_of_death_is_known_when_its_day_is_over() -> None:
    rows = extract({"source_table": "patients", "death_time": at("2 00:00")})
    assert known_rows(rows, at("2 23:59"), 0)["death_time"].to_list() == [None]
    assert known_rows(rows, at("3 00:00"), 0)["death_time"].to_list() == [at("2 00:00")]


def test_every_clinical_table_is_either_timed_or_hindsight() -> None:
    """A table added to the extract has to be given a rule here, else nothing of it is ever known."""
    classified = {*WRITTEN_AT_DISCHARGE, *STORED, *KNOWN_AT_START, "patients", "poe_detail"}
    assert classified == set(SOURCE_TABLES)
    stored = {name for name, table in SOURCE_TABLES.items() if "store_time" in table.cells}
    assert stored == set(STORED)


def test_ends_and_deaths_that_lie_ahead_are_not_known() -> None:
    rows = extract(
        stay(end="11:00") | {"value_text": "CCU"},
        admission(end="12:00") | {"death_time": at("11:59"), "value_text": "DIED"},
        {"source_table": "transfers", "start_time": at("08:00"), "end_time": at("09:00"), "value_text": "MICU"},
        {"source_table": "procedureevents", "start_time": at("09:50"), "end_time": at("10:10"), "value": 20.0},
    )
    known = {row["source_table"]: row for row in known_rows(rows, at("10:00"), 0).iter_rows(named=True)}
    assert known["icustays"]["end_time"] == at("10:00")
    assert known["admissions"]["end_time"] is None
    assert known["admissions"]["death_time"] is None
    assert known["procedureevents"]["value"] is None
    assert {known[name]["value_text"] for name in ("icustays", "admissions")} == {None}
    assert (known["transfers"]["end_time"], known["transfers"]["value_text"]) == (at("09:00"), "MICU")
    assert known_rows(rows, at("12:00"), 0).equals(rows)


def test_a_difference_is_named_by_its_column_digit_for_digit() -> None:
    sample = windows_of(small_task(), steady_patient())[3]
    assert differences(sample, sample.clone()) == []
    for name in ("cell_values", "feature_values", "cell_ages_s"):
        zero, other = (pl.lit(pl.Series([[value]], dtype=pl.List(pl.Float32))) for value in (0.0, -0.0))
        one, two = sample.with_columns(zero.alias(name)), sample.with_columns(other.alias(name))
        assert differences(one, two) == [name]
    nothing = sample.with_columns(pl.lit(None, pl.Float64).alias("observed_fraction"))
    assert differences(sample, nothing) == ["observed_fraction"]
    assert differences(nothing, nothing) == []
    assert differences(sample, sample.clear()) == ["record_id"]
    assert set(WINDOWED_SAMPLES.schema) - set(INPUTS) == {"label", "event_id"}


def test_positives_whose_event_may_begin_before_the_target_are_named() -> None:
    of = small_task(target={"horizon_s": 3600, "gap_s": 300})
    ledger = events(
        event("ev_good", "10:05:01", "11:05"),
        event("ev_gap", "10:05", "10:30"),
        event("ev_late", "10:30", "11:05:01"),
        event("ev_open", None, "10:30"),
    )
    names = ["ev_good", "ev_gap", "ev_late", "ev_open", "ev_absent", None]
    samples = pl.DataFrame(
        [(name or "s_null", STAY + place, at("10:00"), True, name) for place, name in enumerate(names)],
        schema={"sample_id": pl.String, "stay_id": pl.Int64, "index_time": pl.Datetime("us"), "label": pl.Boolean,
                "event_id": pl.String},
        orient="row",
    )  # fmt: skip
    labels = samples.with_columns(target_start_time=pl.col("index_time") + of.gap)
    assert early_targets(of, samples, labels, ledger) == sorted(["ev_gap", "ev_late", "ev_open", "ev_absent", "s_null"])
    moved = labels.with_columns(target_start_time=pl.col("index_time"))
    assert "ev_good" in early_targets(of, samples, moved, ledger)
    assert early_targets(of, samples.with_columns(label=False), labels, ledger) == []


def test_windows_that_do_not_end_at_their_index_time_are_named() -> None:
    of = small_task()
    good = windows_of(of, steady_patient())
    assert late_windows(of, good) == []
    second = timedelta(seconds=1)
    for change in (
        {"window_end_time": pl.col("index_time") + second},
        {"window_start_time": pl.col("window_start_time") + second},
        {"window_end_tick": pl.col("index_tick") + 1},
        {"window_start_tick": pl.col("window_end_tick")},
    ):
        is_first = pl.int_range(pl.len()) == 0
        bad = good.with_columns(
            pl.when(is_first).then(value).otherwise(name).cast(good.schema[name]).alias(name)
            for name, value in change.items()
        )
        assert late_windows(of, bad) == [good["sample_id"][0]]


def test_no_rows_give_no_rows() -> None:
    who = patient([])
    assert known_rows(who.clinical_extract.clear(), at("10:00"), 0).is_empty()
    known, recorded = truncated_raw(who.raw_numerics, who.raw_records.clear(), at("10:00"))
    assert known.is_empty()
    assert recorded.schema == RAW_RECORDS.schema
