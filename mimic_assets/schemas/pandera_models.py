"""Pandera schemas derived from `tables`, and what Pandera finds wrong with the columns of a frame.

Belongs here: types, limits, vocabularies and nulls of single columns, in Pandera's words. Does not belong here:
promises over several columns or rows, and who asks (`judging`).
"""

from functools import cache

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from mimic_assets.schemas.model import Field, Table
from mimic_assets.schemas.violation import Violation


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
