"""How one cell of each kind is read. What cannot be read becomes null; an empty cell is null already.

Each cell is read by itself, so a bad one never changes its neighbours. The published format is tried first; only cells
that do not fit it are tried again (fractions of a second occur in `storetime`, a T between date and time in exports).
"""

from collections.abc import Callable
from functools import partial

import polars as pl

from mimic_assets.clinical.source_tables import Kind
from mimic_assets.schemas.model import Field

_TIME = "%Y-%m-%d %H:%M:%S"
_OTHER_TIMES = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f")
_DATE = "%Y-%m-%d"


def read_cells(text: pl.Series, kind: Kind) -> pl.Series:
    """Return the cells read as a kind says: Int64, Float64 (finite), Datetime in microseconds, or String."""
    if kind is Kind.IDENTIFIER:
        return _again(
            text, text.cast(pl.Int64, strict=False), lambda t: t.str.strip_suffix(".0").cast(pl.Int64, strict=False)
        )
    if kind is Kind.NUMBER:
        number = text.cast(pl.Float64, strict=False)
        finite = number.set(~number.is_finite(), None)
        return finite.set(finite == 0, 0.0)  # -0.0 too: equal cells, equal bytes
    if kind is Kind.TIME:
        times = _times(text, _TIME)
        for other in _OTHER_TIMES:
            times = _again(text, times, partial(_times, time_format=other))
        return times
    if kind is Kind.DATE:
        dates = text.str.to_date(_DATE, strict=False).cast(pl.Datetime("us"))
        return _again(text, dates, lambda t: _times(t, _TIME).dt.truncate("1d"))
    if kind is Kind.CODE:
        return text.str.replace_all(r"[. ]", "").str.to_uppercase()
    return text


def within_limits(cells: pl.Series, field: Field) -> pl.Series:
    """Return the cells in the type of an extract column, null where they lie outside its limits."""
    typed = cells.cast(field.dtype, strict=False)
    if field.minimum is not None:
        typed = typed.set(typed < field.minimum, None)
    if field.maximum is not None:
        typed = typed.set(typed > field.maximum, None)
    return typed


def _times(text: pl.Series, time_format: str) -> pl.Series:
    return text.str.to_datetime(time_format, time_unit="us", strict=False)


def _again(text: pl.Series, cells: pl.Series, read: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Return the cells, those that are null although their text is not being read a second way."""
    if cells.null_count() == text.null_count():
        return cells
    left = (cells.is_null() & text.is_not_null()).arg_true()
    return cells.scatter(left, read(text.gather(left)))
