"""One subject's way through the hospital: admissions, stays, death, and where the waveform records lie.

Belongs here: the calendar, drawn before anything else so that events and noise follow from it.
Does not belong here: events inside a record (`pressure`, `acute`), values (`physiology`), rows (`clinical_tables`).
Times are UTC-naive wall times of the subject's own shifted calendar (2110 to 2190).
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from mimic_assets.sources.demo import identifiers
from mimic_assets.sources.demo.clock import RecordClock
from mimic_assets.sources.demo.cohort import Role, SecondRecord, role_of
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.plan import DemoPlan

UNITS = (
    "Medical Intensive Care Unit (MICU)",
    "Medical/Surgical Intensive Care Unit (MICU/SICU)",
    "Surgical Intensive Care Unit (SICU)",
    "Cardiac Vascular Intensive Care Unit (CVICU)",
    "Coronary Care Unit (CCU)",
)
WARDS = ("Medicine", "Med/Surg", "Cardiac Surgery", "Medicine/Cardiology")


@dataclass(frozen=True, slots=True)
class Stay:
    """One ICU stay; `intime` belongs to it, the patient has left at `outtime`."""

    stay_id: int
    unit: str
    intime: datetime
    outtime: datetime


@dataclass(frozen=True, slots=True)
class Admission:
    """One hospital admission with its ICU stays in order."""

    hadm_id: int
    admittime: datetime
    dischtime: datetime
    deathtime: datetime | None
    has_emergency_visit: bool
    ward: str
    stays: tuple[Stay, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One waveform record: where it lies and what it can hold."""

    number: int
    """0 for the first drawn, which carries the planted pressure; 1 for a second."""
    record_id: int
    hadm_id: int
    clock: RecordClock
    """True wall time, the hospital's; what the monitor writes down is `monitor_clock`."""
    frames: int
    """Length; the record covers ticks 0 to 16 * frames - 1."""
    has_numerics: bool
    has_arterial_line: bool
    clock_lag_s: int
    """Monitor clock minus hospital clock."""

    @property
    def monitor_clock(self) -> RecordClock:
        """The clock by which headers are dated and numerics are timed."""
        return replace(self.clock, base_time=self.clock.base_time + timedelta(seconds=self.clock_lag_s))

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return self.frames * 16 / self.clock.counter_hz

    @property
    def start(self) -> datetime:
        """Wall time of tick 0."""
        return self.clock.base_time

    @property
    def end(self) -> datetime:
        """Wall time just after the last frame."""
        return self.clock.time_at(self.frames * 16)


@dataclass(frozen=True, slots=True)
class Course:
    """Everything about a subject that has a date."""

    index: int
    subject_id: int
    role: Role
    gender: str
    anchor_age: int
    anchor_year: int
    anchor_year_group: str
    dod: date | None
    admissions: tuple[Admission, ...]
    """In order of time."""
    records: tuple[Record, ...]
    """By `number`."""

    def main_admission(self) -> Admission:
        """Return the admission of record 0."""
        return next(a for a in self.admissions if a.hadm_id == self.records[0].hadm_id)

    def stay_at(self, time: datetime) -> Stay | None:
        """Return the ICU stay the subject is in at `time`."""
        for admission in self.admissions:
            for stay in admission.stays:
                if stay.intime <= time < stay.outtime:
                    return stay
        return None


def _hours(value: float) -> timedelta:
    return timedelta(seconds=round(value * 3600))


def _minute(time: datetime) -> datetime:
    return time.replace(second=0, microsecond=0)


def _record_hours(rng: np.random.Generator, plan: DemoPlan, role: Role) -> float:
    factor = rng.uniform(0.95, 1.25) if role.dies and not role.dies_on_ward else rng.uniform(0.65, 1.0)
    hours = plan.hours * factor
    return max(hours, 4.1) if plan.hours >= 4 else hours


def _record(
    course_index: int, number: int, plan: DemoPlan, hadm: int, start: datetime, hours: float, role: Role
) -> Record:
    base = start.replace(microsecond=(start.microsecond // 1000) * 1000)
    clock = RecordClock(base, 99952 if role.has_slow_clock else 99956)
    return Record(
        number=number,
        record_id=identifiers.record_id(course_index, number, plan.seed),
        hadm_id=hadm,
        clock=clock,
        frames=clock.frames_for(hours),
        has_numerics=number == 0 or role.second_record is SecondRecord.ON_WARD,
        has_arterial_line=role.has_arterial_line and number == 0,
        clock_lag_s=role.clock_lag_s,
    )


def draw_course(index: int, plan: DemoPlan) -> Course:
    """Return subject `index`'s course; the same for any number of patients."""
    role = role_of(index)
    rng = generator(plan.seed, index, Stream.COURSE)
    hadm = identifiers.hadm_id(index, 0, plan.seed)
    day = datetime(int(rng.integers(2112, 2188)), 1, 1) + timedelta(days=int(rng.integers(0, 360)))
    record_hours = _record_hours(rng, plan, role)
    record_span = _hours(record_hours)
    millis = timedelta(milliseconds=int(rng.integers(0, 1000)))
    unit, ward = UNITS[int(rng.integers(len(UNITS)))], WARDS[int(rng.integers(len(WARDS)))]
    deathtime: datetime | None = None

    if role.dies and not role.dies_on_ward:
        minute_of_day = (
            rng.integers(20 * 60 + 30, 23 * 60 + 50) if role.is_discharged_before_death else rng.integers(1440)
        )
        deathtime = day + timedelta(minutes=int(minute_of_day))
        record_start = deathtime - timedelta(seconds=int(rng.integers(300, 1200))) - record_span + millis
        lead = _hours(rng.uniform(0.5, 4) / 60) if role.starts_with_stay else _hours(rng.uniform(8, 60))
        if role.is_discharged_before_death:
            lead = _hours(rng.uniform(30, 60))
        intime = (record_start - lead).replace(microsecond=0)
        outtime = deathtime + (_hours(rng.uniform(1, 5)) if role.slot % 2 else _hours(rng.uniform(0.1, 0.9)))
    else:
        intime = day + timedelta(seconds=int(rng.integers(86400)))
        stay_span = _hours(max(rng.uniform(60, 144), 2 * record_hours + 40))
        if role.starts_before_stay:
            lead = -_hours(rng.uniform(1, 4) / 60)
        elif role.starts_with_stay:
            lead = _hours(rng.uniform(0.5, 4) / 60)
        else:
            lead = stay_span * rng.uniform(0.15, 0.35)
        record_start = intime + lead
        record_start = record_start.replace(microsecond=0) + millis
        outtime = intime + stay_span
    record = _record(index, 0, plan, hadm, record_start, record_hours, role)

    stays = [Stay(identifiers.transfer_id(index, 2, plan.seed), unit, intime, outtime)]
    if role.outlasts_stay:
        cut = record.end - timedelta(seconds=min(2400, round(0.2 * record.seconds)))
        stays = [Stay(stays[0].stay_id, unit, intime, cut.replace(microsecond=0))]
    if role.has_two_stays:
        cut = (record.start + timedelta(seconds=0.45 * record.seconds)).replace(microsecond=0)
        back = cut + timedelta(seconds=round(min(3000, 0.15 * record.seconds)))
        stays = [
            Stay(stays[0].stay_id, unit, intime, cut),
            Stay(identifiers.transfer_id(index, 4, plan.seed), UNITS[1], back, outtime),
        ]
    left = stays[-1].outtime
    dischtime = _minute(left + _hours(rng.uniform(26, 96)))
    if role.dies_on_ward:
        deathtime = _minute(left + _hours(rng.uniform(26, 48)))
    if deathtime is not None:
        dischtime = deathtime
        if role.is_discharged_before_death:
            dischtime = datetime(deathtime.year, deathtime.month, deathtime.day) + timedelta(minutes=role.slot % 2)
    admission = Admission(
        hadm_id=hadm,
        admittime=_minute(intime - _hours(rng.uniform(0.3, 10))),
        dischtime=dischtime,
        deathtime=deathtime,
        has_emergency_visit=bool(rng.random() < 0.6),
        ward=ward,
        stays=tuple(stays),
    )
    admissions, records = [admission], [record]
    if role.second_record is not SecondRecord.NONE:
        earlier, second = _second_record(rng, index, plan, role, record, admission, record_hours)
        admissions = [*earlier, *admissions]
        records.append(second)
    age = int(rng.integers(28, 90))
    anchor_year = admissions[0].admittime.year
    dod = deathtime.date() if deathtime is not None else None
    if role.dies_after_discharge:
        dod = dischtime.date() + timedelta(days=int(rng.integers(9, 200)))
    return Course(
        index=index,
        subject_id=identifiers.subject_id(index, plan.seed),
        role=role,
        gender="F" if rng.random() < 0.45 else "M",
        anchor_age=age,
        anchor_year=anchor_year,
        anchor_year_group=("2008 - 2010", "2011 - 2013", "2014 - 2016", "2017 - 2019")[int(rng.integers(4))],
        dod=dod,
        admissions=tuple(admissions),
        records=tuple(records),
    )


def _second_record(
    rng: np.random.Generator, index: int, plan: DemoPlan, role: Role, first: Record, admission: Admission, hours: float
) -> tuple[list[Admission], Record]:
    """Return earlier admissions that the second record needs, and the record itself."""
    hours = max(0.6 * hours, 4.1) if plan.hours >= 4 else 0.8 * hours
    millis = timedelta(milliseconds=int(rng.integers(0, 1000)))
    if role.second_record is SecondRecord.SAME_STAY:
        start = first.end.replace(microsecond=0) + _hours(rng.uniform(3, 8)) + millis
        return [], _record(index, 1, plan, admission.hadm_id, start, hours, role)
    if role.second_record is SecondRecord.ON_WARD:
        start = admission.stays[-1].outtime + _hours(rng.uniform(2, 5)) + millis
        return [], _record(index, 1, plan, admission.hadm_id, start, hours, role)
    hadm = identifiers.hadm_id(index, 1, plan.seed)
    intime = admission.admittime - timedelta(days=int(rng.integers(60, 200)), seconds=int(rng.integers(86400)))
    stay = Stay(
        identifiers.transfer_id(index, 10, plan.seed), UNITS[4], intime, intime + _hours(hours + rng.uniform(30, 50))
    )
    start = intime + _hours(rng.uniform(4, 12)) + millis
    before = Admission(
        hadm_id=hadm,
        admittime=_minute(intime - _hours(rng.uniform(1, 5))),
        dischtime=_minute(stay.outtime + _hours(rng.uniform(20, 60))),
        deathtime=None,
        has_emergency_visit=True,
        ward=WARDS[0],
        stays=(stay,),
    )
    return [before], _record(index, 1, plan, hadm, start, hours, role)
