"""Cuff pressures of one record: what the monitor measures now and then, and goes on showing until the next.

Belongs here: when the cuff inflates and what it reads, for the monitor's file (`numerics_csv`) and for the nurse who
copies it (`charting`). Does not belong here: the arterial line.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mimic_assets.sources.demo.course import Record
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.message_times import MessageTimes
from mimic_assets.sources.demo.physiology import State
from mimic_assets.sources.demo.plan import DemoPlan

CUFF_STEP_TICKS = 5120
_OWN_STREAM = 4
"""Added to the record's number: a stream of its own, so that reading the cuff moves no other draw."""


@dataclass(frozen=True, slots=True)
class CuffReading:
    """One inflation; whole mmHg."""

    row: int
    """Which of the record's regular messages carries it."""
    second: float
    """Seconds from the record's start."""
    systolic: int
    diastolic: int | None
    """None where the cuff gave the systolic alone."""
    mean: int | None
    pulse: int | None
    """Per minute; None where not shown."""


def read_cuff(
    subject_index: int, record: Record, state: State, times: MessageTimes, plan: DemoPlan
) -> tuple[CuffReading, ...]:
    """Return the readings of one record in order: every 5 to 15 minutes in steps of 5120 ticks."""
    rng = generator(plan.seed, subject_index, Stream.NUMERICS, record.number + _OWN_STREAM)
    ticks: NDArray[np.int64] = times.ticks
    found: list[CuffReading] = []
    at = CUFF_STEP_TICKS * int(rng.integers(6, 60))
    end = int(ticks[-1]) if len(ticks) else 0
    while at < end:
        row = int(np.searchsorted(ticks, at))
        second = ticks[row] / record.clock.counter_hz
        mean = float(state.mean_pressure[int(second)]) + float(rng.normal(0, 2.0))
        width = float(state.pulse_pressure[int(second)])
        diastolic = middle = pulse = None
        if rng.random() < 0.92:
            low = mean - 0.38 * width if rng.random() >= 0.01 else mean + 6
            diastolic, middle = max(round(low), 5), round(mean)
            if rng.random() < 0.5:
                pulse = round(float(state.heart_rate[int(second)]))
        found.append(CuffReading(row, float(second), round(mean + 0.62 * width), diastolic, middle, pulse))
        at += CUFF_STEP_TICKS * int(rng.integers(58, 176))
    return tuple(found)
