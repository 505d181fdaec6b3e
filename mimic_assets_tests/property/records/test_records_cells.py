"""Laws of reading numerics: the quick way and the exact way agree with an obvious loop, at any block size."""

import gzip
import io
import math
import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimic_assets.records.cells import Cells, Columns, columns_of, read_cells
from mimic_assets.records.inflate import DamagedGzipError, inflate, whole_lines

_NUMBERS = st.sampled_from(["", "", "72", "97.4", "0", "-71", "0.39", ".5", "5.", "-0", "007", "123456789012345678901"])
_ODD = st.sampled_from(
    ["nan", "inf", "-", "1-2", "1.2.3", ".", "+5", " 5 ", " ", "1e3", "1e999", "0x1F", "½", "--", '"7"', "\r"]
)
_TICKS = st.sampled_from(["0", "16", "2853", "214885824", "-5", "", "12.0", "0x10", "9" * 30, " 8", "+8", "x"])
_PLAIN_TICKS = st.integers(-10, 10**12).map(str)


def _lines(ticks: st.SearchStrategy[str], cells: st.SearchStrategy[str], width: int) -> st.SearchStrategy[list[str]]:
    row = st.tuples(ticks, *[cells] * width).map(",".join)
    return st.lists(row, min_size=1, max_size=8)


_FILES = st.one_of(
    _lines(_PLAIN_TICKS, _NUMBERS, 3),
    _lines(_TICKS, st.one_of(_NUMBERS, _ODD), 3),
    st.lists(st.one_of(st.text("0123456789,.-", max_size=12), st.just("1,2,3,4")), min_size=1, max_size=8),
)
COLUMNS = columns_of(["b", "time", "a", "C"])


def _oracle(lines: list[str]) -> tuple[list[tuple[int, int, float | str]], dict[int, int], set[int]]:
    """Return cells, ticks and rows of lines: slow and obvious."""
    cells: list[tuple[int, int, float | str]] = []
    ticks: dict[int, int] = {}
    rows: set[int] = set()
    for number, line in enumerate(lines):
        fields = ["7" if field == '"7"' else field for field in line.split(",")]
        if len(fields) != 4 or ('"' in line and "\r" in line):
            continue  # quotes and a lone carriage return in one line: nobody knows where it ends
        rows.add(number)
        if re.fullmatch(r"-?[0-9]{1,18}", fields[1].strip(" \t")):
            ticks[number] = int(fields[1])
        for code, place in enumerate((3, 2, 0)):
            text = fields[place]
            if text:
                is_number = re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text.strip(" \t"))
                is_number = is_number if is_number and math.isfinite(float(text)) else None
                cells.append((number, code, float(text) if is_number else text))
    return cells, ticks, rows


def _contents(cells: Cells) -> tuple[list[tuple[int, int, float | str]], dict[int, int], set[int]]:
    found: list[tuple[int, int, float | str]] = [
        (int(line), int(code), cells.texts.get(place, float(value)))
        for place, (line, code, value) in enumerate(zip(cells.lines, cells.codes, cells.values, strict=True))
    ]
    ticks = {i: int(tick) for i, tick in enumerate(cells.ticks) if cells.has_tick[i]}
    return found, ticks, {i for i, is_row in enumerate(cells.is_row) if is_row}


def test_codes_count_the_columns_sorted_by_heading() -> None:
    assert columns_of(["b", "time", "a", "C"]) == Columns(("b", "time", "a", "C"), 1, (3, 2, 0))


@given(_FILES, st.booleans())
def test_cells_are_those_of_an_obvious_loop(lines: list[str], is_closed: bool) -> None:
    lines = [line.rstrip("\r").rstrip("\n") for line in lines]
    if not lines[-1]:
        is_closed = True
    block = ("\n".join(lines) + "\n" * is_closed).encode()
    cells = read_cells(block, COLUMNS)
    assert cells.line_count == len(lines)
    assert _contents(cells) == _oracle(lines)


@given(st.binary(max_size=400), st.integers(1, 60), st.integers(0, 200))
def test_blocks_of_lines_are_the_bytes_again(content: bytes, block_bytes: int, cut: int) -> None:
    text = content.replace(b"\r", b"\n")
    blocks = list(whole_lines(inflate(io.BytesIO(gzip.compress(text, mtime=0))), block_bytes))
    assert b"".join(blocks) == text
    assert all(block.endswith(b"\n") for block in blocks[:-1])
    two_members = gzip.compress(text[:cut], mtime=0) + gzip.compress(text[cut:], mtime=0) + b"\0" * 7
    assert b"".join(inflate(io.BytesIO(two_members))) == text


@given(st.lists(st.integers(0, 10**6), min_size=50, max_size=300), st.floats(0, 0.999))
def test_a_cut_gzip_gives_every_whole_line_that_zlib_gives(numbers: list[int], share: float) -> None:
    content = gzip.compress("".join(f"{n}\n" for n in numbers).encode(), mtime=0)
    kept = content[: 1 + int(share * (len(content) - 1))]
    expected = zlib.decompressobj(31).decompress(kept)
    found: list[bytes] = []

    def read() -> None:
        for block in whole_lines(inflate(io.BytesIO(kept)), block_bytes=64):
            found.append(block)  # noqa: PERF402 - extend would lose what came before the exception

    with pytest.raises(DamagedGzipError) as damage:
        read()
    assert damage.value.rule == "truncated_gzip"
    assert b"".join(found) == expected[: expected.rfind(b"\n") + 1]
