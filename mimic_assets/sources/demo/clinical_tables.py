"""The clinical tables of one subject as CSV text with MIMIC-IV's real column names and order.

Belongs here: headers, the tables that follow from the course (patients, admissions, transfers, icustays), text of
rows. Does not belong here: charting, orders, codes, treatments, dictionaries (their own files), compression
(`write`).
"""

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from mimic_assets.sources.demo.course import Admission, Course
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.identifiers import transfer_id
from mimic_assets.sources.demo.plan import DemoPlan

Row = tuple[object, ...]

HEADERS: dict[str, str] = {
    "hosp/patients": "subject_id,gender,anchor_age,anchor_year,anchor_year_group,dod",
    "hosp/admissions": (
        "subject_id,hadm_id,admittime,dischtime,deathtime,admission_type,admit_provider_id,admission_location,"
        "discharge_location,insurance,language,marital_status,race,edregtime,edouttime,hospital_expire_flag"
    ),
    "hosp/transfers": "subject_id,hadm_id,transfer_id,eventtype,careunit,intime,outtime",
    "hosp/labevents": (
        "labevent_id,subject_id,hadm_id,specimen_id,itemid,order_provider_id,charttime,storetime,value,"
        "valuenum,valueuom,ref_range_lower,ref_range_upper,flag,priority,comments"
    ),
    "hosp/poe": (
        "poe_id,poe_seq,subject_id,hadm_id,ordertime,order_type,order_subtype,transaction_type,"
        "discontinue_of_poe_id,discontinued_by_poe_id,order_provider_id,order_status"
    ),
    "hosp/poe_detail": "poe_id,poe_seq,subject_id,field_name,field_value",
    "hosp/diagnoses_icd": "subject_id,hadm_id,seq_num,icd_code,icd_version",
    "hosp/procedures_icd": "subject_id,hadm_id,seq_num,chartdate,icd_code,icd_version",
    "hosp/d_icd_diagnoses": "icd_code,icd_version,long_title",
    "hosp/d_icd_procedures": "icd_code,icd_version,long_title",
    "hosp/d_labitems": "itemid,label,fluid,category",
    "icu/icustays": "subject_id,hadm_id,stay_id,first_careunit,last_careunit,intime,outtime,los",
    "icu/procedureevents": (
        "subject_id,hadm_id,stay_id,caregiver_id,starttime,endtime,storetime,itemid,value,valueuom,location,"
        "locationcategory,orderid,linkorderid,ordercategoryname,ordercategorydescription,patientweight,"
        "isopenbag,continueinnextdept,statusdescription,ORIGINALAMOUNT,ORIGINALRATE"
    ),
    "icu/chartevents": (
        "subject_id,hadm_id,stay_id,caregiver_id,charttime,storetime,itemid,value,valuenum,valueuom,warning"
    ),
    "icu/inputevents": (
        "subject_id,hadm_id,stay_id,caregiver_id,starttime,endtime,storetime,itemid,amount,amountuom,rate,"
        "rateuom,orderid,linkorderid,ordercategoryname,secondaryordercategoryname,"
        "ordercomponenttypedescription,ordercategorydescription,patientweight,totalamount,totalamountuom,"
        "isopenbag,continueinnextdept,statusdescription,originalamount,originalrate"
    ),
    "icu/d_items": ("itemid,label,abbreviation,linksto,category,unitname,param_type,lownormalvalue,highnormalvalue"),
}
"""Table by folder and name; the letter case of the last two procedureevents columns is the published one."""


def course_rows(course: Course, plan: DemoPlan) -> dict[str, list[Row]]:
    """Return patients, admissions, transfers and icustays of one subject."""
    rng = generator(plan.seed, course.index, Stream.COURSE, 1)
    insurance = ("Medicare", "Medicaid", "Other")[int(rng.integers(3))]
    marital = ("MARRIED", "SINGLE", "WIDOWED", "DIVORCED", "")[int(rng.integers(5))]
    race = ("WHITE", "BLACK/AFRICAN AMERICAN", "HISPANIC/LATINO - PUERTO RICAN", "ASIAN", "UNKNOWN")[
        int(rng.integers(5))
    ]
    language = ("ENGLISH", "?")[int(rng.random() < 0.15)]
    admissions: list[Row] = []
    transfers: list[Row] = []
    stays: list[Row] = []
    for number, admission in enumerate(course.admissions):
        died = admission.deathtime is not None
        visit = _emergency_visit(admission)
        admissions.append(
            (course.subject_id, admission.hadm_id, admission.admittime, admission.dischtime, admission.deathtime,
             "EW EMER." if visit[0] else "URGENT", f"P{rng.integers(10000, 99999)}",
             "EMERGENCY ROOM" if visit[0] else "TRANSFER FROM HOSPITAL",
             "DIED" if died else ("HOME", "SKILLED NURSING FACILITY", "REHAB")[int(rng.integers(3))],
             insurance, language, marital, race, *visit, int(died))
        )  # fmt: skip
        transfers += _transfer_rows(course, admission, number, plan)
        for stay in admission.stays:
            los = (stay.outtime - stay.intime).total_seconds() / 86400
            stays.append(
                (
                    course.subject_id,
                    admission.hadm_id,
                    stay.stay_id,
                    stay.unit,
                    stay.unit,
                    stay.intime,
                    stay.outtime,
                    f"{los:.13f}",
                )
            )
    patient = (
        course.subject_id,
        course.gender,
        course.anchor_age,
        course.anchor_year,
        course.anchor_year_group,
        course.dod,
    )
    return {
        "hosp/patients": [patient],
        "hosp/admissions": admissions,
        "hosp/transfers": transfers,
        "icu/icustays": stays,
    }


def _emergency_visit(admission: Admission) -> tuple[datetime | None, datetime | None]:
    if not admission.has_emergency_visit:
        return None, None
    return admission.admittime - timedelta(minutes=170), admission.admittime + timedelta(minutes=12)


def _transfer_rows(course: Course, admission: Admission, number: int, plan: DemoPlan) -> list[Row]:
    """Return the moves of one admission: emergency room, ward, ICU stays, ward, discharge, without holes in between."""
    key = (course.subject_id, admission.hadm_id)
    base = 8 * number
    registered, _ = _emergency_visit(admission)
    rows: list[Row] = []
    first = admission.stays[0].intime
    if registered is not None:
        rows.append(
            (
                *key,
                transfer_id(course.index, base, plan.seed),
                "ED",
                "Emergency Department",
                registered,
                admission.admittime,
            )
        )
    rows.append(
        (*key, transfer_id(course.index, base + 1, plan.seed), "admit", admission.ward, admission.admittime, first)
    )
    reached, spare = first, iter((base + 3, base + 5))
    for stay in admission.stays:
        if stay.intime > reached:
            rows.append(
                (
                    *key,
                    transfer_id(course.index, next(spare), plan.seed),
                    "transfer",
                    admission.ward,
                    reached,
                    stay.intime,
                )
            )
        rows.append((*key, stay.stay_id, "transfer", stay.unit, stay.intime, stay.outtime))
        reached = stay.outtime
    left = max(admission.dischtime, reached)
    if left > reached:
        rows.append((*key, transfer_id(course.index, base + 6, plan.seed), "transfer", admission.ward, reached, left))
    rows.append((*key, transfer_id(course.index, base + 7, plan.seed), "discharge", "", left, None))
    return rows


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.replace(microsecond=0).isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else value


def csv_text(rows: Iterable[Row]) -> str:
    """Return rows as CSV, LF line ends, quoted only where needed; times to the second, missing empty."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows([_cell(value) for value in row] for row in rows)
    return buffer.getvalue()
