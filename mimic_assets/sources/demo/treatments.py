"""Infusions and procedures of the ICU: vasopressors for planned hypotension, lines, ventilation, charted acute events.

Belongs here: rows of `inputevents` and `procedureevents`. Does not belong here: vitals (`charting`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from mimic_assets.sources.demo.acute import AcuteEvent, AcuteKind
from mimic_assets.sources.demo.course import Admission, Course, Stay
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.plan import DemoPlan
from mimic_assets.sources.demo.pressure import PressurePlan

Row = tuple[object, ...]

ACUTE_ITEMS = {
    AcuteKind.CARDIAC_ARREST: 225466,
    AcuteKind.SHOCK: 225464,
    AcuteKind.RESPIRATORY_ARREST: 225475,
}
_MAIN = "Main order parameter"


def _minute(time: datetime) -> datetime:
    return time.replace(second=0, microsecond=0)


def _stay_of(course: Course, time: datetime) -> tuple[Admission, Stay]:
    """Return the stay at `time`, or the main admission's last stay before it."""
    admission = course.main_admission()
    for stay in reversed(admission.stays):
        if stay.intime <= time:
            return admission, stay
    return admission, admission.stays[0]


class _Sheet:
    """Collects rows of one subject with what every row repeats."""

    def __init__(self, course: Course, plan: DemoPlan) -> None:
        self.course = course
        self.rng = generator(plan.seed, course.index, Stream.CHART, 2)
        self.weight = round(float(self.rng.uniform(52, 118)), 1)
        self.inputs: list[Row] = []
        self.procedures: list[Row] = []
        self._order = 1_000_000 + course.index * 60

    def _key(self, admission: Admission, stay: Stay) -> Row:
        return (self.course.subject_id, admission.hadm_id, stay.stay_id, int(self.rng.integers(100, 99999)))

    def infuse(
        self, time: datetime, end: datetime, item: int, amount: float, rate: float | None, unit: str, kind: str
    ) -> None:
        admission, stay = _stay_of(self.course, time)
        limit = stay.outtime if admission.deathtime is None else min(stay.outtime, admission.deathtime)
        start, end = _minute(time), _minute(min(end, limit))
        if end <= start:
            return
        self._order += 1
        drip, is_drug = rate is not None, unit == "mg"
        rateuom = ("mcg/kg/min" if is_drug else "mL/hour") if drip else ""
        rounded = "" if rate is None else round(rate, 4)
        self.inputs.append(
            (*self._key(admission, stay), start, end, start + timedelta(minutes=int(self.rng.integers(1, 25))), item,
             round(amount, 4), unit, rounded, rateuom, self._order, self._order, kind,
             "02-Fluids (Crystalloids)" if is_drug else "", _MAIN, "Continuous Med" if drip else "Drug Push",
             self.weight, 250, "ml", 0, 0, "FinishedRunning", round(amount, 4), rounded or 0)
        )  # fmt: skip

    def perform(
        self, time: datetime, end: datetime, item: int, category: str, where: tuple[str, str] = ("", "")
    ) -> None:
        admission, stay = _stay_of(self.course, time)
        self._order += 1
        lasts = end - time > timedelta(minutes=1)
        minutes = round((end - time).total_seconds() / 60)
        stored = end if lasts else time
        self.procedures.append(
            (*self._key(admission, stay), time, end, stored + timedelta(minutes=int(self.rng.integers(0, 15))), item,
             minutes if lasts else 1, "min" if lasts else "None", *where, self._order, self._order, category,
             "ContinuousProcess" if lasts else "Task", self.weight, int(lasts), 0, "FinishedRunning",
             minutes if lasts else 1, int(lasts))
        )  # fmt: skip


def treatment_rows(
    course: Course, acute: tuple[AcuteEvent, ...], pressures: Mapping[int, PressurePlan], plan: DemoPlan
) -> tuple[list[Row], list[Row]]:
    """Return rows of `inputevents` and `procedureevents`, in order of start."""
    sheet = _Sheet(course, plan)
    rng, record = sheet.rng, course.records[0]
    for admission in course.admissions:
        for stay in admission.stays:
            end = stay.outtime if admission.deathtime is None else min(stay.outtime, admission.deathtime)
            if admission is not course.main_admission():
                continue
            time = _minute(stay.intime) + timedelta(minutes=25)
            sheet.infuse(
                time, end, 225158, 75 * (end - time).total_seconds() / 3600, 75.0, "ml", "02-Fluids (Crystalloids)"
            )
            sheet.perform(time, _minute(end), 224275, "Peripheral Lines", ("Left Forearm", "Peripheral"))
            if course.role.has_arterial_line:
                sheet.perform(
                    time + timedelta(minutes=6),
                    _minute(end),
                    225752,
                    "Invasive Lines",
                    ("Left Radial", "Invasive Arterial"),
                )
            if course.role.dies or course.index % 5 == 2:
                sheet.perform(time + timedelta(minutes=20), _minute(end), 225792, "Ventilation")
            sheet.perform(time + timedelta(minutes=50), time + timedelta(minutes=51), 225459, "Imaging")
    for episode in pressures[0].episodes:
        onset = record.start + timedelta(seconds=episode.start_s)
        start = onset + timedelta(minutes=float(rng.uniform(2, 8)))
        lasting = episode.end_s - episode.start_s + float(rng.uniform(1200, 7200))
        rate = float(rng.uniform(0.04, 0.3))
        amount = rate * sheet.weight * lasting / 60 / 1000
        sheet.infuse(start, start + timedelta(seconds=lasting), 221906, amount, rate, "mg", "01-Drips")
    for event in acute:
        time = event.charted_time
        sheet.perform(time, time + timedelta(minutes=1), ACUTE_ITEMS[event.kind], "Significant Events")
        if event.kind is AcuteKind.CARDIAC_ARREST:
            given = time + timedelta(minutes=2)
            sheet.infuse(given, given + timedelta(minutes=1), 221289, 1.0, None, "mg", "05-Med Bolus")
    sheet.inputs.sort(key=lambda row: (row[4], row[12]))
    sheet.procedures.sort(key=lambda row: (row[4], row[12]))
    return sheet.inputs, sheet.procedures
