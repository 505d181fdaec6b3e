"""The command line: one app, one module per command, errors said once and without a traceback."""

import sys

import typer
from rich.console import Console
from rich.markup import escape

from mimic_assets.cli import demo, doctor, events, export, prove, record, run, show, sql, task, up
from mimic_assets.errors import MimicAssetsError, RequestError

app = typer.Typer(
    name="mimic-assets",
    help="From raw bedside recordings to labelled training windows, through Dagster assets.\n\n"
    "Start with `mimic-assets demo`; then `mimic-assets up` opens the graph, `mimic-assets sql` asks the tables.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("sql")(sql.sql)
app.command("show")(show.show)
app.command("record")(record.record)
app.command("prove")(prove.prove)
app.add_typer(events.events, name="events")
app.add_typer(task.task, name="task")
app.add_typer(export.export, name="export")
app.command("doctor")(doctor.doctor)
app.command("up")(up.up)


def main() -> None:
    """Run the command line; exit 2 with one clear message when the request is wrong, 1 when we are."""
    try:
        app()
    except MimicAssetsError as error:
        Console(stderr=True, highlight=False).print(f"[bold red]Error:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(2 if isinstance(error, RequestError) else 1)
    except KeyboardInterrupt:
        Console(stderr=True).print("Stopped. The same command resumes where this one ended.")
        sys.exit(130)
