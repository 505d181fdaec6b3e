"""`mimic-assets export`: events and labels for other tools."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mimic_assets.cli.options import ExistingLake
from mimic_assets.settings import load_settings

export = typer.Typer(help="Events and labels for other tools.", no_args_is_help=True, rich_markup_mode="markdown")


@export.callback()
def _formats() -> None:
    """Keep `meds` a word of its own: more formats may come beside it."""


@export.command("meds")
def meds(
    output: Annotated[Path, typer.Option(help="Folder to write; it must not exist yet.", metavar="DIR")],
    lake: ExistingLake = None,
    task: Annotated[
        list[str] | None,
        typer.Option("--task", help="Task whose index times and labels are exported; may be repeated; default: all."),
    ] = None,
) -> None:
    """Export events and labels of a lake as MEDS 0.4: data, labels, codes, splits; validated as they are written.

    Tools that read MEDS run on it as it is; ACES is tested. The folder appears whole or not at all.

    `mimic-assets export meds --task in_hospital_death --output meds/`
    """
    from mimic_assets.cli.meds_export import write_meds
    from mimic_assets.cli.progress import TableProgress

    settings = load_settings(lake=lake, tasks=task)
    with TableProgress(quiet=False) as progress:
        written = write_meds(settings, output, are_named=task is not None, progress=progress)
    console = Console(highlight=False)
    console.print(
        f"{written.subjects:,} subjects, {written.events:,} rows, "
        + ", ".join(f"{count:,} labels of {name}" for name, count in written.labels.items())
        + f" in {output}",
        soft_wrap=True,
    )
    console.print(f"Next: ACES reads {output / 'data'} (data.standard=meds); labels lie in {output / 'labels'}.")
