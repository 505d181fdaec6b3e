"""What a column and a table are. The values are in `fields` and `tables`; what is derived is in `derive_*`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from mimic_assets.schemas.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Field:
    """A column, described once; every table that has it shares this description."""

    name: str
    """Ends in its unit where it has one."""
    dtype: pl.DataType | type[pl.DataType]
    """The Polars type; Arrow and Parquet types follow from it."""
    meaning: str
    """One sentence."""
    unit: str | None = None
    minimum: float | None = None
    """Smallest value allowed, included."""
    maximum: float | None = None
    """Largest value allowed, included."""
    limit_source: str | None = None
    """Why those limits: a format page, a paper, arithmetic."""
    values: type[Vocabulary] | None = None
    """The closed list, for coded columns."""
    is_open_list: bool = False
    """Whether it holds names that users may add to; they are counted like a closed list's."""


class Partitioning(StrEnum):
    """How a table is cut into objects."""

    PATIENT = "patient"
    PATIENT_TASK = "patient_task"
    BUCKET = "bucket"
    TASK = "task"
    WHOLE = "whole"
    """One object."""


@dataclass(frozen=True, slots=True, eq=False)
class Invariant:
    """A promise over several columns of one row, checked on every object that is written."""

    name: str
    sentence: str
    """What holds, and who relies on it."""
    holds: pl.Expr
    """True where it holds; null counts as held."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table, described once. Its name is the asset key, the storage folder, the check's name and the heading."""

    name: str
    stage: str
    one_row_per: str
    columns: tuple[Field, ...]
    key: tuple[str, ...]
    """No two rows of one object share it; the columns may hold nulls only where they are optional."""
    order: tuple[str, ...]
    """Rows are sorted by it, ascending, nulls first."""
    partitioning: Partitioning
    optional: frozenset[str] = frozenset()
    """Columns that may be null; null means unknown or not applicable, as the column's meaning says."""
    invariants: tuple[Invariant, ...] = ()
    code: tuple[str, ...] = ()
    """Core modules whose source text enters the fingerprint of this table's objects."""
    lineage: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """Column -> the (table, column) pairs it is made from; a column not named comes from the same name upstream."""
    upstream: tuple[str, ...] = ()
    """The tables it is made from."""

    @property
    def schema(self) -> pl.Schema:
        """The Polars schema, columns in order."""
        return pl.Schema({column.name: column.dtype for column in self.columns})

    def empty(self) -> pl.DataFrame:
        """A frame of no rows with this table's columns."""
        return pl.DataFrame(schema=self.schema)
