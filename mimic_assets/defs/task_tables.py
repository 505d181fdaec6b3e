"""Tables made over every patient of the lake, one object per task: normalisation and manifest.

What stands is kept when fingerprints are equal, and whole objects are written like everything else. Tasks may be made
by a crew, whose processes import this: no Dagster here.
"""

import json
from collections.abc import Callable, Iterator
from functools import partial

import polars as pl

from mimic_assets.defs.crew import DEAD_WORKER, Crew
from mimic_assets.defs.derivation import FromAllPatients
from mimic_assets.defs.fingerprints import core_fingerprint, fingerprint
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.outcomes import Outcome, Status
from mimic_assets.defs.spool import spooling
from mimic_assets.errors import DamagedObjectError, RequestError
from mimic_assets.manifest import CANDIDATE_COLUMNS, gather_candidates, report_record_end
from mimic_assets.numerics.parameters import find_parameter
from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import (
    RECORD_STAYS,
    TABLES,
    TRAINING_MANIFEST,
    TRAINING_NORMALISATION,
    WINDOWED_SAMPLES,
)
from mimic_assets.storage.keys import Key, shard_path
from mimic_assets.storage.lake import Stored
from mimic_assets.tasks import Task


def make_for_all_patients(
    workshop: Workshop,
    table: Table,
    derivation: FromAllPatients,
    progress: Callable[[str, int, int], None] | None,
    crew: Crew | None = None,
) -> Iterator[Outcome]:
    """Yield one outcome per task: the table's object over every patient in the lake.

    Args:
        workshop: the places and tasks.
        table: the table.
        derivation: how it is made.
        progress: told about every task.
        crew: makes several tasks at a time; without one they are made here.
    """
    wanted = [(table.name, derivation, task.name) for task in workshop.tasks]
    made = (_make_of_task(workshop, one) for one in wanted) if crew is None else crew.work(_make_of_task, wanted, _dead)
    for number, outcome in enumerate(made):
        if progress:
            progress(table.name, number + 1, len(wanted))
        yield outcome


def _make_of_task(workshop: Workshop, wanted: tuple[str, FromAllPatients, str]) -> Outcome:
    name, derivation, task_name = wanted
    table, task = TABLES[name], next(task for task in workshop.tasks if task.name == task_name)
    outcome = Outcome(task.name, Status.KEPT)
    place = Key(task=task.name)
    current = fingerprint(table, _all_inputs(workshop, table, task), task.fingerprint)
    stored = workshop.lake.stored(table, place)
    if stored is None or stored.fingerprint != current:
        stored = _make_one(workshop, table, derivation, task, current)
        outcome.status = Status.MADE
    if table is TRAINING_MANIFEST:
        _drop_unlisted_shards(workshop, task)
    outcome.count(stored, task.name)
    return outcome


def _dead(wanted: tuple[str, FromAllPatients, str]) -> Outcome:
    return Outcome(wanted[2], Status.BLOCKED, [DEAD_WORKER])


def _all_inputs(workshop: Workshop, table: Table, task: Task) -> dict[str, str]:
    lake = workshop.lake
    keys = lake.keys(WINDOWED_SAMPLES, task.name)
    inputs = {f"patient {key.partition}": lake.fingerprint(WINDOWED_SAMPLES, key) or "" for key in keys}
    if table is TRAINING_MANIFEST:
        normalisation = lake.fingerprint(TRAINING_NORMALISATION, Key(task=task.name)) or ""
        inputs |= {"code": core_fingerprint(), "normalisation": normalisation}
    return inputs


def _make_one(workshop: Workshop, table: Table, derivation: FromAllPatients, task: Task, wanted: str) -> Stored:
    lake = workshop.lake

    def samples(columns: list[str] | None = None) -> Iterator[tuple[int, pl.DataFrame]]:
        for key in lake.keys(WINDOWED_SAMPLES, task.name):
            try:
                for part in lake.read_parts(WINDOWED_SAMPLES, key, columns):
                    yield key.partition or 0, part
                    del part  # the next one is read while this name would still hold this one
            except DamagedObjectError:
                lake.remove(WINDOWED_SAMPLES, key)
                raise RequestError(
                    f"windowed_samples of patient {key.partition}, task {task.name}, was damaged and is taken away: "
                    "run again, it is made anew."
                ) from None

    place = Key(task=task.name)
    known = gather_candidates(task, partial(samples, list(CANDIDATE_COLUMNS)))  # no tensor is read for this
    if table is TRAINING_NORMALISATION:
        judged = derivation.function(task, samples, candidates=known, units=_units(task))
        return workshop.put(table, place, judged, wanted)
    normalisation = lake.read(TRAINING_NORMALISATION, place)
    with spooling(workshop.home, "shards") as spool:
        built = derivation.function(task, normalisation, samples, spool, core_fingerprint(), candidates=known)
        for name, path in built.shards:
            lake.put_file(shard_path(table, place, name), path)
        notes = {"notes": json.dumps([*built.summary.notes, *_record_end_notes(workshop, task)])}
        return workshop.put(table, place, built.manifest, wanted, notes)


def _record_end_notes(workshop: Workshop, task: Task) -> list[str]:
    """Return what nearness to the end of the record says about the labels of a task's windows, as sentences."""
    ends = workshop.lake.scan(RECORD_STAYS).select("record_id", "record_end_time").unique()
    windows = workshop.lake.scan(WINDOWED_SAMPLES, task=task.name).select("record_id", "label", "index_time")
    report = report_record_end(windows.join(ends, on="record_id").collect())
    if report.separation is None:
        return []
    rates = ", ".join(f"{hours} h: {share:.0%} of {p + n}" for hours, p, n, share in report.bins.iter_rows())
    notes = [f"Label rate by time to the end of the record: {rates}; separation {report.separation:.2f}."]
    if report.is_suspicious:
        notes.append(
            "Warning: time to the end of the record alone separates the classes "
            f"({report.separation:.2f}, 0.5 is none). A model may learn when monitoring ends; look at follow-up and at "
            "the records chosen."
        )
    return notes


def _units(task: Task) -> dict[str, str | None]:
    """Return the canonical unit of each parameter of a task; stages do not import each other, so it is joined here."""
    known = {name: find_parameter(name) for name in task.numerics.parameters}
    return {name: parameter.unit if parameter else None for name, parameter in known.items()}


def _drop_unlisted_shards(workshop: Workshop, task: Task) -> None:
    """Delete shards that the manifest does not name: left by an earlier manifest, or by a run that was killed."""
    listed = set(workshop.lake.read(TRAINING_MANIFEST, Key(task=task.name), columns=["shard"]).get_column("shard"))
    for shard in workshop.lake.list_files(f"training_manifest/task={task.name}/shards"):
        if shard.path not in listed:
            workshop.lake.root.delete(shard.path)
