"""Charted acute events: cardiac arrest, shock, respiratory arrest, and when they happen.

Belongs here: the timed events a nurse would chart, planned before noise. Does not belong here: pressure episodes
(`pressure`), diagnosis codes (`codes`). A charted time is a whole minute; the monitor shows the event within that
minute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mimic_assets.sources.demo.cohort import Arrest, Shock
from mimic_assets.sources.demo.course import Course, Record
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.plan import DemoPlan
from mimic_assets.sources.demo.pressure import PressurePlan

MONITOR_DELAY_S = 10
"""An arrest charted at a minute is seen on the monitor this many seconds into it."""


class AcuteKind(StrEnum):
    """Kinds of charted acute event, named as the event they must become."""

    CARDIAC_ARREST = "cardiac_arrest"
    SHOCK = "shock"
    RESPIRATORY_ARREST = "respiratory_arrest"


@dataclass(frozen=True, slots=True)
class AcuteEvent:
    """One charted event."""

    kind: AcuteKind
    charted_time: datetime
    """Whole minute."""
    lasting_s: int
    """How long the monitor shows it; 0 for a shock or where no record covers it."""
    is_elective: bool
    """A planned cardioversion, not part of an arrest."""


def _minute(time: datetime) -> datetime:
    return time.replace(second=0, microsecond=0)


def span_on_monitor(event: AcuteEvent, record: Record) -> tuple[float, float] | None:
    """Return from when to when (seconds) the monitor of a record shows an event; None where it does not."""
    onset = (event.charted_time - record.start).total_seconds() + MONITOR_DELAY_S
    return (onset, onset + event.lasting_s) if event.lasting_s > 0 and 0 <= onset < record.seconds else None


def plan_acute(course: Course, pressure: PressurePlan, plan: DemoPlan) -> tuple[AcuteEvent, ...]:
    """Return the subject's charted events in order of time.

    With an arterial line an arrest lies inside a planted pressure episode: an arrest without pressure would itself
    satisfy the hypotension rule, and the truth would no longer be known before the noise.
    """
    role, record = course.role, course.records[0]
    rng = generator(plan.seed, course.index, Stream.ACUTE)
    deathtime = course.main_admission().deathtime
    found: list[AcuteEvent] = []

    def inside(fraction: float) -> datetime:
        return _minute(record.start + timedelta(seconds=fraction * record.seconds))

    arrest_time: datetime | None = None
    if role.arrest is Arrest.AFTER_RECORD and deathtime is not None:
        arrest_time = deathtime - timedelta(minutes=3)
        found.append(AcuteEvent(AcuteKind.CARDIAC_ARREST, arrest_time, 0, False))
    elif role.arrest is not Arrest.NONE:
        if record.has_arterial_line and pressure.episodes:
            episode = pressure.episodes[-1]
            onset_s = episode.start_s + min(120.0, 0.3 * (episode.end_s - episode.start_s))
            room_s = episode.end_s - onset_s
        else:
            onset_s = record.seconds - min(1500.0, 0.25 * record.seconds)
            room_s = record.seconds - onset_s
        arrest_time = _minute(record.start + timedelta(seconds=onset_s)) + timedelta(minutes=1)
        room_s -= (arrest_time - record.start).total_seconds() - onset_s
        lasting_s = int(max(0.0, min(float(rng.integers(120, 240)), 0.6 * room_s)))
        found.append(AcuteEvent(AcuteKind.CARDIAC_ARREST, arrest_time, lasting_s, False))
    if role.shock is Shock.WITH_ARREST and arrest_time is not None:
        found.append(AcuteEvent(AcuteKind.SHOCK, arrest_time + timedelta(minutes=2), 0, False))
    elif role.shock is Shock.ELECTIVE:
        found.append(AcuteEvent(AcuteKind.SHOCK, inside(0.6), 0, True))
    elif role.shock is Shock.OUTSIDE_RECORD:
        found.append(AcuteEvent(AcuteKind.SHOCK, _minute(record.end) + timedelta(hours=7), 0, True))
    if role.has_respiratory_arrest:
        lasting_s = int(min(float(rng.integers(90, 200)), 0.1 * record.seconds))
        found.append(AcuteEvent(AcuteKind.RESPIRATORY_ARREST, inside(0.55), lasting_s, False))
    return tuple(sorted(found, key=lambda event: event.charted_time))
