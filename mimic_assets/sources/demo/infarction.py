"""Myocardial infarction as coded and as its markers tell: who has one, when its markers rise, and look-alikes.

Belongs here: marker panels, their rows of `labevents`, and which codes are an infarction. Does not belong here: other
laboratory values (`charting`), the order of codes in an admission (`codes`), truth rows (`truth`). A raised marker is a
troponin T above 0.01 ng/mL or a CK-MB above 10 ng/mL; the onset lies between the last panel without and the first with.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mimic_assets.sources.demo.course import Course
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.plan import DemoPlan

TROPONIN_T, CK_MB = 51003, 50911
CK_MB_ITEM = ("Creatine Kinase, MB Isoenzyme", "Blood", "Chemistry")
"""Label, fluid and category of the published dictionary."""
_UNITS = {TROPONIN_T: ("ng/mL", 0, 0.01), CK_MB: ("ng/mL", 0, 10)}
"""Unit and reference range."""


class Meaning(StrEnum):
    """What a code says of an infarction; all but the first two are look-alikes."""

    ACUTE = "acute"
    TYPE_2 = "type_2"
    OLD = "old_infarction"
    LATER_CARE = "later_care_of_infarction"
    NONE = "markers_without_code"


class Markers(StrEnum):
    """How the markers of an admission run; panels are drawn every few hours."""

    TROPONIN_FIRST = "troponin_first"
    BELOW_RANGE = "below_range"
    RAISED_FROM_THE_START = "raised_from_the_start"
    CK_MB_ALONE = "ck_mb_alone"
    NORMAL = "normal"
    NOT_DRAWN = "not_drawn"


PANELS: dict[Markers, tuple[tuple[str, str], ...]] = {
    Markers.TROPONIN_FIRST: (("0.01", "10"), ("0.02", "10"), ("0.41", "52"), ("1.30", "96"), ("0.90", "40")),
    Markers.BELOW_RANGE: (("<0.01", "4"), ("<0.01", "6"), ("0.02", "11"), ("0.66", "71"), ("1.10", "83")),
    Markers.RAISED_FROM_THE_START: (("0.35", "44"), ("1.10", "90"), ("1.80", "60")),
    Markers.CK_MB_ALONE: (("", "8"), ("", "10"), ("", "11"), ("", "63")),
    Markers.NORMAL: (("0.01", "3"), ("<0.01", "10"), ("0.01", "5")),
    Markers.NOT_DRAWN: (),
}
"""Troponin T and CK-MB of each panel as written, empty where not drawn; some stand exactly at their limit."""
FIRST_RAISED = {
    Markers.TROPONIN_FIRST: 1, Markers.BELOW_RANGE: 2, Markers.RAISED_FROM_THE_START: 0, Markers.CK_MB_ALONE: 2
}  # fmt: skip
"""The panel that shows the infarction first."""
WITHOUT_ADMISSION = frozenset({Markers.BELOW_RANGE})
"""The first raised panel names no admission, as many laboratory rows do; its time says which it is."""


@dataclass(frozen=True, slots=True)
class Design:
    """One subject's infarction or look-alike."""

    meaning: Meaning
    code: str | None
    markers: Markers


DESIGNS = {
    7: Design(Meaning.ACUTE, "I214", Markers.TROPONIN_FIRST),
    25: Design(Meaning.ACUTE, "I2102", Markers.BELOW_RANGE),
    12: Design(Meaning.ACUTE, "I220", Markers.RAISED_FROM_THE_START),
    32: Design(Meaning.ACUTE, "41071", Markers.CK_MB_ALONE),
    35: Design(Meaning.ACUTE, "I2119", Markers.NORMAL),
    3: Design(Meaning.ACUTE, "41001", Markers.NOT_DRAWN),
    14: Design(Meaning.TYPE_2, "I21A1", Markers.TROPONIN_FIRST),
    29: Design(Meaning.OLD, "412", Markers.TROPONIN_FIRST),
    33: Design(Meaning.OLD, "I252", Markers.BELOW_RANGE),
    26: Design(Meaning.LATER_CARE, "41072", Markers.TROPONIN_FIRST),
    30: Design(Meaning.NONE, None, Markers.BELOW_RANGE),
}
"""By slot of the cohort."""


@dataclass(frozen=True, slots=True)
class Infarction:
    """The design of a subject with the times of its panels."""

    design: Design
    panels: tuple[datetime, ...]
    """Whole minutes; fewer than designed where the ICU stay ends before."""

    @property
    def first_raised(self) -> int | None:
        """Which panel shows raised markers first; None where none does."""
        number = FIRST_RAISED.get(self.design.markers)
        return number if number is not None and number < len(self.panels) else None


def plan_infarction(course: Course, plan: DemoPlan) -> Infarction | None:
    """Return the subject's infarction or look-alike, in the main admission."""
    design = DESIGNS.get(course.role.slot)
    if design is None:
        return None
    rng = generator(plan.seed, course.index, Stream.INFARCTION)
    admission = course.main_admission()
    left = admission.stays[-1].outtime
    end = left if admission.deathtime is None else min(left, admission.deathtime)
    times = []
    time = admission.admittime + timedelta(minutes=int(rng.integers(20, 50)))
    for _ in PANELS[design.markers]:
        if time < end:
            times.append(time)
        time += timedelta(minutes=int(rng.integers(150, 240)))
    return Infarction(design, tuple(times))


def marker_rows(course: Course, infarction: Infarction | None, plan: DemoPlan) -> list[tuple[object, ...]]:
    """Return the markers' rows of `labevents`."""
    if infarction is None:
        return []
    rng = generator(plan.seed, course.index, Stream.INFARCTION, 1)
    design, hadm = infarction.design, course.main_admission().hadm_id
    rows: list[tuple[object, ...]] = []
    number = course.index * 100_000 + 50_000
    panels = zip(infarction.panels, PANELS[design.markers], strict=False)  # the later ones may not be drawn
    for position, (time, values) in enumerate(panels):
        stored = time + timedelta(minutes=int(rng.integers(25, 95)))
        is_unnamed = design.markers in WITHOUT_ADMISSION and position == infarction.first_raised
        specimen = int(rng.integers(1, 10**8))
        for item, text in zip((TROPONIN_T, CK_MB), values, strict=True):
            if text:
                number += 1
                unit, low, high = _UNITS[item]
                is_number = not text.startswith("<")
                flag = "abnormal" if is_number and float(text) > high else ""
                rows.append(
                    (number, course.subject_id, None if is_unnamed else hadm, specimen, item, "", time, stored, text,
                     text if is_number else "", unit, low, high, flag, "STAT", "")
                )  # fmt: skip
    return rows
