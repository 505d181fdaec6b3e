"""The latent state of a subject during one record, second by second: what monitor, waveform and nurse all look at.

Belongs here: heart rate, pressure, oxygen, breathing and rhythm as they are. Does not belong here: what instruments
make of them (`numerics_csv`, `waveforms`, `charting`). Before an acute event the state deteriorates for 30 to 90
minutes: heart rate and breathing rise, pressure and oxygen fall; before a death more slowly and further.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from mimic_assets.sources.demo.acute import AcuteEvent, AcuteKind, span_on_monitor
from mimic_assets.sources.demo.course import Course, Record
from mimic_assets.sources.demo.disturbance import DIPS, Disturbance
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.plan import DemoPlan
from mimic_assets.sources.demo.pressure import PressurePlan
from mimic_assets.sources.demo.vital_times import GUARD_S
from mimic_assets.sources.demo.vitals import Signal, VitalsPlan

Series = NDArray[np.float64]

LOW_PRESSURE_MMHG = 65
COMPRESSION_MMHG = 32.0
"""Chest compressions in an arrest move the arterial line by about this much; without them it would read as damped."""
SOUND_OXYGEN_PCT = 89.0
SOUND_HEART_RATES = (42.0, 148.0)
"""What the state keeps to outside planned spells and arrests, well inside what counts as an event."""


class Rhythm(IntEnum):
    """What the heart does."""

    SINUS = 0
    ATRIAL_FIBRILLATION = 1
    VENTRICULAR_FIBRILLATION = 2
    ASYSTOLE = 3


@dataclass(frozen=True, slots=True)
class State:
    """One value per second from the record's start, `ceil(seconds) + 1` of them."""

    heart_rate: Series
    """Beats per minute; 0 during an arrest."""
    mean_pressure: Series
    """mmHg."""
    pulse_pressure: Series
    """Systolic minus diastolic, mmHg."""
    oxygen_saturation: Series
    """Percent."""
    respiratory_rate: Series
    """Breaths per minute."""
    perfusion: Series
    """Perfusion index."""
    temperature_f: Series
    """Degrees Fahrenheit."""
    rhythm: NDArray[np.int8]
    """A `Rhythm`."""
    probe_off: NDArray[np.bool_]
    """The finger probe has slipped."""


def _wander(rng: np.random.Generator, count: int, minutes: float, step_s: int = 15) -> Series:
    """Return a slow random course of unit spread with a memory of about `minutes`, one value per second."""
    steps = count // step_s + 2
    memory = max(1.0, minutes * 60 / step_s)
    kernel = np.exp(-np.arange(int(4 * memory)) / memory)
    kernel /= np.sqrt((kernel**2).sum())
    coarse = np.convolve(rng.standard_normal(steps + len(kernel) - 1), kernel, mode="valid")
    fine: Series = np.interp(np.arange(count), np.arange(steps) * step_s, coarse)
    return fine


def _ramp(seconds: Series, onset: float, end: float, before_s: float, after_s: float) -> Series:
    """Return 0 to 1 over `before_s` up to `onset` (slowly, then faster), 1 until `end`, back to 0 over `after_s`."""
    rise = np.clip((seconds - onset + before_s) / before_s, 0, 1) ** 1.7
    fall = np.clip(1 - (seconds - end) / after_s, 0, 1)
    return np.where(seconds < onset, rise, fall)


def simulate_state(
    course: Course,
    record: Record,
    pressure: PressurePlan,
    vitals: VitalsPlan,
    acute: Sequence[AcuteEvent],
    plan: DemoPlan,
) -> State:
    """Return the state during one record."""
    rng = generator(plan.seed, course.index, Stream.STATE, record.number)
    role = course.role
    count = int(np.ceil(record.seconds)) + 2
    seconds = np.arange(count, dtype=np.float64)
    hour = record.start.hour + record.start.minute / 60 + seconds / 3600
    daily = np.cos((hour - 16) / 24 * 2 * np.pi)

    dying = np.zeros(count)
    deathtime = course.main_admission().deathtime
    if deathtime is not None:
        to_death = (deathtime - record.start).total_seconds() - seconds
        dying = np.clip(1 - to_death / 21600, 0, 1) ** 1.5 + np.where(to_death < 86400, 0.25, 0)
    hypotensive = np.zeros(count)
    for episode in pressure.episodes:
        before = float(rng.uniform(1800, 5400))
        hypotensive = np.maximum(hypotensive, _ramp(seconds, episode.start_s, episode.end_s, before, 900))
    stressed = hypotensive.copy()
    arrests: list[tuple[float, float]] = []
    apnoea = np.zeros(count)
    for event in acute:
        span = span_on_monitor(event, record)
        if span is None:
            continue
        onset, end = span
        stressed = np.maximum(stressed, _ramp(seconds, onset, end, float(rng.uniform(1800, 5400)), 1200))
        if event.kind is AcuteKind.CARDIAC_ARREST:
            arrests.append((onset, end))
        if event.kind is AcuteKind.RESPIRATORY_ARREST:
            apnoea = np.maximum(apnoea, _ramp(seconds, onset + 20, end, 30, 240))

    resting = float(rng.uniform(64, 92)) + (8 if role.has_atrial_fibrillation else 0)
    heart = resting + 3 * daily + 4 * _wander(rng, count, 12) + 1.2 * _wander(rng, count, 0.5)
    heart += 24 * stressed + 22 * dying + 10 * apnoea
    usual = float(rng.uniform(79, 92))
    sagging = 6 if role.has_arterial_line else 10
    mean = usual + 2 * daily + 3.2 * _wander(rng, count, 15) + 1.0 * _wander(rng, count, 0.5) - sagging * dying
    mean -= hypotensive * (mean - 67.0)
    mean -= (stressed - hypotensive) * 6
    if role.has_cuff_hypotension:
        trough = float(rng.uniform(0.35, 0.6)) * record.seconds
        mean -= _ramp(seconds, trough, trough + 2700, 3600, 1800) * (mean - 57)
    mean = np.maximum(mean, LOW_PRESSURE_MMHG + 1.0) if record.has_arterial_line else mean
    for dip in pressure.of_kind(*DIPS):
        part = slice(int(dip.start_s), int(dip.end_s))
        mean[part] = 60 + 1.5 * rng.standard_normal(len(mean[part]))
    for plateau in pressure.of_kind(Disturbance.PRESSURE_AT_LIMIT):
        mean[int(plateau.start_s) : int(plateau.end_s)] = LOW_PRESSURE_MMHG
    for episode in pressure.episodes:
        inside = (seconds >= episode.start_s) & (seconds < episode.end_s)
        settling = np.clip((seconds[inside] - episode.start_s) / 240, 0, 1)
        mean[inside] = 63 - settling * (62 - episode.depth_mmhg) + 0.8 * rng.standard_normal(int(inside.sum()))
    oxygen = float(rng.uniform(95.5, 98.2)) + 0.6 * _wander(rng, count, 20) - 3.5 * stressed - 7 * dying - 22 * apnoea
    for spell in vitals.of(Signal.OXYGEN):
        oxygen -= 3 * _ramp(seconds, spell.start_s, spell.end_s, 900, 300)
    bend = SOUND_OXYGEN_PCT + 2  # below it the fall flattens: a hard floor would read as a stuck probe
    oxygen = np.where(oxygen < bend, SOUND_OXYGEN_PCT + 2 * np.exp((np.minimum(oxygen, bend) - bend) / 2), oxygen)
    breathing = float(rng.uniform(13, 19)) + 1.3 * _wander(rng, count, 8) + 7 * stressed + 8 * dying
    breathing = np.where(apnoea > 0.6, 0.0, breathing)
    perfusion = np.maximum(0.15, np.exp(np.log(1.6) + 0.3 * _wander(rng, count, 10) - 0.9 * stressed - 0.5 * dying))
    fever = float(rng.uniform(0, 2.2)) if rng.random() < 0.3 else 0.0
    temperature = 98.2 + fever + 0.4 * daily + 0.2 * _wander(rng, count, 60)
    beat_pressure = np.clip(float(rng.uniform(42, 62)) + 3 * _wander(rng, count, 10) - 12 * hypotensive, 18, 90)

    rhythm = np.full(count, Rhythm.ATRIAL_FIBRILLATION if role.has_atrial_fibrillation else Rhythm.SINUS, dtype=np.int8)
    shock_at = [
        (e.charted_time - record.start).total_seconds() + 20
        for e in acute
        if e.kind is AcuteKind.SHOCK and e.is_elective
    ]
    if role.has_atrial_fibrillation and shock_at:
        rhythm[seconds >= shock_at[0]] = Rhythm.SINUS
    for onset, end in arrests:
        inside = (seconds >= onset) & (seconds < end)
        rhythm[inside] = Rhythm.VENTRICULAR_FIBRILLATION if role.slot % 2 else Rhythm.ASYSTOLE
        heart[inside], breathing[inside] = 0.0, 0.0
        mean[inside] = 33 + 2 * rng.standard_normal(int(inside.sum()))
        beat_pressure[inside] = COMPRESSION_MMHG
        oxygen[inside] = 74
        perfusion[inside] = 0.05
    heart = np.clip(heart, *SOUND_HEART_RATES)
    for signal, series in ((Signal.HEART, heart), (Signal.OXYGEN, oxygen)):
        for spell in vitals.of(signal):
            for piece in spell.pieces:
                series[int(piece.start_s) : int(piece.end_s)] = spell.level
    heart = np.where(rhythm >= Rhythm.VENTRICULAR_FIBRILLATION, 0.0, heart)
    probe_off = np.zeros(count, dtype=np.bool_)
    for _ in range(int(rng.integers(2, 6))):
        start = int(rng.uniform(0, count))
        probe_off[start : start + int(rng.uniform(15, 150))] = True
    for spell in vitals.of(Signal.OXYGEN):
        probe_off[max(0, int(spell.start_s - GUARD_S)) : int(spell.end_s + GUARD_S)] = False
    for spell in vitals.of(Signal.OXYGEN):
        for piece in spell.pieces:
            probe_off[int(piece.start_s) : int(piece.end_s)] |= piece.level is None
    return State(
        heart_rate=heart,
        mean_pressure=np.clip(mean, 18, 140),
        pulse_pressure=beat_pressure,
        oxygen_saturation=np.clip(oxygen, 45, 100),
        respiratory_rate=np.clip(breathing, 0, 55),
        perfusion=np.clip(perfusion, 0.03, 12),
        temperature_f=temperature,
        rhythm=rhythm,
        probe_off=probe_off,
    )
