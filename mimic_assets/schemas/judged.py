"""What every stage returns: the rows that stand, and a row for every input that does not.

Flag, then decide: a defect is data. `rejection` builds the rows; wording follows one pattern - found, expected, advice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import REJECTED_INPUTS

Rows = pl.DataFrame | pl.LazyFrame
"""Rows of a table that may be too many for memory: a core function that takes them collects only what it needs at once.

A function that takes them for an input is handed a scan of the stored object, in stored order (`defs.derivation`).
"""


@dataclass(frozen=True, slots=True)
class Judged:
    """The rows of a table's object and the inputs that were refused while making it."""

    frame: pl.DataFrame
    """Rows of the table, sorted as the table says."""
    rejected: pl.DataFrame
    """Rows of `rejected_inputs`."""

    def whole(self) -> "Judged":
        """Return itself: all rows are here."""
        return self


@dataclass(frozen=True, slots=True)
class JudgedParts:
    """The same where the rows of one object would not fit into memory: they come in parts, and none is kept."""

    table: Table
    parts: Iterator[pl.DataFrame]
    """Rows of the table, each part sorted and after the one before; walked once."""
    rejected: pl.DataFrame
    """Rows of `rejected_inputs`."""

    def whole(self) -> Judged:
        """Return all rows at once, for whoever knows that they are few; the parts are used up."""
        return Judged(pl.concat([self.table.empty(), *self.parts]), self.rejected)


@dataclass(frozen=True, slots=True)
class Rejection:
    """One defect of one input; `place` is the first of `count` cells or rows that break the rule."""

    table: str
    file: str
    place: str
    rule: str
    message: str
    advice: str
    subject_id: int | None = None
    count: int = 1


def rejected_frame(rejections: Iterable[Rejection]) -> pl.DataFrame:
    """Return the rejections as rows of `rejected_inputs`, sorted and without repeats."""
    rows = [
        {
            "subject_id": r.subject_id, "table": r.table, "file": r.file, "place": r.place, "rule": r.rule,
            "message": r.message, "advice": r.advice, "defect_count": r.count,
        }
        for r in rejections
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=REJECTED_INPUTS.schema)
    return frame.unique(maintain_order=True).sort(REJECTED_INPUTS.order)
