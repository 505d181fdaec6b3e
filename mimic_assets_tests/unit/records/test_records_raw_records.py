"""`raw_records`: a sound source, and one broken copy per defect."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from mimic_assets.records import read_numerics, read_records
from mimic_assets.schemas.tables import RAW_RECORDS
from mimic_assets.sources.folder import FolderTree
from mimic_assets_tests.broken_copies import LAST_TICK, RECORD, SUBJECT, publish, write_record


def test_a_sound_record_gives_a_row_per_signal_of_a_segment(tmp_path: Path) -> None:
    record = write_record(tmp_path)
    publish(tmp_path)
    judged = read_records(FolderTree(tmp_path), SUBJECT)
    assert judged.rejected.is_empty()
    frame = judged.frame
    assert frame.schema == RAW_RECORDS.schema
    assert frame.select("segment_index", "signal", "channel", "samples_per_frame", "segment_start_tick").rows() == [
        (1, "II", 0, 4, 0),
        (1, "V", 1, 4, 0),
        (1, "Pleth", 0, 2, 0),
        (1, "Resp", 0, 1, 0),
        (3, "Pleth", 0, 2, 960 * 16),
    ]
    assert frame["file"].to_list()[-1] == record.path("_0002p.dat")
    assert frame["file_status"].unique().to_list() == ["ok"]
    first = frame.row(0, named=True)
    assert first["record_start_time"] == datetime(2148, 8, 16, 9, 0, 17, 566000)
    assert first["record_last_tick"] == LAST_TICK
    assert first["counter_frequency_hz"] == "999.56"
    assert (first["hadm_id"], first["gain"], first["baseline"], first["unit"]) == (20000001, 200.0, 8192, "mV")
    assert first["file_bytes"] == record.file("_0001e.dat").stat().st_size


def test_a_patient_without_records_has_no_rows(tmp_path: Path) -> None:
    write_record(tmp_path)
    judged = read_records(FolderTree(tmp_path), 10000002)
    assert judged.frame.schema == RAW_RECORDS.schema
    assert judged.frame.is_empty()
    assert judged.rejected.is_empty()


def test_a_missing_signal_file_is_named_and_the_others_flow(tmp_path: Path) -> None:
    record = write_record(tmp_path)
    publish(tmp_path)
    record.file("_0001e.dat").unlink()
    judged = read_records(FolderTree(tmp_path), SUBJECT)
    assert judged.rejected.select("file", "rule").rows() == [(record.path("_0001e.dat"), "file_missing")]
    assert judged.frame["file_status"].to_list() == ["missing", "missing", "ok", "ok", "ok"]
    assert judged.frame["file_bytes"].null_count() == 2


def test_a_changed_signal_file_mismatches_its_published_sum(tmp_path: Path) -> None:
    record = write_record(tmp_path)
    publish(tmp_path)
    content = bytearray(record.file("_0001r.dat").read_bytes())
    content[len(content) // 2] ^= 1
    record.file("_0001r.dat").write_bytes(bytes(content))
    judged = read_records(FolderTree(tmp_path), SUBJECT)
    assert judged.rejected.select("file", "rule").rows() == [(record.path("_0001r.dat"), "file_checksum_mismatch")]
    assert judged.frame.filter(pl.col("file_status") == "checksum_mismatch")["signal"].to_list() == ["Resp"]


@pytest.mark.parametrize("kept", [0, 3, 41, 42, -200, -1])
def test_a_cut_signal_file_is_unreadable_where_nothing_is_published(tmp_path: Path, kept: int) -> None:
    record = write_record(tmp_path)
    content = record.file("_0001e.dat").read_bytes()
    record.file("_0001e.dat").write_bytes(content[:kept])
    judged = read_records(FolderTree(tmp_path), SUBJECT)
    assert judged.rejected.select("file", "rule").rows() == [(record.path("_0001e.dat"), "file_unreadable")]
    assert judged.frame["file_status"].to_list() == ["unreadable", "unreadable", "ok", "ok", "ok"]


def test_a_stream_of_another_length_than_its_header_says_is_unreadable(tmp_path: Path) -> None:
    record = write_record(tmp_path)
    record.file("_0001p.dat").write_bytes(record.file("_0002p.dat").read_bytes())
    judged = read_records(FolderTree(tmp_path), SUBJECT)
    row = judged.rejected.row(0, named=True)
    assert (row["file"], row["rule"]) == (record.path("_0001p.dat"), "file_unreadable")
    assert "640 samples" in row["message"]
    assert "1280 samples" in row["message"]


@pytest.mark.parametrize(
    ("ending", "old", "new", "rule"),
    [
        (".hea", "_0001 640", "_0001 600", "segment_lengths_disagree"),
        (".hea", "/4 4", "/5 4", "segment_count_disagrees"),
        (".hea", "subject_id 10000001", "subject_id 10000002", "subject_disagrees"),
        (".hea", "80000001/4", "80000009/4", "name_disagrees"),
        (".hea", "62.4725/999.56", "62.4725/499.78", "frequency_disagrees"),
        (".hea", " 09:00:17.566 16/8/2148", "", "malformed_header"),
        (".hea", "16/8/2148", "31/12/9999", "malformed_header"),
        (".hea", "hadm_id 20000001", "hadm_id none", "malformed_header"),
    ],
)  # fmt: skip
def test_a_master_that_contradicts_itself_drops_its_record_only(
    tmp_path: Path, ending: str, old: str, new: str, rule: str
) -> None:
    record = write_record(tmp_path)
    other = write_record(tmp_path, record_id=RECORD + 1)
    record.edit(ending, old, new)
    if new.endswith("9999"):
        record.edit(ending, "_0001 640", "_0001 99999999640")
        record.edit(ending, " 1280 ", " 100000000280 ")
    judged = read_records(FolderTree(tmp_path), SUBJECT)
    assert judged.frame["record_id"].unique().to_list() == [other.record_id]
    assert judged.rejected.select("file", "rule").rows() == [(record.path(ending), rule)]
    numerics = read_numerics(FolderTree(tmp_path), SUBJECT).whole()
    assert numerics.frame["record_id"].unique().to_list() == [other.record_id]
    assert "record_without_clock" in numerics.rejected["rule"].to_list()


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (" 320\r\n", " 319\r\n", "segment_length_disagrees"),
        ("(15360)", "(15344)", "base_counter_disagrees"),
        ("80000001_0002 1", "80000001_0003 1", "name_disagrees"),
        (" 1 62.4725", " 2 62.4725", "signal_count_disagrees"),
        ("/999.56", "/999.52", "frequency_disagrees"),
        ("516x2", "516x3", "malformed_header"),
    ],
)
def test_a_segment_that_contradicts_its_master_is_dropped_alone(tmp_path: Path, old: str, new: str, rule: str) -> None:
    record = write_record(tmp_path)
    record.edit("_0002.hea", old, new)
    judged = read_records(FolderTree(tmp_path), SUBJECT)
    assert judged.frame["segment_index"].unique().to_list() == [1]
    assert judged.rejected.select("file", "rule").rows() == [(record.path("_0002.hea"), rule)]


@pytest.mark.parametrize(("ending", "rows"), [("_0002.hea", 4), ("_0000.hea", 5), (".hea", 0)])
def test_a_missing_header_is_named(tmp_path: Path, ending: str, rows: int) -> None:
    record = write_record(tmp_path)
    record.file(ending).unlink()
    judged = read_records(FolderTree(tmp_path), SUBJECT)
    assert judged.frame.height == rows
    assert judged.rejected.select("file", "rule").rows() == [(record.path(ending), "missing_header")]


def test_a_record_without_any_segment_says_so(tmp_path: Path) -> None:
    record = write_record(tmp_path)
    record.file("_0001.hea").unlink()
    record.file("_0002.hea").unlink()
    judged = read_records(FolderTree(tmp_path), SUBJECT)
    assert judged.frame.is_empty()
    assert sorted(judged.rejected["rule"].to_list()) == ["missing_header", "missing_header", "no_usable_segment"]


def test_a_header_that_is_not_the_published_one_is_read_and_named(tmp_path: Path) -> None:
    record = write_record(tmp_path)
    publish(tmp_path)
    record.edit("_0002.hea", "4096(0)/NU", "4095(0)/NU")
    judged = read_records(FolderTree(tmp_path), SUBJECT)
    assert judged.frame["gain"].to_list()[-1] == 4095.0
    assert judged.rejected.select("file", "rule").rows() == [(record.path("_0002.hea"), "header_checksum_mismatch")]


@pytest.mark.real_data
def test_the_incomplete_real_record_names_its_three_missing_files(real_data: Path) -> None:
    judged = read_records(FolderTree(real_data / "mimic4wdb"), 10079700)
    assert [file[-9:] for file in judged.rejected["file"]] == ["0003e.dat", "0003p.dat", "0003r.dat"]
    assert judged.rejected["rule"].unique().to_list() == ["file_missing"]
    assert judged.frame.filter(pl.col("segment_index") != 3)["file_status"].unique().to_list() == ["ok"]
    assert judged.frame["record_start_time"].unique().to_list() == [datetime(2115, 9, 29, 15, 52, 43, 892000)]


@pytest.mark.real_data
def test_the_linked_real_records_are_whole(real_data: Path) -> None:
    tree = FolderTree(real_data / "mimic4wdb-linked")
    for subject_id, records in ((10005817, [90000001]), (10010471, [90000002]), (10020306, [90000003, 90000004])):
        judged = read_records(tree, subject_id)
        assert judged.rejected.is_empty()
        assert judged.frame["record_id"].unique().sort().to_list() == records
        assert judged.frame["file_status"].unique().to_list() == ["ok"]


def test_a_rejection_says_where_what_was_found_and_what_was_expected(tmp_path: Path) -> None:
    record = write_record(tmp_path)
    record.edit(".hea", "subject_id 10000001", "subject_id 10000002")
    record.edit(".hea", "_0001 640", "_0001 600")
    rejected = read_records(FolderTree(tmp_path), SUBJECT).rejected.sort("place")
    assert rejected["place"].to_list() == ["line 2, number of frames", "line 7, comment subject_id"]
    assert (
        rejected["message"][0]
        == "found segments of 1240 frames in all, expected 1280, the record line's number of frames"
    )
    assert rejected["message"][1].startswith("found subject_id 10000002, expected 10000001, the folder's patient")
