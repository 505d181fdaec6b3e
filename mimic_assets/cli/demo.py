"""`mimic-assets demo`: the generated source, and the whole journey over it."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mimic_assets.cli.run import run_journey
from mimic_assets.errors import RequestError
from mimic_assets.settings import load_settings


def demo(
    folder: Annotated[Path, typer.Option(help="Where source and lake are made.")] = Path(".demo"),
    patients: Annotated[int | None, typer.Option(min=1, help="Generated patients.")] = None,
    hours: Annotated[float | None, typer.Option(help="Typical length of a record in hours, 0.5 to 168.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same bytes.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: every core.")] = None,
) -> None:
    """Generate a MIMIC-IV-shaped source with planted events, then materialise every asset over it.

    Nothing is downloaded and nothing in it is a real patient. Running it again keeps what stands.
    """
    from mimic_assets.cli.progress import TableProgress
    from mimic_assets.sources.demo import DemoPlan, generate_demo

    console = Console()
    default = DemoPlan()
    try:
        plan = DemoPlan(patients or default.patients, hours or default.hours, default.seed if seed is None else seed)
    except ValueError as error:
        raise RequestError(f"This demo cannot be made: {error}.") from None
    source, lake = folder / "source", folder / "lake"
    settings = load_settings(
        waveforms=str(source / "waveforms"), clinical=str(source / "clinical"), lake=str(lake), workers=workers
    )
    console.print(f"[bold]1/2[/] Generating {plan.patients} patients, about {plan.hours:g} h each, in {source}")
    started = time.monotonic()
    with TableProgress(quiet=False) as progress:
        generate_demo(source, plan, settings.workers, lambda done, of: progress("patients generated", done, of))
    console.print(f"    {time.monotonic() - started:.1f} s")
    console.print(f"[bold]2/2[/] Materialising every asset through Dagster into {lake}")
    summary = run_journey(settings, "recorded", quiet=False)
    console.print("\nOpen next:")
    console.print(
        "  make up                                          the Dagster UI: lineage, partitions, checks, pictures"
    )
    console.print('  .venv/bin/mimic-assets sql "SHOW TABLES"          every table, one SELECT away')
    console.print('  .venv/bin/mimic-assets sql "SELECT * FROM rejected_inputs"   what was refused, and what to do')
    console.print("  .venv/bin/mimic-assets show                       one window with its label and evidence")
    raise typer.Exit(0 if summary["manifest_stands"] else 1)
