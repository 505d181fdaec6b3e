"""Pandera schemas derived from `tables`, and the one function that judges an object against its table.

Collect before validating: on a LazyFrame Pandera checks names and types only, and a heart rate of 400 passes.
"""

from dataclasses import dataclass
from functools import cache

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from mimic_assets.schemas.model import Field, Invariant, Table


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
    return pa.Column(field.dtype, checks=checks, nullable=optional)


def _invariant(invariant: Invariant) -> pa.Check:
    return pa.Check(
        lambda data: data.lazyframe.select(invariant.holds.fill_null(True)), name=invariant.name, error=invariant.name
    )


@cache
def pandera_model(table: Table) -> pa.DataFrameSchema:
    """Return the Pandera schema of a table: names, order, types, limits, vocabularies, invariants; nothing coerced."""
    return pa.DataFrameSchema(
        {column.name: _column(column, column.name in table.optional) for column in table.columns},
        checks=[_invariant(invariant) for invariant in table.invariants],
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
    if any(
        violation.rule in {"column_not_in_dataframe", "wrong_datatype", "column_not_in_schema", "column_not_ordered"}
        for violation in found
    ):
        return found
    repeats = frame.height - frame.select(table.key).n_unique() if frame.height else 0
    if repeats:
        found.append(Violation("unique_key", None, repeats))
    if frame.height > 1 and not is_sorted(frame, table.order):
        found.append(Violation("sorted", None, 1))
    return found


def is_sorted(frame: pl.DataFrame, order: tuple[str, ...]) -> bool:
    """Return whether rows ascend by these columns, nulls first, ties allowed; two rows at least."""
    later, tied = pl.lit(False), pl.lit(True)
    for name in order:
        here, before = pl.col(name), pl.col(name).shift(1)
        later = later | (tied & ((here > before) | (before.is_null() & here.is_not_null())).fill_null(False))
        tied = tied & here.eq_missing(before)
    return bool(frame.lazy().select((later | tied).slice(1).all()).collect().item())
