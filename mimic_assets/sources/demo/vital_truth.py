"""Truth rows of heart rate and oxygen: onsets of planned spells, and the spells that must not become events.

Belongs here: rows from the plan and the message times. Does not belong here: pressure and clinical truth (`truth`).
"""

import numpy as np

from mimic_assets.sources.demo.course import Course, Record
from mimic_assets.sources.demo.message_times import MessageTimes
from mimic_assets.sources.demo.truth import Decoy, TruthEvent
from mimic_assets.sources.demo.vital_times import VitalTimes, is_in_spell
from mimic_assets.sources.demo.vitals import VitalsPlan


def vital_events(
    course: Course, record: Record, vitals: VitalsPlan, shown: VitalTimes, times: MessageTimes
) -> list[TruthEvent]:
    """Return one event per planned spell: its first value beyond the limit, and the last usable value before it."""
    seconds = times.ticks / record.clock.counter_hz
    found = []
    for spell in vitals.spells:
        if spell.is_event:
            first = int(np.flatnonzero(is_in_spell(seconds, spell))[0])
            usable = np.flatnonzero(~shown[spell.signal].is_lost[:first])
            onset, before = (record.monitor_clock.time_at(int(times.ticks[at])) for at in (first, usable[-1]))
            stay = course.stay_at(onset)
            stay_id = None if stay is None else stay.stay_id
            found.append(TruthEvent(record.hadm_id, stay_id, spell.kind, "B", onset, before, onset, "numerics"))
    return found


def vital_decoys(record: Record, vitals: VitalsPlan) -> list[Decoy]:
    """Return the spells of one record that are no events."""
    return [
        Decoy(record.hadm_id, s.kind, f"record {record.record_id}, seconds {s.start_s:.1f} to {s.end_s:.1f}")
        for s in vitals.spells
        if not s.is_event
    ]
