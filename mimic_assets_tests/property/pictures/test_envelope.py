"""The reduced line against the slow, obvious loop: no extreme is lost and no missing sample is crossed."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from mimic_assets.pictures.braille import braille
from mimic_assets.pictures.envelope import column_ranges, envelope

SAMPLES = st.lists(
    st.one_of(st.none(), st.integers(-5, 5).map(float), st.floats(-1e6, 1e6, width=32)), max_size=300
).map(lambda cells: np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float32))


def pieces(values: npt.NDArray[np.float32], columns: int) -> list[list[int]]:
    """Return the indices of every unbroken run inside every column, one by one."""
    found: list[list[int]] = []
    last_column = None
    for i, value in enumerate(values):
        column = i * columns // len(values)
        if np.isnan(value):
            continue
        if found and found[-1][-1] == i - 1 and last_column == column:
            found[-1].append(i)
        else:
            found.append([i])
        last_column = column
    return found


@given(SAMPLES, st.integers(1, 80))
def test_first_lowest_highest_and_last_of_every_piece_are_kept_and_nothing_else(
    values: npt.NDArray[np.float32], columns: int
) -> None:
    wanted = set()
    for piece in pieces(values, columns):
        wanted |= {piece[0], piece[-1], min(piece, key=lambda i: values[i]), max(piece, key=lambda i: values[i])}
    shape = envelope(values, columns)
    kept = shape.places[~np.isnan(shape.places)].astype(int)
    assert kept.tolist() == sorted(wanted)
    assert np.array_equal(shape.values[~np.isnan(shape.values)], values[kept].astype(np.float64))
    assert np.array_equal(np.isnan(shape.places), np.isnan(shape.values))
    assert len(kept) <= 4 * len(pieces(values, columns))


@given(SAMPLES, st.integers(1, 80))
def test_no_segment_crosses_a_missing_sample_and_every_unbroken_pair_is_joined(
    values: npt.NDArray[np.float32], columns: int
) -> None:
    shape = envelope(values, columns)
    joined = [(int(a), int(b)) for a, b in pairwise(shape.places) if not np.isnan(a) and not np.isnan(b)]
    assert not any(np.isnan(values[a : b + 1]).any() for a, b in joined)
    kept = [int(place) for place in shape.places if not np.isnan(place)]
    unbroken = [(a, b) for a, b in pairwise(kept) if not np.isnan(values[a : b + 1]).any()]
    assert joined == unbroken
    lone = [
        i
        for i in range(len(values))
        if not np.isnan(values[i])
        and (i == 0 or np.isnan(values[i - 1]))
        and (i == len(values) - 1 or np.isnan(values[i + 1]))
    ]
    assert shape.alone.tolist() == lone


@given(SAMPLES, st.integers(1, 80))
def test_a_column_knows_its_range_and_whether_it_misses_a_sample(values: npt.NDArray[np.float32], columns: int) -> None:
    low, high, has_missing = column_ranges(values, columns)
    for column in range(columns):
        here = [value for i, value in enumerate(values) if i * columns // len(values) == column]
        known = [value for value in here if not np.isnan(value)]
        assert has_missing[column] == (len(known) < len(here))
        if known:
            assert (low[column], high[column]) == (min(known), max(known))
        else:
            assert np.isnan(low[column])
            assert np.isnan(high[column])


@given(SAMPLES, st.integers(1, 20), st.integers(1, 3))
def test_dots_stand_in_a_column_exactly_where_it_has_a_sample(
    values: npt.NDArray[np.float32], width: int, height: int
) -> None:
    lines = braille(values, width, height)
    assert [len(line) for line in lines] == [width] * height
    dots = dot_matrix(lines)
    columns = 2 * width
    for column in range(columns):
        if len(values) >= columns:
            here = [value for i, value in enumerate(values) if i * columns // len(values) == column]
        else:
            here = [values[column * len(values) // columns]] if len(values) else []
        assert dots[:, column].any() == any(not np.isnan(value) for value in here)
        rows = np.flatnonzero(dots[:, column])
        assert rows.size in (0, rows[-1] - rows[0] + 1 if rows.size else 0), "one unbroken bar"
    known = values[~np.isnan(values)]
    if known.size and known.min() < known.max():
        assert dots[0].any(), "the highest is at the top"
        assert dots[-1].any(), "the lowest is at the bottom"


def dot_matrix(lines: list[str]) -> npt.NDArray[np.bool_]:
    """Return the dots of braille characters; the bits are those of the Unicode standard, chapter 21."""
    order = [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (3, 0), (3, 1)]
    dots = np.zeros((4 * len(lines), 2 * len(lines[0])), dtype=bool)
    for y, line in enumerate(lines):
        for x, sign in enumerate(line):
            code = 0 if sign == " " else ord(sign) - 0x2800
            for bit, (row, column) in enumerate(order):
                dots[4 * y + row, 2 * x + column] = bool(code >> bit & 1)
    return dots


def test_a_spike_of_one_sample_in_a_million_is_drawn() -> None:
    values = np.zeros(1_000_000, dtype=np.float32)
    values[123_457] = 3.0
    shape = envelope(values, 100)
    assert 123_457 in shape.places
    assert shape.values.max() == 3.0
    assert len(shape.places) <= 400
