"""What a run tells in the end: one object for programs, tables for people; counts only."""

from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table as RichTable

from mimic_assets.cli.journey import Journey
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.outcomes import Status
from mimic_assets.schemas.tables import TABLES, TRAINING_MANIFEST, WINDOWED_SAMPLES
from mimic_assets.schemas.vocabulary import Split
from mimic_assets.settings import Settings
from mimic_assets.storage.query import query


def summarise(settings: Settings, journey: Journey, seconds: float) -> dict[str, Any]:
    """Return the summary of a run: patients, objects and rows per table, windows per task and split, rejections."""
    workshop = Workshop(settings)
    tables = {}
    for name in TABLES:
        outcomes = journey.outcomes.get(name, [])
        tables[name] = {status.value: sum(o.status is status for o in outcomes) for status in Status} | {
            "rows": sum(o.row_count for o in outcomes if o.is_stored),
            "bytes": sum(o.byte_count for o in outcomes if o.is_stored),
        }
    return {
        "lake": settings.lake,
        "manifest_stands": journey.has_manifest,
        "patients": len(journey.patients),
        "quarantined_patients": journey.quarantined,
        "stopped_tables": journey.stopped,
        "has_leak": journey.has_leak,
        "rejected_inputs": int(
            query(workshop.lake, "SELECT count(*) AS n FROM rejected_inputs").column("n")[0].as_py()
        ),
        "tables": tables,
        "tasks": {task.name: _task(workshop, journey, task.name) for task in workshop.tasks},
        "dead_runs_failed": journey.dead_runs,
        "dagster_runs": journey.runs,
        "seconds": round(seconds, 1),
    }


def _task(workshop: Workshop, journey: Journey, task: str) -> dict[str, Any]:
    windows = _counts(workshop.lake.scan(WINDOWED_SAMPLES, task=task), ["label"])
    manifest = workshop.lake.scan(TRAINING_MANIFEST, task=task)
    selected = _counts(manifest, ["split", "label"])
    splits = {
        split.value: {
            "positive": selected.get((split.value, True), 0),
            "negative": selected.get((split.value, False), 0),
        }
        for split in Split
    }
    provisional = bool(manifest.select(pl.col("is_split_provisional").any()).collect().item())
    return {
        "windows": {"positive": windows.get((True,), 0), "negative": windows.get((False,), 0)},
        "manifest": splits,
        "split_is_provisional": provisional,
        "notes": [note for o in journey.outcomes.get(TRAINING_MANIFEST.name, []) if o.key == task for note in o.notes],
    }


def _counts(frame: pl.LazyFrame, by: list[str]) -> dict[tuple[Any, ...], int]:
    counted = frame.group_by(by).len().collect()
    return {tuple(row[:-1]): row[-1] for row in counted.iter_rows()}


def print_summary(summary: dict[str, Any], console: Console) -> None:
    """Print the summary as tables."""
    made = RichTable(title="Tables", title_justify="left")
    for heading in ("table", "made", "kept", "quarantined", "blocked", "rows", "MB"):
        made.add_column(heading, justify="left" if heading == "table" else "right")
    for name, row in summary["tables"].items():
        counts = [f"{row[key]:,}" for key in ("made", "kept", "quarantined", "blocked", "rows")]
        made.add_row(name, *counts, f"{row['bytes'] / 1e6:,.1f}")
    console.print(made)
    tasks = RichTable(title="Training manifest: positive / negative windows", title_justify="left")
    tasks.add_column("task")
    for split in Split:
        tasks.add_column(split.value, justify="right")
    tasks.add_column("all windows", justify="right")
    for name, task in summary["tasks"].items():
        cells = [
            f"{task['manifest'][split.value]['positive']} / {task['manifest'][split.value]['negative']}"
            for split in Split
        ]
        tasks.add_row(name, *cells, f"{task['windows']['positive']} / {task['windows']['negative']}")
    console.print(tasks)
    for name, task in summary["tasks"].items():
        for note in task["notes"]:
            console.print(f"{name}: {note}", style="yellow" if note.startswith("Warning") else None)
    quarantined = summary["quarantined_patients"]
    named = ": " + ", ".join(quarantined[:10]) if quarantined else ""
    console.print(
        f"{summary['patients']} patients, {len(quarantined)} quarantined{named}; "
        f"{summary['rejected_inputs']} rows in rejected_inputs; {summary['seconds']} s."
    )
    if summary["stopped_tables"]:
        console.print(
            f"Stopped at {', '.join(summary['stopped_tables'])}: too many keys of the batch were quarantined, so no "
            "manifest was made. `mimic-assets sql` over rejected_inputs says why; MIMIC_ASSETS_QUARANTINE_SHARE is the "
            "share that is allowed."
        )
    if summary["has_leak"]:
        console.print(
            "The proof failed: windows are not the same when every later row is deleted, so no manifest was made. The "
            "check windowed_samples_proof names the columns; `mimic-assets prove --windows all` looks at every window."
        )
    if summary["dead_runs_failed"]:
        console.print(
            f"{summary['dead_runs_failed']} earlier run(s) had died and were marked failed; this one resumed."
        )
