"""What Dagster costs per patient partition per asset in a batched run: CPU of the job less CPU of the work without it.

The same keys of the same tables are made twice by one worker, in this process: once by calling the workshop table by
table (fingerprints, stage functions, writes: the work), once by the job `make_patients` in an instance of its own (the
work and what the orchestrator adds: events, metadata, checks, run storage). Then once more over both finished lakes,
where each key is only found unchanged. Objects of both ways are compared byte by byte; building the graph is not
counted.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg

from mimic_assets import clinical, events, numerics, records, stays, waveforms, windows
from mimic_assets.cli.instance import opened
from mimic_assets.definitions import build_definitions
from mimic_assets.defs.automation import EXTRACT_CLINICAL_ROWS, MAKE_PATIENTS, PATIENT_TABLES, RANGE_END, RANGE_START
from mimic_assets.defs.derivation import FromClinicalTree, FromTables, FromTree
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.partitions import PATIENTS, bucket_key
from mimic_assets.defs.whole_tables import make_from_clinical_tree
from mimic_assets.schemas.tables import CLINICAL_EXTRACT, TABLES
from mimic_assets.settings import Settings, dagster_home_for
from mimic_assets.sources.demo import DemoPlan, generate_demo
from mimic_assets_tests.benchmarks.bench_patients import objects_per_patient

DERIVATIONS: dict[str, FromTree | FromTables] = {
    "raw_records": FromTree(records.read_records, records.find_patients),
    "raw_numerics": FromTree(records.read_numerics),
    "cleaned_numerics": FromTables(numerics.clean, ("raw_numerics", "raw_records")),
    "waveform_quality": FromTables(waveforms.judge_waveforms, ("raw_records",), needs_signals=True),
    "waveform_beats": FromTables(waveforms.find_beats, ("raw_records",), needs_signals=True),
    "waveform_features": FromTables(waveforms.summarise_tiles, ("waveform_beats", "raw_records")),
    "record_stays": FromTables(stays.find_record_stays, ("raw_records", "cleaned_numerics", "clinical_extract")),
    "clinical_events": FromTables(
        events.find_events,
        ("event_adjudications", "clinical_extract", "cleaned_numerics", "record_stays"),
        needs_definitions=True,
    ),
    "clinical_labels": FromTables(
        windows.label_stays,
        ("clinical_extract", "clinical_events", "record_stays", "cleaned_numerics"),
        per_task=True,
        needs_completeness=True,
        waveform_inputs=("waveform_quality",),
    ),
    "windowed_samples": FromTables(
        windows.cut_windows,
        ("clinical_labels", "cleaned_numerics", "record_stays"),
        per_task=True,
        waveform_inputs=("raw_records", "waveform_quality", "waveform_features"),
        needs_signals=True,
    ),
}
"""Table -> how it is made, as the assets say it."""
BUCKETS = 4
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def main() -> None:
    """Run the benchmark and print its rows."""
    for row in run():
        print(json.dumps(row, indent=2))


def run(patients: int = 100, folder: Path | None = None) -> list[dict[str, Any]]:
    """Return two rows, made and kept: CPU seconds per key and table with Dagster and without, and their difference.

    Raises:
        AssertionError: the two ways do not give the same objects.
    """
    folder = folder or Path(
        os.environ.get("MIMIC_ASSETS_BENCH_DATA", Path(tempfile.gettempdir()) / "mimic-assets-bench")
    )
    source = folder / f"patients-{patients}-0.5h"
    generate_demo(source, DemoPlan(patients=patients, hours=0.5, waveform_minutes=1), workers=os.cpu_count() or 1)
    with tempfile.TemporaryDirectory(prefix="mimic-assets-bench-") as scratch:
        plain, orchestrated = (_settings(source, Path(scratch) / name) for name in ("plain", "orchestrated"))
        graph = build_definitions(orchestrated)
        with opened(dagster_home_for(orchestrated.lake)) as instance:
            keys = _keys(orchestrated, instance)
            _execute(graph, EXTRACT_CLINICAL_ROWS.name, instance, bucket_key(0), bucket_key(BUCKETS - 1))
            _extract(Workshop(plain))
            pairs = {
                what: (
                    _cpu(lambda: _execute(graph, MAKE_PATIENTS.name, instance, keys[0], keys[-1])),
                    _cpu(lambda: _make_all(Workshop(plain), keys)),
                )
                for what in ("made", "kept")
            }
        found, expected = objects_per_patient(Path(orchestrated.lake)), objects_per_patient(Path(plain.lake))
        if not found or found != expected:
            raise AssertionError("the objects made through Dagster are not those made without")
    steps = len(keys) * len(PATIENT_TABLES)
    return [
        {
            "work": f"{patients} patients x {len(PATIENT_TABLES)} tables in one batched run, all {what}",
            "peer": "the same keys made without Dagster",
            "equal": True,
            "ours_s": round(with_dagster, 2),
            "peer_s": round(without, 2),
            "ratio": round(without / with_dagster, 2),
            "overhead_cpu_s_per_key_and_table": round((with_dagster - without) / steps, 4),
        }
        for what, (with_dagster, without) in pairs.items()
    ]


def _settings(source: Path, lake: Path) -> Settings:
    places = {"waveforms": source / "waveforms", "clinical": source / "clinical", "lake": lake}
    return Settings(**{name: str(path) for name, path in places.items()}, workers=1, buckets=BUCKETS)


def _keys(settings: Settings, instance: dg.DagsterInstance) -> list[str]:
    found, _ = records.find_patients(Workshop(settings).waveforms)
    keys = [str(subject) for subject in sorted(found)]
    instance.add_dynamic_partitions(PATIENTS.name or "", keys)
    return keys


def _execute(graph: dg.Definitions, job: str, instance: dg.DagsterInstance, first: str, last: str) -> None:
    tags = {RANGE_START: first, RANGE_END: last}
    result = graph.resolve_job_def(job).execute_in_process(_QUIET, instance=instance, tags=tags)
    if not result.success:
        raise AssertionError(f"the job {job} failed")


def _extract(workshop: Workshop) -> None:
    buckets = [bucket_key(bucket) for bucket in range(BUCKETS)]
    list(
        make_from_clinical_tree(
            workshop, CLINICAL_EXTRACT, FromClinicalTree(clinical.extract), buckets, lambda *_: None
        )
    )


def _make_all(workshop: Workshop, keys: list[str]) -> None:
    if sorted(DERIVATIONS) != sorted(PATIENT_TABLES):
        raise AssertionError("the tables made patient by patient have changed; DERIVATIONS says how each is made")
    for table, derivation in DERIVATIONS.items():
        for key in keys:
            workshop.make(TABLES[table], derivation, key)


def _cpu(work: Callable[[], None]) -> float:
    """Return the CPU seconds of this process, all threads."""
    before = time.process_time()
    work()
    return time.process_time() - before


if __name__ == "__main__":
    main()
