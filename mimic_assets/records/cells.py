"""The non-empty cells of a block of numerics lines: a quick way for clean blocks, an exact one for every other.

Belongs here: what counts as a tick, a number, a text, a malformed line. Does not belong here: files, clocks, judgement
of values. A block of digits, signs, dots and commas goes through Arrow; anything else (quotes, text, exponents, ragged
lines, lone carriage returns) is read line by line, so that every physical line keeps its number.
"""

import csv
import math
import re
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from numpy.typing import NDArray

TIME_COLUMN = "time"
_PLAIN = b"0123456789.,-\n"
_TICK = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one numerics file."""

    headings: tuple[str, ...]
    """As written, in the file's order; made different from each other where the file repeats one."""
    time: int | None
    """Place of the time column; None where there is none."""
    sorted_places: tuple[int, ...]
    """Places of the other columns, sorted by heading: a cell's column code counts these."""


@dataclass(frozen=True, slots=True)
class Cells:
    """What a block of lines holds; lines count from 0 within the block."""

    line_count: int
    ticks: NDArray[np.int64]
    """One per line; 0 where there is none."""
    has_tick: NDArray[np.bool_]
    """One per line: whether its time cell is a whole number."""
    is_row: NDArray[np.bool_]
    """One per line: false for malformed ones."""
    lines: NDArray[np.int64]
    """Line of each cell; cells are sorted by line and column code."""
    codes: NDArray[np.int64]
    """Column code of each cell."""
    values: NDArray[np.float64]
    """Number of each cell; NaN where it is a text."""
    texts: dict[int, str] = field(default_factory=dict)
    """Place among the cells -> text, for cells that are no number."""
    first_malformed: tuple[int, int] | None = None
    """Line and number of fields of the first malformed line."""


def columns_of(headings: list[str]) -> Columns:
    """Return the columns of a heading line; a repeated heading gets ` #2`, ` #3` ..., an empty one its place."""
    named: list[str] = []
    for place, heading in enumerate(headings, start=1):
        wanted = heading or f"column {place}"
        name, again = wanted, 1
        while name in named:
            again += 1
            name = f"{wanted} #{again}"
        named.append(name)
    time = named.index(TIME_COLUMN) if TIME_COLUMN in named else None
    places = [place for place in range(len(named)) if place != time]
    return Columns(tuple(named), time, tuple(sorted(places, key=lambda place: named[place].encode())))


def read_cells(block: bytes, columns: Columns) -> Cells:
    """Return the non-empty cells of a block of whole lines.

    Args:
        block: lines below the heading line; the last may lack its line end.
        columns: the file's columns.

    Returns:
        The cells. A number is a plain decimal, with or without exponent, that is finite as float64; `nan` and `inf` are
        texts. Blanks around a number or tick are allowed; a cell of blanks only is a text.
    """
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    has_empty_line = block.startswith(b"\n") or b"\n\n" in block  # Arrow would take one for a row of empty cells
    if len(columns.headings) > 1 and not has_empty_line and not block.translate(None, _PLAIN):
        cells = _read_plain(block, columns)
        if cells is not None:
            return cells
    return _read_exactly(block, columns)


def _read_plain(block: bytes, columns: Columns) -> Cells | None:
    """Return the cells, or None where a line or cell is not of the plain kind."""
    names = [str(place) for place in range(len(columns.headings))]
    types = {name: pa.float64() for name in names}
    if columns.time is not None:
        types[names[columns.time]] = pa.int64()
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(block),
            read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(block) + 1),
            parse_options=arrow_csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(column_types=types, null_values=[""], include_columns=names),
        )
    except pa.ArrowInvalid:
        return None
    count = block.count(b"\n") + (not block.endswith(b"\n"))
    if table.num_rows != count:
        return None
    ticks, has_tick = np.zeros(count, np.int64), np.zeros(count, np.bool_)
    if columns.time is not None:
        column = table.column(columns.time)
        has_tick = column.is_valid().to_numpy()
        ticks = column.fill_null(0).to_numpy()
    width = len(columns.sorted_places)
    grid = np.empty((count, width), np.float64)
    for code, place in enumerate(columns.sorted_places):
        grid[:, code] = table.column(place).to_numpy()
    flat = grid.ravel()
    found = np.flatnonzero(~np.isnan(flat))
    values = flat[found]
    if not np.isfinite(values).all():
        return None
    lines = found // width
    return Cells(count, ticks, has_tick, np.ones(count, np.bool_), lines, found - lines * width, values)


def _fields(line: str) -> list[str] | None:
    """Return the fields of one physical line; None where its quotes do not close."""
    if '"' not in line:
        return line.split(",")
    try:
        rows = list(csv.reader([line], strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _read_exactly(block: bytes, columns: Columns) -> Cells:
    """Return the cells, reading line by line: slow, and right for everything a file can hold."""
    texts_of_lines = block.decode("utf-8", "replace").split("\n")
    if texts_of_lines[-1] == "":
        texts_of_lines.pop()
    count, width = len(texts_of_lines), len(columns.headings)
    ticks, has_tick, is_row = np.zeros(count, np.int64), np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    lines: list[int] = []
    codes: list[int] = []
    values: list[float] = []
    texts: dict[int, str] = {}
    first_malformed: tuple[int, int] | None = None
    for number, line in enumerate(texts_of_lines):
        fields = _fields(line)
        if fields is None or len(fields) != width or (not line and width > 1):
            first_malformed = first_malformed or (number, len(fields or ()))
            continue
        is_row[number] = True
        if columns.time is not None and _TICK.fullmatch(fields[columns.time].strip(" \t")):
            ticks[number], has_tick[number] = int(fields[columns.time]), True
        for code, place in enumerate(columns.sorted_places):
            text = fields[place]
            if text:
                is_number = _NUMBER.fullmatch(text.strip(" \t")) is not None
                value = float(text) if is_number else math.nan
                if not math.isfinite(value):
                    value, texts[len(lines)] = math.nan, text
                lines.append(number)
                codes.append(code)
                values.append(value)
    return Cells(
        count,
        ticks,
        has_tick,
        is_row,
        np.array(lines, np.int64),
        np.array(codes, np.int64),
        np.array(values, np.float64),
        texts,
        first_malformed,
    )
