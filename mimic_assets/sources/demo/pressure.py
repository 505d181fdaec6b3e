"""Arterial pressure as planned: hypotension episodes, and what only looks like one.

Belongs here: when the written mean pressure may lie below 65 mmHg, decided before any value is drawn. Does not belong
here: the values (`physiology`) and the truth rows (`truth`). Times are seconds from the record's start.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from mimic_assets.sources.demo.cohort import FLUSH_IN_EPISODE, SHORTEST_EPISODE, Arrest
from mimic_assets.sources.demo.course import Course, Record
from mimic_assets.sources.demo.disturbance import Disturbance, Interval
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.places import FreePlaces
from mimic_assets.sources.demo.plan import DemoPlan
from mimic_assets.sources.demo.pressure_edges import place_edges, place_silences

MIN_EPISODE_S = 372.0
"""A drawn episode lasts longer than six minutes, so that six written minutes are below 65 wherever it starts."""
SUSTAINED_S = 300.0
"""The shortest episode there is: its last low value is the first one this long after its first."""
SILENCE_IN_EPISODE_S = 52.0
"""With a message on either side still less than a minute: the episode goes on."""
BETWEEN_EPISODES_S = 45 * 60.0
MAX_DIP_S = 200.0
"""A decoy dip stays well under the four minutes that could be mistaken for five."""


@dataclass(frozen=True, slots=True)
class Episode:
    """Mean pressure below 65 mmHg from `start_s` to `end_s`."""

    start_s: float
    end_s: float
    depth_mmhg: float
    is_shortest: bool = False
    """Ends with the first message `SUSTAINED_S` after its first, a little before `end_s`."""


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


def plan_pressure(course: Course, record: Record, plan: DemoPlan) -> PressurePlan:
    """Return the planned pressure of one record, in order of time."""
    rng = generator(plan.seed, course.index, Stream.PRESSURE, record.number)
    has_line = record.has_arterial_line
    episodes = _place_episodes(rng, course, record) if has_line and course.role.has_episodes else []
    near = [(e.start_s - 300, e.end_s + 240) for e in episodes]
    edges = generator(plan.seed, course.index, Stream.EDGES, record.number)
    silences = list(place_silences(edges, course.role.slot, FreePlaces(record.seconds, near))) if has_line else []
    taken = [(d.start_s, d.end_s) for d in silences]
    places = FreePlaces(record.seconds, [*((e.start_s - 900, e.end_s + 600) for e in episodes), *taken])
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
    placed = silences + [
        Interval(kind, start, start + length)
        for kind, length in wanted
        if (start := places.place(rng, length)) is not None
    ]
    if has_line:
        taken = [(d.start_s, d.end_s) for d in placed]
        placed += place_edges(edges, course.role.slot, FreePlaces(record.seconds, [*near, *taken]))
    long = [e for e in episodes if e.end_s - e.start_s > 840]
    if course.role.slot in FLUSH_IN_EPISODE and long[:1] == episodes[:1] and long:
        start = long[0].start_s + 480
        placed.append(Interval(Disturbance.FLUSH_IN_EPISODE, start, start + 9))
    elif course.role.arrest is Arrest.NONE and long:
        start = long[-1].start_s + 360
        placed.append(Interval(Disturbance.SILENCE_IN_EPISODE, start, start + SILENCE_IN_EPISODE_S))
    return PressurePlan(tuple(_shortened(course, episodes)), tuple(sorted(placed, key=lambda d: d.start_s)))


def _shortened(course: Course, episodes: list[Episode]) -> list[Episode]:
    """Return the episodes, of some subjects the first cut to the least that counts; a terminal one is left."""
    can_be_cut = len(episodes) > 1 or (len(episodes) == 1 and not course.role.has_terminal_episode)
    if course.role.slot not in SHORTEST_EPISODE or not can_be_cut:
        return episodes
    first = episodes[0]
    return [replace(first, end_s=first.start_s + SUSTAINED_S + 2.5, is_shortest=True), *episodes[1:]]


def moment(record: Record, seconds: float) -> timedelta:
    """Return `seconds` into the record as a duration (for charting near an episode)."""
    return timedelta(seconds=min(max(seconds, 0.0), record.seconds))
