"""Where the fields of a block's lines lie, found on the bytes with numpy, and which lines are no rows of the table.

A stray comma must not shift a row's cells silently (pandas reads such a line), and an unbalanced quote must not swallow
what follows: a line counts only if it has as many fields as the header and its quotes open and close around whole
fields (RFC 4180, doubled quotes inside). Lines of no bytes hold nothing and are passed over.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mimic_assets.clinical.blocks import Block
from mimic_assets.clinical.defects import Defects, RowDefect
from mimic_assets.clinical.quotes import outside_quotes
from mimic_assets.clinical.refused import subject_of

_LINE_FEED, _RETURN, _COMMA = 10, 13, 44
_ADVICE = "Compare the line with the published file; the row was not used."
Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Lines:
    """The good lines of a block."""

    text: bytes
    """The block, line ends being single line feeds."""
    starts: Positions
    """Byte offset of each line's first byte."""
    field_ends: Positions
    """Byte offset of what ends each field, one row per line: its commas, then its line feed."""
    numbers: Positions
    """Number of each line in the file."""
    has_quotes: bool

    @property
    def ends(self) -> Positions:
        """Byte offset of each line's line feed."""
        return self.field_ends[:, -1]

    def field(self, index: int) -> tuple[Positions, Positions]:
        """Return the first byte of a field and the byte after it, per line, quotes included."""
        return self.starts if index == 0 else self.field_ends[:, index - 1] + 1, self.field_ends[:, index]


def good_lines(block: Block, columns: int, defects: Defects, subject_place: int = 0) -> Lines:
    """Return the lines of a block that have `columns` fields (2 or more); the others are counted in `defects`.

    A refused line mostly still names its subject at that column's place, and is counted under that subject: what the
    line said is lost to that subject and to nobody else.
    """
    text = block.text.replace(b"\r\n", b"\n") if b"\r" in block.text else block.text
    data = np.frombuffer(text, dtype=np.uint8)
    refuse = _Refusal(text, defects, subject_place)
    separators = np.flatnonzero((data == _COMMA) | (data == _LINE_FEED))
    count = text.count(b"\n")
    numbers = np.arange(block.first_line, block.first_line + count)
    good: Mask = np.ones(count, dtype=bool)
    has_quotes = b'"' in text
    if has_quotes:
        separators, good = outside_quotes(data, separators)
        expected = "quotes around whole fields, closed on their line"
        refuse(numbers, ~good, "unbalanced_quote", "a quote that does not open or close a field", expected)
    if b"\r" in text:
        ends = separators[data[separators] == _LINE_FEED]
        broken: Mask = np.zeros(count, dtype=bool)
        broken[np.searchsorted(ends, np.flatnonzero(data == _RETURN))] = True
        expected = "line feeds, or carriage returns with line feeds, at line ends only"
        refuse(numbers, broken & good, "malformed_row", "a carriage return inside the line", expected)
        good &= ~broken
    if good.all() and separators.size == count * columns:
        table = separators.reshape(count, columns)
        if bool((data[table[:, -1]] == _LINE_FEED).all()):
            return Lines(text, _starts(table[:, -1]), table, numbers, has_quotes)
    last = np.flatnonzero(data[separators] == _LINE_FEED)
    ends = separators[last]
    starts = _starts(ends)
    fields = np.diff(last, prepend=-1)
    wrong: Mask = good & (fields != columns) & (ends > starts)
    if wrong.any():
        found = f"{fields[np.flatnonzero(wrong)[0]]} fields"
        refuse(numbers, wrong, "malformed_row", found, f"{columns} as in the header")
    good &= fields == columns
    table = separators[np.repeat(good, fields)].reshape(-1, columns)
    return Lines(text, starts[good], table, numbers[good], has_quotes)


def _starts(ends: Positions) -> Positions:
    return np.concatenate((np.zeros(1, dtype=np.int64), ends[:-1] + 1))


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Counts the lines of one block that are no rows, under their subject where it can be read."""

    text: bytes
    defects: Defects
    subject_place: int

    def __call__(self, numbers: Positions, lines: Mask, rule: str, found: str, expected: str) -> None:
        refused = np.flatnonzero(lines)
        if not refused.size:
            return
        content = self.text.split(b"\n")
        for place in refused.tolist():
            subject_id = subject_of(content[place], self.subject_place)
            self.defects.add(RowDefect(rule, "", expected, _ADVICE), 1, int(numbers[place]), found, subject_id)
