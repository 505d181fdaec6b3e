"""Rows of an array as a column of lists: what windows are stored as."""

import numpy as np
import numpy.typing as npt
import polars as pl


def float_lists(name: str, values: npt.NDArray[np.floating]) -> pl.Series:
    """Return one Float32 list per window; NaN becomes null."""
    rows = values.shape[0]
    flat = pl.Series(name, values.astype(np.float32).ravel()).fill_nan(None)
    return flat.reshape((rows, values.size // rows)).cast(pl.List(pl.Float32))
