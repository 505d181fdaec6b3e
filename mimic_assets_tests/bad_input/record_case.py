"""What a way to break a record is, and what it leads to.

Belongs here: the two values that the cases of `numerics_cases` and `header_cases` are made of.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from mimic_assets_tests.broken_copies import WrittenRecord

SECRET, SECRET_TICK = "31337.77", 987654321987
"""A value and a tick that no message may repeat."""
NOTHING, EVERYTHING = pl.lit(False), pl.lit(True)


@dataclass(frozen=True, slots=True)
class Told:
    """A row that `rejected_inputs` must have."""

    table: str
    rule: str
    ending: str
    """Of the file: `n.csv.gz`, `_0001.hea`."""
    place: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """What breaking a record leads to."""

    told: tuple[Told, ...]
    numerics: pl.Expr = field(default_factory=lambda: EVERYTHING)
    """Rows of raw_numerics and cleaned_numerics that are as in the sound record."""
    signals: pl.Expr = field(default_factory=lambda: EVERYTHING)
    """Rows of raw_records that are as in the sound record."""
    lost: tuple[str, ...] = ()
    """Tables in which the record has nothing left."""


@dataclass(frozen=True, slots=True)
class RecordCase:
    """One way to break a record."""

    name: str
    make: Callable[[WrittenRecord], Broken]
    keeps_published_sums: bool = False
