"""Pandera schemas derived from `tables`, and the one function that judges an object against its table.

Collect before validating: on a LazyFrame Pandera checks names and types only, and a heart rate of 400 passes. Pandera
names what is broken. It takes a millisecond or two per column, whatever the rows; so one query over the same limits
is asked first whether anything is (a tenth of a whole run was Pandera finding nothing).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from mimic_assets.schemas.model import Field, Table


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise: which rule, of which column, in how many rows. It carries no values."""

    rule: str
    column: str | None
    count: int

    def __str__(self) -> str:
        """Return it as `rule(column): n rows`."""
        place = f"({self.column})" if self.column else ""
        return f"{self.rule}{place}: {self.count} row(s)"


def _column(field: Field, optional: bool) -> pa.Column:
    checks = []
    if field.minimum is not None or field.maximum is not None:
        checks.append(pa.Check.in_range(
            -float("inf") if field.minimum is None else field.minimum,
            float("inf") if field.maximum is None else field.maximum,
            name="within_limits",
        ))  # fmt: skip
    if field.values is not None:
        checks.append(pa.Check.isin([member.value for member in field.values], name="in_vocabulary"))
    if field.dtype == pl.Float64:
        checks.append(
            pa.Check(lambda data: data.lazyframe.select(pl.col(data.key).is_finite()), name="finite", ignore_na=True)
        )
    return pa.Column(field.dtype, checks=checks, nullable=optional or _is_nested(field))


def _is_nested(field: Field) -> bool:
    """Return whether Pandera is not asked for its nulls: it writes what fails as JSON, and Polars cannot with bytes."""
    return field.dtype.is_nested()


@cache
def pandera_model(table: Table) -> pa.DataFrameSchema:
    """Return the Pandera schema of a table: names, order, types, limits, vocabularies; nothing is coerced."""
    return pa.DataFrameSchema(
        {column.name: _column(column, column.name in table.optional) for column in table.columns},
        name=table.name,
        strict=True,
        ordered=True,
    )


def violations(table: Table, frame: pl.DataFrame) -> list[Violation]:
    """Return every promise of the table that the rows of one object break; empty when it may be stored.

    Args:
        table: the description to judge by.
        frame: the collected rows of one object.
    """
    found = [] if has_sound_columns(table, frame) else broken_columns(table, frame)
    if any(
        violation.rule in {"column_not_in_dataframe", "wrong_datatype", "column_not_in_schema", "column_not_ordered"}
        for violation in found
    ):
        return found
    found += _broken_invariants(table, frame)
    repeats = frame.height - frame.select(table.key).n_unique() if frame.height else 0
    if repeats:
        found.append(Violation("unique_key", None, repeats))
    if frame.height > 1 and not is_sorted(frame, table.order):
        found.append(Violation("sorted", None, 1))
    return found


def has_sound_columns(table: Table, frame: pl.DataFrame) -> bool:
    """Return whether Pandera would find nothing: the table's columns and types, every value within its limits."""
    if frame.schema != table.schema or frame.columns != table.schema.names():
        return False
    doubts = [doubt.any() for column in table.columns for doubt in _doubts(column, column.name in table.optional)]
    return not doubts or not frame.lazy().select(pl.any_horizontal(doubts)).collect().item()


def _doubts(column: Field, optional: bool) -> Iterator[pl.Expr]:
    """Yield what is true of a value that breaks a limit of its column; null where nothing is said."""
    value = pl.col(column.name)
    if not optional:
        yield value.is_null()
    if column.minimum is not None:
        yield value < column.minimum
    if column.maximum is not None:
        yield value > column.maximum
    if column.values is not None:
        yield value.is_not_null() & ~value.is_in([member.value for member in column.values])
    if column.dtype == pl.Float64:
        yield ~value.is_finite()


def broken_columns(table: Table, frame: pl.DataFrame) -> list[Violation]:
    """Return what Pandera finds wrong with names, order, types and values of columns, and nulls in lists' places."""
    found: list[Violation] = []
    try:
        pandera_model(table).validate(frame, lazy=True)
    except SchemaErrors as errors:
        for error in errors.schema_errors:
            check = error.check
            rule = getattr(check, "name", None) or str(error.reason_code.name if error.reason_code else check).lower()
            cases = error.failure_cases
            count = cases.height if isinstance(cases, pl.DataFrame) else 1
            column = error.column_name if isinstance(error.column_name, str) else getattr(error.schema, "name", None)
            found.append(Violation(str(rule), None if column == table.name else column, max(count, 1)))
    needed = [column.name for column in table.columns if _is_nested(column) and column.name not in table.optional]
    nulls = {name: frame[name].null_count() for name in needed if name in frame.columns}
    return [*found, *(Violation("series_contains_nulls", name, count) for name, count in nulls.items() if count)]


def _broken_invariants(table: Table, frame: pl.DataFrame) -> list[Violation]:
    """Return the promises over several columns that rows break, by one query.

    Pandera is not asked: for its report it writes every failing row as JSON (`_is_nested`).
    """
    if not table.invariants or not frame.height:
        return []
    broken = [(~invariant.holds.fill_null(True)).sum().alias(invariant.name) for invariant in table.invariants]
    counts = frame.lazy().select(broken).collect().row(0, named=True)
    return [Violation(name, None, int(count)) for name, count in counts.items() if count]


def is_sorted(frame: pl.DataFrame, order: tuple[str, ...]) -> bool:
    """Return whether rows ascend by these columns, nulls first, ties allowed; two rows at least."""
    later, tied = pl.lit(False), pl.lit(True)
    for name in order:
        here, before = pl.col(name), pl.col(name).shift(1)
        later = later | (tied & ((here > before) | (before.is_null() & here.is_not_null())).fill_null(False))
        tied = tied & here.eq_missing(before)
    return bool(frame.lazy().select((later | tied).slice(1).all()).collect().item())
