"""What each regular message shows of the planned spells of heart rate and oxygen: fixed before values are drawn.

Belongs here: planned levels and silences by message. Does not belong here: planning (`vitals`) and writing
(`numerics_csv`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mimic_assets.sources.demo.course import Record
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.message_times import Mask, MessageTimes, up_to_lasting
from mimic_assets.sources.demo.plan import DemoPlan
from mimic_assets.sources.demo.vitals import SUSTAINED_S, Form, Signal, Spell, VitalsPlan

GUARD_S = 300.0
"""So long before and after a spell nothing unplanned hides a value: longer than an arrest, whose end may begin one."""
_OWN_STREAM = 4
"""Added to the record's number: a stream of its own beside that of the plan."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One signal; arrays have one row per regular message."""

    level: NDArray[np.float64]
    """The value to write; NaN where the state decides, on the sound side of the limits."""
    is_silent: Mask
    """Nothing may be written."""
    is_guarded: Mask
    """Something must be written, unless silent."""
    is_lost: Mask
    """No usable value for a planned reason: silent, or (oxygen) an arrest."""


VitalTimes = dict[Signal, Shown]


def is_in_spell(seconds: NDArray[np.float64], spell: Spell) -> Mask:
    """Return which messages show a value of the spell."""
    shown = np.zeros(len(seconds), dtype=np.bool_)
    for piece in spell.pieces:
        if piece.level is not None:
            shown |= (seconds >= piece.start_s) & (seconds < piece.end_s)
    if spell.form in (Form.SHORTEST, Form.ONE_STEP_SHORT):
        return up_to_lasting(seconds, shown, SUSTAINED_S, is_short=spell.form is Form.ONE_STEP_SHORT)
    return shown


def schedule_vitals(
    subject_index: int, record: Record, vitals: VitalsPlan, times: MessageTimes, plan: DemoPlan
) -> VitalTimes:
    """Return what the messages of one record show, by signal."""
    rng = generator(plan.seed, subject_index, Stream.VITALS, record.number + _OWN_STREAM)
    seconds = times.ticks / record.clock.counter_hz
    found: VitalTimes = {}
    for signal in Signal:
        level = np.full(len(seconds), np.nan)
        is_silent, is_guarded = (np.zeros(len(seconds), dtype=np.bool_) for _ in range(2))
        for spell in vitals.of(signal):
            shown = is_in_spell(seconds, spell)
            swing = spell.swing / 4 * np.clip(rng.standard_normal(len(seconds)), -3, 3)
            for piece in spell.pieces:
                inside = (seconds >= piece.start_s) & (seconds < piece.end_s)
                if piece.level is None:
                    is_silent |= inside
                else:
                    level = np.where(inside & shown, piece.level + swing, level)
            is_guarded |= (seconds >= spell.start_s - GUARD_S) & (seconds < spell.end_s + GUARD_S)
        is_lost = is_silent.copy()
        if signal is Signal.OXYGEN:
            for low, high in vitals.arrests:
                is_lost |= (seconds >= low) & (seconds < high)
        found[signal] = Shown(level, is_silent, is_guarded, is_lost)
    return found
