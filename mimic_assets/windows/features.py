"""Summary features of a window, over its observed cells: what a model without time would be given.

Filled cells never count. Sums run over cells in time order, one cell after another, so the same window gives the same
bytes whatever windows are computed beside it.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from mimic_assets.schemas.vocabulary import MissingReason
from mimic_assets.windows.grid import Grid
from mimic_assets.windows.series import Values

SUMMARIES: Final = (
    "observed_count", "last", "mean", "minimum", "maximum", "standard_deviation", "slope_per_h", "age_of_last_s",
)  # fmt: skip
"""Per parameter, in this order. standard_deviation is the population's; slope_per_h is that of the least-squares line
through (cell end, value) and needs two observed cells; age_of_last_s is index time minus last usable value."""


def feature_names(parameters: tuple[str, ...]) -> list[str]:
    """Return names like `heart_rate__mean`, parameter by parameter."""
    return [f"{parameter}__{summary}" for parameter in parameters for summary in SUMMARIES]


def summarise(grid: Grid, cell_s: int) -> Values:
    """Return [window, parameter x summary] of an unfilled grid; NaN where undefined, counts never."""
    observed = grid.reasons == MissingReason.OBSERVED.code
    values = np.where(observed, grid.values, 0.0)
    count = observed.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = _sum(values) / count
        off = np.where(observed, grid.values - mean[..., None], 0.0)
        hours = (np.arange(observed.shape[-1]) - (observed.shape[-1] - 1)) * (cell_s / 3600)
        mean_hour = _sum(np.where(observed, hours, 0.0)) / count
        off_hour = np.where(observed, hours - mean_hour[..., None], 0.0)
        deviation = np.sqrt(_sum(off * off) / count)
        slope = np.where(count >= 2, _sum(off * off_hour) / _sum(off_hour * off_hour), np.nan)
    lowest = np.where(observed, grid.values, np.inf).min(axis=-1)
    highest = np.where(observed, grid.values, -np.inf).max(axis=-1)
    some = count > 0
    summaries = (
        count.astype(np.float64), _last(grid.values, observed), mean, np.where(some, lowest, np.nan),
        np.where(some, highest, np.nan), deviation, slope, grid.ages_s[..., -1],
    )  # fmt: skip
    return np.stack(summaries, axis=-1).reshape(grid.values.shape[0], -1)


def _sum(values: Values) -> Values:
    total = np.zeros(values.shape[:-1])
    for cell in range(values.shape[-1]):
        total = total + values[..., cell]
    return total


def _last(values: Values, observed: npt.NDArray[np.bool_]) -> Values:
    backwards = observed[..., ::-1].argmax(axis=-1)
    last = np.take_along_axis(values, (values.shape[-1] - 1 - backwards)[..., None], axis=-1)[..., 0]
    return np.where(observed.any(axis=-1), last, np.nan)
