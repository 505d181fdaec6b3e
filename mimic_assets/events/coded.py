"""Events that only an ICD code tells: procedures with a date (tier C), diagnoses of an admission (tier D).

Belongs here: which coded rows a `CodeRule` takes and what bounds the event. Does not belong here: the codes
(`codes`). None of these has an event time, so none makes a window positive; each keeps its stay from being a
negative.
"""

from datetime import datetime
from typing import Any

import polars as pl

from mimic_assets.events.finding import DAY, Finding
from mimic_assets.events.rules import CodeRule, Timing
from mimic_assets.events.whereabouts import Whereabouts
from mimic_assets.schemas.vocabulary import Tier

_Row = dict[str, Any]


def find_coded(rule: CodeRule, clinical_extract: pl.DataFrame, whereabouts: Whereabouts) -> list[Finding]:
    """Return the events a rule finds among a subject's coded rows: one per admission, and per date where there is
    one.

    Time:
        A dated procedure happened in `[chartdate 00:00, next 00:00]`. A diagnosis, and a procedure without a date
        (then tier D), are bounded by the admission: from admittime to dischtime, or to deathtime where that is later.

    Missing:
        Bounds are null where the admission is unknown; nothing bounds the event then.
    """
    rows = clinical_extract.filter((pl.col("source_table") == rule.source_table) & pl.col("code").is_not_null())
    groups: dict[tuple[int | None, datetime | None], list[_Row]] = {}
    for row in rows.sort("hadm_id", "start_time", "source_row").iter_rows(named=True):
        version = row["code_version"]
        if version is None or not any(listed.holds(row["code"], version) for listed in rule.codes):
            continue
        groups.setdefault((row["hadm_id"], _day(row["start_time"]) if rule.timing is Timing.DAY else None), []).append(
            row
        )
    return [_finding(rule, hadm_id, day, group, whereabouts) for (hadm_id, day), group in groups.items()]


def _day(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(hour=0, minute=0, second=0, microsecond=0)


def _finding(
    rule: CodeRule, hadm_id: int | None, day: datetime | None, rows: list[_Row], whereabouts: Whereabouts
) -> Finding:
    lower, upper = whereabouts.bounds(hadm_id) if day is None else (day, day + DAY)
    return Finding(
        rule=rule,
        tier=Tier.D if day is None else rule.tier,
        event_class=rule.event_class,
        hadm_id=hadm_id,
        stay_id=None,
        event_time=None,
        lower_time=lower,
        upper_time=upper,
        sources=tuple(f"{rule.source_table}:{number}" for number in sorted(row["source_row"] for row in rows)),
    )
