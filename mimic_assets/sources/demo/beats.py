"""Heart beats and breaths of one record, from the state: when each begins and which shape it has.

Belongs here: the sequence of beats, from which ECG, pressure, pleth and beat-to-beat rate are drawn, so that they
agree. Does not belong here: shapes (`shapes`) and samples (`waveforms`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mimic_assets.sources.demo.course import Record
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.physiology import Rhythm, State
from mimic_assets.sources.demo.plan import DemoPlan
from mimic_assets.sources.demo.shapes import FLAT_ROW, PREMATURE_ROW, VF_ROWS, row_for

COMPRESSIONS_PER_MIN = 104.0
"""During an arrest the cycles are those of chest compressions; no heart beat is counted."""


@dataclass(frozen=True, slots=True)
class Beats:
    """Beats in order; the first begins at or before tick 0 and the last ends after the record."""

    ticks: NDArray[np.int64]
    """Begin of each beat; one more than there are beats (the end of the last)."""
    row: NDArray[np.int64]
    """Row of the shape tables."""
    is_premature: NDArray[np.bool_]
    """A ventricular extrasystole."""
    is_real: NDArray[np.bool_]
    """A contraction the monitor can count (not one of an arrest)."""
    breath_ticks: NDArray[np.int64]
    """Begin of each breath, likewise."""
    breath_depth: NDArray[np.float64]
    """Relative depth of each breath; 0 in apnoea."""


def _begin_times(rate_per_min: NDArray[np.float64], counter_hz: float) -> NDArray[np.float64]:
    """Return the ticks at which the integral of a rate (one value per second) passes whole numbers, from tick 0."""
    turns = np.concatenate([[0.0], np.cumsum(rate_per_min / 60)])
    whole = np.arange(0, int(turns[-1]) + 1)
    return np.interp(whole, turns, np.arange(len(turns))) * counter_hz


def sequence_beats(subject_index: int, record: Record, state: State, plan: DemoPlan) -> Beats:
    """Return the beats and breaths of one record."""
    rng = generator(plan.seed, subject_index, Stream.BEATS, record.number)
    counter_hz = record.clock.counter_hz
    end_tick = record.frames * 16
    rate = np.maximum(state.heart_rate, 30.0)
    rate = np.where(state.rhythm >= Rhythm.VENTRICULAR_FIBRILLATION, COMPRESSIONS_PER_MIN, rate)
    begin = _begin_times(np.append(rate, np.full(8, 60.0)), counter_hz)
    second = np.minimum((begin / counter_hz).astype(np.int64), len(rate) - 1)
    rhythm = state.rhythm[second]
    interval = np.diff(begin, append=begin[-1] + counter_hz)
    spread = np.where(rhythm == Rhythm.ATRIAL_FIBRILLATION, 0.14, 0.012)
    early = np.clip(rng.standard_normal(len(begin)), -2.5, 2.5) * spread * interval
    premature = (rng.random(len(begin)) < rng.choice([0.0, 0.001, 0.01])) & (rhythm <= Rhythm.ATRIAL_FIBRILLATION)
    premature[:2] = False
    early[premature] = -0.28 * interval[premature]
    ticks = np.rint(begin + np.where(rhythm <= Rhythm.ATRIAL_FIBRILLATION, early, 0.0)).astype(np.int64)
    ticks[0] = 0
    ticks = np.maximum.accumulate(ticks + np.arange(len(ticks))) - np.arange(len(ticks))
    keep = np.append(np.diff(ticks) >= 150, True)
    keep[0] = True
    ticks, premature, rhythm = ticks[keep], premature[keep], rhythm[keep]
    last = int(np.searchsorted(ticks, end_tick, side="left"))
    if last >= len(ticks):
        ticks, premature = np.append(ticks, end_tick), np.append(premature, False)
        rhythm = np.append(rhythm, rhythm[-1])
        last = len(ticks) - 1
    ticks, premature, rhythm = ticks[: last + 1], premature[:last], rhythm[:last]
    row = row_for(np.diff(ticks) / counter_hz, rhythm == Rhythm.ATRIAL_FIBRILLATION)
    row = np.where(premature, PREMATURE_ROW, row)
    row = np.where(rhythm == Rhythm.VENTRICULAR_FIBRILLATION, VF_ROWS[0] + rng.integers(0, len(VF_ROWS), len(row)), row)
    row = np.where(rhythm == Rhythm.ASYSTOLE, FLAT_ROW, row)

    breaths = _begin_times(np.append(np.maximum(state.respiratory_rate, 6.0), np.full(16, 12.0)), counter_hz)
    breath_ticks = np.rint(breaths).astype(np.int64)
    stop = int(np.searchsorted(breath_ticks, end_tick, side="left")) + 1
    breath_ticks = breath_ticks[:stop]
    breath_second = np.minimum((breath_ticks[:-1] / counter_hz).astype(np.int64), len(rate) - 1)
    depth = np.where(state.respiratory_rate[breath_second] < 1, 0.0, rng.uniform(0.75, 1.25, len(breath_second)))
    return Beats(ticks, row.astype(np.int64), premature, rhythm <= Rhythm.ATRIAL_FIBRILLATION, breath_ticks, depth)
