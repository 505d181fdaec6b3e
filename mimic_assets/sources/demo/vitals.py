"""Heart rate and oxygen saturation as planned: spells beyond a limit, and what only looks like one.

Belongs here: which subject has which spell and when, decided before any value is drawn. Does not belong here: which
message is a spell's last (`vital_times`), values outside spells (`physiology`), truth rows (`vital_truth`). A spell is
an event where its values lie beyond the limit for a minute, with no silence of more than a minute between two of them.
Times are seconds from the record's start.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

import numpy as np

from mimic_assets.sources.demo.acute import AcuteEvent, AcuteKind, span_on_monitor
from mimic_assets.sources.demo.course import Course, Record
from mimic_assets.sources.demo.disturbance import Disturbance
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.places import FreePlaces, Span
from mimic_assets.sources.demo.plan import DemoPlan
from mimic_assets.sources.demo.pressure import PressurePlan

CASES_PER_RECORD = 4
SUSTAINED_S = 60.0
TRIES = 60
NEAR_STAY_S = 720.0
"""No spell lies this near to an ICU stay's begin or end: whose it is must not hang on seconds."""


class Signal(StrEnum):
    """What the monitor shows."""

    OXYGEN = "oxygen"
    HEART = "heart"
    PULSE = "pulse"


class Form(StrEnum):
    """How a spell lies to the limit and to the minute; the last three are no events."""

    CLEAR = "clear"
    JUST_BEYOND = "just_beyond"
    SHORTEST = "shortest"
    BRIDGED = "bridged"
    ONE_STEP_SHORT = "one_step_short"
    AT_LIMIT = "at_limit"
    AROUND_SILENCE = "around_silence"

    @property
    def is_event(self) -> bool:
        """Return whether such a spell must be found."""
        return self not in (Form.ONE_STEP_SHORT, Form.AT_LIMIT, Form.AROUND_SILENCE)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A kind of event and the values about its limit."""

    event: str
    signal: Signal
    limit: float
    """Shown and not yet beyond."""
    just_beyond: float
    """The first value the monitor can show beyond it."""
    levels: tuple[float, float]
    """Where clear spells lie."""


TROUBLES = (
    Trouble("desaturation", Signal.OXYGEN, 88.0, 87.9, (76.0, 86.0)),
    Trouble("bradycardia", Signal.HEART, 40.0, 39.0, (32.0, 38.0)),
    Trouble("tachycardia", Signal.HEART, 150.0, 151.0, (154.0, 178.0)),
)
PULSE_DEFICIT = "pulse_deficit"
"""Every second beat reaches no finger: the pulse is half the heart's rate, which is sound."""
CASES: tuple[tuple[Form, Trouble] | None, ...] = (*itertools.product(Form, TROUBLES), None)
"""Every form of every trouble, then the pulse deficit; records take them in turn."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a spell."""

    start_s: float
    end_s: float
    level: float | None
    """About what is shown; None while nothing is."""


@dataclass(frozen=True, slots=True)
class Spell:
    """One planned departure of one signal."""

    kind: str
    """The event, or the decoy's kind."""
    signal: Signal
    form: Form
    pieces: tuple[Piece, ...]
    swing: float
    """How far shown values may lie from the level; less than would cross the limit."""

    @property
    def is_event(self) -> bool:
        """Return whether it must be found."""
        return self.kind in {trouble.event for trouble in TROUBLES}

    @property
    def level(self) -> float:
        """About what it shows; what stays so while nothing is shown."""
        return next(piece.level for piece in self.pieces if piece.level is not None)

    @property
    def start_s(self) -> float:
        """Begin of its first piece."""
        return self.pieces[0].start_s

    @property
    def end_s(self) -> float:
        """End of its last piece."""
        return self.pieces[-1].end_s


@dataclass(frozen=True, slots=True)
class VitalsPlan:
    """What heart rate and oxygen of one record will show."""

    spells: tuple[Spell, ...]
    arrests: tuple[Span, ...]
    """Whole seconds from and to which there is no pulse and no oxygen reading."""

    def of(self, signal: Signal) -> tuple[Spell, ...]:
        """Return the spells of one signal, in order of time."""
        return tuple(spell for spell in self.spells if spell.signal is signal)


def plan_vitals(
    course: Course, record: Record, pressure: PressurePlan, acute: Sequence[AcuteEvent], plan: DemoPlan
) -> VitalsPlan:
    """Return the planned spells of one record, in order of time; those that do not fit are left out.

    A charted arrest of heart or breath is followed by a desaturation, and some of the dying end in one.
    """
    rng = generator(plan.seed, course.index, Stream.VITALS, record.number)
    standby = [(d.start_s, d.end_s) for d in pressure.of_kind(Disturbance.STANDBY)]
    seen = [(event.kind, span) for event in acute if (span := span_on_monitor(event, record)) is not None]
    spells = [
        spell
        for spell in (*_after_acute(rng, record, seen), *_terminal(rng, course, record, seen))
        if not any(low < spell.end_s + 60 and spell.start_s - 300 < high for low, high in standby)
    ]
    taken = [(low - 360, high + 360) for _, (low, high) in seen]
    taken += [(spell.start_s - 360, spell.end_s + 360) for spell in spells]
    taken += [*standby, *_near_stays(course, record)]
    taken += [(episode.start_s - 600, episode.end_s + 60) for episode in pressure.episodes]
    places = FreePlaces(record.seconds, taken)
    first = CASES_PER_RECORD * (course.role.slot + record.number)
    for number in range(first, first + CASES_PER_RECORD):
        spell = _placed(rng, CASES[number % len(CASES)], places)
        if spell is not None:
            spells.append(spell)
    arrests = tuple((ceil(low), ceil(high)) for kind, (low, high) in seen if kind is AcuteKind.CARDIAC_ARREST)
    return VitalsPlan(tuple(sorted(spells, key=lambda spell: spell.start_s)), arrests)


def _near_stays(course: Course, record: Record) -> list[Span]:
    edges = [time for admission in course.admissions for s in admission.stays for time in (s.intime, s.outtime)]
    seconds = [(edge - record.start).total_seconds() for edge in edges]
    near = NEAR_STAY_S + abs(record.clock_lag_s)
    return [(second - near, second + near) for second in seconds]


def _after_acute(rng: np.random.Generator, record: Record, seen: list[tuple[AcuteKind, Span]]) -> Iterator[Spell]:
    """Yield the desaturation that each charted arrest leaves behind."""
    trouble = TROUBLES[0]
    for kind, (low, high) in seen:
        if kind is AcuteKind.SHOCK:
            continue
        start = float(ceil(high) if kind is AcuteKind.CARDIAC_ARREST else ceil(low + 45))
        end = min(ceil(high) + (150.0 if kind is AcuteKind.CARDIAC_ARREST else 60.0), record.seconds - 20)
        if end - start >= 80:
            yield _spell(trouble, Form.CLEAR, (Piece(start, end, float(rng.uniform(72, 80))),))


def _terminal(
    rng: np.random.Generator, course: Course, record: Record, seen: list[tuple[AcuteKind, Span]]
) -> Iterator[Spell]:
    """Yield the desaturation in which every third of the dying is last seen."""
    role = course.role
    if role.dies and not role.dies_on_ward and role.slot % 3 == 1 and record.number == 0 and not seen:
        length = float(rng.uniform(0.05, 0.12)) * min(record.seconds, 7200.0)
        yield _spell(
            TROUBLES[0], Form.CLEAR, (Piece(record.seconds - length, record.seconds, float(rng.uniform(76, 84))),)
        )


def _placed(rng: np.random.Generator, case: tuple[Form, Trouble] | None, places: FreePlaces) -> Spell | None:
    if case is None:
        length = float(rng.uniform(90, 180))
        start = places.place(rng, length, tries=TRIES)
        piece = None if start is None else Piece(start, start + length, float(rng.uniform(33, 38)))
        return None if piece is None else Spell(PULSE_DEFICIT, Signal.PULSE, Form.AT_LIMIT, (piece,), 0.0)
    form, trouble = case
    parts = list(_parts(rng, form, trouble))
    start = places.place(rng, sum(length for length, _ in parts), tries=TRIES)
    if start is None:
        return None
    ends = start + np.cumsum([length for length, _ in parts])
    pieces = tuple(
        Piece(float(end) - length, float(end), level) for end, (length, level) in zip(ends, parts, strict=True)
    )
    return _spell(trouble, form, pieces)


def _spell(trouble: Trouble, form: Form, pieces: tuple[Piece, ...]) -> Spell:
    kind = trouble.event if form.is_event else f"{trouble.event}_{form}"
    distances = [abs(piece.level - trouble.just_beyond) for piece in pieces if piece.level is not None]
    is_exact = form in (Form.AT_LIMIT, Form.JUST_BEYOND)
    return Spell(kind, trouble.signal, form, pieces, 0.0 if is_exact else min(3.0, *distances))


def _parts(rng: np.random.Generator, form: Form, trouble: Trouble) -> Iterator[tuple[float, float | None]]:
    """Yield length and level of each piece of a spell."""
    level = float(round(rng.uniform(*trouble.levels)))
    match form:
        case Form.CLEAR:
            yield float(rng.uniform(75, 300)), level
        case Form.JUST_BEYOND:
            yield float(rng.uniform(90, 180)), trouble.just_beyond
        case Form.AT_LIMIT:
            yield float(rng.uniform(120, 240)), trouble.limit
        case Form.SHORTEST | Form.ONE_STEP_SHORT:
            yield SUSTAINED_S + 2.5, level
        case Form.BRIDGED:
            yield float(rng.uniform(35, 45)), level
            yield float(rng.uniform(44, 52)), None
            yield float(rng.uniform(35, 45)), level
        case Form.AROUND_SILENCE:
            yield float(rng.uniform(38, 50)), level
            yield float(rng.uniform(64, 86)) if rng.random() < 0.5 else 300.0, None
            yield float(rng.uniform(38, 50)), level
