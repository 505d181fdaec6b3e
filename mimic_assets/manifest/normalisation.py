"""`training_normalisation`: what each input is scaled by, from observed cells of selected train windows alone.

Values of monitors are quantised, so a parameter takes a few hundred distinct numbers however many windows there are:
their counts are the whole distribution. Mean, deviation and median follow from them exactly and in any order.
"""

import math
from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mimic_assets.manifest.candidates import Candidates, Windows, gather_candidates
from mimic_assets.manifest.selection import select
from mimic_assets.manifest.splits import assign
from mimic_assets.manifest.tensors import tensors_of
from mimic_assets.manifest.walk import selected_windows
from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.tables import TRAINING_NORMALISATION
from mimic_assets.schemas.vocabulary import MissingReason, Split
from mimic_assets.tasks.model import Task


class ValueCounts:
    """How often each value of one parameter was observed; memory grows with distinct values, not with windows."""

    def __init__(self) -> None:
        """Start with nothing observed."""
        self.values: NDArray[np.float64] = np.empty(0)
        self.counts: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def add(self, observed: NDArray[np.float32]) -> None:
        """Count further values; none may be NaN. Zero has no sign here."""
        values, counts = np.unique(observed.astype(np.float64) + 0.0, return_counts=True)
        merged, place = np.unique(np.concatenate([self.values, values]), return_inverse=True)
        total = np.zeros(merged.size, dtype=np.int64)
        np.add.at(total, place, np.concatenate([self.counts, counts.astype(np.int64)]))
        self.values, self.counts = merged, total

    @property
    def total(self) -> int:
        """Values counted."""
        return int(self.counts.sum())

    @property
    def mean(self) -> float | None:
        """Mean, each product and the sum rounded once; null where nothing was observed."""
        return math.fsum(self.values * self.counts) / self.total if self.total else None

    @property
    def standard_deviation(self) -> float | None:
        """Population standard deviation (divided by n), in two passes; null where nothing was observed."""
        mean = self.mean
        if mean is None:
            return None
        return math.sqrt(math.fsum((self.values - mean) ** 2 * self.counts) / self.total)

    @property
    def median(self) -> float | None:
        """Lower median: the smallest value that at least half of all values do not exceed; null where nothing was."""
        if not self.total:
            return None
        half = (self.total + 1) // 2
        return float(self.values[np.searchsorted(np.cumsum(self.counts), half)])


def fit_normalisation(
    task: Task, windows: Windows, *, candidates: Candidates | None = None, units: Mapping[str, str | None] | None = None
) -> Judged:
    """Return `training_normalisation` of a task: one row per parameter, sorted by parameter.

    A cell counts when its reason is `observed` and its window is a selected sample of the train split; carried and
    interpolated values repeat what was observed and do not count. A value seen in several overlapping windows counts
    in each, as a model sees it. Samples are not weighted. Other splits have no influence on any number.

    Args:
        task: The task.
        windows: The stream of windowed_samples; it is walked twice (once where `candidates` is given).
        candidates: `gather_candidates` of the same windows, where they can be had without the tensors.
        units: Canonical unit of each parameter, as far as known; the others stay null.

    Returns:
        `training_normalisation`; `mean standard_deviation median` are null where no cell was observed (also where there
        is no sample at all). Nothing is rejected here: unusable windows are reported by the manifest.
    """
    known = candidates or gather_candidates(task, windows)
    chosen = select(known.frame, assign(known.frame["subject_id"], task.split), task)
    counts = {parameter: ValueCounts() for parameter in task.numerics.parameters}
    for piece in selected_windows(windows, chosen.filter(pl.col("split") == Split.TRAIN.value)):
        tensors = tensors_of(piece, task.numerics)
        is_observed = tensors.reasons == MissingReason.OBSERVED.code
        for place, parameter in enumerate(task.numerics.parameters):
            counts[parameter].add(tensors.values[:, place][is_observed[:, place]])
        del piece, tensors, is_observed  # the stream makes the next piece while these names would still hold this one
    unit_of = units or {}
    rows = [
        (task.name, parameter, unit_of.get(parameter), c.total, c.mean, c.standard_deviation, c.median)
        for parameter, c in counts.items()
    ]
    frame = pl.DataFrame(rows, schema=TRAINING_NORMALISATION.schema, orient="row").sort(TRAINING_NORMALISATION.order)
    return Judged(frame, rejected_frame([]))
