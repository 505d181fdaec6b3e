"""`mimic-assets task`: which tasks there are, what one means in words, and how many samples it gives."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from mimic_assets.cli.options import Events, ExistingLake
from mimic_assets.cli.output import console, write_whole
from mimic_assets.settings import load_settings

if TYPE_CHECKING:
    import polars as pl

task = typer.Typer(
    help="Which tasks there are, what one means in words, and how many samples it gives.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@task.command("list")
def list_tasks() -> None:
    """List the tasks that come with the package; your own is named by the path of its file."""
    from mimic_assets.tasks import load_task, shipped_tasks

    screen = console()
    for name in shipped_tasks():
        screen.print(f"[bold]{name}[/]  {load_task(name).title}", soft_wrap=True)


@task.command("check")
def check(
    name_or_file: Annotated[str, typer.Argument(metavar="NAME_OR_FILE", help="Shipped task, or your own .toml file.")],
    lake: ExistingLake = None,
    events: Events = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one object and nothing else.")] = False,
    output: Annotated[Path | None, typer.Option(help="SVG to draw the attrition into.", metavar="FILE.svg")] = None,
) -> None:
    """Explain a task in words, and count what it gives: stays, index times, positives, negatives, exclusions by reason.

    Labels are made on the fly from the events of the lake and nothing is written: a task can be tried before it is run.
    Without a lake the task is only explained. Exit 2 when the file says something a task may not say.

    `mimic-assets task check my_task.toml --output attrition.svg`
    """
    from mimic_assets.cli.progress import TableProgress
    from mimic_assets.cli.task_words import explain
    from mimic_assets.defs.consort import draw_attrition
    from mimic_assets.defs.making import Workshop
    from mimic_assets.defs.task_attrition import count_task
    from mimic_assets.errors import RequestError

    settings = load_settings(lake=lake, tasks=[name_or_file], events=events)
    workshop = Workshop(settings)
    [wanted] = workshop.tasks
    sentences = explain(wanted, {definition.name: definition for definition in workshop.definitions})
    counted = None
    if lake is not None or settings.lake.startswith("s3://") or Path(settings.lake).is_dir():
        workshop.open_existing_lake()
        with TableProgress(quiet=as_json) as progress:
            counted = count_task(workshop, wanted, progress)
    if output is not None:
        if counted is None or counted.is_empty():
            raise RequestError(f"There is nothing to draw into {output}: name a lake with events (--lake).")
        picture = draw_attrition(wanted.title, counted)
        write_whole(output, lambda draft: draft.write_text(picture, encoding="utf-8"))
    if as_json:
        rows = [] if counted is None else counted.to_dicts()
        typer.echo(json.dumps({"task": wanted.name, "words": sentences, "attrition": rows}))
        return
    screen = console()
    screen.print(f"[bold]{wanted.name}[/]  {wanted.title}", soft_wrap=True)
    for sentence in sentences:
        screen.print(f"  {sentence}", soft_wrap=True)
    if counted is None or counted.is_empty():
        screen.print("No lake with events to count in: name one with --lake, or run `mimic-assets demo`.")
        return
    _print(screen, counted)


def _print(screen: Console, counted: "pl.DataFrame") -> None:
    from rich.table import Table

    table = Table(title="Attrition", title_justify="left")
    for heading in ("step", "index times", "stays", "subjects", "positive", "negative"):
        table.add_column(heading, justify="left" if heading == "step" else "right")
    for row in counted.iter_rows(named=True):
        if row["is_removal"] and not row["index_times"]:
            continue
        name = f"  - {row['step']}" if row["is_removal"] else f"[bold]{row['step']}[/]"
        counts = [f"{row[key]:,}" for key in ("index_times", "stays", "subjects", "positives", "negatives")]
        table.add_row(name, *counts)
    screen.print(table)
