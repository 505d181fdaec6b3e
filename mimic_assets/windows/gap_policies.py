"""What fills a cell without an observation, as the task says; reasons tell filled cells from observed ones.

Every policy looks at the same window only, so nothing of the future and nothing before the observation enters.
"""

import numpy as np
import numpy.typing as npt

from mimic_assets.schemas.vocabulary import MissingReason
from mimic_assets.tasks.model import GapPolicy, NumericsRule
from mimic_assets.windows.grid import Grid
from mimic_assets.windows.series import Values


def fill_gaps(grid: Grid, rule: NumericsRule) -> Grid:
    """Return the grid with its gaps filled by the task's policy; ages stay those of the last usable value.

    leave, train_median: nothing is filled here; the manifest fills train medians, which no single patient knows.
    hold: the last usable value, where it is at most `hold_at_most_s` old at the end of the cell; reason `held`.
    linear: between the observed cells on both sides, by place of the cell; reason `interpolated`. Not beyond the ends.
    """
    if rule.gap_policy is GapPolicy.HOLD:
        return _hold(grid, rule.hold_at_most_s)
    if rule.gap_policy is GapPolicy.LINEAR:
        return _interpolate(grid)
    return grid


def _is_observed(grid: Grid) -> npt.NDArray[np.bool_]:
    return np.equal(grid.reasons, MissingReason.OBSERVED.code)


def _previous_observed(is_observed: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the place of the last observed cell at or before each cell; -1 where none."""
    places = np.where(is_observed, np.arange(is_observed.shape[-1], dtype=np.int64), -1)
    return np.maximum.accumulate(places, axis=-1)


def _take(values: Values, places: npt.NDArray[np.int64]) -> Values:
    return np.take_along_axis(values, np.clip(places, 0, values.shape[-1] - 1), axis=-1)


def _filled(grid: Grid, where: npt.NDArray[np.bool_], values: Values, reason: MissingReason) -> Grid:
    reasons = np.where(where, np.uint8(reason.code), grid.reasons)
    return Grid(np.where(where, values, grid.values), reasons, grid.ages_s)


def _hold(grid: Grid, at_most_s: int) -> Grid:
    is_observed = _is_observed(grid)
    is_young = np.nan_to_num(grid.ages_s, nan=np.inf) <= at_most_s
    carried = _take(grid.values, _previous_observed(is_observed))
    return _filled(grid, ~is_observed & is_young, carried, MissingReason.HELD)


def _interpolate(grid: Grid) -> Grid:
    is_observed = _is_observed(grid)
    count = is_observed.shape[-1]
    left = _previous_observed(is_observed)
    right = count - 1 - _previous_observed(is_observed[..., ::-1])[..., ::-1]
    is_between = ~is_observed & (left >= 0) & (right < count)
    span = np.where(is_between, right - left, 1)
    share = (np.arange(count) - left) / span
    low, high = _take(grid.values, left), _take(grid.values, right)
    return _filled(grid, is_between, low + (high - low) * share, MissingReason.INTERPOLATED)
