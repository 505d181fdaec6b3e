"""The wanted lines of a block as a frame of strings.

Most lines of the large tables are passed over on the bytes of their item, before any cell is made.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.csv

from mimic_assets.clinical.defects import Defects, RowDefect
from mimic_assets.clinical.lines import Lines
from mimic_assets.clinical.refused import subject_of
from mimic_assets.errors import InternalError

LINE = "line"
"""Column of the line numbers beside the source columns."""
_WORD = 8
_MASKS = np.array([(1 << (8 * length)) - 1 for length in range(_WORD + 1)], dtype=np.uint64)
NOT_ITEM = RowDefect(
    "bad_value", "itemid", "an integer", "Compare the line with the published file; the row was not used."
)
_NOT_TEXT = RowDefect(
    "malformed_row", "", "UTF-8 text", "Compare the line with the published file; the row was not used."
)


@dataclass(frozen=True, slots=True)
class Items:
    """The item ids to keep, as the bytes they are written in."""

    words: npt.NDArray[np.uint64]

    @classmethod
    def of(cls, items: frozenset[int]) -> "Items":
        """Return the ids, packed; ids have at most 8 digits."""
        return cls(np.array(sorted(int.from_bytes(str(item).encode(), "little") for item in items), dtype=np.uint64))


def wanted_lines(
    lines: Lines, item_column: int, subject_column: int, items: Items, defects: Defects
) -> npt.NDArray[np.bool_]:
    """Return per line whether its item is one of `items`.

    An item that is no integer may be any: it is counted in `defects`, under the subject of its line.
    """
    first, last = lines.field(item_column)
    padded = np.frombuffer(lines.text + bytes(_WORD), dtype=np.uint8)
    if lines.has_quotes:
        quoted = (padded[first] == ord('"')) & (last > first)
        first, last = first + quoted, last - quoted
    length = last - first
    every_word = np.ndarray(len(lines.text) + 1, dtype="<u8", buffer=padded, strides=(1,))
    words = every_word[first] & _MASKS[np.clip(length, 0, _WORD)]
    found = np.minimum(np.searchsorted(items.words, words), items.words.size - 1)
    is_number = _are_digits(words, length)
    begin, end = lines.field(subject_column)
    for row in np.flatnonzero(~is_number).tolist():
        subject = subject_of(lines.text[begin[row] : end[row]], 0)
        defects.add(NOT_ITEM, 1, int(lines.numbers[row]), "a cell that cannot be read", subject)
    matches: npt.NDArray[np.bool_] = (items.words[found] == words) & (length <= _WORD)
    return matches


def _are_digits(words: npt.NDArray[np.uint64], length: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return whether the bytes of each word are decimal digits: high halves are 3, also after adding 6."""
    mask = _MASKS[np.clip(length, 0, _WORD)]
    high, three, six = (np.uint64(int.from_bytes(bytes([b] * _WORD), "little")) for b in (0xF0, 0x30, 0x06))
    plain = ((words & high & mask) == (three & mask)) & (((words + (six & mask)) & high & mask) == (three & mask))
    digits: npt.NDArray[np.bool_] = plain & (length > 0)
    return digits


def string_frame(
    lines: Lines,
    keep: npt.NDArray[np.bool_] | None,
    header: tuple[str, ...],
    columns: tuple[str, ...],
    defects: Defects,
    subject_column: int = 0,
) -> pl.DataFrame:
    """Return the kept lines (all where `keep` is None): `columns` as strings, empty ones null, and `line`.

    Lines that are not UTF-8 are counted in `defects` and left out.
    """
    starts, ends, numbers = lines.starts, lines.ends, lines.numbers
    if keep is not None:
        starts, ends, numbers = starts[keep], ends[keep], numbers[keep]
    text, ends = _gather(lines.text, starts, ends + 1)
    try:
        text.decode()
    except UnicodeDecodeError:
        parts = [text[a:b] for a, b in zip([0, *ends[:-1]], ends, strict=True)]
        sound = np.array([_is_utf8(part) for part in parts])
        for row in np.flatnonzero(~sound).tolist():
            whose = subject_of(parts[row], subject_column)
            defects.add(_NOT_TEXT, 1, int(numbers[row]), "bytes that are not UTF-8", whose)
        text, numbers = b"".join(part for part, ok in zip(parts, sound, strict=True) if ok), numbers[sound]
    if not text:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String) | {LINE: pl.Int64})
    places = [str(place) for place in range(len(header))]
    table = pyarrow.csv.read_csv(
        pa.BufferReader(text),
        pyarrow.csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=places),
        pyarrow.csv.ParseOptions(quote_char='"' if lines.has_quotes else False),
        pyarrow.csv.ConvertOptions(
            check_utf8=False, include_columns=[str(header.index(c)) for c in columns], null_values=[""],
            column_types=dict.fromkeys(places, pa.string()), strings_can_be_null=True,
        ),
    )  # fmt: skip
    if table.num_rows != numbers.size:
        raise InternalError(f"{table.num_rows} rows parsed from {numbers.size} lines")
    frame = pl.DataFrame(pl.from_arrow(table.rename_columns(list(columns))))
    return frame.with_columns(pl.Series(LINE, numbers, dtype=pl.Int64))


def _gather(
    text: bytes, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> tuple[bytes, npt.NDArray[np.int64]]:
    """Return the slices of a text joined, and the end of each in it."""
    lengths = ends - starts
    new_ends = np.cumsum(lengths)
    if starts.size == 0:
        return b"", new_ends
    if int(new_ends[-1]) == len(text):
        return text, new_ends
    # Wanted slices and the gaps between them are the elements of one binary column; Arrow's filter copies fast.
    bounds = np.empty(2 * starts.size + 1, dtype=np.int32)
    bounds[0], bounds[1:-1:2], bounds[2::2] = starts[0], ends, np.append(starts[1:], ends[-1])
    pieces = pa.Array.from_buffers(pa.binary(), 2 * starts.size, [None, pa.py_buffer(bounds), pa.py_buffer(text)])
    # Not pa.array(): it imports pandas.
    alternate = pa.Array.from_buffers(
        pa.bool_(), 2 * starts.size, [None, pa.py_buffer(b"\x55" * (starts.size // 4 + 1))]
    )
    kept = pieces.filter(alternate)
    return kept.buffers()[2].to_pybytes()[: int(new_ends[-1])], new_ends


def _is_utf8(part: bytes) -> bool:
    try:
        part.decode()
    except UnicodeDecodeError:
        return False
    return True
