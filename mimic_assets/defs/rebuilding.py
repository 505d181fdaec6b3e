"""Windows made a second time from what was known at their index time: raw rows deleted after it, every stage run again.

Stages do not import each other, so the composition is here, in the order of the graph. What is deleted and what has to
be equal is said in `windows.leakage` and `windows.hindsight`. One patient lies in memory at a time.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from mimic_assets import clinical, events, numerics, stays, waveforms, windows
from mimic_assets.schemas.tables import (
    CLINICAL_EVENTS,
    CLINICAL_EXTRACT,
    EVENT_ADJUDICATIONS,
    RAW_NUMERICS,
    RAW_RECORDS,
    WINDOWED_SAMPLES,
)
from mimic_assets.signals import OpenSignals
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import Task
from mimic_assets.tasks.model import LargeLag

NAMES = ["task", "subject_id", "sample_id"]
"""Columns that windows are chosen by."""


@dataclass(frozen=True, slots=True)
class Patient:
    """What windows of one patient are made from, nothing derived."""

    raw_numerics: pl.DataFrame
    raw_records: pl.DataFrame
    clinical_extract: pl.DataFrame
    incomplete_tables: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What became of one window that was made again."""

    task: str
    subject_id: int
    sample_id: str
    differing: tuple[str, ...] = ()
    """Input columns that are not identical."""
    problem: str | None = None
    """Why it could not be made again; no value of the patient."""

    @property
    def is_identical(self) -> bool:
        """Whether it was made again with every input the same."""
        return not self.differing and self.problem is None


def read_patient(lake: Lake, subject_id: int, bucket: Key) -> Patient:
    """Return the raw rows of a patient.

    Raises:
        KeyError: one of the objects is not in the lake.
    """
    return Patient(
        lake.read(RAW_NUMERICS, Key(subject_id)),
        lake.read(RAW_RECORDS, Key(subject_id)),
        lake.read(CLINICAL_EXTRACT, bucket, subject_id=subject_id),
        clinical.incomplete_tables(lake.rejected(CLINICAL_EXTRACT, bucket), subject_id),
    )


def rebuild(
    task: Task,
    patient: Patient,
    sample: pl.DataFrame,
    definitions: Sequence[events.Definition] = (),
    open_signals: OpenSignals | None = None,
) -> pl.DataFrame:
    """Return a window cut again from what was known at its index time; no row where no record is found for it then.

    Args:
        task: its task.
        patient: everything that is known of the patient today.
        sample: one row of windowed_samples; stay, index time and label are taken from it, and nothing else.
        definitions: what counts as an event; needed where the task's index times hang on one, which has to be found
            again in what was known. Reviewers' decisions are hindsight.
        open_signals: opens the samples of a record, given its rows of raw_records; needed where the task has waveforms.
            Segments are cut at the index time, so no sample after it can be read.
    """
    index_time = sample["index_time"][0]
    rows = windows.known_rows(patient.clinical_extract, index_time, task.care.charted_known_after_s)
    shifts = _known_shifts(task, patient, rows, sample)
    recorded, cleaned, linked = _again(patient, rows, index_time, shifts)
    found = CLINICAL_EVENTS.empty()  # they make the label, which is given
    if task.index.is_anchored_on_event:
        found = events.find_events(definitions, EVENT_ADJUDICATIONS.empty(), rows, cleaned, linked).frame
    more = _of_waveforms(task, recorded, recorded.filter(record_id=sample["record_id"][0]), open_signals)
    quality = more.get("waveform_quality")
    labels = windows.label_stays(
        task, rows, found, linked, cleaned, patient.incomplete_tables, waveform_quality=quality
    ).frame
    own = labels.filter((pl.col("stay_id") == sample["stay_id"][0]) & (pl.col("index_time") == index_time))
    given = own.with_columns(
        label=pl.lit(sample["label"][0]),
        exclusion=pl.lit(None, pl.String),
        window_exclusion=pl.lit(None, pl.String),
    )
    return windows.cut_windows(task, given, cleaned, linked, open_signals=open_signals, **more).whole().frame


def _of_waveforms(
    task: Task, recorded: pl.DataFrame, own: pl.DataFrame, open_signals: OpenSignals | None
) -> dict[str, pl.DataFrame]:
    """Return the waveform tables as of an index time, with as many tiles of one record as a window can hold."""
    if task.waveforms is None or open_signals is None:
        return {}
    tiles = task.waveforms.tile_count
    beats = waveforms.find_beats(own, open_signals, tiles).whole().frame
    return {
        "raw_records": recorded,
        "waveform_quality": waveforms.judge_waveforms(own, open_signals, tiles).whole().frame,
        "waveform_features": waveforms.summarise_tiles(beats, own).whole().frame,
    }


def _known_shifts(task: Task, patient: Patient, rows: pl.DataFrame, sample: pl.DataFrame) -> dict[int, timedelta]:
    """Return how far each record's clock was known to stand after the chart's, where the task corrects for it.

    Nothing tells yet which of the monitor's rows lie in the future: a record is cut as if its clock were as far behind
    as any that is looked for, so that whatever the lag, no row of the future speaks.
    """
    index_time, stay_id = sample["index_time"][0], sample["stay_id"][0]
    if task.clock.large_lag is not LargeLag.CORRECT:
        return {}
    behind = timedelta(seconds=-stays.WIDEST_LAG_S)
    widest = dict.fromkeys(patient.raw_records["record_id"].unique().to_list(), behind)
    _, _, linked = _again(patient, rows, index_time, widest)
    return windows.known_shifts(task, linked.filter(pl.col("stay_id") == stay_id), index_time)


def _again(
    patient: Patient, rows: pl.DataFrame, index_time: datetime, shifts: Mapping[int, timedelta]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return raw_records, cleaned_numerics and record_stays as of an index time."""
    raw, recorded = windows.truncated_raw(patient.raw_numerics, patient.raw_records, index_time, shifts)
    cleaned = numerics.clean(raw, recorded).whole().frame
    return recorded, cleaned, stays.find_record_stays(recorded, cleaned, rows).frame


def choose_windows(names: pl.DataFrame, at_most: int | None, per_patient: int | None) -> pl.DataFrame:
    """Return the windows to make again, sorted by subject, task and sample; always the same ones of the same windows.

    They are drawn by the SHA-256 of their names, tasks taking turns within a patient.

    Args:
        names: `task subject_id sample_id`, one row per window.
        at_most: how many; all where None.
        per_patient: how many of one patient; all where None.
    """
    draws = [hashlib.sha256(name.encode()).hexdigest() for name in names["sample_id"].to_list()]
    drawn = names.select(NAMES).with_columns(pl.Series("draw", draws, dtype=pl.String)).sort("draw", "sample_id")
    turn = drawn.with_columns(turn=pl.int_range(pl.len()).over("subject_id", "task")).sort("turn", "draw")
    place = turn.with_columns(place=pl.int_range(pl.len()).over("subject_id")).sort("place", "draw", "sample_id")
    chosen = place if per_patient is None else place.filter(pl.col("place") < per_patient)
    taken = chosen if at_most is None else chosen.head(at_most)
    return taken.select(NAMES).sort("subject_id", "task", "sample_id")


def rebuild_windows(
    lake: Lake,
    tasks: Iterable[Task],
    definitions: Sequence[events.Definition],
    bucket_of: Callable[[int], Key],
    open_signals: OpenSignals | None,
    chosen: pl.DataFrame,
) -> Iterator[Rebuilt]:
    """Yield what became of each chosen window, patient by patient.

    Args:
        lake: where windows and raw rows lie.
        tasks: the tasks of the chosen windows.
        definitions: what counts as an event.
        bucket_of: where a subject's clinical rows lie.
        open_signals: opens a record's samples; None where no task has waveforms.
        chosen: of `choose_windows`.
    """
    by_name = {task.name: task for task in tasks}
    for rows in chosen.partition_by("subject_id", maintain_order=True):
        subject_id = int(rows["subject_id"][0])
        try:
            patient = read_patient(lake, subject_id, bucket_of(subject_id))
        except KeyError as missing:
            for name, _, sample_id in rows.select(NAMES).iter_rows():
                yield Rebuilt(name, subject_id, sample_id, problem=str(missing.args[0]))
            continue
        for of_task in rows.partition_by("task", maintain_order=True):
            task = by_name[of_task["task"][0]]
            stored = lake.scan(WINDOWED_SAMPLES, task.name, [subject_id])
            for sample_id in of_task["sample_id"].to_list():
                yield _compare(task, patient, subject_id, sample_id, stored, definitions, open_signals)
        del patient


def _compare(
    task: Task,
    patient: Patient,
    subject_id: int,
    name: str,
    stored: pl.LazyFrame,
    definitions: Sequence[events.Definition],
    open_signals: OpenSignals | None,
) -> Rebuilt:
    try:
        sample = stored.filter(pl.col("sample_id") == name).collect()
        if sample.is_empty():
            return Rebuilt(task.name, subject_id, name, problem="it is not in windowed_samples any more")
        differing = windows.differences(sample, rebuild(task, patient, sample, definitions, open_signals))
    except Exception as error:  # one window that cannot be made again must not hide the others; text may hold values
        return Rebuilt(task.name, subject_id, name, problem=f"unexpected {type(error).__name__}")
    return Rebuilt(task.name, subject_id, name, tuple(differing))
