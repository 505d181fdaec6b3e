"""Judges an object against its table: columns, types, limits, promises over a row, key and order.

Pandera (`pandera_models`) names what is wrong with a column. It takes a millisecond or two per column, whatever the
rows, and a second or two to import; so one query over the same limits is asked first whether anything is (a tenth of a
whole run was Pandera finding nothing). Collect before judging: nothing here looks at a LazyFrame.
"""

from collections.abc import Iterator

import polars as pl

from mimic_assets.schemas.model import Field, Table
from mimic_assets.schemas.violation import Violation


def violations(table: Table, frame: pl.DataFrame) -> list[Violation]:
    """Return every promise of the table that the rows of one object break; empty when it may be stored.

    Args:
        table: the description to judge by.
        frame: the collected rows of one object.
    """
    found = [] if has_sound_columns(table, frame) else _named(table, frame)
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


def _named(table: Table, frame: pl.DataFrame) -> list[Violation]:
    from mimic_assets.schemas.pandera_models import broken_columns  # seconds to import, for the rare broken object

    return broken_columns(table, frame)


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
