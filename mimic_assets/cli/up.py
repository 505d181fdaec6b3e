"""`mimic-assets up`: the Dagster UI and daemon over the lake's instance."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mimic_assets.cli.options import Adjudications, Clinical, Events, ExistingLake, Waveforms
from mimic_assets.errors import RequestError
from mimic_assets.settings import Settings, dagster_home_for, load_settings
from mimic_assets.sources.bigquery.address import is_bigquery

_SUPERSEDED = "Function `dev_command` is superseded"
"""Dagster recommends another command line tool to people who write `dagster dev` themselves; here nobody does."""


def up(
    lake: ExistingLake = None,
    waveforms: Waveforms = None,
    clinical: Clinical = None,
    events: Events = None,
    adjudications: Adjudications = None,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 3000,
) -> None:
    """Serve the Dagster UI on 127.0.0.1: browse lineage, materialise, schedule and backfill patients.

    Sources, lake, tasks, event definitions and decisions come from the options or MIMIC_ASSETS_* variables, by default
    the demo's. Ctrl-C stops it.
    """
    from mimic_assets.cli.instance import fail_dead_runs, prepare_home
    from mimic_assets.defs.making import Workshop

    console = Console(highlight=False)
    settings = load_settings(
        lake=lake, waveforms=waveforms, clinical=clinical, events=events, adjudications=adjudications
    )
    workshop = Workshop(settings)
    _ = workshop.tasks, workshop.definitions, workshop.lake
    for source in ("waveforms", "clinical"):
        try:
            getattr(workshop, source)
        except RequestError as error:
            console.print(f"[yellow]Tables can be looked at, but not made from this source.[/] {error}", soft_wrap=True)
    home = prepare_home(dagster_home_for(settings.lake))
    import dagster as dg

    with dg.DagsterInstance.from_config(str(home)) as instance:
        fail_dead_runs(instance)
    address = f"[bold]http://127.0.0.1:{port}[/]"
    console.print(f"Dagster UI on {address} over {settings.lake} (instance {home}). Ctrl-C stops it.", soft_wrap=True)
    options = ["-m", "mimic_assets.definitions", "--host", "127.0.0.1", "--port", str(port)]
    command = [sys.executable, "-W", f"ignore:{_SUPERSEDED}", "-m", "dagster", "dev", *options]
    # From the instance's folder: in a checkout Dagster would warn about the other dagster.yaml it finds there.
    process = subprocess.Popen(command, env=_environment(settings, home), cwd=home)
    signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGINT))
    try:
        code = process.wait()
    except KeyboardInterrupt:
        code = process.wait()
    raise typer.Exit(0 if code in (0, -signal.SIGINT, 130) else code)


def _environment(settings: Settings, home: Path) -> dict[str, str]:
    """Return this process's environment with the settings in it, every path absolute: the server runs elsewhere."""
    lake = settings.lake
    if not lake.startswith("s3://"):
        lake = str(Path(lake.removeprefix("file://")).expanduser().absolute())
    tasks = [str(Path(task).absolute()) if task.endswith(".toml") else task for task in settings.tasks]
    decisions = settings.adjudications
    return os.environ | {
        "DAGSTER_HOME": str(home),
        "MIMIC_ASSETS_LAKE": lake,
        "MIMIC_ASSETS_WAVEFORMS": str(Path(settings.waveforms).absolute()),
        "MIMIC_ASSETS_CLINICAL": settings.clinical
        if is_bigquery(settings.clinical)
        else str(Path(settings.clinical).absolute()),
        "MIMIC_ASSETS_TASKS": ",".join(tasks),
        "MIMIC_ASSETS_EVENTS": ",".join(str(Path(path).absolute()) for path in settings.events),
        "MIMIC_ASSETS_ADJUDICATIONS": str(Path(decisions).absolute()) if decisions else "",
    }
