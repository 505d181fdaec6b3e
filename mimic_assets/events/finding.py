"""What a rule found, before it is a row: the one value that `deaths`, `charted`, `coded` and `low_pressure` return.

Belongs here: the finding and how it is named. Does not belong here: how it is found, or how a table is made
(`ledger`).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from mimic_assets.events.rules import Rule
from mimic_assets.schemas.vocabulary import EventClass, Tier

CHARTED_WITHIN = timedelta(seconds=60)
"""A time charted to the minute may be this much early or late."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An event, with what is known of its time and the rows that say so."""

    rule: Rule
    tier: Tier
    """The rule's, or a lower one where this row lacks the time that the rule needs."""
    event_class: EventClass
    hadm_id: int | None
    stay_id: int | None
    event_time: datetime | None
    lower_time: datetime | None
    upper_time: datetime | None
    event_end_time: datetime | None = None
    sources: tuple[str, ...]
    """Names of source rows, sorted by number."""

    def event_id(self, subject_id: int) -> str:
        """Return the event's stable name: `ev_` and 16 hex digits of subject, kind, rule, source rows and time."""
        time = self.event_time.isoformat() if self.event_time is not None else ""
        parts = (str(subject_id), self.rule.event.value, self.rule.name, *sorted(self.sources), time)
        return "ev_" + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
