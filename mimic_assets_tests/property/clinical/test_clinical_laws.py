"""Laws of the clinical extract: how a file is cut, ordered or bucketed never shows in the rows."""

import csv
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from mimic_assets.clinical import bucket_expression, bucket_of, extract, subject_fingerprints
from mimic_assets.clinical.blocks import Block
from mimic_assets.clinical.defects import Defects
from mimic_assets.clinical.lines import good_lines
from mimic_assets.clinical.wanted import LINE, string_frame
from mimic_assets_tests.unit.clinical.clinical_source import LINES, cut_short, extracted, packed, write_source

CELLS = st.sampled_from(["", "a", "220045", "220045.0", '"a"', '"a,b"', '"a""b"', '"a', 'b"', 'a"b', '""', '"\'"', "é"])
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=4).map(",".join), max_size=12)
CHART_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["10000001", "10000002", "10000003", "x", ""]),
        st.sampled_from(["2134-02-03 01:00:00", "2134-02-03 02:00:00", "2134-02-03T02:00:00.5", "soon", ""]),
        st.sampled_from(["220045", "220048", "226707", "22x", '"220045"']),
        st.sampled_from(["88", "-0.0", "0", '"VF, coarse"', "nan", '"88', "", "1,2"]),
        st.sampled_from(["88", "-0.0", "0", "high", ""]),
    ).map(lambda c: f"{c[0]},,,7,{c[1]},,{c[2]},{c[3]},{c[4]},bpm,0"),
    max_size=25,
)


@given(rows=ROWS)
def test_good_lines_are_those_the_grammar_allows_and_hold_the_cells_csv_reads(rows: list[str]) -> None:
    columns = 3
    text = "".join(f"{row}\n" for row in rows).encode()
    defects = Defects("file")
    names = ("a", "b", "c")
    frame = pl.DataFrame(schema=dict.fromkeys(names, pl.String) | {LINE: pl.Int64})
    if rows:
        lines = good_lines(Block(text, 2), columns, defects)
        frame = string_frame(lines, None, names, names, defects)
    expected = []
    refused = 0
    for number, row in enumerate(rows, 2):
        fields = _grammar_fields(row)
        if fields is not None and len(fields) == columns:
            assert next(csv.reader([row])) == fields
            expected.append((*(field or None for field in fields), number))
        elif row:
            refused += 1
    assert frame.rows() == expected
    assert sum(rejection.count for rejection in defects.rejections()) == refused


def _grammar_fields(line: str) -> list[str] | None:
    """Return a line's fields by RFC 4180, read character by character; None where it does not fit the grammar."""
    fields, place = [], 0
    while True:
        if line[place : place + 1] == '"':
            field, place = "", place + 1
            while True:
                if place >= len(line):
                    return None
                if line[place] != '"':
                    field, place = field + line[place], place + 1
                elif line[place + 1 : place + 2] == '"':
                    field, place = field + '"', place + 2
                else:
                    place += 1
                    break
        else:
            end = line.find(",", place)
            field = line[place : end if end >= 0 else len(line)]
            place += len(field)
            if '"' in field:
                return None
        fields.append(field)
        if place == len(line):
            return fields
        if line[place] != ",":
            return None
        place += 1


@settings(max_examples=25)
@given(rows=CHART_ROWS, block_bytes=st.integers(1, 400), kept=st.one_of(st.none(), st.integers(0, 1500)))
def test_blocks_of_any_size_give_the_same_rows_and_the_same_defects(
    rows: list[str], block_bytes: int, kept: int | None
) -> None:
    lines = [LINES["icu/chartevents"][0], *rows]
    content = packed(lines) if kept is None else cut_short(lines, kept)
    with tempfile.TemporaryDirectory() as folder:
        tree = write_source(Path(folder), chartevents=content)
        whole, cut = extracted(tree, Path(folder)), extracted(tree, Path(folder), block_bytes)
    assert cut.frame.equals(whole.frame)
    assert cut.rejected.equals(whole.rejected)


@settings(max_examples=12)
@given(rows=CHART_ROWS, data=st.data(), buckets=st.integers(1, 9))
def test_neither_the_order_of_lines_nor_the_buckets_change_the_rows(
    rows: list[str], data: st.DataObject, buckets: int
) -> None:
    header = LINES["icu/chartevents"][0]
    shuffled = data.draw(st.permutations(rows))
    with tempfile.TemporaryDirectory() as folder:
        tree = write_source(Path(folder) / "a", chartevents=[header, *rows])
        whole = extracted(tree, Path(folder)).frame
        other = extracted(write_source(Path(folder) / "b", chartevents=[header, *shuffled]), Path(folder)).frame
        parts = [judged.frame for _, judged in extract(tree, buckets, range(buckets), Path(folder), None)]
    assert other.equals(whole)
    assert other.write_csv() == whole.write_csv()
    assert pl.concat(parts).sort("subject_id", maintain_order=True).equals(whole)
    prints: dict[str, str] = {}
    for part in parts:
        prints |= subject_fingerprints(part)
    assert dict(sorted(prints.items())) == subject_fingerprints(whole)


@given(ids=st.lists(st.integers(1, 2**40), max_size=20), buckets=st.integers(1, 2**31 - 1))
def test_the_bucket_of_a_column_is_that_of_each_number(ids: list[int], buckets: int) -> None:
    frame = pl.DataFrame({"subject_id": pl.Series(ids, dtype=pl.Int64)}).select(bucket_expression(buckets))
    assert frame.to_series().to_list() == [bucket_of(i, buckets) for i in ids]
    assert all(0 <= bucket_of(i, buckets) < buckets for i in ids)


def test_buckets_of_consecutive_subjects_are_even_and_never_move() -> None:
    counts = np.bincount([bucket_of(i, 16) for i in range(10_000_000, 10_016_000)], minlength=16)
    assert counts.min() > 900
    assert counts.max() < 1100
    assert [bucket_of(i, 16) for i in (10000032, 10005817, 10010471, 10020306)] == [10, 15, 4, 10]
