"""Times as whole microseconds since 1970, in numpy: what label and grid arithmetic is done in, exactly.

Only the passage between columns and arrays belongs here; tick arithmetic is `timeline`'s.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.schemas.fields import TIME

Microseconds = npt.NDArray[np.int64]
"""Whole microseconds since 1970, UTC-naive."""

SECOND: Final = 1_000_000
BEFORE_ALL: Final = -(2**62)
"""Stands for a lower bound that is not known."""
AFTER_ALL: Final = 2**62
"""Stands for an upper bound that is not known."""


def to_microseconds(times: pl.Series, null_as: int) -> Microseconds:
    """Return a column of times as int64 microseconds, nulls as `null_as`."""
    return times.cast(TIME).to_physical().fill_null(null_as).to_numpy().astype(np.int64, copy=False)


def to_times(values: Microseconds, name: str) -> pl.Series:
    """Return microseconds as a column of times; BEFORE_ALL and AFTER_ALL become null."""
    known = (values != BEFORE_ALL) & (values != AFTER_ALL)
    column = pl.Series(name, np.where(known, values, 0), dtype=pl.Int64)
    return pl.select(pl.when(pl.Series(known)).then(column).cast(TIME).alias(name)).to_series()
