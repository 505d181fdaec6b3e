"""The stable names of events: a reviewer's decision and a label name an event by it, through rebuilds.

A name is a hash of subject, kind, class where it stands apart, and what the event hangs on: its time, its day, or its
admission. More evidence for the same time, a new rule, or rows that move in their table change no name; a time that
moves makes another event, and the decision about the old one is reported as an orphan.
"""

import hashlib
from typing import Final

import polars as pl

from mimic_assets.events.definition import APART

NAME: Final = r"^ev_[0-9a-f]{16}$"
"""What a name looks like; anything else that a file gives for one may be a patient's words, and is not repeated."""


def with_event_ids(events: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Return events with `event_id`: `ev_` and 16 hex digits.

    Args:
        events: columns of `merging.EVENTS`.
        kind: name of the definition.
    """
    apart = [name.value for name in APART]
    columns = ["subject_id", "event_class", "tier", "native_tier", "hadm_id", "stay_id", "event_time", "lower_time"]
    names = [_name(kind, apart, *row) for row in events.select(columns).iter_rows()]
    return events.with_columns(pl.Series("event_id", names, dtype=pl.String))


def _name(
    kind: str,
    apart: list[str],
    subject_id: int,
    event_class: str,
    tier: str,
    native_tier: str,
    hadm_id: int | None,
    stay_id: int | None,
    event_time: object,
    lower_time: object,
) -> str:
    if event_time is not None:
        anchor = f"time {event_time}"
    elif tier == "C":
        anchor = f"day {lower_time} of {hadm_id}"
    else:
        anchor = f"admission {hadm_id} stay {stay_id}" + (" without its time" if tier != native_tier else "")
    parts = (str(subject_id), kind, event_class if event_class in apart else "", anchor)
    return "ev_" + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
