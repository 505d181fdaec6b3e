"""What nurses and the laboratory write down: hourly vitals, rhythm, code status, results.

Belongs here: rows of `chartevents` and `labevents`. Does not belong here: infusions and procedures (`treatments`). A
nurse enters the nearest whole minute to her look at the monitor, and stores it later; one look in eight is written from
memory, up to 20 minutes off.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from mimic_assets.sources.demo.course import Admission, Course, Stay
from mimic_assets.sources.demo.cuff import CuffReading
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.infarction import DESIGNS, TROPONIN_T
from mimic_assets.sources.demo.orders import CodeStatusOrder, Limitation
from mimic_assets.sources.demo.physiology import Rhythm, State
from mimic_assets.sources.demo.plan import DemoPlan
from mimic_assets.sources.demo.shapes import MEAN_OF_PULSE

Row = tuple[object, ...]

HOURLY, CLOSELY = (52, 69), (13, 18)
"""Minutes from one look to the next, the upper end excluded."""
CHARTED_STATUS = {
    Limitation.NONE: "Full code",
    Limitation.DNR: "DNR / DNI",
    Limitation.COMFORT: "Comfort measures only",
}
LAB_ITEMS: dict[int, tuple[str, str, str, str, float, float, float, float, int]] = {
    # label, fluid, category, unit, lower, upper of the reference range, usual value, spread, digits
    50813: ("Lactate", "Blood", "Blood Gas", "mmol/L", 0.5, 2.0, 1.5, 0.5, 1),
    50912: ("Creatinine", "Blood", "Chemistry", "mg/dL", 0.5, 1.2, 1.1, 0.35, 1),
    50971: ("Potassium", "Blood", "Chemistry", "mEq/L", 3.3, 5.1, 4.1, 0.4, 1),
    50983: ("Sodium", "Blood", "Chemistry", "mEq/L", 133, 145, 139, 3.0, 0),
    51003: ("Troponin T", "Blood", "Chemistry", "ng/mL", 0, 0.01, 0.03, 0.02, 2),
    51222: ("Hemoglobin", "Blood", "Hematology", "g/dL", 13.7, 17.5, 10.4, 1.2, 1),
    51301: ("White Blood Cells", "Blood", "Hematology", "K/uL", 4.0, 10.0, 10.5, 3.0, 1),
}


class Bedside:
    """Looks at the subject at any time: the simulated state where a record covers it, quiet values elsewhere."""

    def __init__(
        self,
        course: Course,
        states: Mapping[int, State],
        cuffs: Mapping[int, Sequence[CuffReading]],
        rng: np.random.Generator,
    ) -> None:
        """Keep the states and cuff readings by record number."""
        self._course, self._states, self._cuffs, self._rng = course, states, cuffs, rng
        self._usual = {"hr": rng.uniform(68, 92), "map": rng.uniform(76, 90), "rr": rng.uniform(14, 20)}

    def cuff_at(self, time: datetime) -> CuffReading | None:
        """Return the last whole cuff reading that a monitor shows at `time`; None where none does."""
        for record in self._course.records:
            if record.has_numerics and record.start <= time < record.end:
                second = (time - record.start).total_seconds()
                shown = [r for r in self._cuffs[record.number] if r.second <= second and r.mean is not None]
                return shown[-1] if shown else None
        return None

    def look(self, time: datetime) -> dict[str, float]:
        """Return heart rate, pressures, breathing, oxygen, temperature and rhythm at `time`."""
        for record in self._course.records:
            if record.start <= time < record.end:
                second = int((time - record.start).total_seconds())
                state = self._states[record.number]
                return {
                    "hr": float(state.heart_rate[second]),
                    "map": float(state.mean_pressure[second]),
                    "pp": float(state.pulse_pressure[second]),
                    "rr": float(state.respiratory_rate[second]),
                    "spo2": float(state.oxygen_saturation[second]),
                    "temp": float(state.temperature_f[second]),
                    "rhythm": float(state.rhythm[second]),
                }
        noise = self._rng.standard_normal(6)
        rhythm = Rhythm.ATRIAL_FIBRILLATION if self._course.role.has_atrial_fibrillation else Rhythm.SINUS
        return {
            "hr": self._usual["hr"] + 5 * noise[0],
            "map": self._usual["map"] + 4 * noise[1],
            "pp": 52 + 4 * noise[2],
            "rr": self._usual["rr"] + 2 * noise[3],
            "spo2": min(100.0, 96.5 + noise[4]),
            "temp": 98.3 + 0.4 * noise[5],
            "rhythm": float(rhythm),
        }


def _rhythm_text(seen: Mapping[str, float]) -> str:
    if seen["rhythm"] == Rhythm.ATRIAL_FIBRILLATION:
        return "AF (Atrial Fibrillation)"
    if seen["hr"] > 100:
        return "ST (Sinus Tachycardia) "
    return "SB (Sinus Bradycardia)" if seen["hr"] < 60 else "SR (Sinus Rhythm)"


def _last_charted(admission: Admission, stay: Stay) -> datetime:
    return stay.outtime if admission.deathtime is None else min(stay.outtime, admission.deathtime)


def chart_rows(
    course: Course,
    states: Mapping[int, State],
    cuffs: Mapping[int, Sequence[CuffReading]],
    statuses: tuple[CodeStatusOrder, ...],
    plan: DemoPlan,
) -> list[Row]:
    """Return rows of `chartevents` in order of stay and time."""
    rng = generator(plan.seed, course.index, Stream.CHART)
    bedside = Bedside(course, states, cuffs, rng)
    rows: list[Row] = []
    for admission in course.admissions:
        for stay in admission.stays:
            key = (course.subject_id, admission.hadm_id, stay.stay_id)
            has_line = course.role.has_arterial_line and admission is course.main_admission()
            time = stay.intime.replace(second=0, microsecond=0) + timedelta(minutes=int(rng.integers(5, 60)))
            end = _last_charted(admission, stay)
            nurse = int(rng.integers(100, 99999))
            hour = 0
            while time < end:
                if hour % 12 == 11:
                    nurse = int(rng.integers(100, 99999))
                rows += _one_look(bedside, rng, (*key, nurse), time, hour, has_line, end)
                time += timedelta(minutes=int(rng.integers(*(CLOSELY if course.role.is_charted_closely else HOURLY))))
                hour += 1
            if admission is course.main_admission():
                rows += _status_rows(rng, key, stay, end, statuses)
    return rows


def _one_look(
    bedside: Bedside, rng: np.random.Generator, key: Row, time: datetime, hour: int, has_line: bool, end: datetime
) -> list[Row]:
    wrong_s = int(rng.integers(-1200, 1201))
    off = timedelta(seconds=wrong_s if wrong_s % 8 == 0 else wrong_s % 60 - 30)
    looked = min(time + off, end - timedelta(seconds=1))
    seen, cuff = bedside.look(looked), bedside.cuff_at(looked)
    stored = time + timedelta(minutes=int(rng.integers(1, 36)))
    pulse = seen["pp"]
    low, high = seen["map"] - MEAN_OF_PULSE * pulse, seen["map"] + (1 - MEAN_OF_PULSE) * pulse
    cuffed: list[float | None] = [high + 3, max(low + 1, 5), seen["map"] + 1]
    if cuff is not None:
        cuffed = [cuff.systolic, cuff.diastolic, cuff.mean]
    values: list[tuple[int, float | None, str]] = [
        (220045, seen["hr"], "bpm"),
        (220210, seen["rr"], "insp/min"),
        (220277, seen["spo2"], "%"),
        *((item, value, "mmHg") for item, value in zip((220179, 220180, 220181), cuffed, strict=True)),
    ]
    if has_line:
        values += [(220050, high, "mmHg"), (220051, max(low, 5), "mmHg"), (220052, seen["map"], "mmHg")]
    rows: list[Row] = []
    for item, value, unit in values:
        if rng.random() < 0.94 and value is not None:
            whole = round(value)
            rows.append((*key, time, stored, item, whole, whole, unit, 0))
    if hour % 4 == 0:
        warm = round(seen["temp"], 1)
        rows.append((*key, time, stored, 223761, warm, warm, "°F", 0))
        if seen["rhythm"] <= Rhythm.ATRIAL_FIBRILLATION:
            rows.append((*key, time, stored, 220048, _rhythm_text(seen), "", "", 0))
    return rows


def _status_rows(
    rng: np.random.Generator, key: Row, stay: Stay, end: datetime, statuses: tuple[CodeStatusOrder, ...]
) -> list[Row]:
    rows: list[Row] = []
    for status in statuses:
        seen = max(status.ordertime, stay.intime) + timedelta(minutes=int(rng.integers(10, 50)))
        charted = seen.replace(second=0, microsecond=0)
        later = [s for s in statuses if status.ordertime < s.ordertime <= charted]
        if stay.intime < charted < end and not later:
            stored = charted + timedelta(minutes=2)
            nurse, text = int(rng.integers(100, 99999)), CHARTED_STATUS[status.limitation]
            rows.append((*key, nurse, charted, stored, 223758, text, "", "", 0))
    return rows


def lab_rows(course: Course, plan: DemoPlan) -> list[Row]:
    """Return rows of `labevents`: a panel on admission, then every ten hours or so; lactate and troponin in some.

    Where the markers of an infarction or a look-alike are planned (`infarction`), no other troponin is drawn.
    """
    rng = generator(plan.seed, course.index, Stream.CHART, 1)
    rows: list[Row] = []
    number = course.index * 100_000
    for admission in course.admissions:
        end = admission.stays[-1].outtime
        end = end if admission.deathtime is None else min(end, admission.deathtime)
        time = admission.admittime + timedelta(minutes=int(rng.integers(10, 40)))
        while time < end:
            severity = 0.0
            if admission.deathtime is not None:
                severity = float(np.clip(1 - (admission.deathtime - time).total_seconds() / 172800, 0, 1))
            stored = time + timedelta(minutes=int(rng.integers(25, 95)))
            specimen = int(rng.integers(1, 10**8))
            for item, (_, _, _, unit, lower, upper, usual, spread, digits) in LAB_ITEMS.items():
                if item in (50813, 51003) and rng.random() < 0.5:
                    continue
                worse = {50813: 4.5, 50912: 1.6, 51003: 0.4, 50971: 0.7}.get(item, 0.0) * severity
                drawn = usual + worse + spread * float(rng.standard_normal())
                value = round(max(drawn, 0.1 if digits == 1 else 0.01), digits)
                shown = f"{value:.{digits}f}"
                if item == TROPONIN_T and course.role.slot in DESIGNS and admission is course.main_admission():
                    continue
                text = "<0.01" if item == 51003 and value <= 0.01 else shown
                number += 1
                rows.append(
                    (number, course.subject_id, admission.hadm_id, specimen, item, "", time, stored, text,
                     "" if text.startswith("<") else shown, unit, lower, upper,
                     "abnormal" if not lower <= value <= upper else "", "STAT" if rng.random() < 0.5 else "ROUTINE", "")
                )  # fmt: skip
            time += timedelta(minutes=int(rng.integers(480, 760)))
    return rows
