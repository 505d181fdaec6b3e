"""What each clinical table becomes, on a source small enough to check by eye."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from mimic_assets.clinical import bucket_of, extract, incomplete_tables, source_files, subject_fingerprints, subjects
from mimic_assets.clinical.source_tables import SOURCE_TABLES
from mimic_assets.schemas.tables import CLINICAL_EXTRACT, REJECTED_INPUTS
from mimic_assets_tests.unit.clinical.clinical_source import LINES, extracted, rows_of, write_source

ROWS = {
    "admissions": {
        "hadm_id": 20000001, "start_time": datetime(2134, 2, 1, 8), "end_time": datetime(2134, 2, 5, 9, 30),
        "death_time": datetime(2134, 2, 5, 9, 10), "category": "URGENT", "value_text": "DIED",
    },
    "diagnoses_icd": {"hadm_id": 20000001, "code": "I462", "code_version": 10, "value": 1.0},
    "icustays": {
        "hadm_id": 20000001, "stay_id": 30000001, "start_time": datetime(2134, 2, 2, 10),
        "end_time": datetime(2134, 2, 5, 11), "category": "CCU", "value_text": "MICU",
    },
    "inputevents": {
        "hadm_id": 20000001, "stay_id": 30000001, "source_id": "77", "start_time": datetime(2134, 2, 3, 1, 2),
        "end_time": datetime(2134, 2, 3, 1, 3), "store_time": datetime(2134, 2, 3, 1, 30), "item_id": 221289,
        "category": "05-Med Bolus", "value": 1.0, "unit": "mg", "value_text": "FinishedRunning",
    },
    "labevents": {
        "source_id": "9", "start_time": datetime(2134, 2, 3, 5), "store_time": datetime(2134, 2, 3, 6),
        "item_id": 51003, "category": "abnormal", "unit": "ng/mL", "value_text": "<0.01",
    },
    "patients": {
        "death_time": datetime(2134, 2, 5), "category": "2011 - 2013", "value": 72.0, "value_text": "F",
    },
    "poe": {
        "source_id": "10000001-1", "hadm_id": 20000001, "start_time": datetime(2134, 2, 4, 10), "code": "New",
        "category": "General Care", "value_text": "Code status",
    },
    "poe_detail": {
        "source_id": "10000001-1", "category": "Code status", "value_text": "Do not resuscitate (DNR/DNI)",
    },
    "procedureevents": {
        "hadm_id": 20000001, "stay_id": 30000001, "source_id": "555", "start_time": datetime(2134, 2, 3, 1),
        "end_time": datetime(2134, 2, 3, 1, 1), "store_time": datetime(2134, 2, 3, 1, 20, 7, 190_000),
        "item_id": 225466, "category": "Procedures", "value": 1.0, "value_text": "FinishedRunning",
    },
    "procedures_icd": {
        "hadm_id": 20000001, "start_time": datetime(2134, 2, 3), "code": "9960", "code_version": 9, "value": 1.0,
    },
    "transfers": {
        "source_id": "40000001", "hadm_id": 20000001, "start_time": datetime(2134, 2, 2, 10), "category": "admit",
        "value_text": "CCU",
    },
}  # fmt: skip


@pytest.mark.parametrize("table", sorted(ROWS))
def test_each_table_fills_the_columns_it_is_mapped_to(table: str, tmp_path: Path) -> None:
    judged = extracted(write_source(tmp_path / "source"), tmp_path)
    [row] = rows_of(judged, table).to_dicts()
    filled = {name: value for name, value in row.items() if value is not None}
    assert filled == {"subject_id": 10000001, "source_table": table, "source_row": 1} | ROWS[table]


def test_charted_rows_are_sorted_numbered_and_unquoted_and_other_items_left_out(tmp_path: Path) -> None:
    judged = extracted(write_source(tmp_path / "source"), tmp_path)
    columns = ["source_row", "start_time", "store_time", "item_id", "value", "unit", "value_text"]
    assert rows_of(judged, "chartevents").select(columns).rows() == [
        (1, datetime(2134, 2, 3, 1), datetime(2134, 2, 3, 1, 9), 220048, None, None, 'VF, "coarse"'),
        (2, datetime(2134, 2, 3, 3), None, 220045, 88.0, "bpm", "88"),
    ]


def test_the_frame_is_the_table_declared(tmp_path: Path) -> None:
    judged = extracted(write_source(tmp_path / "source"), tmp_path)
    assert judged.frame.schema == CLINICAL_EXTRACT.schema
    assert judged.frame.equals(judged.frame.sort(CLINICAL_EXTRACT.order))
    assert judged.frame.select(CLINICAL_EXTRACT.key).is_unique().all()
    assert judged.rejected.schema == REJECTED_INPUTS.schema
    assert judged.rejected.is_empty()
    assert judged.frame.get_column("source_table").unique().sort().to_list() == sorted(SOURCE_TABLES)


def test_columns_are_found_by_name_in_any_order_and_case(tmp_path: Path) -> None:
    plain = extracted(write_source(tmp_path / "plain"), tmp_path)
    swapped = [",".join(line.split(",")[::-1]) for line in LINES["hosp/admissions"]]
    shouted = ["new_in_3.1," + LINES["icu/icustays"][0].upper(), "x," + LINES["icu/icustays"][1]]
    other = extracted(write_source(tmp_path / "other", admissions=swapped, icustays=shouted), tmp_path)
    assert other.frame.equals(plain.frame)


def test_files_may_be_unpacked_or_named_in_capitals(tmp_path: Path) -> None:
    plain = extracted(write_source(tmp_path / "plain"), tmp_path)
    tree = write_source(tmp_path / "other", admissions=None, icustays=None)
    (tree.root / "hosp/admissions.csv").write_text("\n".join(LINES["hosp/admissions"]))
    (tree.root / "icu/ICUSTAYS.CSV").write_text("\r\n".join(LINES["icu/icustays"]) + "\r\n")
    assert extracted(tree, tmp_path).frame.equals(plain.frame)
    assert {"hosp/admissions.csv", "icu/ICUSTAYS.CSV"} < set(source_files(tree))
    assert len(source_files(tree)) == 12


def test_subjects_are_those_of_patients(tmp_path: Path) -> None:
    lines = [LINES["hosp/patients"][0], "10000009,M,1,1,x,", "10000002,M,1,1,x,", "10000009,M,1,1,x,"]
    assert subjects(write_source(tmp_path / "some", patients=lines)) == [10000002, 10000009]
    assert subjects(write_source(tmp_path / "none", patients=None)) == []


def test_only_wanted_buckets_come_in_ascending_order_and_empty_ones_too(tmp_path: Path) -> None:
    tree = write_source(tmp_path / "source")
    got = dict(extract(tree, 7, {5, 0, 3}, tmp_path / "spool", None))
    assert list(got) == [0, 3, 5]
    home = bucket_of(10000001, 7)
    assert {bucket: judged.frame.height for bucket, judged in got.items()} == {b: 13 * (b == home) for b in (0, 3, 5)}
    assert [j.frame.height for _, j in extract(tree, 7, [home], tmp_path / "spool", None)] == [13]
    assert all(judged.frame.schema == CLINICAL_EXTRACT.schema for judged in got.values())
    with pytest.raises(ValueError, match="wanted bucket 7 found, 0 to 6 expected"):
        list(extract(tree, 7, [7], tmp_path / "spool", None))


def test_nothing_stays_in_the_spool_even_when_left_early(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    buckets = extract(write_source(tmp_path / "source"), 4, range(4), spool, None)
    next(buckets)
    assert list(spool.iterdir())
    buckets.close()
    assert list(spool.iterdir()) == []


def test_progress_ends_at_the_size_of_each_file(tmp_path: Path) -> None:
    seen: dict[str, tuple[int, int]] = {}
    tree = write_source(tmp_path / "source")
    list(extract(tree, 1, [0], tmp_path / "spool", lambda table, done, size: seen.update({table: (done, size)})))
    assert seen == {name: (tree.size(t.file), tree.size(t.file)) for name, t in SOURCE_TABLES.items()}


def test_a_subject_fingerprint_follows_its_rows_alone(tmp_path: Path) -> None:
    header, row = LINES["hosp/transfers"]
    two = [header, row, row.replace("10000001,", "10000002,", 1)]
    changed = [*two[:2], two[2].replace("CCU", "")]
    before, after = (
        extracted(write_source(tmp_path / name, transfers=lines), tmp_path).frame
        for name, lines in (("before", two), ("after", changed))
    )
    one, other = subject_fingerprints(before), subject_fingerprints(after)
    assert list(one) == list(other) == ["10000001", "10000002"]
    assert one["10000001"] == other["10000001"]
    assert one["10000002"] != other["10000002"]
    assert subject_fingerprints(pl.concat([before[:4], before[4:]], rechunk=False)) == one
    empty_text = before.with_columns(pl.col("unit").fill_null(""))
    assert subject_fingerprints(empty_text)["10000001"] != one["10000001"]


def test_no_defects_means_no_incomplete_tables(tmp_path: Path) -> None:
    judged = extracted(write_source(tmp_path / "source"), tmp_path)
    assert incomplete_tables(judged.rejected) == frozenset()
