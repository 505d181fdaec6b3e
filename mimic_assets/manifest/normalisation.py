"""`training_normalisation`: what each input is scaled by, from observed cells of selected train windows alone.

Values of monitors are quantised, so a parameter takes a few hundred distinct numbers however many windows there are:
their counts are the whole distribution. Mean, deviation and median follow from them exactly and in any order.
"""

from collections.abc import Mapping

import polars as pl

from mimic_assets.manifest.candidates import Candidates, Windows, gather_candidates
from mimic_assets.manifest.selection import select
from mimic_assets.manifest.signal_counts import SignalCounts
from mimic_assets.manifest.splits import assign
from mimic_assets.manifest.tensors import tensors_of
from mimic_assets.manifest.value_counts import ValueCounts
from mimic_assets.manifest.walk import selected_windows
from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.tables import TRAINING_NORMALISATION
from mimic_assets.schemas.vocabulary import MissingReason, Split
from mimic_assets.tasks.model import Task


def fit_normalisation(
    task: Task, windows: Windows, *, candidates: Candidates | None = None, units: Mapping[str, str | None] | None = None
) -> Judged:
    """Return `training_normalisation` of a task: one row per parameter and signal, sorted by name.

    A cell counts when its reason is `observed` and its window is a selected sample of the train split; carried and
    interpolated values repeat what was observed and do not count. A value seen in several overlapping windows counts
    in each, as a model sees it. The same holds for the samples of signals, in physical units. Samples are not
    weighted. Other splits have no influence on any number.

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
    signals = SignalCounts(task.waveforms.signals if task.waveforms else ())
    for piece in selected_windows(windows, chosen.filter(pl.col("split") == Split.TRAIN.value)):
        tensors = tensors_of(piece, task.numerics)
        is_observed = tensors.reasons == MissingReason.OBSERVED.code
        for place, parameter in enumerate(task.numerics.parameters):
            counts[parameter].add(tensors.values[:, place][is_observed[:, place]])
        signals.add(piece)
        del piece, tensors, is_observed  # the stream makes the next piece while these names would still hold this one
    counts |= signals.by_signal()
    unit_of = dict(units or {}) | signals.units
    rows = [
        (task.name, parameter, unit_of.get(parameter), c.total, c.mean, c.standard_deviation, c.median)
        for parameter, c in counts.items()
    ]
    frame = pl.DataFrame(rows, schema=TRAINING_NORMALISATION.schema, orient="row").sort(TRAINING_NORMALISATION.order)
    return Judged(frame, rejected_frame([]))
