"""Heart rhythms a nurse charts because of what happens: arrest rhythms, tachycardias with a pulse, misleading texts.

Belongs here: which rhythm is charted when, beside the hourly ones (`charting`). Does not belong here: the arrests
themselves (`acute`). A charted time is a whole minute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mimic_assets.sources.demo.acute import AcuteEvent, AcuteKind
from mimic_assets.sources.demo.course import Course

ARREST_RHYTHMS = (
    ("V-Fib", "vf"),
    ("Asystole ", "asystole"),
    ("PEA (Pulseless Electrical Activity)", None),
    ("VF (Ventricular Fibrillation) ", "vf"),
)
"""Text as charted, and the kind of event it is beside the arrest; PEA is no kind of its own."""
TACHYCARDIA = "VT (Ventricular Tachycardia) "
DECOYS = ("SVT (Supra Ventricular Tachycardia)", "no VF seen", "pacer check done")
"""Not ventricular; a denial; a text that no list knows."""


@dataclass(frozen=True, slots=True)
class ChartedRhythm:
    """One charted row."""

    time: datetime
    """Whole minute."""
    text: str
    kind: str | None
    """The event it is; None where it is none of its own."""
    is_decoy: bool


def plan_rhythms(course: Course, acute: tuple[AcuteEvent, ...]) -> tuple[ChartedRhythm, ...]:
    """Return the charted rhythms of a subject in order of time.

    Every charted arrest inside an ICU stay has its rhythm in that minute. Every fourth subject without an arrest has
    two runs of ventricular tachycardia with a pulse, half an hour apart; others have decoys.
    """
    slot, record = course.role.slot, course.records[0]
    arrests = [event for event in acute if event.kind is AcuteKind.CARDIAC_ARREST]
    text, kind = ARREST_RHYTHMS[slot % len(ARREST_RHYTHMS)]
    found = [
        ChartedRhythm(event.charted_time, text, kind, False)
        for event in arrests
        if course.stay_at(event.charted_time) is not None
    ]
    first = (record.start + timedelta(seconds=0.45 * record.seconds)).replace(second=0, microsecond=0)
    if not arrests and slot % 4 == 1:
        times = [time for time in (first, first + timedelta(minutes=30)) if time < record.end]
        found += [ChartedRhythm(time, TACHYCARDIA, "vt", False) for time in times if course.stay_at(time) is not None]
    elif not arrests and slot % 4 == 3 and course.stay_at(first) is not None:
        found.append(ChartedRhythm(first, DECOYS[slot // 4 % len(DECOYS)], None, True))
    return tuple(sorted(found, key=lambda rhythm: rhythm.time))


def rhythm_rows(course: Course, rhythms: tuple[ChartedRhythm, ...]) -> list[tuple[object, ...]]:
    """Return rows of `chartevents`, stored within minutes."""
    rows: list[tuple[object, ...]] = []
    for number, rhythm in enumerate(rhythms):
        stay = course.stay_at(rhythm.time)
        if stay is not None:
            key = (course.subject_id, course.main_admission().hadm_id, stay.stay_id, 50_000 + number)
            rows.append((*key, rhythm.time, rhythm.time + timedelta(minutes=3), 220048, rhythm.text, "", "", 0))
    return rows
