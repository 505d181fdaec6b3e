"""Truth rows of myocardial infarction: timed by its markers, known to the admission, or looking like one.

Belongs here: rows from the plan. Does not belong here: the plan (`infarction`), other clinical truth (`truth`).
"""

from mimic_assets.sources.demo.course import Course
from mimic_assets.sources.demo.infarction import Infarction, Meaning
from mimic_assets.sources.demo.truth import CHARTED_WITHIN, Decoy, TruthEvent


def infarction_events(course: Course, infarction: Infarction | None) -> list[TruthEvent]:
    """Return the infarction: at its first raised panel, after the last one that was not, or without a time.

    Supply and demand (type 2) is an infarction too, but its markers give it no time. A panel's time is a whole minute.
    """
    if infarction is None or infarction.design.meaning not in (Meaning.ACUTE, Meaning.TYPE_2):
        return []
    admission, raised = course.main_admission(), infarction.first_raised
    if raised is None or infarction.design.meaning is Meaning.TYPE_2:
        whole = (admission.admittime, admission.dischtime)
        return [TruthEvent(admission.hadm_id, None, "acute_mi", "D", None, *whole, "diagnoses_icd")]
    time = infarction.panels[raised]
    before = infarction.panels[raised - 1] if raised else admission.admittime
    stay = course.stay_at(time)
    stay_id = None if stay is None else stay.stay_id
    return [TruthEvent(admission.hadm_id, stay_id, "acute_mi", "B", time, before, time + CHARTED_WITHIN, "labevents")]


def infarction_decoys(course: Course, infarction: Infarction | None) -> list[Decoy]:
    """Return raised markers beside a code that is no acute infarction, or that gives no time, or beside none."""
    if infarction is None or infarction.design.meaning is Meaning.ACUTE:
        return []
    design = infarction.design
    kind = "markers_of_type_2" if design.meaning is Meaning.TYPE_2 else str(design.meaning)
    return [Decoy(course.main_admission().hadm_id, kind, f"diagnoses_icd {design.code}, markers {design.markers}")]
