"""Bad clinical files: the defect is told with file, place, rule and advice, and what is sound still flows."""

import gzip
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from mimic_assets.clinical import bucket_of, extract, incomplete_tables
from mimic_assets.schemas.judged import Rejection, rejected_frame
from mimic_assets_tests.unit.clinical.clinical_source import (
    LINES,
    cut_short,
    extracted,
    packed,
    rows_of,
    told,
    write_source,
)

HEADER, CHARTED, RHYTHM, _ = LINES["icu/chartevents"]
CHART_FILE = "icu/chartevents.csv.gz"


def chart_row(minute: int, value: str = "90", subject: int = 10000001) -> str:
    """Return a heart rate row charted at 04:`minute`."""
    return f"{subject},20000001,30000001,7,2134-02-03 04:{minute:02d}:00,,220045,{value},{value},bpm,0"


def test_a_stray_comma_is_told_and_its_row_not_used(tmp_path: Path) -> None:
    bad = chart_row(2).replace(",bpm", ",90,bpm")
    lines = [HEADER, chart_row(1), bad, chart_row(3), chart_row(4) + ",,", chart_row(5)]
    judged = extracted(write_source(tmp_path / "source", chartevents=lines), tmp_path)
    assert rows_of(judged, "chartevents").get_column("start_time").dt.minute().to_list() == [1, 3, 5]
    assert told(judged) == [(10000001, CHART_FILE, "line 3", "malformed_row", 2)]
    [row] = judged.rejected.to_dicts()
    assert row["message"] == "found 12 fields, expected 11 as in the header"
    assert row["table"] == "clinical_extract"
    assert incomplete_tables(judged.rejected) == frozenset()
    assert incomplete_tables(judged.rejected, 10000001) == {"chartevents"}  # what the line said of it is lost
    assert incomplete_tables(judged.rejected, 10000002) == frozenset()


@pytest.mark.parametrize(
    ("table", "doubted"),
    [("admissions", {"admissions"}), ("procedureevents", {"procedureevents"}), ("chartevents", set())],
)
@pytest.mark.parametrize("rule", ["malformed_row", "unbalanced_quote", "bad_subject_id"])
def test_a_lost_line_of_nobody_knows_whom_casts_doubt_on_all_but_the_largest_tables(
    table: str, doubted: set[str], rule: str
) -> None:
    row = Rejection("clinical_extract", f"icu/{table}.csv.gz", "line 7", rule, "found x, expected y", "Compare.")
    assert incomplete_tables(rejected_frame([row]), 10000001) == doubted
    assert incomplete_tables(rejected_frame([row])) == frozenset()


def test_a_stray_comma_is_told_whatever_the_item(tmp_path: Path) -> None:
    lines = [*LINES["icu/chartevents"], "10000001,,,,2134-02-03 04:00:00,,226707,60,60,Inch,0,"]
    judged = extracted(write_source(tmp_path / "source", chartevents=lines), tmp_path)
    assert told(judged) == [(10000001, CHART_FILE, "line 5", "malformed_row", 1)]


def test_missing_and_surplus_commas_on_two_lines_do_not_cancel(tmp_path: Path) -> None:
    lines = [HEADER, chart_row(1) + ",", chart_row(2).replace(",bpm", ""), chart_row(3)]
    judged = extracted(write_source(tmp_path / "source", chartevents=lines), tmp_path)
    assert told(judged) == [(10000001, CHART_FILE, "line 2", "malformed_row", 2)]
    assert rows_of(judged, "chartevents").height == 1


@pytest.mark.parametrize("value", ['"90', '90"', '9"0', '"9"0', '9""0', '"90" '])
def test_an_unbalanced_quote_costs_its_line_and_no_other(value: str, tmp_path: Path) -> None:
    lines = [HEADER, chart_row(1), chart_row(2, value), chart_row(3), RHYTHM]
    broken = extracted(write_source(tmp_path / "source", chartevents=lines), tmp_path)
    assert told(broken) == [(10000001, CHART_FILE, "line 3", "unbalanced_quote", 1)]
    assert rows_of(broken, "chartevents").get_column("start_time").dt.minute().to_list() == [0, 1, 3]
    assert 'VF, "coarse"' in rows_of(broken, "chartevents").get_column("value_text").to_list()


def test_a_quoted_file_reads_like_a_plain_one(tmp_path: Path) -> None:
    plain = [HEADER, chart_row(1), chart_row(2)]
    quoted = [",".join(f'"{cell}"' for cell in line.split(",")) for line in plain]
    frames = [extracted(write_source(tmp_path / n, chartevents=x), tmp_path) for n, x in (("a", plain), ("b", quoted))]
    assert frames[0].frame.equals(frames[1].frame)
    assert frames[1].rejected.is_empty()


def test_carriage_returns_end_lines_but_do_not_break_them(tmp_path: Path) -> None:
    text = "\r\n".join([HEADER, chart_row(1), chart_row(2, "9\r0"), chart_row(3)]) + "\r\n"
    judged = extracted(write_source(tmp_path / "source", chartevents=gzip.compress(text.encode())), tmp_path)
    assert told(judged) == [(10000001, CHART_FILE, "line 3", "malformed_row", 1)]
    assert rows_of(judged, "chartevents").get_column("unit").to_list() == ["bpm", "bpm"]


def test_a_byte_order_mark_empty_lines_and_a_missing_last_line_feed_cost_nothing(tmp_path: Path) -> None:
    text = "\ufeff" + "\n".join([HEADER, "", chart_row(1), "", chart_row(2)])
    judged = extracted(write_source(tmp_path / "source", chartevents=gzip.compress(text.encode())), tmp_path)
    assert rows_of(judged, "chartevents").height == 2
    assert judged.rejected.is_empty()


def test_bytes_that_are_not_utf8_cost_their_line(tmp_path: Path) -> None:
    text = "\n".join([HEADER, chart_row(1), chart_row(2, "é"), chart_row(3)]).encode("latin-1")
    judged = extracted(write_source(tmp_path / "source", chartevents=gzip.compress(text)), tmp_path)
    assert told(judged) == [(10000001, CHART_FILE, "line 3", "malformed_row", 1)]
    assert rows_of(judged, "chartevents").height == 2


def test_a_truncated_gzip_gives_the_whole_lines_before_its_end(tmp_path: Path) -> None:
    lines = [HEADER, chart_row(1), chart_row(2), chart_row(3)]
    kept = len("\n".join(lines[:3])) + 30
    judged = extracted(write_source(tmp_path / "source", chartevents=cut_short(lines, kept)), tmp_path)
    assert told(judged) == [(None, CHART_FILE, "whole file", "truncated_gzip", 1)]
    assert rows_of(judged, "chartevents").get_column("start_time").dt.minute().to_list() == [1, 2]
    assert incomplete_tables(judged.rejected) == {"chartevents"}


def test_a_damaged_gzip_and_what_is_no_gzip_are_told(tmp_path: Path) -> None:
    damaged = bytearray(packed(LINES["hosp/poe"]))
    damaged[-7] ^= 1
    plain = "\n".join(LINES["hosp/admissions"]).encode()
    judged = extracted(write_source(tmp_path / "source", poe=bytes(damaged), admissions=plain), tmp_path)
    assert [(file, rule) for _, file, _, rule, _ in told(judged)] == [
        ("hosp/admissions.csv.gz", "unreadable_table"),
        ("hosp/poe.csv.gz", "unreadable_table"),
    ]
    assert incomplete_tables(judged.rejected) == {"admissions", "poe"}
    assert rows_of(judged, "icustays").height == 1


def test_gzip_members_one_after_another_are_one_table(tmp_path: Path) -> None:
    lines = [HEADER, chart_row(1), chart_row(2), chart_row(3)]
    half = chart_row(2)[:20]
    parts = ["\n".join(lines[:2]) + "\n" + half, chart_row(2)[20:] + "\n", chart_row(3) + "\n"]
    members = b"".join(gzip.compress(part.encode()) for part in parts)
    whole, split = (
        extracted(write_source(tmp_path / name, chartevents=content), tmp_path)
        for name, content in (("whole", packed(lines)), ("split", members + bytes(512)))
    )
    assert split.frame.equals(whole.frame)
    assert split.rejected.is_empty()


@pytest.mark.parametrize(
    ("content", "rule", "message"),
    [
        (None, "missing_table", "found no file, expected icu/icustays.csv.gz"),
        (b"", "empty_file", "found no bytes, expected a header line"),
        (gzip.compress(b""), "empty_file", "found no bytes, expected a header line"),
        (["subject_id,hadm_id,stay_id,first_careunit,last_careunit,intime,los"], "missing_column", "no column outtime"),
        ([LINES["icu/icustays"][0] + ",INTIME"], "unreadable_table", "found column intime twice, expected it once"),
    ],
    ids=["no file", "no bytes", "nothing compressed", "a column less", "a column twice"],
)
def test_a_table_that_cannot_be_used_is_told_in_every_bucket(
    content: list[str] | bytes | None, rule: str, message: str, tmp_path: Path
) -> None:
    tree = write_source(tmp_path / "source", icustays=content)
    for _, judged in extract(tree, 3, range(3), tmp_path, None):
        [row] = judged.rejected.to_dicts()
        assert (row["subject_id"], row["file"], row["rule"]) == (None, "icu/icustays.csv.gz", rule)
        assert message in row["message"]
        assert incomplete_tables(judged.rejected) == {"icustays"}


def test_a_header_without_rows_is_a_table_in_which_nothing_happened(tmp_path: Path) -> None:
    judged = extracted(write_source(tmp_path / "source", poe=LINES["hosp/poe"][:1]), tmp_path)
    assert judged.rejected.is_empty()


def test_bad_cells_are_null_and_told_per_subject_in_its_own_bucket(tmp_path: Path) -> None:
    lines = [
        HEADER,
        chart_row(1, "high"),
        chart_row(2, "nan", subject=10000002),
        chart_row(3, "1e400"),
        chart_row(4).replace("2134-02-03", "2134-02-30"),
        chart_row(5).replace("2134-02-03 04:05:00", ""),
    ]
    tree = write_source(tmp_path / "source", chartevents=lines)
    mine, other = bucket_of(10000001, 64), bucket_of(10000002, 64)
    assert mine != other
    got = dict(extract(tree, 64, [mine, other], tmp_path, None))
    assert told(got[mine]) == [
        (10000001, CHART_FILE, "line 2, column valuenum", "bad_value", 2),
        (10000001, CHART_FILE, "line 5, column charttime", "bad_value", 1),
        (10000001, CHART_FILE, "line 6, column charttime", "empty_cell", 1),
    ]
    assert told(got[other]) == [(10000002, CHART_FILE, "line 3, column valuenum", "bad_value", 1)]
    kept = rows_of(got[mine], "chartevents")
    assert kept.height == 4
    assert kept.get_column("start_time").null_count() == 2
    assert kept.get_column("value_text").to_list().count("high") == 1


def test_messages_carry_no_patient_values(tmp_path: Path) -> None:
    lines = [HEADER, chart_row(1, "secret"), "secret,,,,,,220045,,,,", chart_row(2) + ",secret"]
    judged = extracted(write_source(tmp_path / "source", chartevents=lines), tmp_path)
    assert judged.rejected.height == 3
    assert "secret" not in judged.rejected.write_csv()


def test_a_subject_id_that_is_no_number_is_told_and_the_row_not_used(tmp_path: Path) -> None:
    lines = [HEADER, chart_row(1).replace("10000001", "P-17"), chart_row(2).replace("10000001", ""), chart_row(3)]
    judged = extracted(write_source(tmp_path / "source", chartevents=lines), tmp_path)
    assert told(judged) == [(None, CHART_FILE, "line 2, column subject_id", "bad_subject_id", 2)]
    assert rows_of(judged, "chartevents").height == 1


def test_an_item_that_is_no_number_is_told(tmp_path: Path) -> None:
    items = ["2200x5", "", "22004500000", "220045.0", "-220045"]
    lines = [HEADER, *(chart_row(2 + i).replace("220045", item) for i, item in enumerate(items)), chart_row(50)]
    judged = extracted(write_source(tmp_path / "source", chartevents=lines), tmp_path)
    assert told(judged) == [(10000001, CHART_FILE, "line 2, column itemid", "bad_value", 4)]
    assert incomplete_tables(judged.rejected, 10000001) == {"chartevents"}
    assert incomplete_tables(judged.rejected, 10000002) == frozenset()
    assert rows_of(judged, "chartevents").height == 1


def test_ids_outside_their_limits_become_null(tmp_path: Path) -> None:
    lines = [LINES["hosp/diagnoses_icd"][0], "10000001,20000001.0,1,4275,8", "10000001,-4,2,4275,9"]
    judged = extracted(write_source(tmp_path / "source", diagnoses_icd=lines), tmp_path)
    assert rows_of(judged, "diagnoses_icd").select("hadm_id", "code_version", "value").rows() == [
        (None, 9, 2.0),
        (20000001, None, 1.0),
    ]
    assert [row[2:] for row in told(judged)] == [
        ("line 2, column icd_version", "bad_value", 1),
        ("line 3, column hadm_id", "bad_value", 1),
    ]


def test_a_stay_that_ends_before_it_starts_is_kept_and_told(tmp_path: Path) -> None:
    lines = [line.replace("2134-02-05 11:00:00", "2134-02-02 10:00:00") for line in LINES["icu/icustays"]]
    judged = extracted(write_source(tmp_path / "source", icustays=lines), tmp_path)
    expected = (10000001, "icu/icustays.csv.gz", "stay_id 30000001", "stay_ends_before_start", 1)
    assert told(judged) == [expected]
    assert rows_of(judged, "icustays").height == 1


def test_death_before_admission_is_told_by_minute_and_by_day(tmp_path: Path) -> None:
    earlier = [line.replace("2134-02-05 09:10:00", "2134-02-01 07:59:00") for line in LINES["hosp/admissions"]]
    dod = [line.replace("2134-02-05", "2134-01-31") for line in LINES["hosp/patients"]]
    judged = extracted(write_source(tmp_path / "source", admissions=earlier, patients=dod), tmp_path)
    assert told(judged) == [
        (10000001, "hosp/admissions.csv.gz", "hadm_id 20000001", "death_before_admission", 1),
        (10000001, "hosp/patients.csv.gz", "hadm_id 20000001", "death_before_admission", 1),
    ]
    assert rows_of(judged, "admissions").get_column("death_time").to_list() == [datetime(2134, 2, 1, 7, 59)]
    same_day = [line.replace("2134-02-05", "2134-02-01") for line in LINES["hosp/patients"]]
    assert extracted(write_source(tmp_path / "day", patients=same_day), tmp_path).rejected.is_empty()


def test_a_repeated_stay_is_dropped_and_told(tmp_path: Path) -> None:
    header, stay = LINES["icu/icustays"]
    lines = [header, stay.replace("11:00:00", "12:00:00"), stay, stay]
    judged = extracted(write_source(tmp_path / "source", icustays=lines), tmp_path)
    assert told(judged) == [(10000001, "icu/icustays.csv.gz", "stay_id 30000001", "duplicate_stay", 2)]
    assert rows_of(judged, "icustays").select("source_row", pl.col("end_time").dt.hour()).rows() == [(1, 11)]


def test_a_stay_without_its_admission_is_told_where_admissions_are_whole(tmp_path: Path) -> None:
    lines = [line.replace("20000001", "20000009") for line in LINES["icu/icustays"]]
    judged = extracted(write_source(tmp_path / "source", icustays=lines), tmp_path)
    assert told(judged) == [(10000001, "icu/icustays.csv.gz", "stay_id 30000001", "stay_without_admission", 1)]
    judged = extracted(write_source(tmp_path / "none", icustays=lines, admissions=None), tmp_path)
    assert [row[3] for row in told(judged)] == ["missing_table"]


def test_an_unreadable_time_makes_that_table_incomplete_for_its_subject_only(tmp_path: Path) -> None:
    lines = [line.replace("2134-02-05 09:10:00", "unknown") for line in LINES["hosp/admissions"]]
    judged = extracted(write_source(tmp_path / "source", admissions=lines), tmp_path)
    assert rows_of(judged, "admissions").get_column("death_time").to_list() == [None]
    assert incomplete_tables(judged.rejected) == frozenset()
    assert incomplete_tables(judged.rejected, 10000001) == {"admissions"}
    assert incomplete_tables(judged.rejected, 10000002) == frozenset()


@pytest.mark.parametrize("path", ["hosp/poe", "hosp/poe_detail", "hosp/labevents", "hosp/admissions"])
def test_a_refused_line_is_its_subjects_wherever_the_column_stands(path: str, tmp_path: Path) -> None:
    table = path.rpartition("/")[2]
    lines = [*LINES[path], LINES[path][1] + ","]
    judged = extracted(write_source(tmp_path / "source", **{table: lines}), tmp_path)
    assert [(row[0], row[3]) for row in told(judged)] == [(10000001, "malformed_row")]
    assert incomplete_tables(judged.rejected, 10000001) == {table}
    assert incomplete_tables(judged.rejected, 10000002) == frozenset()


def test_half_a_subject_is_nobodys(tmp_path: Path) -> None:
    """A stray comma inside the subject must not blame a subject 1000, and so acquit the right one."""
    lines = [*LINES["hosp/admissions"], LINES["hosp/admissions"][1].replace("10000001", "1000,0001")]
    judged = extracted(write_source(tmp_path / "source", admissions=lines), tmp_path)
    assert [row[0] for row in told(judged)] == [None]
    assert incomplete_tables(judged.rejected, 10000001) == {"admissions"}
