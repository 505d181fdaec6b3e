"""The ledger read from a lake: a reviewer's worklist, and one event with everything that speaks for and against it.

Belongs here: reading and saying it in words. Values are named on purpose: this is what a clinician asks for. Not here:
the commands (`events`), or which events are doubtful (`events.review`).
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape

from mimic_assets.cli.window_evidence import look_up_all
from mimic_assets.errors import RequestError
from mimic_assets.events import Definition, load_definitions, worklist
from mimic_assets.schemas.tables import CLINICAL_EVENTS, EVENT_ADJUDICATIONS
from mimic_assets.schemas.vocabulary import EventClass, Tier
from mimic_assets.settings import Settings
from mimic_assets.storage.lake import Lake


def worklist_of(lake: Lake, kinds: Sequence[str] | None) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the worklist of a lake's events, and how often each reason is given.

    Raises:
        RequestError: a kind is in no event of the lake.
    """
    ledger = lake.scan(CLINICAL_EVENTS).collect()
    if kinds:
        known = ledger["event"].unique().sort().to_list()
        if strange := [kind for kind in kinds if kind not in known]:
            raise RequestError(f"The lake has no event {strange[0]!r}; it has {', '.join(known) or 'none'}.")
        ledger = ledger.filter(pl.col("event").is_in(list(kinds)))
    decided = lake.scan(EVENT_ADJUDICATIONS).collect()
    rows = worklist(ledger, decided)
    counted = Counter(reason for text in rows["reasons"] for reason in text.split())
    return rows, dict(sorted(counted.items()))


def print_event(lake: Lake, settings: Settings, event_id: str, console: Console) -> None:
    """Print one event of a lake.

    Raises:
        RequestError: no event of that name is in the lake.
    """
    found = lake.scan(CLINICAL_EVENTS).filter(pl.col("event_id") == event_id).collect()
    if found.is_empty():
        raise RequestError(
            f"The lake {lake.root.uri} holds no event {event_id!r}. "
            '`mimic-assets sql "SELECT event_id, event, tier, event_time FROM clinical_events"` lists them.'
        )
    event = found.row(0, named=True)
    definitions = {definition.name: definition for definition in load_definitions(settings.events)}
    lines = [*_what(event, definitions.get(event["event"])), *_when(event), *_why(lake, event, definitions)]
    for line in lines:
        console.print(line, soft_wrap=True)


def _what(event: dict[str, Any], definition: Definition | None) -> list[str]:
    title = definition.title if definition else "defined by a file that the settings do not name"
    circumstances = next(value for value in EventClass if value == event["event_class"])
    where = (
        f"subject {event['subject_id']}, admission {event['hadm_id'] or 'unknown'}, stay {event['stay_id'] or 'none'}"
    )
    reviewed = event["adjudication"] or "nobody has reviewed it"
    return [
        f"[bold]{escape(event['event'])}[/]  {event['event_id']}",
        f"  {escape(title)}",
        f"  {circumstances.value}: {circumstances.sentence}; {where}",
        f"  review: {reviewed}",
    ]


def _when(event: dict[str, Any]) -> list[str]:
    tier = next(value for value in Tier if value == event["tier"])
    lower, upper = event["lower_time"], event["upper_time"]
    if lower is None or upper is None:
        width = "nothing bounds it on one side or both"
    else:
        minutes = (upper - lower).total_seconds() / 60
        width = f"{minutes:,.1f} min of uncertainty"
    lines = [f"[bold]when[/]  tier {tier.value}: {tier.sentence}", f"  best time   {event['event_time'] or 'none'}"]
    lines.append(f"  began in    [{lower or '...'}, {upper or '...'}]: {width}".replace("[", "\\["))
    if event["event_end_time"] is not None:
        lines.append(f"  went on to  {event['event_end_time']}")
    return lines


def _why(lake: Lake, event: dict[str, Any], definitions: dict[str, Definition]) -> list[str]:
    definition = definitions.get(event["event"])
    sources = {rule.label: rule.source for rule in definition.rules} if definition else {}
    made_otherwise = "made by another version of the rules"
    reasons = {rule: " ".join(sources.get(rule, made_otherwise).split()) for rule in event["rules"]}
    lines = ["[bold]why[/]", *(f"  {rule}  {escape(reason)}" for rule, reason in reasons.items())]
    for heading, names in (("speaks for it", event["sources"]), ("speaks against it", event["contradictions"])):
        lines.append(f"[bold]{heading}[/]" + ("" if names else "  nothing"))
        rows = look_up_all(lake, event, names, definitions.values())
        lines += [f"  {row.name}  {escape(row.says)}" for row in rows]
    return lines
