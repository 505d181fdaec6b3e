"""What `doctor` looks at in the places that settings name: tasks, waveform and clinical source, lake."""

import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from mimic_assets import clinical, records
from mimic_assets.cli.bigquery_examination import examine_bigquery
from mimic_assets.cli.examination import Finding, Status
from mimic_assets.clinical.source_tables import SOURCE_TABLES
from mimic_assets.errors import RequestError
from mimic_assets.schemas.tables import CLINICAL_EXTRACT, TABLES
from mimic_assets.settings import Settings
from mimic_assets.sources.bigquery.address import is_bigquery
from mimic_assets.sources.folder import FolderTree
from mimic_assets.storage.keys import DATA
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import load_task

PROBE = "doctor-probe"
"""The object that is put, read and removed: one name for all, so that nothing a killed doctor left can pile up."""
_CONTENT = b"written by mimic-assets doctor to see whether the lake can be written; safe to delete\n"
_ATTEMPTS = 3
_MAKE_DEMO = "Name the folder with {option}, or make the demo's with `mimic-assets demo`."
_ESSENTIAL = ("patients", "admissions", "icustays")
"""Without these no stay and no patient is known."""


def examine_tasks(settings: Settings) -> Iterator[Finding]:
    """Load every task."""
    loaded = [load_task(name) for name in settings.tasks]
    yield Finding("tasks", Status.OK, ", ".join(f"{task.name} ({task.fingerprint[:8]})" for task in loaded))


def examine_waveforms(settings: Settings) -> Iterator[Finding]:
    """Look whether the waveform source has the published layout and holds patients."""
    name = "waveform source"
    root = Path(settings.waveforms)
    if not root.is_dir():
        yield Finding(name, Status.PROBLEM, f"no folder at {root}", _MAKE_DEMO.format(option="--waveforms"))
        return
    tree = FolderTree(root)
    if not tree.exists("RECORDS") and not (root / "waves").is_dir():
        found = f"neither RECORDS nor waves/ in {root}"
        yield Finding(
            name, Status.PROBLEM, found, "Name the folder that holds both, as PhysioNet publishes them (0.1.0)."
        )
        return
    patients, rejected = records.find_patients(tree)
    count = sum(map(len, patients.values()))
    found = f"{len(patients)} patients, {count} records in {root}"
    if not patients:
        advice = "Folders waves/pNNN/pNNNNNNNN with a RECORDS file each are expected below it."
        yield Finding(name, Status.PROBLEM, found, advice)
    elif rejected.height:
        rules = ", ".join(f"{rule} {n}" for rule, n in rejected["rule"].value_counts().sort("rule").iter_rows())
        advice = "A run goes on without them; `rejected_inputs` names each with its place."
        yield Finding(name, Status.WARNING, f"{found}; lists and folders disagree: {rules}", advice)
    elif not tree.exists("SHA256SUMS.txt"):
        advice = "Without it a damaged file is found only where its bytes make no sense; fetch SHA256SUMS.txt too."
        yield Finding(name, Status.WARNING, f"{found}; no SHA256SUMS.txt", advice)
    else:
        yield Finding(name, Status.OK, f"{found}, with SHA256SUMS.txt")


def examine_clinical(settings: Settings) -> Iterator[Finding]:
    """Look whether every clinical table that is read has a file."""
    name = "clinical source"
    if is_bigquery(settings.clinical):
        yield from examine_bigquery(settings, _ESSENTIAL)
        return
    root = Path(settings.clinical)
    if not root.is_dir():
        yield Finding(name, Status.PROBLEM, f"no folder at {root}", _MAKE_DEMO.format(option="--clinical"))
        return
    present = {path.rpartition("/")[2].partition(".")[0].lower() for path in clinical.source_files(FolderTree(root))}
    missing = sorted(set(SOURCE_TABLES) - present)
    found = f"{len(present)} of {len(SOURCE_TABLES)} tables in {root}"
    essential = [table for table in _ESSENTIAL if table in missing]
    if essential:
        advice = "Name the folder that holds hosp/ and icu/, and fetch these tables: without them no stay is known."
        yield Finding(name, Status.PROBLEM, f"{found}; missing: {', '.join(missing)}", advice)
    elif missing:
        advice = (
            "A run works, but where a missing table could hold the event, stays have no negatives (source_incomplete)."
        )
        yield Finding(name, Status.WARNING, f"{found}; missing: {', '.join(missing)}", advice)
    else:
        yield Finding(name, Status.OK, found)


def examine_lake(settings: Settings) -> Iterator[Finding]:
    """Look whether the lake can be written, read and cleaned, what it holds, and who is quarantined."""
    local = Path(settings.lake.removeprefix("file://")).expanduser()
    if not settings.lake.startswith("s3://") and not local.exists():
        yield _lake_to_be(local)
        return
    lake = Lake.open(settings.lake, settings.s3, create=False)
    _probe(lake)
    counts = {name: sum(info.path.endswith(f"/{DATA}") for info in lake.list_files(name)) for name in TABLES}
    empty = [name for name, count in counts.items() if not count]
    held = f"{sum(counts.values())} objects in {len(TABLES) - len(empty)} of {len(TABLES)} tables"
    found = f"{lake.root.uri} can be read and written; {held}"
    if empty and len(empty) < len(TABLES):
        found += f"; none of {', '.join(empty)}"
        yield Finding(
            "lake", Status.WARNING, found, "A run is under way or was stopped: `mimic-assets run` goes on from there."
        )
    else:
        yield Finding("lake", Status.OK, found)
    yield from _other_buckets(lake, settings)
    yield _quarantined(lake)


def _other_buckets(lake: Lake, settings: Settings) -> Iterator[Finding]:
    """A lake keeps the number of buckets it was made with: with another one, patients lose their clinical rows."""
    highest = max((key.partition or 0 for key in lake.keys(CLINICAL_EXTRACT)), default=0)
    if highest >= settings.buckets:
        found = f"clinical_extract has bucket {highest}, the settings say {settings.buckets} buckets"
        advice = f"Set MIMIC_ASSETS_BUCKETS={highest + 1}, or use another lake."
        yield Finding("buckets", Status.PROBLEM, found, advice)


def _lake_to_be(folder: Path) -> Finding:
    above = next(parent for parent in folder.absolute().parents if parent.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        found = f"nothing at {folder} yet, and {above} cannot be written"
        return Finding("lake", Status.PROBLEM, found, "Name another --lake, or give your user rights there.")
    return Finding("lake", Status.WARNING, f"nothing at {folder} yet", "`mimic-assets run` or `demo` makes it.")


def _probe(lake: Lake) -> None:
    """Put, read and remove a small object, which is gone in the end whatever happens.

    Raises:
        RequestError: the lake cannot be written, read or cleaned.
    """
    for _ in range(_ATTEMPTS):  # another doctor may remove the object between our put and our read
        try:
            lake.root.put(PROBE, _CONTENT)
            if lake.root.get(PROBE) != _CONTENT:
                raise RequestError(f"{lake.root.uri} gave back other bytes than were stored. Check the disk or server.")
            return
        except FileNotFoundError:
            continue
        finally:
            lake.root.delete(PROBE)
    raise RequestError(
        f"{lake.root.uri} does not give back what was stored. Check the server, or that nobody clears it."
    )


def _quarantined(lake: Lake) -> Finding:
    rows = lake.scan_rejected().filter(pl.col("rule") == "quarantined").select("table", "file", "subject_id").collect()
    keys = rows.unique(["table", "file"])
    if keys.is_empty():
        return Finding("quarantine", Status.OK, "no key is quarantined")
    tables = ", ".join(f"{table} {n}" for table, n in keys["table"].value_counts().sort("table").iter_rows())
    found = f"{keys.height} quarantined keys of {keys['subject_id'].n_unique()} patients: {tables}"
    question = "SELECT * FROM rejected_inputs WHERE rule = 'quarantined'"
    advice = f'`mimic-assets sql "{question}"` says why; mend the source and run again.'
    return Finding("quarantine", Status.WARNING, found, advice)
