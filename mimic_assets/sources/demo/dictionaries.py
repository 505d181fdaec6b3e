"""The dictionaries of the demo: items, laboratory items and codes that its tables use.

Belongs here: `d_items`, `d_labitems`, `d_icd_diagnoses`, `d_icd_procedures`. Does not belong here: rows about
subjects. Labels and units are those of the published dictionaries.
"""

from mimic_assets.sources.demo.charting import LAB_ITEMS
from mimic_assets.sources.demo.codes import DIAGNOSES, PROCEDURES
from mimic_assets.sources.demo.infarction import CK_MB, CK_MB_ITEM

Row = tuple[object, ...]

_VITALS = ("chartevents", "Routine Vital Signs")
_BREATH = ("chartevents", "Respiratory")
_DRUGS = ("inputevents", "Medications")
_ACUTE = ("procedureevents", "3-Significant Events")
ITEMS: tuple[Row, ...] = (
    (220045, "Heart Rate", "HR", *_VITALS, "bpm", "Numeric", "", ""),
    (220048, "Heart Rhythm", "Heart Rhythm", *_VITALS, "", "Text", "", ""),
    (220050, "Arterial Blood Pressure systolic", "ABPs", *_VITALS, "mmHg", "Numeric", 90, 140),
    (220051, "Arterial Blood Pressure diastolic", "ABPd", *_VITALS, "mmHg", "Numeric", 60, 90),
    (220052, "Arterial Blood Pressure mean", "ABPm", *_VITALS, "mmHg", "Numeric", "", ""),
    (220179, "Non Invasive Blood Pressure systolic", "NBPs", *_VITALS, "mmHg", "Numeric", "", ""),
    (220180, "Non Invasive Blood Pressure diastolic", "NBPd", *_VITALS, "mmHg", "Numeric", "", ""),
    (220181, "Non Invasive Blood Pressure mean", "NBPm", *_VITALS, "mmHg", "Numeric", "", ""),
    (220210, "Respiratory Rate", "RR", *_BREATH, "insp/min", "Numeric", "", ""),
    (220277, "O2 saturation pulseoxymetry", "SpO2", *_BREATH, "%", "Numeric", "", ""),
    (221289, "Epinephrine", "Epinephrine", *_DRUGS, "mg", "Solution", "", ""),
    (221906, "Norepinephrine", "Norepinephrine", *_DRUGS, "mg", "Solution", "", ""),
    (223758, "Code Status", "Code Status", "chartevents", "General", "", "Text", "", ""),
    (223761, "Temperature Fahrenheit", "Temperature F", *_VITALS, "°F", "Numeric", "", ""),
    (224275, "20 Gauge", "20 Gauge", "procedureevents", "Access Lines - Peripheral", "None", "Processes", "", ""),
    (225158, "NaCl 0.9%", "NaCl 0.9%", "inputevents", "Fluids/Intake", "mL", "Solution", "", ""),
    (225459, "Chest X-Ray", "Chest X-Ray", "procedureevents", "5-Imaging", "None", "Processes", "", ""),
    (225464, "Cardioversion/Defibrillation", "Cardioversion/Defibrillation", *_ACUTE, "None", "Processes", "", ""),
    (225466, "Cardiac Arrest", "Cardiac Arrest", *_ACUTE, "None", "Processes", "", ""),
    (225475, "Respiratory Arrest", "Respiratory Arrest", *_ACUTE, "None", "Processes", "", ""),
    (
        225752,
        "Arterial Line",
        "Arterial Line",
        "procedureevents",
        "Access Lines - Invasive",
        "None",
        "Processes",
        "",
        "",
    ),
    (
        225792,
        "Invasive Ventilation",
        "Invasive Ventilation",
        "procedureevents",
        "2-Ventilation",
        "None",
        "Processes",
        "",
        "",
    ),
)
"""itemid, label, abbreviation, linksto, category, unitname, param_type, lownormalvalue, highnormalvalue."""


def dictionary_rows() -> dict[str, list[Row]]:
    """Return the rows of the dictionaries: every item and code that the demo uses, in order of code."""
    labels = {item: row[:3] for item, row in LAB_ITEMS.items()} | {CK_MB: CK_MB_ITEM}
    return {
        "icu/d_items": list(ITEMS),
        "hosp/d_labitems": [(item, *labels[item]) for item in sorted(labels)],
        "hosp/d_icd_diagnoses": [(*key, DIAGNOSES[key]) for key in sorted(DIAGNOSES)],
        "hosp/d_icd_procedures": [(*key, PROCEDURES[key]) for key in sorted(PROCEDURES)],
    }
