"""Which source rows the rest of the journey needs, each with its reason. Everything else never leaves the csv.gz.

Item ids: MIMIC-IV 2.2 `d_items` and `d_labitems`. What they count as is decided in events and windows, not here.
"""

CHARTED: dict[int, str] = {
    220045: "heart rate: vital sign beside the monitor's",
    220050: "arterial pressure, systolic",
    220051: "arterial pressure, diastolic",
    220052: "arterial pressure, mean",
    225309: "arterial pressure, systolic, second line",
    225310: "arterial pressure, diastolic, second line",
    225312: "arterial pressure, mean, second line",
    220179: "cuff pressure, systolic",
    220180: "cuff pressure, diastolic",
    220181: "cuff pressure, mean",
    220210: "respiratory rate",
    224690: "respiratory rate, total (ventilated)",
    220277: "oxygen saturation by pulse oximetry",
    223761: "temperature, Fahrenheit",
    223762: "temperature, Celsius",
    220048: "heart rhythm: asystole, PEA, VF, VT as charted",
    224650: "ectopy type 1: runs of VT",
    224651: "ectopy frequency 1",
    226479: "ectopy type 2: runs of VT",
    226480: "ectopy frequency 2",
    223758: "code status: limitation of care, timed",
}
"""chartevents"""

LABORATORY: dict[int, str] = {
    51003: "troponin T: evidence of infarction",
    52642: "troponin I: evidence of infarction where that assay is used",
    50911: "CK-MB: evidence of infarction",
    50813: "lactate: state of perfusion",
}
"""labevents"""

DRUGS: dict[int, str] = {
    221289: "epinephrine: resuscitation and shock",
    229617: "epinephrine, second entry",
    221347: "amiodarone: ventricular arrhythmia",
    228339: "amiodarone 600/500",
    225945: "lidocaine: ventricular arrhythmia",
    221906: "norepinephrine: pressure under treatment",
}
"""inputevents"""

PROCEDURES: dict[int, str] = {
    225466: "cardiac arrest: timed and direct",
    225464: "cardioversion or defibrillation: a shock, perhaps elective",
    225475: "respiratory arrest (not CPR: MIMIC-IV has no CPR item)",
    225819: "brain death: a class of its own among deaths",
    225792: "invasive ventilation: respiratory state of the patient",
    225794: "non-invasive ventilation",
}
"""procedureevents"""

CARE_LIMITING_ORDER = r"(?i)code\s*status|comfort"
"""poe.order_subtype and poe_detail.field_name of orders that may limit care; a palliative consult limits nothing."""
