"""`mimic-assets run`: the whole journey headless."""

import json
import sys
import time
from typing import Annotated, Any

import typer
from rich.console import Console

from mimic_assets.cli.options import Adjudications, Clinical, Events, NewLake, Tasks, Waveforms, Workers
from mimic_assets.settings import Settings, dagster_home_for, load_settings

Patients = Annotated[
    str,
    typer.Option(help="`recorded` (those with waveforms), `all` (clinical subjects too), or ids separated by commas."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one summary object and nothing else on standard output.")]
Strict = Annotated[bool, typer.Option(help="Exit 1 when a patient was quarantined.")]


def run(
    waveforms: Waveforms = None,
    clinical: Clinical = None,
    lake: NewLake = None,
    task: Tasks = None,
    events: Events = None,
    adjudications: Adjudications = None,
    patients: Patients = "recorded",
    workers: Workers = None,
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Run the whole journey: raw records to training manifest, through Dagster assets.

    Safe to stop and to repeat: what stands is kept by fingerprint, what changed is made again. Exit 0 when the manifest
    stands (an empty one stands too, and the summary says so), 1 when it does not, 2 when the request is wrong.

    Example: `mimic-assets run --waveforms waves/ --clinical mimiciv/ --lake lake/ --task in_hospital_death`
    """
    settings = load_settings(
        waveforms=waveforms, clinical=clinical, lake=lake, tasks=task, events=events, adjudications=adjudications,
        workers=workers,
    )  # fmt: skip
    summary = run_journey(settings, patients, as_json)
    if as_json:
        typer.echo(json.dumps(summary))
    if not summary["manifest_stands"] or (strict and summary["quarantined_patients"]):
        raise typer.Exit(1)


def run_journey(settings: Settings, patients: str, quiet: bool) -> dict[str, Any]:
    """Run, print progress and tables unless quiet, and return the summary."""
    from mimic_assets.cli.instance import opened  # Dagster takes three seconds to import: --help does not pay them
    from mimic_assets.cli.journey import check_request, travel
    from mimic_assets.cli.progress import TableProgress
    from mimic_assets.cli.summary import print_summary, summarise

    started = time.monotonic()
    check_request(settings)
    with opened(dagster_home_for(settings.lake)) as instance, TableProgress(quiet) as progress:
        journey = travel(settings, instance, patients, progress)
    summary = summarise(settings, journey, time.monotonic() - started)
    if not quiet:
        print_summary(summary, Console(width=None if sys.stdout.isatty() else 110))
    return summary
