"""The regular grid of a window: per parameter and cell the last usable value, why there is none, and how old it is.

Cell i of a window is `(index - observation + i * cell, index - observation + (i + 1) * cell]`. The grid hangs on the
index time, so any stride is right; cells of many windows are found by binary search, never by a loop over rows. Nothing
is filled here: that is `gap_policies`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mimic_assets.schemas.vocabulary import MissingReason
from mimic_assets.windows.microseconds import SECOND, Microseconds
from mimic_assets.windows.series import RecordSeries, Values

Edges = npt.NDArray[np.int64]
"""[window, cell + 1]: boundaries of cells; cell i is (edge i, edge i + 1]."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Arrays [window, parameter, cell]."""

    values: Values
    """NaN where missing."""
    reasons: npt.NDArray[np.uint8]
    """Codes of `MissingReason`."""
    ages_s: Values
    """Cell end minus time of the last usable value at or before it, within the window; NaN where none."""


def cell_edges(index: Microseconds, observation_s: int, cell_s: int) -> Edges:
    """Return the boundaries of the cells of each window, oldest first; the last is the index time."""
    before = np.arange(observation_s // cell_s, -1, -1, dtype=np.int64) * (cell_s * SECOND)
    return index[:, None] - before[None, :]


def rows_before(times: Microseconds, edges: Edges) -> npt.NDArray[np.int64]:
    """Return how many of the ascending `times` are at or before each edge."""
    return np.searchsorted(times, edges.ravel(), side="right").reshape(edges.shape)


def cells_with(times: Microseconds, edges: Edges) -> npt.NDArray[np.bool_]:
    """Return [window, cell]: whether at least one of the ascending `times` lies in the cell."""
    return np.diff(rows_before(times, edges), axis=1) > 0


def observe(series: RecordSeries, parameters: tuple[str, ...], edges: Edges, record_start: int) -> Grid:
    """Return the unfilled grid of windows of one record.

    Args:
        series: what the record delivered.
        parameters: in the order of the tensor; one the record lacks is missing everywhere.
        edges: boundaries of the cells of each window.
        record_start: microseconds of tick 0; a cell that ends before it is outside the record.
    """
    shape = (edges.shape[0], len(parameters), edges.shape[1] - 1)
    values, ages = np.full(shape, np.nan), np.full(shape, np.nan)
    reasons = np.full(shape, MissingReason.NOT_MEASURED.code, dtype=np.uint8)
    is_silent = ~cells_with(series.any_times, edges)
    outside = edges[:, 1:] < record_start
    for place, parameter in enumerate(parameters):
        times, usable = series.usable_of(parameter)
        before = rows_before(times, edges)
        last = before[:, 1:] - 1
        is_observed = np.diff(before, axis=1) > 0
        has_any = before[:, 1:] > before[:, :1]
        reason = reasons[:, place, :]
        reason[is_silent] = MissingReason.MONITOR_SILENT.code
        reason[cells_with(series.rows_of(parameter), edges)] = MissingReason.REJECTED.code
        reason[outside] = MissingReason.OUTSIDE_RECORD.code
        reason[is_observed] = MissingReason.OBSERVED.code
        values[:, place, :][is_observed] = usable[last[is_observed]]
        ages[:, place, :][has_any] = (edges[:, 1:][has_any] - times[last[has_any]]) / SECOND
    return Grid(values, reasons, ages)
