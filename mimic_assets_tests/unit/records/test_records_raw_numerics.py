"""`raw_numerics`: a small file cell by cell, one broken copy per defect, an independent count on real data."""

import csv
import gzip
import math
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from mimic_assets.records import read_numerics
from mimic_assets.records.inflate import whole_lines
from mimic_assets.schemas.judged import Judged
from mimic_assets.schemas.tables import RAW_NUMERICS
from mimic_assets.sources.folder import FolderTree
from mimic_assets_tests.broken_copies import LAST_TICK, NUMERICS, RECORD, SUBJECT, WrittenRecord, publish, write_record


def _read(root: Path) -> Judged:
    """Return what is read, the same line by line as at once."""
    judged = read_numerics(FolderTree(root), SUBJECT).whole()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mimic_assets.records.raw_numerics.whole_lines", _single_lines)
        again = read_numerics(FolderTree(root), SUBJECT).whole()
    assert again.frame.equals(judged.frame)
    assert again.rejected.equals(judged.rejected)
    assert judged.frame.schema == RAW_NUMERICS.schema
    assert judged.frame.equals(judged.frame.sort(RAW_NUMERICS.order))
    return judged


def _single_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for block in whole_lines(pieces):
        yield from (line.group() for line in re.finditer(rb"[^\n]*\n|[^\n]+", block))


def _rules(judged: Judged) -> list[tuple[str, str, int]]:
    return judged.rejected.select("rule", "place", "defect_count").rows()


@pytest.fixture
def record(tmp_path: Path) -> WrittenRecord:
    return write_record(tmp_path)


def test_every_cell_of_a_small_file(record: WrittenRecord) -> None:
    judged = _read(record.root)
    assert judged.frame.select("source_row", "source_column", "tick", "parameter", "unit", "value").rows() == [
        (1, "HR [bpm]", 32, "HR", "bpm", 72.0),
        (2, "ABPd [mmHg]", 1056, "ABPd", "mmHg", 60.0),
        (2, "ABPm [mmHg]", 1056, "ABPm", "mmHg", 80.0),
        (2, "ABPs [mmHg]", 1056, "ABPs", "mmHg", 120.0),
        (2, "SpO2 [%]", 1056, "SpO2", "%", 97.0),
        (3, "HR [bpm]", 2080, "HR", "bpm", 73.0),
        (3, "SpO2 [%]", 2080, "SpO2", "%", 97.4),
        (4, "ABPd [mmHg]", 1056, "ABPd", "mmHg", 60.0),
    ]
    # 32 ticks / 999.56 per second = 32.014086 ms after 09:00:17.566
    assert judged.frame["time"][0] == datetime(2148, 8, 16, 9, 0, 17, 598014)
    assert judged.frame["value_text"].null_count() == judged.frame.height
    assert _rules(judged) == [
        ("repeated_ticks", "line 5, column time", 1),
        ("ticks_out_of_order", "line 5, column time", 1),
    ]
    assert judged.rejected["advice"].str.starts_with("Nothing to do").all()


def test_text_where_a_number_belongs_is_kept_as_text(record: WrittenRecord) -> None:
    record.write_numerics(
        '"time","HR [bpm]","RR [rpm]"\n16,72,---\n32,nan,12\n48,inf,1e2\n64,"8""0",?\n80, 70 ,1e999\n'
    )
    judged = _read(record.root)
    assert judged.frame.select("source_row", "source_column", "value", "value_text").rows() == [
        (1, "HR [bpm]", 72.0, None),
        (1, "RR [rpm]", None, "---"),
        (2, "HR [bpm]", None, "nan"),
        (2, "RR [rpm]", 12.0, None),
        (3, "HR [bpm]", None, "inf"),
        (3, "RR [rpm]", 100.0, None),
        (4, "HR [bpm]", None, '8"0'),
        (4, "RR [rpm]", None, "?"),
        (5, "HR [bpm]", 70.0, None),
        (5, "RR [rpm]", None, "1e999"),
    ]
    assert _rules(judged) == [
        ("text_in_number_column", "line 2, column RR [rpm]", 3),
        ("text_in_number_column", "line 3, column HR [bpm]", 3),
    ]
    assert not judged.rejected["message"].str.contains("---|inf|nan").any()


def test_a_tick_that_is_no_whole_number_leaves_the_cell_without_time(record: WrittenRecord) -> None:
    record.write_numerics('"time","HR [bpm]"\n16,72\n32.5,73\n,74\n0x40,75\n99999999999999999,76\n')
    judged = _read(record.root)
    assert judged.frame["tick"].to_list() == [16, None, None, None, None]
    assert judged.frame["time"].null_count() == 4
    assert judged.frame["value"].to_list() == [72.0, 73.0, 74.0, 75.0, 76.0]
    assert _rules(judged) == [("bad_tick", "line 3, column time", 4)]


def test_ticks_beyond_the_record_are_kept_and_counted(record: WrittenRecord) -> None:
    record.write_numerics(f'"time","HR [bpm]"\n-1,70\n0,71\n{LAST_TICK},72\n{LAST_TICK + 1},73\n')
    judged = _read(record.root)
    assert judged.frame["tick"].to_list() == [-1, 0, LAST_TICK, LAST_TICK + 1]
    assert _rules(judged) == [("ticks_beyond_record", "line 2, column time", 2)]


def test_malformed_rows_are_left_out_and_line_numbers_stay_right(record: WrittenRecord) -> None:
    record.write_numerics('"time","HR [bpm]","RR [rpm]"\n16,72,\n32,73\n\n48,74,12,13\n64,75,\n80,"76,\n96,77,')
    judged = _read(record.root)
    assert judged.frame.select("source_row", "tick", "value").rows() == [(1, 16, 72.0), (5, 64, 75.0), (7, 96, 77.0)]
    assert _rules(judged) == [("malformed_row", "line 3", 4)]


def test_an_unknown_layout_of_headings_is_said_and_nothing_is_lost(record: WrittenRecord) -> None:
    record.write_numerics('"HR [bpm]","HR [bpm]","","Perf"\n72,73,5,0.4\n')
    judged = _read(record.root)
    assert judged.frame.select("source_column", "parameter", "unit", "value", "tick").rows() == [
        ("HR [bpm]", "HR", "bpm", 72.0, None),
        ("HR [bpm] #2", "HR", "bpm", 73.0, None),
        ("Perf", "Perf", None, 0.4, None),
        ("column 3", "column 3", None, 5.0, None),
    ]
    assert _rules(judged) == [
        ("missing_time_column", "line 1", 1),
        ("repeated_column", "line 1, column HR [bpm] #2", 1),
        ("unnamed_column", "line 1, column 3", 1),
    ]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "empty_file"),
        (gzip.compress(b""), "empty_file"),
        (gzip.compress(b'"time","HR [bpm]"\n'), "no_rows"),
        (b"no gzip at all", "unreadable_gzip"),
    ],
    ids=["no bytes", "nothing compressed", "header only", "no gzip"],
)
def test_a_file_without_rows_says_why(record: WrittenRecord, content: bytes, rule: str) -> None:
    record.file("n.csv.gz").write_bytes(content)
    judged = _read(record.root)
    assert judged.frame.is_empty()
    assert rule in judged.rejected["rule"].to_list()


def test_a_truncated_gzip_keeps_its_whole_lines(record: WrittenRecord) -> None:
    lines = [f"{16 * i},{60 + i % 40},{i * 7919 % 97}" for i in range(1, 300)]
    content = gzip.compress(('"time","HR [bpm]","RR [rpm]"\n' + "\n".join(lines)).encode(), mtime=0)
    record.file("n.csv.gz").write_bytes(content)
    whole = _read(record.root).frame
    for kept in (len(content) - 1, len(content) - 9, len(content) // 2, 40):
        record.file("n.csv.gz").write_bytes(content[:kept])
        judged = _read(record.root)
        rows = judged.frame["source_row"].max() or 0
        assert judged.frame.equals(whole.filter(pl.col("source_row") <= rows))
        assert "truncated_gzip" in judged.rejected["rule"].to_list()
        if kept == len(content) // 2:
            assert 75 < rows < 225


def test_numerics_that_differ_from_the_published_or_are_missing(record: WrittenRecord) -> None:
    publish(record.root)
    record.write_numerics(NUMERICS.replace("72", "75"))
    judged = _read(record.root)
    assert judged.frame["value"][0] == 75.0
    assert "file_checksum_mismatch" in judged.rejected["rule"].to_list()
    record.file("n.csv.gz").unlink()
    judged = _read(record.root)
    assert judged.frame.is_empty()
    assert judged.rejected.select("file", "rule").rows() == [(record.path("n.csv.gz"), "file_missing")]


def test_a_record_without_numerics_by_nature_is_no_defect(tmp_path: Path) -> None:
    write_record(tmp_path, numerics=None)
    write_record(tmp_path, record_id=RECORD + 1)
    publish(tmp_path)
    judged = _read(tmp_path)
    assert judged.frame["record_id"].unique().to_list() == [RECORD + 1]
    assert "file_missing" not in judged.rejected["rule"].to_list()


def test_crlf_and_a_byte_order_mark_change_nothing(record: WrittenRecord) -> None:
    expected = _read(record.root)
    record.write_numerics("\ufeff" + NUMERICS.replace("\n", "\r\n"))
    assert _read(record.root).frame.equals(expected.frame)


@pytest.mark.real_data
def test_every_cell_of_the_real_record_is_there(real_data: Path) -> None:
    folder = real_data / "mimic4wdb-linked"
    frame = read_numerics(FolderTree(folder), 10005817).whole().frame
    values: list[float] = []
    per_column: dict[str, int] = {}
    with gzip.open(next(folder.glob("**/90000001n.csv.gz")), "rt", newline="") as file:
        reader = csv.reader(file)
        headings = next(reader)
        for row in reader:
            for heading, text in zip(headings[1:], row[1:], strict=True):
                if text:
                    values.append(float(text))
                    per_column[heading] = per_column.get(heading, 0) + 1
    assert len(values) == 2699383
    assert frame.height == len(values)
    assert math.fsum(frame["value"]) == math.fsum(values)
    assert dict(frame["source_column"].value_counts().rows()) == per_column
    assert frame.equals(frame.sort(RAW_NUMERICS.order))
