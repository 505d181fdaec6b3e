"""Where timed events lie relative to index times: in the target, in the gap, across a boundary, or past.

An event began at some instant of the closed interval `[lower, upper]`; gap `(index, index + gap]` and target
`(index + gap, index + gap + horizon]` are open at their start. So an event lies in `(a, b]` for certain when a < lower
and upper <= b, outside for certain when upper <= a or b < lower, and otherwise straddles a boundary x with
lower <= x < upper. Hence a positive has index + gap < lower: no input lies at or after lower - gap.

Events that end a patient's stay in other ways (follow-up, care) and events without a time are not decided here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.schemas.vocabulary import Adjudication, Event, Tier
from mimic_assets.tasks.model import EventRule
from mimic_assets.windows.microseconds import AFTER_ALL, BEFORE_ALL, Microseconds, to_microseconds

DEATH: Final = Event.DEATH.value
"""The kind that ends every other chance."""
_TIMED: Final = (Tier.A, Tier.B)
Places = npt.NDArray[np.int64]
"""For each index time the place of an event in a list, or -1 where none applies."""


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """An event as labels see it; times in microseconds, unknown bounds as BEFORE_ALL and AFTER_ALL."""

    event_id: str
    kind: str
    event_class: str
    tier: str
    hadm_id: int | None
    stay_id: int | None
    lower: int
    upper: int
    end: int
    """Last evidence that it went on; `upper` for point events."""

    @property
    def is_timed(self) -> bool:
        """Whether its tier gives a time (A or B)."""
        return self.tier in _TIMED

    def is_usable(self, rule: EventRule) -> bool:
        """Whether it is timed, of the rule's tier or better (A is better than B), and of no class the rule excludes."""
        return self.is_timed and self.tier <= rule.minimum_tier.value and self.event_class not in rule.excluded_classes


def read_events(clinical_events: pl.DataFrame) -> list[KnownEvent]:
    """Return the events of a patient that no reviewer rejected, ascending by (lower, upper, event_id)."""
    return [event for _, event in _known(clinical_events)]


def events_by_subject(clinical_events: pl.DataFrame) -> dict[int, list[KnownEvent]]:
    """Return the events of several patients by subject, each as `read_events` orders them."""
    found: dict[int, list[KnownEvent]] = {}
    for subject_id, event in _known(clinical_events):
        found.setdefault(subject_id, []).append(event)
    return found


def _known(clinical_events: pl.DataFrame) -> list[tuple[int, KnownEvent]]:
    clinical_events = clinical_events.filter(pl.col("adjudication").ne_missing(Adjudication.REJECTED.value))
    lower = to_microseconds(clinical_events["lower_time"], BEFORE_ALL).tolist()
    upper = to_microseconds(clinical_events["upper_time"], AFTER_ALL).tolist()
    end = to_microseconds(clinical_events["event_end_time"], BEFORE_ALL).tolist()
    named = clinical_events.select(
        "subject_id", "event_id", "event", "event_class", "tier", "hadm_id", "stay_id"
    ).rows()
    events = [
        (subject_id, KnownEvent(event_id, kind, event_class, tier, hadm_id, stay_id, low, up, max(up, last)))
        for (subject_id, event_id, kind, event_class, tier, hadm_id, stay_id), low, up, last in zip(
            named, lower, upper, end, strict=True
        )
    ]
    return sorted(events, key=lambda known: (known[1].lower, known[1].upper, known[1].event_id))


def lived_events(events: list[KnownEvent], rule: EventRule) -> list[KnownEvent]:
    """Return the usable events of the task that did not begin after the patient's death for certain.

    A pressure line left in after death reads a low pressure; that is nobody's hypotension.
    """
    usable = [event for event in events if event.kind in rule.names and event.is_usable(rule)]
    died = min((death.upper for death in timed_deaths(events)), default=AFTER_ALL)
    return [event for event in usable if event.kind == DEATH or event.lower < died]


def competing_events(events: list[KnownEvent], competing: Collection[str], hadm_id: int | None) -> list[KnownEvent]:
    """Return the events that compete with the task's: every death, others in the admission of the stay only."""
    return [
        event
        for event in events
        if event.kind in competing and (event.kind == DEATH or (hadm_id is not None and event.hadm_id == hadm_id))
    ]


def timed_deaths(events: list[KnownEvent]) -> list[KnownEvent]:
    """Return the deaths that have a time."""
    return [event for event in events if event.kind == DEATH and event.is_timed]


@dataclass(frozen=True, slots=True)
class Placement:
    """For each index time, which event (place in the list, -1 for none) stands in which relation to it."""

    in_target: Places
    """First event that lies in the target for certain."""
    in_gap: Places
    """First event that lies in (index, index + gap] for certain."""
    uncertain: Places
    """First event that straddles index, index + gap or the end of the target."""
    under_way: Places
    """Last event that had begun for certain and had not ended: upper <= index <= end."""
    blanked: Places
    """Last event that ended within the blanking time: end < index <= end + blanking."""


def place_events(index: Microseconds, events: list[KnownEvent], gap: int, horizon: int, blanking: int) -> Placement:
    """Return how events lie relative to each index time.

    Args:
        index: index times.
        events: usable events of the task's kind, ascending.
        gap: microseconds of lead time.
        horizon: microseconds of target.
        blanking: microseconds after an event's end in which no prediction is made; its end is included.
    """
    in_target, in_gap, uncertain, under_way, blanked = (np.full(index.shape, -1, dtype=np.int64) for _ in range(5))
    start, end = index + gap, index + gap + horizon
    for place, event in enumerate(events):
        _first(in_target, (start < event.lower) & (event.upper <= end), place)
        _first(in_gap, (index < event.lower) & (event.upper <= start), place)
        _first(uncertain, _straddles(event, index) | _straddles(event, start) | _straddles(event, end), place)
        under_way[(event.upper <= index) & (index <= event.end)] = place
        blanked[(event.end < index) & (index <= event.end + blanking)] = place
    return Placement(in_target, in_gap, uncertain, under_way, blanked)


def _straddles(event: KnownEvent, boundary: Microseconds) -> npt.NDArray[np.bool_]:
    return (event.lower <= boundary) & (boundary < event.upper)


def _first(places: Places, where: npt.NDArray[np.bool_], place: int) -> None:
    places[where & (places < 0)] = place


def place_deaths(index: Microseconds, deaths: list[KnownEvent]) -> tuple[Places, Places]:
    """Return, for each index time, the timed death that is past (upper <= index), and the one that may be.

    The second has lower <= index < upper: whether the patient lives at the index time is not known.
    """
    past, uncertain = np.full(index.shape, -1, dtype=np.int64), np.full(index.shape, -1, dtype=np.int64)
    for place, death in enumerate(deaths):
        _first(past, death.upper <= index, place)
        _first(uncertain, _straddles(death, index), place)
    return past, uncertain
