"""An export written to disk: patient by patient into shards, every table validated by the MEDS package.

Belongs here: folders, shards, splits, validation. Does not belong here: what a row says (`mimic_assets.export`).
"""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import meds.schema as meds
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from mimic_assets.cli.window_evidence import clinical_bucket
from mimic_assets.errors import RequestError
from mimic_assets.events import load_definitions
from mimic_assets.export import DATA, LABELS, describe_codes, patient_history, patient_labels
from mimic_assets.manifest.splits import assign
from mimic_assets.schemas.tables import CLINICAL_EVENTS, CLINICAL_EXTRACT, CLINICAL_LABELS
from mimic_assets.schemas.vocabulary import Split
from mimic_assets.settings import Settings
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import Task, load_task

SUBJECTS_PER_SHARD = 1000
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Written:
    """What an export holds."""

    subjects: int = 0
    events: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    """Labels by task."""


def write_meds(settings: Settings, output: Path, *, are_named: bool, progress: Progress) -> Written:
    """Write a lake's events and labels as MEDS.

    Subjects are split by the first task's rule, over every subject that is exported; a shard holds whole
    subjects, ascending.
    The folder is written beside its place and renamed at the end: a killed export leaves nothing that looks finished.

    Args:
        settings: lake, tasks and event definitions.
        output: folder to make.
        are_named: whether the tasks were asked for by name; otherwise those without labels in the lake are left out.
        progress: told about every subject.

    Raises:
        RequestError: the folder exists or cannot be written, or the lake has no events, or no labels of a task that was
            named.
    """
    if output.exists():
        raise RequestError(
            f"{output} exists already, a new folder was expected: an export never changes. Name another."
        )
    lake = Lake.open(settings.lake, settings.s3, create=False)
    tasks = _tasks(lake, settings, are_named)
    subjects = [key.partition for key in lake.keys(CLINICAL_EVENTS) if key.partition is not None]
    if not subjects:
        raise RequestError(f"The lake {lake.root.uri} holds no events. Make some with `mimic-assets run`.")
    draft = output.with_name(output.name + ".part")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        written = _write(lake, tasks, subjects, settings, draft, progress)
        draft.replace(output)
    except OSError as error:
        raise RequestError(f"Cannot write {output}: {error.strerror or error}. Name another --output.") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return written


def _write(
    lake: Lake, tasks: list[Task], subjects: list[int], settings: Settings, draft: Path, progress: Progress
) -> Written:
    splits = assign(subjects, tasks[0].split)
    written = Written(labels={task.name: 0 for task in tasks})
    codes: set[str] = set()
    for split in Split:
        own = splits.filter(split=split.value)["subject_id"].to_list()
        for number, start in enumerate(range(0, len(own), SUBJECTS_PER_SHARD)):
            shard = f"{split.value}/{number}.parquet"
            _write_shard(
                lake,
                tasks,
                own[start : start + SUBJECTS_PER_SHARD],
                draft,
                shard,
                written,
                codes,
                progress,
                len(subjects),
            )
    _write_metadata(draft, splits, sorted(codes), settings, tasks)
    return written


def _tasks(lake: Lake, settings: Settings, are_named: bool) -> list[Task]:
    held = {key.task for key in lake.keys(CLINICAL_LABELS)}
    tasks = [load_task(name) for name in settings.tasks]
    missing = [task.name for task in tasks if task.name not in held]
    standing = [task for task in tasks if task.name in held]
    if (missing and are_named) or not standing:
        raise RequestError(
            f"The lake {lake.root.uri} holds no labels of {', '.join(missing)}; "
            f"it holds those of {', '.join(sorted(filter(None, held))) or 'no task'}. "
            "Make them with `mimic-assets run --task`."
        )
    return standing


def _write_shard(
    lake: Lake,
    tasks: list[Task],
    subjects: list[int],
    draft: Path,
    shard: str,
    written: Written,
    codes: set[str],
    progress: Progress,
    of: int,
) -> None:
    places = {"data": draft / "data" / shard, **{t.name: draft / "labels" / t.name / shard for t in tasks}}
    for path in places.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    writers = {
        name: pq.ParquetWriter(path, _arrow(DATA if name == "data" else LABELS)) for name, path in places.items()
    }
    try:
        for subject in subjects:
            labels = {task.name: _labels(lake, task, subject) for task in tasks}
            history = patient_history(*_patient(lake, subject), list(labels.values()))
            codes.update(history["code"].unique())
            writers["data"].write_table(_valid(history, meds.DataSchema, _arrow(DATA)))
            for name, frame in labels.items():
                told = patient_labels(frame)
                writers[name].write_table(_valid(told, meds.LabelSchema, _arrow(LABELS)))
                written.labels[name] += told.height
            written.events += history.height
            written.subjects += 1
            progress("subjects exported", written.subjects, of)
    finally:
        for writer in writers.values():
            writer.close()


def _patient(lake: Lake, subject: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    bucket = clinical_bucket(lake, subject)
    extract = CLINICAL_EXTRACT.empty() if bucket is None else lake.read(CLINICAL_EXTRACT, bucket, subject_id=subject)
    return extract, lake.read(CLINICAL_EVENTS, Key(subject))


def _labels(lake: Lake, task: Task, subject: int) -> pl.DataFrame:
    try:
        return lake.read(CLINICAL_LABELS, Key(subject, task.name))
    except KeyError:
        return CLINICAL_LABELS.empty()


def _arrow(schema: pl.Schema) -> pa.Schema:
    """Return the Arrow schema of a table of the export, in the types the MEDS package asks for."""
    types = {**dict(_meds_types(meds.DataSchema)), **dict(_meds_types(meds.LabelSchema))}
    ours = pl.DataFrame(schema=schema).to_arrow(compat_level=pl.CompatLevel.oldest()).schema
    return pa.schema([pa.field(f.name, types.get(f.name, f.type)) for f in ours])


def _meds_types(schema: Any) -> Iterator[tuple[str, pa.DataType]]:
    yield from ((column.name, column.type) for column in schema.schema())


def _valid(frame: pl.DataFrame, schema: Any, arrow: pa.Schema) -> pa.Table:
    """Return a frame as Arrow, validated by the MEDS package."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(arrow)
    schema.validate(table)
    return table


def _write_metadata(draft: Path, splits: pl.DataFrame, codes: list[str], settings: Settings, tasks: list[Task]) -> None:
    titles = {definition.name: definition.title for definition in load_definitions(settings.events)}
    asked = {task.name: task.title for task in tasks}
    described = pa.table(
        {
            "code": pa.array(codes, pa.string()),
            "description": pa.array(describe_codes(codes, titles, asked), pa.string()),
            "parent_codes": pa.array([None] * len(codes), pa.list_(pa.string())),
        }
    )
    meds.CodeMetadataSchema.validate(described)
    chosen = splits.select("subject_id", "split").to_arrow(compat_level=pl.CompatLevel.oldest())
    chosen = chosen.cast(pa.schema([("subject_id", pa.int64()), ("split", pa.string())]))
    meds.SubjectSplitSchema.validate(chosen)
    about = {
        "dataset_name": "mimic-assets events and labels",
        "etl_name": "mimic-assets",
        "etl_version": version("mimic-assets"),
        "meds_version": version("meds"),
        "raw_source_id_columns": ["hadm_id", "stay_id"],
        "other_extension_columns": ["event_id", "lower_time", "upper_time"],
    }
    meds.DatasetMetadataSchema.validate(about)
    (draft / "metadata").mkdir(parents=True, exist_ok=True)
    pq.write_table(described, draft / meds.code_metadata_filepath)
    pq.write_table(chosen, draft / meds.subject_splits_filepath)
    (draft / meds.dataset_metadata_filepath).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
