"""csv.gz -> `clinical_extract` -> `clinical_events` and `clinical_labels`, bucket by bucket, as the product makes them.

A process of its own, so that its memory is its own: `python -m mimic_assets_tests.benchmarks.events_by_us SOURCE OUTPUT
--buckets N --workers N`. This process streams the source and writes each bucket of the extract; workers read a bucket,
find its events and label its stays. Ends with one line of JSON: seconds of work per stage, and rows.
"""

import argparse
import json
import multiprocessing
import tempfile
import time
from collections import Counter
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache
from pathlib import Path

import polars as pl

from mimic_assets.clinical import extract, incomplete_tables
from mimic_assets.events import Definition, find_events, load_definitions
from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import (
    CLEANED_NUMERICS,
    CLINICAL_EVENTS,
    CLINICAL_EXTRACT,
    CLINICAL_LABELS,
    EVENT_ADJUDICATIONS,
    RECORD_STAYS,
)
from mimic_assets.sources.folder import FolderTree
from mimic_assets.storage.parquet import encode
from mimic_assets.tasks import load_task
from mimic_assets.tasks.model import Task
from mimic_assets.windows import label_stays

TASK = "in_hospital_death"


def main() -> None:
    """Make the three tables and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--buckets", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    chosen = parser.parse_args()
    print(json.dumps(make_tables(chosen.source, chosen.output, chosen.buckets, chosen.workers)))


def make_tables(source: Path, output: Path, buckets: int, workers: int) -> dict[str, float]:
    """Write `<table>/bucket=NNNN.parquet` of three tables; return seconds of work per stage, and rows per table.

    Stages overlap, and workers add up, so their seconds are more than those of the clock.
    """
    for table in (CLINICAL_EXTRACT, CLINICAL_EVENTS, CLINICAL_LABELS):
        (output / table.name).mkdir(parents=True, exist_ok=True)
    told: Counter[str] = Counter()
    waiting: list[Future[Counter[str]]] = []
    spawn = multiprocessing.get_context("spawn")
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory(dir=output) as spool,
        ProcessPoolExecutor(workers, mp_context=spawn) as pool,
    ):
        for bucket, judged in extract(FolderTree(source), buckets, range(buckets), Path(spool)):
            incomplete = incomplete_tables(judged.rejected)
            _write(output, CLINICAL_EXTRACT, bucket, judged.frame)
            told["extract_rows"] += judged.frame.height
            told["rejected_rows"] += judged.rejected.height
            waiting.append(pool.submit(_label_bucket, output, bucket, incomplete))
        told["extract_ms"] = round(1000 * (time.monotonic() - started))
        for future in waiting:
            told.update(future.result())
    return {name.replace("_ms", "_s"): n / 1000 if name.endswith("_ms") else n for name, n in told.items()}


def _label_bucket(output: Path, bucket: int, incomplete: frozenset[str]) -> Counter[str]:
    """Find the events and label the stays of one bucket; in a worker."""
    started = time.monotonic()
    clinical_extract = pl.read_parquet(_path(output, CLINICAL_EXTRACT, bucket)).select(CLINICAL_EXTRACT.schema.names())
    read = time.monotonic()
    events = find_subjects_events(clinical_extract)
    found = time.monotonic()
    labels = label_subjects_stays(_task(), clinical_extract, events, incomplete)
    labelled = time.monotonic()
    _write(output, CLINICAL_EVENTS, bucket, events)
    _write(output, CLINICAL_LABELS, bucket, labels)
    return Counter(
        read_ms=round(1000 * (read - started)),
        events_ms=round(1000 * (found - read)),
        labels_ms=round(1000 * (labelled - found)),
        write_ms=round(1000 * (time.monotonic() - labelled)),
        event_rows=events.height,
        label_rows=labels.height,
    )


def find_subjects_events(clinical_extract: pl.DataFrame) -> pl.DataFrame:
    """Return the events of many subjects without records."""
    nobody, no_numerics, no_stays = EVENT_ADJUDICATIONS.empty(), CLEANED_NUMERICS.empty(), RECORD_STAYS.empty()
    return find_events(_definitions(), nobody, clinical_extract, no_numerics, no_stays).frame


@cache
def _definitions() -> tuple[Definition, ...]:
    """Return the shipped definitions, read once in a process, as workers of the product do."""
    return load_definitions()


@cache
def _task() -> Task:
    return load_task(TASK)


def label_subjects_stays(
    task: Task, clinical_extract: pl.DataFrame, events: pl.DataFrame, incomplete: frozenset[str]
) -> pl.DataFrame:
    """Return the labels of many subjects without records."""
    no_numerics, no_stays = CLEANED_NUMERICS.empty(), RECORD_STAYS.empty()
    return label_stays(task, clinical_extract, events, no_stays, no_numerics, incomplete).frame


def _path(output: Path, table: Table, bucket: int) -> Path:
    return output / table.name / f"bucket={bucket:04d}.parquet"


def _write(output: Path, table: Table, bucket: int, frame: pl.DataFrame) -> None:
    _path(output, table, bucket).write_bytes(encode(table, frame, {}).data)


if __name__ == "__main__":
    main()
