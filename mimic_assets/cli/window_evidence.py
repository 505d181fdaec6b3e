"""Why a window has its label: the label's row, the event behind it, and the source rows that event stands on.

Belongs here: reading them from the lake and saying them in words. Values are named on purpose: this is what a steward
asks for. Not here: how it is printed or drawn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from mimic_assets import clinical
from mimic_assets.cli.window import Window
from mimic_assets.events import Definition
from mimic_assets.schemas.tables import (
    CLEANED_NUMERICS,
    CLINICAL_EVENTS,
    CLINICAL_EXTRACT,
    CLINICAL_LABELS,
    EVENT_ADJUDICATIONS,
    RECORD_STAYS,
)
from mimic_assets.schemas.vocabulary import CareLimitation, EventClass, Flag, Tier, Vocabulary
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import Task

_AT_MOST = 12
"""Source rows that are looked up; an event rarely has more than three."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source row of an event, looked up."""

    name: str
    """As `clinical_events.sources` names it."""
    says: str
    """Its cells in words; why it could not be looked up, otherwise."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the lake knows about a window's label."""

    label: dict[str, Any] | None
    """The row of clinical_labels; None where that object is gone or was made anew without it."""
    event: dict[str, Any] | None
    """The row of clinical_events behind a positive."""
    events: list[dict[str, Any]]
    """Every timed event of the subject, ascending by event_time."""
    sources: list[SourceRow]
    stay: dict[str, Any] | None
    """The row of record_stays: clock and bounds of record and stay."""
    task: Task | None
    """The task's definition, where the settings name it."""

    @property
    def target(self) -> tuple[datetime, datetime] | None:
        """Open and closed end of the target."""
        return None if self.label is None else (self.label["target_start_time"], self.label["target_end_time"])


def gather_evidence(lake: Lake, window: Window, task: Task | None, definitions: Iterable[Definition] = ()) -> Evidence:
    """Return everything about the label of a window; parts that are not in the lake are None or empty."""
    row, patient = window.row, Key(window.key.partition)
    same = (pl.col("stay_id") == row["stay_id"]) & (pl.col("index_time") == row["index_time"])
    events = _read(lake, CLINICAL_EVENTS, patient).to_dicts()
    event = next((event for event in events if event["event_id"] == row["event_id"]), None)
    overlap = (pl.col("stay_id") == row["stay_id"]) & (pl.col("record_id") == row["record_id"])
    return Evidence(
        label=_first(_read(lake, CLINICAL_LABELS, window.key).filter(same)),
        event=event,
        events=sorted((e for e in events if e["event_time"]), key=lambda e: (e["event_time"], e["event_id"])),
        sources=look_up_all(lake, event, event["sources"][:_AT_MOST], definitions) if event else [],
        stay=_first(_read(lake, RECORD_STAYS, patient).filter(overlap)),
        task=task,
    )


def clinical_bucket(lake: Lake, subject_id: int) -> Key | None:
    """Return where a subject's clinical rows lie; None where the lake has no clinical extract."""
    found = [key.partition or 0 for key in lake.keys(CLINICAL_EXTRACT)]
    return Key(clinical.bucket_of(subject_id, len(found))) if found else None


def _read(lake: Lake, table: Any, key: Key) -> pl.DataFrame:
    try:
        return lake.read(table, key)
    except KeyError:
        return pl.DataFrame(table.empty())


def _first(rows: pl.DataFrame) -> dict[str, Any] | None:
    return rows.row(0, named=True) if rows.height else None


def look_up_all(
    lake: Lake, event: dict[str, Any], names: Iterable[str], definitions: Iterable[Definition]
) -> list[SourceRow]:
    """Return rows of an event in words, by their names in `clinical_events`.

    Args:
        lake: the lake.
        event: its row.
        names: of its sources, or of what speaks against it.
        definitions: say which parameters of the monitor the event is about; without its own, values are not told.
    """
    read = (each for definition in definitions if definition.name == event["event"] for each in definition.selections)
    parameters = sorted({parameter for selection in read for parameter in selection.parameters})
    return [_look_up(lake, event["subject_id"], name, parameters) for name in names]


def _look_up(lake: Lake, subject_id: int, name: str, parameters: Sequence[str]) -> SourceRow:
    table, _, rest = name.partition(":")
    if table == CLEANED_NUMERICS.name:
        return SourceRow(name, _numerics_rows(lake, subject_id, rest, parameters))
    if table == EVENT_ADJUDICATIONS.name:
        return SourceRow(name, _decision(lake, rest))
    bucket = clinical_bucket(lake, subject_id)
    if bucket is None or not rest.isdecimal():
        return SourceRow(name, "not in this lake")
    try:
        rows = lake.read(CLINICAL_EXTRACT, bucket, subject_id=subject_id)
    except KeyError:
        return SourceRow(name, "not in this lake")
    row = _first(rows.filter((pl.col("source_table") == table) & (pl.col("source_row") == int(rest))))
    if row is None:
        return SourceRow(name, "not in this lake any more: the clinical source has changed since")
    return SourceRow(name, _cells(row))


def _cells(row: dict[str, Any]) -> str:
    hidden = {"subject_id", "event_id", "source_table", "source_row"}
    return ", ".join(f"{name} {value}" for name, value in row.items() if value is not None and name not in hidden)


def _decision(lake: Lake, line: str) -> str:
    rows = _read(lake, EVENT_ADJUDICATIONS, Key())
    row = _first(rows.filter(pl.col("source_row") == int(line))) if line.isdecimal() else None
    return "not among the decisions any more" if row is None else _cells(row)


def _numerics_rows(lake: Lake, subject_id: int, rest: str, parameters: Sequence[str]) -> str:
    record, _, span = rest.partition(":")
    first, _, last = span.partition("-")
    if not (record.isdecimal() and first.isdecimal() and last.isdecimal()):
        return "not a name of numerics rows"
    here = (pl.col("record_id") == int(record)) & pl.col("source_row").is_between(int(first), int(last))
    is_told = (pl.col("flag") == Flag.OK.value) & pl.col("parameter").is_in(parameters)
    rows = _read(lake, CLEANED_NUMERICS, Key(subject_id)).filter(here & is_told)
    if rows.is_empty():
        return f"record {record}, source rows {first} to {last}"
    value, time = pl.col("value"), pl.col("time")
    ranges = rows.group_by("parameter", "unit").agg(
        pl.len(), low=value.min(), high=value.max(), start=time.min(), end=time.max()
    )
    return f"record {record}: " + "; ".join(
        f"{parameter} {low:g} to {high:g} {unit or ''}, {count} usable cells from {_clock(start)} to {_clock(end)}"
        for parameter, unit, count, low, high, start, end in ranges.sort("parameter", "unit").iter_rows()
    )


def label_in_words(window: Window, evidence: Evidence) -> list[str]:
    """Return the label as sentences: what begins (or does not), where, and how that is known."""
    target = _target_in_words(window, evidence)
    if not window.row["label"]:
        return [f"negative: no {_kind(evidence.task)} begins in {target}, and the patient was followed up to its end"]
    event = evidence.event
    if event is None:
        return [
            f"positive: event {window.row['event_id']} begins in {target}; its row is not in clinical_events any more"
        ]
    return [
        f"positive: {event['event']} (tier {event['tier']}) begins in {target}",
        f"event time {_clock(event['event_time'])}, certainly in"
        f" [{_clock(event['lower_time'])}, {_clock(event['upper_time'])}]"
        + (f", last evidence {_clock(event['event_end_time'])}" if event["event_end_time"] else ""),
        f"tier {event['tier']}: {_sentence(Tier, event['tier'])};"
        f" {event['event_class']}: {_sentence(EventClass, event['event_class'])}",
        f"rule {event['rule']}, version {event['rule_version']}; sources: {', '.join(event['sources'])}",
    ]


def _kind(task: Task | None) -> str:
    if task is None:
        return "event of the task"
    tier = task.event.minimum_tier
    return f"{' or '.join(task.event.names)} of tier {tier}" + ("" if tier == Tier.A else " or better")


def _target_in_words(window: Window, evidence: Evidence) -> str:
    if evidence.target is None:
        return "the target"
    start, end = (time - window.index_time for time in evidence.target)
    low = f"index + {duration(start)}" if start else "index"
    return f"({low}, index + {duration(end)}]"


def care_in_words(window: Window) -> str:
    """Return the limitation of care at the index time with its meaning."""
    limitation = window.row["care_limitation"]
    return f"{limitation}: {_sentence(CareLimitation, limitation)}"


def _sentence(vocabulary: type[Vocabulary], value: str) -> str:
    return next(member.sentence for member in vocabulary if member.value == value)


def _clock(time: datetime) -> str:
    """Return a time to the second; the lake and --json have its microseconds."""
    return time.isoformat(sep=" ", timespec="seconds")


def duration(span: timedelta) -> str:
    """Return a span in its largest whole unit.

    Examples:
        >>> duration(timedelta(hours=24)), duration(timedelta(minutes=35)), duration(timedelta(seconds=90))
        ('24 h', '35 min', '90 s')
    """
    seconds = span.total_seconds()
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
