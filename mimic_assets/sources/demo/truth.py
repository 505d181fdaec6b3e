"""The truth file: what must be found and what must not, written from the plan before any noise is drawn.

Belongs here: rows of `truth/events.csv`, `truth/decoys.csv`, `truth/care_limits.csv` and
`truth/clock_lags.csv`. Does not belong here: the
sources themselves.
Times have microseconds; an interval's ends are the earliest and latest time the event can have.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mimic_assets.sources.demo.acute import AcuteEvent
from mimic_assets.sources.demo.cohort import (
    ARREST_CODES,
    ATRIAL_SHOCK_CODES,
    HISTORY_CODES,
    PROCEDURE_CODES,
    Defect,
    SecondRecord,
)
from mimic_assets.sources.demo.course import Course, Record
from mimic_assets.sources.demo.disturbance import Disturbance
from mimic_assets.sources.demo.message_times import MessageTimes
from mimic_assets.sources.demo.orders import CodeStatusOrder
from mimic_assets.sources.demo.pressure import PressurePlan
from mimic_assets.sources.demo.rhythms import ChartedRhythm

EVENT_COLUMNS = (
    "subject_id", "hadm_id", "stay_id", "event", "tier", "event_time", "lower_time", "upper_time", "source"
)  # fmt: skip
DECOY_COLUMNS = ("subject_id", "hadm_id", "kind", "detail")
LAG_COLUMNS = ("subject_id", "record_id", "lag_s")
CARE_COLUMNS = ("subject_id", "hadm_id", "care_limitation", "start_time", "source")
CHARTED_WITHIN = timedelta(seconds=60)
SHOCK_PROCEDURE_CODES = frozenset({"9962"})


@dataclass(frozen=True, slots=True)
class TruthEvent:
    """One event that must be found."""

    hadm_id: int | None
    stay_id: int | None
    event: str
    tier: str
    event_time: datetime | None
    lower_time: datetime
    upper_time: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Decoy:
    """One thing that must not become an event, a time, or a crash."""

    hadm_id: int | None
    kind: str
    detail: str


def time_text(time: datetime | None) -> str:
    """Return a time with microseconds, empty for none."""
    return "" if time is None else time.isoformat(sep=" ", timespec="microseconds")


def _at_minute(course: Course, event: str, time: datetime, source: str, tier: str = "A") -> TruthEvent:
    stay = course.stay_at(time)
    hadm = course.main_admission().hadm_id
    stay_id = None if stay is None else stay.stay_id
    return TruthEvent(hadm, stay_id, event, tier, time, time - CHARTED_WITHIN, time + CHARTED_WITHIN, source)


def _on_date(hadm: int | None, event: str, day: date, source: str) -> TruthEvent:
    start = datetime(day.year, day.month, day.day)
    return TruthEvent(hadm, None, event, "C", None, start, start + timedelta(days=1), source)


def hypotension_events(course: Course, record: Record, pressure: PressurePlan, times: MessageTimes) -> list[TruthEvent]:
    """Return one event per planned episode: the first message that will be below 65, and the message before it."""
    found = []
    for episode in pressure.episodes:
        seconds = times.pressure_ticks / record.clock.counter_hz
        first = int((seconds < episode.start_s).sum())
        onset = record.monitor_clock.time_at(int(times.pressure_ticks[first]))
        before = record.monitor_clock.time_at(int(times.pressure_ticks[first - 1]))
        stay = course.stay_at(onset)
        stay_id = None if stay is None else stay.stay_id
        found.append(TruthEvent(record.hadm_id, stay_id, "hypotension", "B", onset, before, onset, "numerics"))
    return found


def clinical_events(
    course: Course, acute: tuple[AcuteEvent, ...], rhythms: tuple[ChartedRhythm, ...], procedure_day: date
) -> list[TruthEvent]:
    """Return deaths, charted acute events, charted rhythms and coded ones."""
    role, admission = course.role, course.main_admission()
    found = [_at_minute(course, str(e.kind), e.charted_time, "procedureevents") for e in acute]
    found += [_at_minute(course, r.kind, r.time, "chartevents", "B") for r in rhythms if r.kind is not None]
    if admission.deathtime is not None:
        found.append(_at_minute(course, "death", admission.deathtime, "admissions"))
    elif course.dod is not None:
        found.append(_on_date(None, "death", course.dod, "patients"))
    is_timed = any(e.event == "cardiac_arrest" for e in found)
    if role.slot in ARREST_CODES and not is_timed:
        whole_stay = (admission.admittime, admission.dischtime)
        found.append(TruthEvent(admission.hadm_id, None, "cardiac_arrest", "D", None, *whole_stay, "diagnoses_icd"))
    if role.slot in PROCEDURE_CODES:
        event = "shock" if PROCEDURE_CODES[role.slot] in SHOCK_PROCEDURE_CODES else "cardiac_arrest"
        found.append(_on_date(admission.hadm_id, event, procedure_day, "procedures_icd"))
    return found


def pressure_decoys(record: Record, pressure: PressurePlan) -> list[Decoy]:
    """Return what disturbs the line of one record."""
    return [
        Decoy(record.hadm_id, str(d.kind), f"record {record.record_id}, seconds {d.start_s:.1f} to {d.end_s:.1f}")
        for d in pressure.disturbances
        if d.kind is not Disturbance.STANDBY
    ]


def clinical_decoys(course: Course, acute: tuple[AcuteEvent, ...], rhythms: tuple[ChartedRhythm, ...]) -> list[Decoy]:
    """Return codes, times and file defects that must not mislead."""
    role, admission = course.role, course.main_admission()
    hadm, record = admission.hadm_id, course.records[0]
    found: list[Decoy] = []
    if role.is_discharged_before_death:
        times = f"dischtime {admission.dischtime}, deathtime {admission.deathtime}"
        found.append(Decoy(hadm, "dischtime_before_death", times))
    if role.slot in HISTORY_CODES:
        found.append(Decoy(hadm, "history_code", f"diagnoses_icd {HISTORY_CODES[role.slot]}"))
    if role.slot in ATRIAL_SHOCK_CODES:
        found.append(Decoy(hadm, "atrial_shock_code", f"procedures_icd {ATRIAL_SHOCK_CODES[role.slot]}"))
    if role.slot in ARREST_CODES and any(e.kind == "cardiac_arrest" for e in acute):
        codes = (
            f"diagnoses_icd {ARREST_CODES[role.slot]} beside procedureevents 225466: the same arrest, no second time"
        )
        found.append(Decoy(hadm, "code_of_timed_event", codes))
    found += [Decoy(hadm, "rhythm_text", f"chartevents 220048 at {r.time}") for r in rhythms if r.is_decoy]
    if role.has_cuff_hypotension:
        detail = f"record {record.record_id}, consecutive NBPm below 65, no arterial line"
        found.append(Decoy(hadm, "cuff_only", detail))
    if role.defect is Defect.MISSING_DAT:
        found.append(Decoy(hadm, "defect", f"record {record.record_id}, a listed .dat file is missing"))
    if role.defect is Defect.TEXT_CELL:
        found.append(Decoy(hadm, "defect", f"record {record.record_id}, text in a SpO2 cell of the numerics"))
    if role.defect is Defect.UNKNOWN_COLUMN:
        found.append(Decoy(hadm, "defect", f"record {record.record_id}, unknown numerics column Tskin [F]"))
    if role.second_record is SecondRecord.ON_WARD:
        second = course.records[1].record_id
        found.append(Decoy(hadm, "record_without_stay", f"record {second} lies outside every ICU stay"))
    return found


def event_rows(course: Course, events: list[TruthEvent]) -> list[tuple[object, ...]]:
    """Return rows of events.csv, by time then name."""
    ordered = sorted(events, key=lambda e: (e.lower_time, e.event))
    return [
        (
            course.subject_id, e.hadm_id, e.stay_id, e.event, e.tier,
            time_text(e.event_time), time_text(e.lower_time), time_text(e.upper_time), e.source,
        )
        for e in ordered
    ]  # fmt: skip


def decoy_rows(course: Course, decoys: list[Decoy]) -> list[tuple[object, ...]]:
    """Return rows of decoys.csv."""
    return [(course.subject_id, d.hadm_id, d.kind, d.detail) for d in decoys]


def lag_rows(course: Course) -> list[tuple[object, ...]]:
    """Return rows of clock_lags.csv: the monitor's clock minus the hospital's, 0 where they agree."""
    return [(course.subject_id, r.record_id, r.clock_lag_s) for r in course.records]


def care_rows(course: Course, orders: tuple[CodeStatusOrder, ...]) -> list[tuple[object, ...]]:
    """Return rows of care_limits.csv: what holds from each order's time on."""
    hadm = course.main_admission().hadm_id
    return [(course.subject_id, hadm, str(o.limitation), time_text(o.ordertime), "poe") for o in orders]
