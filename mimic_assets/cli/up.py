"""`mimic-assets up`: the Dagster UI and daemon over the lake's instance."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mimic_assets.settings import dagster_home_for, load_settings


def up(
    lake: Annotated[
        str | None,
        typer.Option(help="Folder or s3:// URI; default: the environment's, else the demo's.", metavar="DIR_OR_URI"),
    ] = None,
    waveforms: Annotated[str | None, typer.Option(metavar="DIR")] = None,
    clinical: Annotated[str | None, typer.Option(metavar="DIR")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 3000,
) -> None:
    """Serve the Dagster UI on 127.0.0.1: browse lineage, materialise, schedule and backfill patients.

    Sources, lake and tasks come from the options or MIMIC_ASSETS_* variables, by default the demo's. Ctrl-C stops it.
    """
    from mimic_assets.cli.instance import fail_dead_runs, prepare_home

    settings = load_settings(lake=lake, waveforms=waveforms, clinical=clinical)
    home = prepare_home(dagster_home_for(settings.lake))
    import dagster as dg

    with dg.DagsterInstance.from_config(str(home)) as instance:
        fail_dead_runs(instance)
    environment = os.environ | {
        "DAGSTER_HOME": str(home),
        "MIMIC_ASSETS_LAKE": settings.lake
        if settings.lake.startswith("s3://")
        else str(Path(settings.lake).absolute()),
        "MIMIC_ASSETS_WAVEFORMS": str(Path(settings.waveforms).absolute()),
        "MIMIC_ASSETS_CLINICAL": str(Path(settings.clinical).absolute()),
        "MIMIC_ASSETS_TASKS": ",".join(settings.tasks),
    }
    Console().print(
        f"Dagster UI on [bold]http://127.0.0.1:{port}[/] over {settings.lake} (instance {home}). Ctrl-C stops it."
    )
    command = [
        sys.executable,
        "-m",
        "dagster",
        "dev",
        "-m",
        "mimic_assets.definitions",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    process = subprocess.Popen(command, env=environment)
    signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGINT))
    try:
        code = process.wait()
    except KeyboardInterrupt:
        code = process.wait()
    raise typer.Exit(0 if code in (0, -signal.SIGINT, 130) else code)
