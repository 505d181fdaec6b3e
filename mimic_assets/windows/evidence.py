"""What the events, follow-up and care of a patient say about each index time of a stay: label, or exclusion.

A positive needs an event that lies in the target for certain, and no reason against it. Some reasons forbid only a
negative: an incomplete source, an untimed event, follow-up that ends before the target.
"""

from dataclasses import dataclass

import numpy as np

from mimic_assets.schemas.vocabulary import CareLimitation, Exclusion
from mimic_assets.tasks.model import FollowUp, Task
from mimic_assets.windows.exclusions import Mask, first_exclusion
from mimic_assets.windows.follow_up import deaths_in_admission, follow_up_ends, icu_follow_up
from mimic_assets.windows.index_times import Stay
from mimic_assets.windows.microseconds import AFTER_ALL, SECOND, Microseconds
from mimic_assets.windows.targets import (
    DEATH,
    KnownEvent,
    Places,
    competing_events,
    lived_events,
    place_deaths,
    place_events,
)
from mimic_assets.windows.untimed_events import hidden_negatives, untimed_events


@dataclass(frozen=True, slots=True)
class Evidence:
    """One entry per index time."""

    labels: list[bool | None]
    exclusions: list[Exclusion | None]
    event_ids: list[str | None]
    """The event behind a positive or an exclusion."""
    follow_up: Microseconds


def weigh(
    index: Microseconds,
    task: Task,
    stay: Stay,
    events: list[KnownEvent],
    runs: list[tuple[int, int]],
    care: list[CareLimitation],
    limited_from: Microseconds,
    source_is_incomplete: bool,
) -> Evidence:
    """Return label, exclusion, event and follow-up at each index time of a stay.

    Args:
        index: index times, ascending.
        task: the task.
        stay: the stay.
        events: all events of the patient.
        runs: runs of usable arterial pressure.
        care: limitation known at each index time.
        limited_from: when full care ends, after each index time.
        source_is_incomplete: whether a table that could hold the event did not arrive whole.
    """
    gap, horizon = task.target.gap_s * SECOND, task.target.horizon_s * SECOND
    timed = lived_events(events, task.event)
    untimed = untimed_events(events, task.event)
    others = {*task.competing, DEATH}
    deaths = [event for event in competing_events(events, others, stay.hadm_id) if event.is_timed]
    placed = place_events(index, timed, gap, horizon, task.index.blanking_s * SECOND)
    dead, dying = place_deaths(index, deaths)
    hidden = hidden_negatives(index, stay, untimed, gap, horizon)
    follow_up = follow_up_ends(index, task, stay, events, runs, limited_from)
    is_hit = placed.in_target >= 0
    if task.target.follow_up in (FollowUp.ICU_OUT, FollowUp.ICU_OUT_OR_CARE_LIMIT):
        began = np.array([event.lower for event in timed] + [AFTER_ALL], dtype=np.int64)[placed.in_target]
        is_hit &= began <= icu_follow_up(index, task, stay, events, limited_from)
    limited = np.array([limitation in task.care.excluded for limitation in care], dtype=np.bool_)
    comfort = np.array([limitation is CareLimitation.COMFORT for limitation in care], dtype=np.bool_)
    reasons: dict[Exclusion, Mask] = {
        Exclusion.INVALID_STAY: np.full(index.shape, _died_before(stay, events)),
        Exclusion.SOURCE_INCOMPLETE: ~is_hit & source_is_incomplete,
        Exclusion.STAY_ENDED: index > _end_of_stay(stay, events),
        Exclusion.AFTER_EVENT: (placed.under_way >= 0) | (dead >= 0),
        Exclusion.BLANKING: placed.blanked >= 0,
        Exclusion.COMFORT_CARE: limited & comfort,
        Exclusion.CARE_LIMITED: limited & ~comfort,
        Exclusion.EVENT_IN_GAP: placed.in_gap >= 0,
        Exclusion.EVENT_TIME_UNCERTAIN: (placed.uncertain >= 0) | (dying >= 0),
        Exclusion.UNTIMED_EVENT_IN_STAY: ~is_hit & (hidden >= 0),
        Exclusion.FOLLOW_UP_INCOMPLETE: ~is_hit & ~((index + gap + horizon) <= follow_up),
    }
    exclusions = first_exclusion(reasons, len(index))
    behind: dict[Exclusion | None, list[tuple[list[KnownEvent], Places]]] = {
        None: [(timed, placed.in_target)],
        Exclusion.AFTER_EVENT: [(timed, placed.under_way), (deaths, dead)],
        Exclusion.BLANKING: [(timed, placed.blanked)],
        Exclusion.EVENT_IN_GAP: [(timed, placed.in_gap)],
        Exclusion.EVENT_TIME_UNCERTAIN: [(timed, placed.uncertain), (deaths, dying)],
        Exclusion.UNTIMED_EVENT_IN_STAY: [(untimed, hidden)],
    }
    # Most index times have no event near them: only reasons that came up are looked at.
    named = {reason: _named(behind[reason], len(index)) for reason in {*exclusions} if reason in behind}
    return Evidence(
        labels=[hit if reason is None else None for hit, reason in zip(is_hit.tolist(), exclusions, strict=True)],
        exclusions=exclusions,
        event_ids=[named[reason][place] if reason in named else None for place, reason in enumerate(exclusions)],
        follow_up=follow_up,
    )


def _died_before(stay: Stay, events: list[KnownEvent]) -> bool:
    """Return whether a death, timed or known to the day, lies before the stay's admission: its times cannot be used."""
    start = stay.start if stay.admission_start is None else min(stay.admission_start, stay.start)
    return any(event.kind == DEATH and event.upper <= start for event in events)


def _end_of_stay(stay: Stay, events: list[KnownEvent]) -> int:
    """Return the last time a patient can be in the stay: the discharge from hospital where it comes before outtime.

    Not where the admission has a timed death: dischtime may then be hours before the death.
    """
    if stay.admission_end is None or deaths_in_admission(stay, events):
        return AFTER_ALL
    return stay.admission_end


def _named(events: list[tuple[list[KnownEvent], Places]], count: int) -> list[str | None]:
    """Return the event at each index time, of the first list that has one; None where none has."""
    names: list[str | None] = [None] * count
    for known, places in reversed(events):
        for place in np.flatnonzero(places >= 0).tolist():
            names[place] = known[places[place]].event_id
    return names
