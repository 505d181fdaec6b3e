"""`mimic-assets prove`: what a reviewer runs over a lake to see that nothing leaks."""

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mimic_assets.cli.options import Events, ExistingLake, Waveforms
from mimic_assets.cli.output import console
from mimic_assets.errors import RequestError
from mimic_assets.settings import Settings, load_settings

if TYPE_CHECKING:
    from mimic_assets.cli.claims import Claim
    from mimic_assets.storage.lake import Lake
    from mimic_assets.tasks import Task

DEFAULT_WINDOWS = 20


def prove(
    lake: ExistingLake = None,
    task: Annotated[
        list[str] | None,
        typer.Option(
            "--task", help="Shipped task or path of a task file; may be repeated. Default: all.", metavar="NAME_OR_FILE"
        ),
    ] = None,
    waveforms: Waveforms = None,
    events: Events = None,
    windows: Annotated[
        str,
        typer.Option(help="Windows of each task to make again, drawn by name: a number, or `all`.", metavar="N|all"),
    ] = str(DEFAULT_WINDOWS),
    patients: Annotated[
        str | None,
        typer.Option(help="Only windows of these subjects, ids separated by commas; splits are of all.", metavar="IDS"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one object and nothing else.")] = False,
    catalogue: Annotated[
        bool, typer.Option("--catalogue", help="Print which columns are hindsight, and why; look at no lake.")
    ] = False,
) -> None:
    """Prove that no window of a lake saw its future, and no statistic, choice or weight what was held out.

    Windows are made again from raw rows after everything later than their index time was deleted, and compared digit
    for digit; splits, shards, statistics, bytes and the times of every window and positive are looked at as they are
    stored.
    Tasks with waveforms are made again from the samples of their source (--waveforms).
    Nothing is written. Exit 1 when a claim does not hold.

    Example: `mimic-assets prove --windows 200`
    """
    if catalogue:
        from mimic_assets.cli.catalogue import catalogue_page

        typer.echo(catalogue_page(), nl=False)
        return
    settings = load_settings(lake=lake, tasks=task, events=events, waveforms=waveforms)
    report = _prove(settings, bool(task), _number(windows), _subjects(patients), as_json)
    if not report["holds"]:
        raise typer.Exit(1)


def _prove(
    settings: Settings, are_named: bool, at_most: int | None, subjects: list[int] | None, as_json: bool
) -> dict[str, Any]:
    from mimic_assets import records
    from mimic_assets.cli.claims import order_in_time, truncation, window_names
    from mimic_assets.cli.progress import TableProgress
    from mimic_assets.cli.split_claims import contents, isolation, normalisation, selection
    from mimic_assets.events import load_definitions
    from mimic_assets.sources.folder import FolderTree
    from mimic_assets.storage.lake import Lake

    lake = Lake.open(settings.lake, settings.s3, create=False)
    tasks, notes = _tasks(settings, lake, are_named)
    names = {task.name: window_names(lake, task, subjects) for task in tasks}
    found = {subject for frame in names.values() for subject in frame["subject_id"].to_list()}
    absent = [str(subject) for subject in subjects or [] if subject not in found]
    if absent or not found:
        whose = f" of {', '.join(absent)}" if absent else ""
        raise RequestError(
            f"The lake {lake.root.uri} holds no window{whose} for {', '.join(sorted(names)) or 'any task'}: nothing to "
            "prove. Make some with `mimic-assets run`, or name another --lake, --task or --patients."
        )
    definitions = load_definitions(settings.events)
    claims: list[Claim] = []
    open_signals = None
    if any(task.waveforms for task in tasks):
        open_signals = partial(records.open_signals, FolderTree(Path(settings.waveforms)))
    with TableProgress(quiet=as_json) as progress:
        for task in tasks:
            own = sorted(set(names[task.name]["subject_id"].to_list()))
            claims.append(truncation(lake, task, definitions, names[task.name], at_most, progress, open_signals))
            claims += order_in_time(lake, task, own, progress)
            claims += isolation(lake, task)
            claims.append(normalisation(lake, task, progress))
            claims.append(selection(lake, task, progress))
            claims.append(contents(lake, task, at_most, progress))
    report = {
        "lake": settings.lake,
        "holds": not any(claim.failed for claim in claims),
        "claims": [asdict(claim) for claim in claims],
        "notes": notes,
    }
    if as_json:
        typer.echo(json.dumps(report))
    else:
        _print(claims, notes)
    return report


def _tasks(settings: Settings, lake: "Lake", are_named: bool) -> "tuple[list[Task], list[str]]":
    """Return the tasks to look at, and what a reader has to know about the others.

    Raises:
        RequestError: a manifest was made with other numbers than the task has today.
    """
    from mimic_assets.defs.fingerprints import core_fingerprint
    from mimic_assets.schemas.tables import TRAINING_MANIFEST, WINDOWED_SAMPLES
    from mimic_assets.tasks import load_task

    held = {key.task for key in lake.keys(WINDOWED_SAMPLES) if key.task is not None}
    loaded = [load_task(name) for name in settings.tasks]
    tasks = loaded if are_named else [task for task in loaded if task.name in held]
    notes = [
        f"The windows of {name} were not looked at: name the task's file with --task."
        for name in sorted(held - {task.name for task in tasks})
        if not are_named
    ]
    for task in tasks:
        marks = (
            lake.scan(TRAINING_MANIFEST, task.name).select("task_fingerprint", "code_fingerprint").unique().collect()
        )
        if any(mark != task.fingerprint for mark in marks["task_fingerprint"]):
            raise RequestError(
                f"The manifest of {task.name} was made with other numbers than the task has now. "
                "Name the file it was made with (--task), or run again."
            )
        if marks.is_empty():
            notes.append(
                f"{task.name} has no sample in a manifest: splits, shards and statistics have nothing to show."
            )
        elif any(mark != core_fingerprint() for mark in marks["code_fingerprint"]):
            notes.append(f"The manifest of {task.name} was made by other code than this: a difference may be a change.")
    return tasks, notes


def _number(windows: str) -> int | None:
    if windows == "all":
        return None
    if not windows.isdecimal() or int(windows) < 1:
        raise RequestError(f"--windows {windows} was given; a number from 1, or `all`, was expected.")
    return int(windows)


def _subjects(patients: str | None) -> list[int] | None:
    if patients is None:
        return None
    parts = [part.strip().removeprefix("p") for part in patients.split(",") if part.strip()]
    if not parts or not all(part.isdecimal() for part in parts):
        raise RequestError(
            f"--patients {patients} was given; ids separated by commas, such as 10000032, were expected."
        )
    return sorted({int(part) for part in parts})


def _print(claims: "list[Claim]", notes: list[str]) -> None:
    from rich.table import Table

    screen = console()
    table = Table()
    for heading, side in (("task", "left"), ("claim", "left"), ("checked", "right"), ("failed", "right")):
        table.add_column(heading, justify="right" if side == "right" else "left")
    for claim in claims:
        failed = f"[bold red]{claim.failed:,}[/]" if claim.failed else "0"
        table.add_row(claim.task, claim.sentence, f"{claim.checked:,} {claim.unit}", failed)
    screen.print(table)
    for note in notes:
        screen.print(note, soft_wrap=True)
    broken = [claim for claim in claims if claim.failed]
    for claim in broken:
        screen.print(f"[bold red]{claim.task}: {claim.sentence}: {claim.failed:,} times not.[/]", soft_wrap=True)
        if claim.columns:
            counted = ", ".join(f"{name} ({count})" for name, count in claim.columns.items())
            screen.print(f"  columns that differ: {counted}", soft_wrap=True)
        for name in claim.failures:
            screen.print(f"  {name}", soft_wrap=True)
    if not broken:
        empty = sum(not claim.checked for claim in claims)
        screen.print("Every claim holds" + (f"; {empty} had nothing to check." if empty else "."))
