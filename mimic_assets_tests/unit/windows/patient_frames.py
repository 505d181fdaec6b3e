"""Input frames of one invented patient, written as clock times, for the tests of windows.

Day 1 is 2150-01-01; `at("10:00")` is that day, `at("2 10:00:30")` the next one.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from mimic_assets.events import load_definitions, tables_by_event
from mimic_assets.schemas.judged import Judged
from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import (
    CLEANED_NUMERICS,
    CLINICAL_EVENTS,
    CLINICAL_EXTRACT,
    RECORD_STAYS,
    WAVEFORM_QUALITY,
)
from mimic_assets.tasks import Task, load_task
from mimic_assets.timeline import RecordClock
from mimic_assets.windows import label_stays

NO_TILES = WAVEFORM_QUALITY.empty()
SUBJECT, ADMISSION, STAY, RECORD = 10, 20, 30, 90
DAY = datetime(2150, 1, 1)
HZ = "999.56"


def at(clock: str) -> datetime:
    """Return a time of the invented calendar."""
    day, _, time = clock.rpartition(" ")
    hours, minutes, *seconds = time.split(":")
    span = timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds[0]) if seconds else 0)
    return DAY + timedelta(days=int(day or 1) - 1) + span


def clock_of(time: datetime) -> str:
    """Return a time as the tests write it."""
    return f"{(time - DAY).days + 1} {time:%H:%M}"


def task(name: str = "in_hospital_death", **parts: Mapping[str, Any]) -> Task:
    """Return a shipped task with some numbers changed: `task(target={"gap_s": 60})`."""
    values = load_task(name).model_dump(mode="python")
    for part, changes in parts.items():
        values[part] = values[part] | dict(changes)
    return Task.model_validate(values)


def rows_of(table: Table, rows: Iterable[Mapping[str, Any]], **defaults: Any) -> pl.DataFrame:
    """Return rows with the table's columns; what is not said is null, unless a default says it."""
    return pl.DataFrame(
        [dict.fromkeys(table.schema) | {"subject_id": SUBJECT} | defaults | dict(row) for row in rows],
        schema=table.schema,
    )


def extract(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """Return clinical_extract rows, numbered within their tables as they are given."""
    seen: dict[str, int] = {}
    numbered = []
    for row in rows:
        seen[row["source_table"]] = seen.get(row["source_table"], 0) + 1
        numbered.append({"source_row": seen[row["source_table"]]} | dict(row))
    return rows_of(CLINICAL_EXTRACT, numbered).sort(CLINICAL_EXTRACT.order)


def stay(
    start: str = "08:00", end: str = "2 08:00", stay_id: int = STAY, hadm_id: int | None = ADMISSION
) -> dict[str, Any]:
    """Return an icustays row."""
    return {
        "source_table": "icustays",
        "stay_id": stay_id,
        "hadm_id": hadm_id,
        "start_time": at(start),
        "end_time": at(end),
        "category": "MICU",
    }


def admission(start: str = "07:00", end: str | None = "5 12:00", hadm_id: int = ADMISSION) -> dict[str, Any]:
    """Return an admissions row."""
    ended = at(end) if end else None
    return {"source_table": "admissions", "hadm_id": hadm_id, "start_time": at(start), "end_time": ended}


def order(
    time: str, text: str | None, name: str = "10-1", kind: str = "New", hadm_id: int = ADMISSION
) -> list[dict[str, Any]]:
    """Return a code-status order: its poe row, and its poe_detail row where it has a text."""
    poe = {
        "source_table": "poe",
        "source_id": name,
        "hadm_id": hadm_id,
        "start_time": at(time),
        "code": kind,
        "category": "General Care",
        "value_text": "Code status",
    }
    detail = {"source_table": "poe_detail", "source_id": name, "category": "Code status", "value_text": text}
    return [poe, detail] if text is not None else [poe]


def charted(time: str, text: str | None, stored: str | None = None, hadm_id: int = ADMISSION) -> dict[str, Any]:
    """Return a charted code status."""
    return {
        "source_table": "chartevents",
        "hadm_id": hadm_id,
        "stay_id": STAY,
        "item_id": 223758,
        "start_time": at(time),
        "store_time": at(stored) if stored else None,
        "value_text": text,
    }


def event(
    event_id: str,
    lower: str | None,
    upper: str | None,
    *,
    kind: str = "death",
    tier: str = "A",
    end: str | None = None,
    hadm_id: int | None = None,
    stay_id: int | None = None,
) -> dict[str, Any]:
    """Return an event; the best time of a timed one is its upper bound."""
    return {
        "event_id": event_id,
        "event": kind,
        "tier": tier,
        "lower_time": at(lower) if lower else None,
        "upper_time": at(upper) if upper else None,
        "event_time": at(upper) if upper and tier in "AB" else None,
        "event_end_time": at(end) if end else None,
        "hadm_id": hadm_id,
        "stay_id": stay_id,
    }


def events(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """Return clinical_events rows."""
    fixed = {"event_class": "in_hospital", "rule": "invented", "rule_version": 1, "sources": ["admissions:1"]}
    return rows_of(CLINICAL_EVENTS, rows, **fixed).sort(CLINICAL_EVENTS.order)


def record(start: str, end: str, record_id: int = RECORD, stay_id: int = STAY, hz: str = HZ) -> dict[str, Any]:
    """Return a record_stays row of a record that covers (start, end] of the wall clock, for a stay that holds it."""
    clock = RecordClock.of(at(start), hz)
    last = clock.tick_at(at(end))
    return {
        "record_id": record_id,
        "stay_id": stay_id,
        "hadm_id": ADMISSION,
        "record_start_time": at(start),
        "record_last_tick": last,
        "record_end_time": clock.time_at(last),
        "counter_frequency_hz": hz,
        "overlap_start_time": at(start),
        "overlap_end_time": clock.time_at(last),
        "stay_start_time": at("08:00"),
        "stay_end_time": at("2 08:00"),
        "care_unit": "MICU",
    }


def records(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """Return record_stays rows."""
    return rows_of(RECORD_STAYS, rows).sort(RECORD_STAYS.order)


def numerics(
    cells: Iterable[tuple[str | datetime | None, str, float | None, str]], record_id: int = RECORD
) -> pl.DataFrame:
    """Return cleaned_numerics rows (time, parameter, value, flag), in that source order."""
    rows = [
        {
            "record_id": record_id,
            "source_row": place,
            "source_column": parameter,
            "time": at(time) if isinstance(time, str) else time,
            "tick": None if time is None else 0,
            "parameter": parameter,
            "value": value,
            "flag": flag,
        }
        for place, (time, parameter, value, flag) in enumerate(cells, start=1)
    ]
    return rows_of(CLEANED_NUMERICS, rows)


def steady(parameter: str, start: str, end: str, every_s: float, value: float, record_id: int = RECORD) -> pl.DataFrame:
    """Return usable values of one parameter, evenly spaced from start to end included."""
    count = int((at(end) - at(start)).total_seconds() // every_s) + 1
    times = [at(start) + timedelta(seconds=every_s * k) for k in range(count)]
    return numerics([(time, parameter, value, "ok") for time in times], record_id)


def label(
    of: Task,
    *clinical: Mapping[str, Any],
    ledger: Iterable[Mapping[str, Any]] = (),
    recorded: Iterable[Mapping[str, Any]] = (),
    cleaned: pl.DataFrame | None = None,
    incomplete: Iterable[str] = (),
) -> Judged:
    """Return the labels of the invented patient."""
    cells = CLEANED_NUMERICS.empty() if cleaned is None else cleaned
    frames = extract(*clinical), events(*ledger), records(*recorded), cells
    tables = tables_by_event(load_definitions())
    return label_stays(of, *frames, frozenset(incomplete), tables, waveform_quality=NO_TILES)


def told(judged: Judged) -> dict[str, str]:
    """Return clock time of each index time -> `positive`, `negative`, or the exclusion."""
    said = {True: "positive", False: "negative"}
    rows = judged.frame.select("index_time", "label", "exclusion").rows()
    return {clock_of(time): exclusion if value is None else said[value] for time, value, exclusion in rows}


def at_index(judged: Judged, clock: str) -> dict[str, Any]:
    """Return the label row of one index time."""
    return judged.frame.row(by_predicate=pl.col("index_time") == at(clock), named=True)
