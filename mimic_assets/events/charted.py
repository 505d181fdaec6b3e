"""Events somebody charted at a time: significant events of procedureevents, arrest rhythms of chartevents.

Belongs here: which rows an `ItemRule` or a `TextRule` takes, and rows of one minute becoming one event. Does not
belong here: items and texts (`rules`), codes without a time (`coded`), the time of death (`deaths`).
"""

import re
from datetime import datetime
from typing import Any

import polars as pl

from mimic_assets.events.finding import CHARTED_WITHIN, Finding
from mimic_assets.events.rules import ItemRule, TextRule
from mimic_assets.events.whereabouts import Whereabouts
from mimic_assets.schemas.vocabulary import EventClass, Tier

_Row = dict[str, Any]


def find_charted(rule: ItemRule | TextRule, clinical_extract: pl.DataFrame, whereabouts: Whereabouts) -> list[Finding]:
    """Return the events a rule finds among a subject's charted rows.

    Time:
        The event is a point at the row's `start_time`, known to 60 s before and after. Rows of one rule within the
        same minute are one event, with every row as its source, at the earliest of their times.

    Missing:
        A row without `start_time` proves the event, not when: it becomes a finding of tier D, bounded by the
        admission, so that its stay is no negative.
    """
    rows = clinical_extract.filter(
        (pl.col("source_table") == rule.source_table) & pl.col("item_id").is_in(list(rule.item_ids))
    )
    minutes: dict[datetime, list[_Row]] = {}
    untimed: list[_Row] = []
    for row in rows.sort("start_time", "source_row").iter_rows(named=True):
        if not _counts(rule, row["value_text"]):
            continue
        if row["start_time"] is None:
            untimed.append(row)
        else:
            minutes.setdefault(row["start_time"].replace(second=0, microsecond=0), []).append(row)
    timed = [_timed(rule, group, whereabouts) for group in minutes.values()]
    return timed + [_untimed(rule, row, whereabouts) for row in untimed]


def matches(rule: TextRule, text: str | None) -> bool:
    """Return whether a charted text says what the rule looks for: a pattern matches and no contradiction does."""
    if text is None:
        return False
    found = any(re.search(pattern, text, re.IGNORECASE) for pattern in rule.patterns)
    return found and not any(re.search(pattern, text, re.IGNORECASE) for pattern in rule.contradictions)


def _counts(rule: ItemRule | TextRule, text: str | None) -> bool:
    return matches(rule, text) if isinstance(rule, TextRule) else text not in rule.void_statuses


def _timed(rule: ItemRule | TextRule, rows: list[_Row], whereabouts: Whereabouts) -> Finding:
    """Return the event of the rows of one minute."""
    first = rows[0]
    time: datetime = first["start_time"]
    hadm_id, stay_id, event_class = whereabouts.place(first, time)
    return Finding(
        rule=rule,
        tier=rule.tier,
        event_class=event_class,
        hadm_id=hadm_id,
        stay_id=stay_id,
        event_time=time,
        lower_time=time - CHARTED_WITHIN,
        upper_time=rows[-1]["start_time"] + CHARTED_WITHIN,
        sources=tuple(f"{rule.source_table}:{number}" for number in sorted(row["source_row"] for row in rows)),
    )


def _untimed(rule: ItemRule | TextRule, row: _Row, whereabouts: Whereabouts) -> Finding:
    """Return the event of a row without a time."""
    lower, upper = whereabouts.bounds(row["hadm_id"])
    return Finding(
        rule=rule,
        tier=Tier.D,
        event_class=EventClass.IN_HOSPITAL if row["stay_id"] is None else EventClass.IN_UNIT,
        hadm_id=row["hadm_id"],
        stay_id=row["stay_id"],
        event_time=None,
        lower_time=lower,
        upper_time=upper,
        sources=(f"{rule.source_table}:{row['source_row']}",),
    )
