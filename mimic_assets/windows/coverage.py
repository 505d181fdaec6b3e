"""Which record a window is cut from, and how much of it is observed, judged from what is there by the index time.

A label does not depend on this: an index time without a record keeps its label and gives no window.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mimic_assets.schemas.vocabulary import WindowExclusion
from mimic_assets.tasks.model import Task
from mimic_assets.windows.clock_lag import left_out, shifts
from mimic_assets.windows.grid import cell_edges, cells_with
from mimic_assets.windows.microseconds import Microseconds
from mimic_assets.windows.recordings import Recording
from mimic_assets.windows.series import Numerics, Values, spans

NO_RECORD = -1


@dataclass(frozen=True, slots=True)
class Coverage:
    """The record chosen at each index time, and the share of its window's cells that were observed."""

    record_ids: npt.NDArray[np.int64]
    """NO_RECORD where no record of the stay covers the observation."""
    fractions: Values
    """Share of cells in which at least one coverage parameter is usable; NaN without a record."""


def choose_records(index: Microseconds, task: Task, recordings: list[Recording], series: Numerics) -> Coverage:
    """Return for each index time the record that covers the whole observation and was observed in most cells.

    Where the task corrects a record's clock, the observation is judged where that clock stood (`clock_lag`).

    Args:
        index: index times of one stay.
        task: the task.
        recordings: records of that stay, ascending by record_id: of equals, the lower id is taken.
        series: what those records delivered.
    """
    record_ids = np.full(index.shape, NO_RECORD, dtype=np.int64)
    fractions = np.full(index.shape, np.nan)
    if not recordings:
        return Coverage(record_ids, fractions)
    on_chart = cell_edges(index, task.numerics.observation_s, task.numerics.cell_s)
    for recording in recordings:
        edges = on_chart + shifts(task, recording.known_lags, index)[:, None]
        covered = np.flatnonzero(recording.covers(edges[:, 0], edges[:, -1]))
        observed = np.zeros((len(covered), task.numerics.cell_count), dtype=np.bool_)
        for some in spans(edges[covered]):
            own = edges[covered[some]]
            delivered = series.between(recording.record_id, int(own[:, 0].min()), int(own[:, -1].max()))
            for parameter in task.coverage.any_of:
                observed[some] |= cells_with(delivered.usable_of(parameter)[0], own)
        shares = observed.sum(axis=1) / task.numerics.cell_count
        is_better = ~(shares <= fractions[covered])  # any share is better than NaN
        record_ids[covered[is_better]] = recording.record_id
        fractions[covered[is_better]] = shares[is_better]
    return Coverage(record_ids, fractions)


def lagging(
    index: Microseconds, task: Task, recordings: list[Recording], coverage: Coverage, is_monitor_timed: bool
) -> npt.NDArray[np.bool_]:
    """Return the index times whose chosen record was known to be too far from the chart's clock for the task."""
    is_lagging = np.zeros(index.shape, dtype=np.bool_)
    for recording in recordings:
        chosen = coverage.record_ids == recording.record_id
        is_lagging |= chosen & left_out(task, recording.known_lags, index, is_monitor_timed)
    return is_lagging


def window_exclusions(
    coverage: Coverage,
    has_label: npt.NDArray[np.bool_],
    is_lagging: npt.NDArray[np.bool_],
    usable_fractions: Values,
    task: Task,
) -> list[WindowExclusion | None]:
    """Return why a labelled index time gives no window; None where it gives one, or has no label.

    Args:
        coverage: of `choose_records`.
        has_label: index times with a label.
        is_lagging: of `lagging`.
        usable_fractions: of `usable_tiles`; NaN without a record, and for tasks without waveforms.
        task: the task.
    """
    has_record = coverage.record_ids != NO_RECORD
    is_low = has_record & ~(coverage.fractions >= task.coverage.minimum_fraction)
    reasons = (
        None,
        WindowExclusion.NO_RECORD,
        WindowExclusion.LOW_COVERAGE,
        WindowExclusion.LOW_WAVEFORM_COVERAGE,
        WindowExclusion.CLOCK_LAG,
    )
    places = np.zeros(len(has_label), dtype=np.int64)
    places[has_label & ~has_record] = 1
    places[has_label & is_low] = 2
    if task.waveforms is not None:
        is_poor = has_record & ~is_low & ~(usable_fractions >= task.waveforms.minimum_usable_fraction)
        places[has_label & is_poor] = 3
    places[has_label & has_record & is_lagging] = 4
    return [reasons[place] for place in places.tolist()]
