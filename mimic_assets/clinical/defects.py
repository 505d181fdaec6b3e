"""Defects met while a table is read, gathered into one row per file, rule, column and subject.

Messages name what was found by its kind, never by its content: cells are patients' values.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mimic_assets.schemas.judged import Rejection

TABLE = "clinical_extract"


@dataclass(frozen=True, slots=True)
class FileDefect:
    """A defect of a whole file."""

    rule: str
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class RowDefect:
    """A defect of some rows; `column` is empty where it is of the whole line."""

    rule: str
    column: str
    expected: str
    advice: str


@dataclass(slots=True)
class _Tally:
    count: int
    first_line: int
    found: str


@dataclass(slots=True)
class Defects:
    """What is wrong with one file."""

    file: str
    files: list[FileDefect] = field(default_factory=list)
    _rows: dict[tuple[int | None, RowDefect], _Tally] = field(default_factory=dict)

    def add(self, defect: RowDefect, count: int, first_line: int, found: str, subject_id: int | None = None) -> None:
        """Count `count` more lines with a defect, the first of them at `first_line`."""
        tally = self._rows.get((subject_id, defect))
        if tally is None:
            self._rows[subject_id, defect] = _Tally(count, first_line, found)
            return
        tally.count += count
        if first_line < tally.first_line:
            tally.first_line, tally.found = first_line, found

    def merge(self, later: "Defects") -> None:
        """Add what was met in a later part of the same file."""
        self.files.extend(later.files)
        for (subject_id, defect), tally in later._rows.items():
            self.add(defect, tally.count, tally.first_line, tally.found, subject_id)

    def rejections(self) -> Iterator[Rejection]:
        """Yield a rejection per defect; `subject_id` is null where the file or an unknown subject is concerned."""
        for whole in self.files:
            yield Rejection(TABLE, self.file, "whole file", whole.rule, whole.message, whole.advice)
        for (subject_id, row), tally in self._rows.items():
            place = f"line {tally.first_line}" if tally.first_line else "rows"  # a query's rows have no lines
            place += f", column {row.column}" if row.column else ""
            message = f"found {tally.found}, expected {row.expected}"
            yield Rejection(TABLE, self.file, place, row.rule, message, row.advice, subject_id, tally.count)
