"""The population: what is known of every window before any tensor is looked at. No choice is made here.

The stream of windows may be walked several times; its promises (ascending subjects, one task, unique samples) are
checked here once, for all who walk it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from mimic_assets.errors import InternalError
from mimic_assets.schemas.judged import Rejection, rejected_frame
from mimic_assets.schemas.tables import WINDOWED_SAMPLES
from mimic_assets.tasks.model import Task
from mimic_assets.timeline import TICKS_PER_FRAME

Windows = Callable[[], Iterator[tuple[int, pl.DataFrame]]]
"""Gives (subject_id, rows of windowed_samples of one task), ascending subjects, rows in the table's order; a subject
may come in several pieces, and every call gives the same."""

CANDIDATE_COLUMNS = (
    "sample_id", "task", "subject_id", "label", "care_unit", "hours_in_stay", "observed_fraction", "cell_s",
    "cell_count", "parameters", "signals", "waveform_start_tick", "waveform_end_tick", "tile_count",
    "tile_feature_names",
)  # fmt: skip
"""The columns of windowed_samples that `gather_candidates` reads; none is a tensor."""

_KEPT = ("sample_id", "subject_id", "label", "care_unit", "hours_in_stay", "observed_fraction")
_SCHEMA = pl.Schema({name: WINDOWED_SAMPLES.schema[name] for name in _KEPT})


@dataclass(frozen=True, slots=True)
class Candidates:
    """Every window of a task that could be selected."""

    frame: pl.DataFrame
    """`sample_id subject_id label care_unit hours_in_stay observed_fraction`, in the order of the stream."""
    rejected: pl.DataFrame
    """Rows of `rejected_inputs`: subjects whose windows were cut on another grid than the task's."""


def gather_candidates(task: Task, windows: Windows) -> Candidates:
    """Return every window of the task, without its tensors.

    Args:
        task: The task the windows were cut for.
        windows: The stream; frames need only `CANDIDATE_COLUMNS`, so that a store can leave the tensors where they are.

    Raises:
        InternalError: subjects are out of order, a row belongs to another subject or task, or a sample comes twice.
    """
    frames: list[pl.DataFrame] = []
    rejections: list[Rejection] = []
    previous = 0
    for subject_id, frame in windows():
        if subject_id < previous:
            raise InternalError(
                f"windowed_samples: found subject {subject_id} after {previous}, expected ascending order"
            )
        previous = subject_id
        _check_owner(frame, subject_id, task)
        fits = frame.select(_fits(task))["fits"]
        if not fits.all():
            rejections.append(_stale(frame.filter(~fits), subject_id, task))
        frames.append(frame.filter(fits).select(pl.col(name).cast(dtype) for name, dtype in _SCHEMA.items()))
        del frame  # the stream makes the next piece while this name would still hold this one
    known = pl.concat([_SCHEMA.to_frame(), *frames])
    repeats = known.height - known["sample_id"].n_unique()
    if repeats:
        raise InternalError(f"windowed_samples: {repeats} repeated sample_id of task {task.name} found, none expected")
    return Candidates(known, rejected_frame(rejections))


def _fits(task: Task) -> pl.Expr:
    """True where a window lies on the task's grid."""
    rule = task.numerics
    same_parameters = pl.col("parameters").list.join("\n", ignore_nulls=False) == "\n".join(rule.parameters)
    same_cells = (pl.col("cell_s") == rule.cell_s) & (pl.col("cell_count") == rule.cell_count)
    return (same_parameters & same_cells & _same_waveforms(task)).fill_null(False).alias("fits")


def _same_waveforms(task: Task) -> pl.Expr:
    """True where a window has the task's signals over its length, and its tile features; always true without them."""
    rule = task.waveforms
    if rule is None:
        return pl.lit(True)
    return (
        (pl.col("signals").list.join("\n") == "\n".join(rule.signals))
        & (pl.col("waveform_end_tick") - pl.col("waveform_start_tick") == rule.frame_count * TICKS_PER_FRAME)
        & (pl.col("tile_feature_names").list.join("\n") == "\n".join(rule.tile_features))
        & (pl.col("tile_count") == rule.tile_count)
    )


def _check_owner(frame: pl.DataFrame, subject_id: int, task: Task) -> None:
    is_own = (pl.col("subject_id") == subject_id) & (pl.col("task") == task.name) & pl.col("label").is_not_null()
    strays = frame.filter(~is_own.fill_null(False)).height
    if strays:
        raise InternalError(
            f"windowed_samples of subject {subject_id}, task {task.name}: {strays} rows of another subject or task, "
            "or without a label, found; none expected"
        )


def _stale(frame: pl.DataFrame, subject_id: int, task: Task) -> Rejection:
    rule = task.numerics
    parameters, cells, seconds = frame.row(0, named=True)["parameters"], frame["cell_count"][0], frame["cell_s"][0]
    return Rejection(
        table="training_manifest",
        file="windowed_samples",
        place=f"task {task.name}, first at sample {frame['sample_id'][0]}",
        rule="stale_windows",
        message=(
            f"found windows of {cells} cells of {seconds} s of {', '.join(parameters or [])}, "
            f"expected {rule.cell_count} cells of {rule.cell_s} s of {', '.join(rule.parameters)}"
            + (
                f", and {task.waveforms.observation_s} s of {', '.join(task.waveforms.signals)}"
                if task.waveforms
                else ""
            )
        ),
        advice="Materialise windowed_samples of this patient again; until then it is left out of the manifest.",
        subject_id=subject_id,
        count=frame.height,
    )
