"""Tensors of windows as numpy arrays: the list columns of windowed_samples, reshaped, and what fills their gaps.

NaN lives here and in shards only, always beside its reason. Which windows these are is decided elsewhere.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mimic_assets.errors import InternalError
from mimic_assets.schemas.vocabulary import MissingReason
from mimic_assets.tasks.model import NumericsRule

CANONICAL_NAN = np.float32(np.nan)
"""The one NaN that is written: 0x7fc00000."""

_VALUED = (MissingReason.OBSERVED, MissingReason.HELD, MissingReason.INTERPOLATED)
VALUED = np.array([reason.code for reason in _VALUED], dtype=np.uint8)
"""Codes of the reasons whose cells hold a value."""


@dataclass(frozen=True, slots=True)
class Tensors:
    """Arrays [window, parameter, cell] of the same windows, in the frame's order."""

    values: NDArray[np.float32]
    """Canonical units; NaN where missing."""
    reasons: NDArray[np.uint8]
    """Code of MissingReason."""
    ages_s: NDArray[np.float32]
    """Age of the last usable value at the cell's end; NaN where there is none."""


def tensors_of(windows: pl.DataFrame, rule: NumericsRule) -> Tensors:
    """Return the tensors of windows that were cut on the rule's grid, as copies that can be written to.

    Args:
        windows: Rows of windowed_samples: `cell_values cell_reasons cell_ages_s` are read.
        rule: Parameters and cells of the task.

    Raises:
        InternalError: a list has not one entry per parameter and cell, a value is there where its reason says that
            it is missing (or the other way round), or an age is infinite.
    """
    shape = (windows.height, len(rule.parameters), rule.cell_count)
    values = _array(windows, "cell_values", shape).astype(np.float32)
    reasons = _array(windows, "cell_reasons", shape).astype(np.uint8)
    ages = _array(windows, "cell_ages_s", shape).astype(np.float32)
    values[np.isnan(values)] = CANONICAL_NAN
    ages[np.isnan(ages)] = CANONICAL_NAN
    broken = int(np.count_nonzero((np.isfinite(values) != np.isin(reasons, VALUED)) | np.isinf(ages)))
    if broken:
        raise InternalError(
            f"windowed_samples: {broken} cells found whose value or age contradicts their missing reason, none expected"
        )
    return Tensors(values, reasons, ages)


def fill_missing(tensors: Tensors, fill: NDArray[np.float32]) -> Tensors:
    """Return the tensors with missing values replaced per parameter; reasons and ages stay as they are.

    Args:
        tensors: As cut.
        fill: One value per parameter; NaN leaves that parameter's gaps.
    """
    filled = np.where(np.isnan(tensors.values), fill[None, :, None], tensors.values)
    return Tensors(filled.astype(np.float32), tensors.reasons, tensors.ages_s)


def _array(windows: pl.DataFrame, column: str, shape: tuple[int, int, int]) -> NDArray[np.generic]:
    expected = shape[1] * shape[2]
    wrong = int((windows[column].list.len() != expected).fill_null(True).sum())
    if wrong:
        raise InternalError(
            f"windowed_samples.{column}: {wrong} windows found that have not {expected} entries, "
            "one per parameter and cell"
        )
    flat = windows[column].explode()
    if column == "cell_reasons" and flat.null_count() and windows.height:
        raise InternalError(f"windowed_samples.{column}: {flat.null_count()} nulls found, none expected")
    return np.asarray(flat.to_numpy()).reshape(shape) if windows.height else np.empty(shape)
