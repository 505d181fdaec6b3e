"""`mimic-assets events`: what counts as an event, why one is in the ledger, and which a reviewer should look at."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mimic_assets.cli.options import Clinical, Events, ExistingLake
from mimic_assets.cli.output import console, write_whole
from mimic_assets.errors import RequestError
from mimic_assets.settings import Settings, load_settings

if TYPE_CHECKING:
    from mimic_assets.storage.lake import Lake

events = typer.Typer(
    help="What counts as an event, why one is in the ledger, and which ones a reviewer should look at.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@events.command("list")
def list_definitions(given: Events = None) -> None:
    """List what counts as an event: every definition with its rules, tiers and sources."""
    from rich.table import Table

    from mimic_assets.events import load_definitions

    table = Table()
    for heading in ("event", "rule", "tier", "time", "table", "what it takes"):
        table.add_column(heading)
    for definition in load_definitions(load_settings(events=given).events):
        for number, rule in enumerate(definition.rules):
            name = definition.name if number == 0 else ""
            takes = [*map(str, rule.items), *rule.parameters]
            takes += [c for listed in rule.codes for c in (*listed.codes, *(f"{p}*" for p in listed.prefixes))]
            table.add_row(name, rule.label, rule.tier.value, rule.time.value, rule.table, " ".join(takes))
    console().print(table)


@events.command("check")
def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE_OR_DIR...", help="Definitions in TOML.")],
    clinical: Clinical = None,
) -> None:
    """Check event definitions: what they say, and whether every item and ICD code exists.

    `mimic-assets events check my_events/ --clinical /data/mimiciv`
    """
    from mimic_assets.defs.checked_definitions import check_against_source, own_definitions
    from mimic_assets.defs.making import Workshop

    settings = load_settings(events=files, clinical=clinical)
    workshop = Workshop(settings)
    screen = console()
    for definition in own_definitions(workshop):
        screen.print(f"[bold]{definition.name}[/]: {definition.title}", soft_wrap=True)
        for rule in definition.rules:
            needs = ", with evidence near it" if rule.needs else ""
            said = f"  tier {rule.tier.value} {rule.label}: {rule.table}, {rule.time.value}{needs}"
            screen.print(said, soft_wrap=True)
    unchecked = check_against_source(workshop)
    if unchecked:
        screen.print(
            f"Not checked, because the source lacks them or they cannot be read: {', '.join(unchecked)}.",
            soft_wrap=True,
        )
    screen.print("Every definition can be used.")


@events.command("review")
def review(
    lake: ExistingLake = None,
    output: Annotated[Path | None, typer.Option(help="CSV to write; default: standard output.", metavar="FILE")] = None,
    event: Annotated[list[str] | None, typer.Option(help="Only this kind of event; may be repeated.")] = None,
) -> None:
    """Write the worklist of uncertain and conflicting events for a reviewer to fill in.

    Put `accept`, `reject` or `retime` (with `new_event_time`) into the column `decision`, then name the file with
    `mimic-assets run --adjudications FILE`, or in MIMIC_ASSETS_ADJUDICATIONS. Decisions hang on the event's name and
    are applied again whenever events are rebuilt; one whose event is gone is a row of `rejected_inputs`.

    Decisions that the lake knows come last in the list, so that it takes the place of the one before it; a file that is
    there already is never written over, since it may hold decisions that no run has read.

    `mimic-assets events review --output worklist.csv`
    """
    if output is not None and output.exists():
        raise RequestError(f"{output} exists already; decisions in it would be lost. Name another --output.")
    from mimic_assets.cli.event_ledger import worklist_of

    settings = load_settings(lake=lake)
    rows, reasons = worklist_of(_lake(settings), event)
    text = rows.write_csv(datetime_format="%Y-%m-%d %H:%M:%S")
    if output is None:
        sys.stdout.write(text)
        return
    write_whole(output, lambda draft: draft.write_text(text, encoding="utf-8"))
    counted = ", ".join(f"{name} {count}" for name, count in reasons.items()) or "nothing to look at"
    console().print(f"{rows.height} event(s) in {output}: {counted}.", soft_wrap=True)


@events.command("show")
def show(
    event_id: Annotated[str, typer.Argument(metavar="EVENT_ID", help="As `clinical_events.event_id` gives it.")],
    lake: ExistingLake = None,
    given: Events = None,
) -> None:
    """Open one event: why it is there, how uncertain its time is, and which sources disagree.

    `mimic-assets sql "SELECT event_id, event, tier, event_time FROM clinical_events"` lists them.
    """
    from mimic_assets.cli.event_ledger import print_event

    settings = load_settings(lake=lake, events=given)
    print_event(_lake(settings), settings, event_id, console())


def _lake(settings: Settings) -> "Lake":
    from mimic_assets.storage.lake import Lake

    return Lake.open(settings.lake, settings.s3, create=False)
