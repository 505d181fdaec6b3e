"""Arterial pressure as planned: hypotension episodes, and what only looks like one.

Belongs here: when the written mean pressure may lie below 65 mmHg, decided before any value is drawn. Does not belong
here: the values (`physiology`) and the truth rows (`truth`). Times are seconds from the record's start.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import numpy as np

from mimic_assets.sources.demo.cohort import FLUSH_IN_EPISODE
from mimic_assets.sources.demo.course import Course, Record
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.plan import DemoPlan

MIN_EPISODE_S = 372.0
"""A planned episode lasts longer than six minutes, so that six written minutes are below 65 wherever it starts."""
BETWEEN_EPISODES_S = 45 * 60.0
MAX_DIP_S = 200.0
"""A decoy dip stays well under the four minutes that could be mistaken for five."""


class Disturbance(StrEnum):
    """What happens to the pressure line outside episodes; each name is the `kind` of a decoy."""

    SHORT_DIP = "short_dip"
    LINE_FLUSH = "line_flush"
    LINE_ZEROED = "line_zeroed"
    MEAN_ABOVE_SYSTOLIC = "mean_above_systolic"
    LINE_DISCONNECTED = "line_disconnected"
    FLUSH_IN_EPISODE = "flush_in_episode"
    STANDBY = "standby"


@dataclass(frozen=True, slots=True)
class Episode:
    """Mean pressure below 65 mmHg from `start_s` to `end_s`."""

    start_s: float
    end_s: float
    depth_mmhg: float


@dataclass(frozen=True, slots=True)
class Interval:
    """One disturbance."""

    kind: Disturbance
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class PressurePlan:
    """What the line of one record will show; all empty for a record without a line, except standby."""

    episodes: tuple[Episode, ...]
    disturbances: tuple[Interval, ...]

    def of_kind(self, *kinds: Disturbance) -> tuple[Interval, ...]:
        """Return the disturbances of the given kinds, in order of time."""
        return tuple(d for d in self.disturbances if d.kind in kinds)


def _outside_stays(course: Course, record: Record) -> list[tuple[float, float]]:
    """Return the spans (seconds) within 12 minutes of a time at which the subject is in no ICU stay."""
    stays = sorted(
        ((s.intime - record.start).total_seconds(), (s.outtime - record.start).total_seconds())
        for admission in course.admissions
        for s in admission.stays
    )
    spans, reached = [], -1e12
    for start, end in stays:
        if start > reached:
            spans.append((reached - 720, start + 720))
        reached = max(reached, end)
    return [*spans, (reached - 720, 1e12)]


def _place_episodes(rng: np.random.Generator, course: Course, record: Record) -> list[Episode]:
    """Return the episodes: spaced, after a quiet start, each inside an ICU stay; fewer when the record is short."""
    first = min(40 * 60.0, 0.45 * record.seconds)
    terminal = course.role.has_terminal_episode
    last = record.seconds if terminal else record.seconds - min(12 * 60.0, 0.1 * record.seconds)
    longest = min(40 * 60.0, max(MIN_EPISODE_S, 0.35 * record.seconds))
    wanted = int(rng.integers(2, 6))
    lengths = [float(np.clip(rng.lognormal(np.log(720), 0.5), MIN_EPISODE_S, longest)) for _ in range(wanted)]
    while lengths and first + sum(lengths) + (len(lengths) - 1) * BETWEEN_EPISODES_S > last:
        lengths.pop()
    if not lengths:
        return []
    slack = last - first - sum(lengths) - (len(lengths) - 1) * BETWEEN_EPISODES_S
    cuts = np.sort(rng.uniform(0, slack, len(lengths)))
    if terminal:
        cuts[-1] = slack
    episodes, used = [], first
    forbidden = _outside_stays(course, record)
    for number, (cut, length) in enumerate(zip(cuts, lengths, strict=True)):
        start = used + cut + number * BETWEEN_EPISODES_S
        used += length
        depth = float(rng.uniform(46, 60))
        if not any(low < start + length and start < high for low, high in forbidden):
            episodes.append(Episode(start, start + length, depth))
    return episodes


class _FreePlaces:
    """Finds places for disturbances away from episodes and from each other."""

    def __init__(self, rng: np.random.Generator, seconds: float, episodes: list[Episode]) -> None:
        self._rng = rng
        self._seconds = seconds
        self._taken = [(e.start_s - 900, e.end_s + 600) for e in episodes]

    def place(self, kind: Disturbance, length: float, margin: float = 180.0) -> Interval | None:
        edge = min(300.0, 0.1 * self._seconds)
        for _ in range(12):
            start = float(self._rng.uniform(edge, max(edge + 1, self._seconds - edge - length)))
            if start + length + edge > self._seconds:
                return None
            if not any(low < start + length + margin and start - margin < high for low, high in self._taken):
                self._taken.append((start, start + length))
                return Interval(kind, start, start + length)
        return None


def plan_pressure(course: Course, record: Record, plan: DemoPlan) -> PressurePlan:
    """Return the planned pressure of one record, in order of time."""
    rng = generator(plan.seed, course.index, Stream.PRESSURE, record.number)
    has_line = record.has_arterial_line
    episodes = _place_episodes(rng, course, record) if has_line and course.role.has_episodes else []
    places = _FreePlaces(rng, record.seconds, episodes)
    wanted: list[tuple[Disturbance, float]] = []
    if rng.random() < 0.5:
        wanted.append((Disturbance.STANDBY, min(float(rng.uniform(300, 1500)), 0.08 * record.seconds)))
    if has_line:
        scale = min(1.0, record.seconds / 14400)
        wanted += [(Disturbance.LINE_DISCONNECTED, float(rng.uniform(150, 480)) * scale)]
        wanted += [(Disturbance.SHORT_DIP, float(rng.uniform(60, MAX_DIP_S))) for _ in range(int(rng.integers(1, 4)))]
        wanted += [(Disturbance.LINE_FLUSH, float(rng.uniform(6, 18))) for _ in range(int(rng.integers(2, 6)))]
        wanted += [(Disturbance.LINE_ZEROED, float(rng.uniform(8, 18)))]
        wanted += [(Disturbance.MEAN_ABOVE_SYSTOLIC, float(rng.uniform(6, 14)))]
    placed = [found for kind, length in wanted if (found := places.place(kind, length)) is not None]
    if course.role.slot in FLUSH_IN_EPISODE and episodes and episodes[0].end_s - episodes[0].start_s > 840:
        start = episodes[0].start_s + 480
        placed.append(Interval(Disturbance.FLUSH_IN_EPISODE, start, start + 9))
    return PressurePlan(tuple(episodes), tuple(sorted(placed, key=lambda d: d.start_s)))


def moment(record: Record, seconds: float) -> timedelta:
    """Return `seconds` into the record as a duration (for charting near an episode)."""
    return timedelta(seconds=min(max(seconds, 0.0), record.seconds))
