"""Tables not made patient by patient: the clinical extract (one pass, many buckets), the manifest (one per task).

Both keep what stands when fingerprints are equal, and write whole objects like everything else.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from mimic_assets import clinical, events
from mimic_assets.defs.derivation import FromAllPatients, FromClinicalTree, FromDecisions
from mimic_assets.defs.fingerprints import core_fingerprint, fingerprint
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.outcomes import Outcome, Status
from mimic_assets.defs.partitions import bucket_key
from mimic_assets.defs.spool import spooling
from mimic_assets.errors import DamagedObjectError, RequestError
from mimic_assets.manifest import CANDIDATE_COLUMNS, gather_candidates, report_record_end
from mimic_assets.numerics.parameters import find_parameter
from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import RECORD_STAYS, TRAINING_MANIFEST, TRAINING_NORMALISATION, WINDOWED_SAMPLES
from mimic_assets.storage.keys import Key, shard_path
from mimic_assets.storage.lake import Stored
from mimic_assets.tasks import Task

Progress = Callable[[str, int, int], None] | None


def make_from_clinical_tree(
    workshop: Workshop, table: Table, derivation: FromClinicalTree, keys: Sequence[str], progress: Progress
) -> Iterator[Outcome]:
    """Yield the outcome of every bucket of the run, after one pass over the source for those that changed."""
    source = workshop.clinical
    workshop.forget_buckets()
    for place in workshop.lake.keys(table):
        if (place.partition or 0) >= workshop.settings.buckets:
            workshop.lake.remove(table, place)  # of a lake that was cut into more buckets
    inputs = source.inputs() | {"buckets": str(workshop.settings.buckets)}
    more = events.items_by_table(workshop.definitions)  # a user's own may need rows that no shipped one does
    inputs["items"] = repr(sorted((name, sorted(items)) for name, items in more.items()))
    wanted = fingerprint(table, inputs)
    stored = {key: workshop.lake.stored(table, Key(int(key))) for key in keys}
    stale = [int(key) for key in keys if (old := stored[key]) is None or old.fingerprint != wanted]
    for key in keys:
        old = stored[key]
        if int(key) not in stale and old is not None:
            outcome = Outcome(key, Status.KEPT)
            outcome.count(old)
            yield outcome
    if not stale:
        return
    with spooling(workshop.home, "extract") as spool:
        steps = derivation.function(
            source, workshop.settings.buckets, stale, spool, _in_kilobytes(progress), more_items=more
        )
        for bucket, judged in steps:
            subjects = clinical.subject_fingerprints(judged.frame)
            made = workshop.put(
                table,
                Key(bucket),
                judged,
                wanted,
                {"subjects": json.dumps(subjects, sort_keys=True), "buckets": str(workshop.settings.buckets)},
            )
            outcome = Outcome(bucket_key(bucket), Status.MADE, notes=source.notes())
            outcome.count(made)
            yield outcome


def make_from_decisions(workshop: Workshop, table: Table, derivation: FromDecisions) -> Iterator[Outcome]:
    """Yield the outcome of the reviewers' decisions: one object, empty where the settings name no file.

    Raises:
        RequestError: the file that the settings name cannot be read; or they name none and the lake holds decisions,
            which would be lost without a word.
    """
    file = workshop.settings.adjudications
    place = Key()
    stored = workshop.lake.stored(table, place)
    if file is None and stored is not None and stored.row_count:
        raise RequestError(
            f"The lake holds {stored.row_count} decision(s) of reviewers and no file of decisions is named, so they "
            "would be lost. Name it with --adjudications or MIMIC_ASSETS_ADJUDICATIONS; to drop them, a CSV with "
            "nothing but its heading."
        )
    try:
        content = Path(file).read_bytes() if file else b""
    except OSError as error:
        raise RequestError(f"The decisions in {file} cannot be read: {error.strerror}. Name another file.") from None
    wanted = fingerprint(table, {"content": hashlib.sha256(content).hexdigest(), "file": Path(file or "").name})
    outcome = Outcome("decisions", Status.KEPT)
    if stored is None or stored.fingerprint != wanted:
        judged = derivation.function(content, Path(file).name) if file else Judged(table.empty(), rejected_frame([]))
        stored = workshop.put(table, place, judged, wanted)
        outcome.status = Status.MADE
    outcome.count(stored)
    yield outcome


def _in_kilobytes(progress: Progress) -> Progress:
    """Return a progress that is told bytes and shows kilobytes of a source table."""
    if progress is None:
        return None
    return lambda table, done, of: progress(f"{table} (kB)", -(-done // 1000), -(-of // 1000))


def make_for_all_patients(
    workshop: Workshop, table: Table, derivation: FromAllPatients, progress: Progress
) -> Iterator[Outcome]:
    """Yield one outcome per task: the table's object over every patient in the lake."""
    for number, task in enumerate(workshop.tasks):
        outcome = Outcome(task.name, Status.KEPT)
        place = Key(task=task.name)
        wanted = fingerprint(table, _all_inputs(workshop, table, task), task.fingerprint)
        stored = workshop.lake.stored(table, place)
        if stored is None or stored.fingerprint != wanted:
            stored = _make_one(workshop, table, derivation, task, wanted)
            outcome.status = Status.MADE
        if table is TRAINING_MANIFEST:
            _drop_unlisted_shards(workshop, task)
        outcome.count(stored, task.name)
        if progress:
            progress(table.name, number + 1, len(workshop.tasks))
        yield outcome


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
