"""Billing codes of the demo's admissions, and the dictionaries that name them.

Belongs here: diagnoses and procedures as coded after discharge, with the special codes of the cohort. Does not belong
here: events. Titles are those of the public ICD-9-CM and ICD-10-CM/PCS lists.
"""

from datetime import date, timedelta

from mimic_assets.sources.demo.cohort import ARREST_CODES, ATRIAL_SHOCK_CODES, HISTORY_CODES, PROCEDURE_CODES
from mimic_assets.sources.demo.course import Course
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.infarction import DESIGNS
from mimic_assets.sources.demo.plan import DemoPlan

Row = tuple[object, ...]

DIAGNOSES: dict[tuple[str, int], str] = {
    ("I10", 10): "Essential (primary) hypertension",
    ("J9601", 10): "Acute respiratory failure with hypoxia",
    ("A419", 10): "Sepsis, unspecified organism",
    ("R6521", 10): "Severe sepsis with septic shock",
    ("N179", 10): "Acute kidney failure, unspecified",
    ("I5021", 10): "Acute systolic (congestive) heart failure",
    ("E119", 10): "Type 2 diabetes mellitus without complications",
    ("4019", 9): "Unspecified essential hypertension",
    ("51881", 9): "Acute respiratory failure",
    ("99591", 9): "Sepsis",
    ("78552", 9): "Septic shock",
    ("5849", 9): "Acute kidney failure, unspecified",
    ("4280", 9): "Congestive heart failure, unspecified",
    ("I469", 10): "Cardiac arrest, cause unspecified",
    ("I462", 10): "Cardiac arrest due to underlying cardiac condition",
    ("4275", 9): "Cardiac arrest",
    ("V1253", 9): "Personal history of sudden cardiac arrest",
    ("Z8674", 10): "Personal history of sudden cardiac arrest",
    ("V1741", 9): "Family history of sudden cardiac death (SCD)",
    ("Z8241", 10): "Family history of sudden cardiac death",
    ("P2981", 10): "Cardiac arrest of newborn",
    ("77985", 9): "Cardiac arrest of newborn",
    ("I214", 10): "Non-ST elevation (NSTEMI) myocardial infarction",
    ("I2102", 10): "ST elevation (STEMI) myocardial infarction involving left anterior descending coronary artery",
    ("I2119", 10): "ST elevation (STEMI) myocardial infarction involving other coronary artery of inferior wall",
    ("I220", 10): "Subsequent ST elevation (STEMI) myocardial infarction of anterior wall",
    ("I21A1", 10): "Myocardial infarction type 2",
    ("I252", 10): "Old myocardial infarction",
    ("41001", 9): "Acute myocardial infarction of anterolateral wall, initial episode of care",
    ("41071", 9): "Subendocardial infarction, initial episode of care",
    ("41072", 9): "Subendocardial infarction, subsequent episode of care",
    ("412", 9): "Old myocardial infarction",
}
PROCEDURES: dict[tuple[str, int], str] = {
    ("02HV33Z", 10): "Insertion of Infusion Device into Superior Vena Cava, Percutaneous Approach",
    ("0BH17EZ", 10): "Insertion of Endotracheal Airway into Trachea, Via Natural or Artificial Opening",
    ("5A1955Z", 10): "Respiratory Ventilation, Greater than 96 Consecutive Hours",
    ("3893", 9): "Venous catheterization, not elsewhere classified",
    ("9604", 9): "Insertion of endotracheal tube",
    ("9672", 9): "Continuous invasive mechanical ventilation for 96 consecutive hours or more",
    ("5A12012", 10): "Performance of Cardiac Output, Single, Manual",
    ("9960", 9): "Cardiopulmonary resuscitation, not otherwise specified",
    ("9962", 9): "Other electric countershock of heart",
    ("9961", 9): "Atrial cardioversion",
}
_SPECIAL = frozenset(
    {
        *ARREST_CODES.values(),
        *HISTORY_CODES.values(),
        *PROCEDURE_CODES.values(),
        *ATRIAL_SHOCK_CODES.values(),
        *(design.code for design in DESIGNS.values()),
    }
)


def _usual(titles: dict[tuple[str, int], str], version: int) -> list[str]:
    return [code for code, of_version in titles if of_version == version and code not in _SPECIAL]


def procedure_day(course: Course) -> date:
    """Return the date of the special procedure: the second day of the ICU stay of record 0, before any death."""
    return (course.main_admission().stays[0].intime + timedelta(days=1)).date()


def code_rows(course: Course, plan: DemoPlan) -> tuple[list[Row], list[Row]]:
    """Return rows of `diagnoses_icd` and `procedures_icd` of all admissions."""
    rng = generator(plan.seed, course.index, Stream.CODES)
    role, main = course.role, course.main_admission()
    diagnoses: list[Row] = []
    procedures: list[Row] = []
    for admission in course.admissions:
        usual = _usual(DIAGNOSES, role.icd_version)
        chosen = [usual[int(i)] for i in rng.permutation(len(usual))[: int(rng.integers(2, 5))]]
        done = _usual(PROCEDURES, role.icd_version)
        performed = [(done[int(rng.integers(len(done)))], admission.stays[0].intime.date())]
        if admission is main:
            chosen += [table[role.slot] for table in (ARREST_CODES, HISTORY_CODES) if role.slot in table]
            design = DESIGNS.get(role.slot)
            chosen += [design.code] if design is not None and design.code is not None else []
            special = [table[role.slot] for table in (PROCEDURE_CODES, ATRIAL_SHOCK_CODES) if role.slot in table]
            performed += [(code, procedure_day(course)) for code in special]
        key = (course.subject_id, admission.hadm_id)
        diagnoses += [(*key, number, code, role.icd_version) for number, code in enumerate(chosen, start=1)]
        procedures += [(*key, n, day, code, role.icd_version) for n, (code, day) in enumerate(performed, start=1)]
    return diagnoses, procedures
