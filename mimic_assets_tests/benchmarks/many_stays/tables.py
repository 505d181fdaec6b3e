"""The other clinical tables of one part, with every column that MIMIC-IV 2.2 and the peer name."""

from collections.abc import Callable

import numpy as np
import polars as pl

from mimic_assets.clinical.needed import DRUGS, LABORATORY, PROCEDURES
from mimic_assets_tests.benchmarks.many_stays.cohort import DAY, HOUR, NEVER, Cohort, Generator, Numbers

_UNIT_NAMES = ("Medical Intensive Care Unit (MICU)", "Cardiac Vascular Intensive Care Unit (CVICU)", "Neuro Stepdown")
_DIAGNOSES = (
    ("4275", 9),
    ("I469", 10),
    ("V1253", 9),
    ("I213", 10),
    ("4019", 9),
    ("I10", 10),
    ("E119", 10),
    ("5849", 9),
)
_PROCEDURES = (("9960", 9), ("5A12012", 10), ("9671", 9), ("0BH17EZ", 10))
_RARE_SHARE = 0.01
"""Of codes and procedures that are an event."""


def _time(minutes: Numbers) -> pl.Series:
    times = pl.Series((minutes * 60_000).astype("datetime64[ms]"))
    return pl.select(pl.when(pl.Series(minutes != NEVER)).then(times)).to_series()


def _pick(draw: Generator, values: tuple[str, ...], count: int) -> pl.Series:
    """Return values drawn evenly; an empty one is an empty cell."""
    cells = pl.Series([value or None for value in values], dtype=pl.String)
    return cells.gather(draw.integers(0, len(values), count))


def _repeated(cohort: Cohort, times: int) -> tuple[Numbers, dict[str, Numbers]]:
    """Return the stay of each of `times` rows a stay, and the ids of those rows."""
    stay = np.repeat(np.arange(len(cohort.stay_id)), times)
    return stay, {"subject_id": cohort.subject_id[stay], "hadm_id": cohort.hadm_id[stay]}


def _within(cohort: Cohort, stay: Numbers, draw: Generator) -> Numbers:
    length = cohort.charted_until - cohort.entered
    return cohort.entered[stay] + (draw.random(len(stay)) * length[stay]).astype(np.int64)


def _coded(
    codes: tuple[tuple[str, int], ...], rare: int, draw: Generator, count: int
) -> dict[str, pl.Series | Numbers]:
    is_rare = draw.random(count) < _RARE_SHARE
    place = np.where(is_rare, draw.integers(0, rare, count), draw.integers(rare, len(codes), count))
    return {
        "icd_code": pl.Series([code for code, _ in codes]).gather(place),
        "icd_version": np.array([version for _, version in codes])[place],
    }


def _patients(cohort: Cohort, draw: Generator) -> pl.DataFrame:
    last = np.flatnonzero(cohort.is_last)
    year = (cohort.admitted[last] * 60).astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64) + 1970
    return pl.DataFrame(
        {
            "subject_id": cohort.subject_id[last],
            "gender": _pick(draw, ("F", "M"), len(last)),
            "anchor_age": draw.integers(18, 90, len(last)),
            "anchor_year": year,
            "anchor_year_group": _pick(draw, ("2008 - 2010", "2011 - 2013"), len(last)),
            "dod": _time(cohort.died_on[last]).dt.date(),
        }
    )


def _admissions(cohort: Cohort, draw: Generator) -> pl.DataFrame:
    count = len(cohort.stay_id)
    has_died = pl.Series(cohort.died != NEVER)
    return pl.DataFrame(
        {
            "subject_id": cohort.subject_id,
            "hadm_id": cohort.hadm_id,
            "admittime": _time(cohort.admitted),
            "dischtime": _time(cohort.discharged),
            "deathtime": _time(np.where(cohort.is_death_timed, cohort.died, NEVER)),
            "admission_type": _pick(draw, ("URGENT", "EW EMER."), count),
            "admit_provider_id": _pick(draw, ("P03YMR", "P41R5N"), count),
            "admission_location": _pick(draw, ("EMERGENCY ROOM", "TRANSFER FROM HOSPITAL"), count),
            "discharge_location": _pick(draw, ("HOME", "SKILLED NURSING FACILITY"), count),
            "insurance": _pick(draw, ("Medicare", "Other"), count),
            "language": _pick(draw, ("ENGLISH", "?"), count),
            "marital_status": _pick(draw, ("SINGLE", "MARRIED"), count),
            "race": _pick(draw, ("WHITE", "ASIAN"), count),
            "edregtime": _time(np.full(count, NEVER)),
            "edouttime": _time(np.full(count, NEVER)),
            "hospital_expire_flag": (cohort.died != NEVER).astype(np.int64),
        }
    ).with_columns(pl.when(has_died).then(pl.lit("DIED")).otherwise("discharge_location").alias("discharge_location"))


def _icustays(cohort: Cohort, draw: Generator) -> pl.DataFrame:
    unit = _pick(draw, _UNIT_NAMES, len(cohort.stay_id))
    return pl.DataFrame(
        {
            "subject_id": cohort.subject_id,
            "hadm_id": cohort.hadm_id,
            "stay_id": cohort.stay_id,
            "first_careunit": unit,
            "last_careunit": unit,
            "intime": _time(cohort.entered),
            "outtime": _time(cohort.left),
            "los": (cohort.left - cohort.entered) / DAY,
        }
    )


def _transfers(cohort: Cohort, draw: Generator) -> pl.DataFrame:
    stay, ids = _repeated(cohort, 3)
    step = np.arange(len(stay)) % 3
    starts = np.stack((cohort.admitted, cohort.entered, cohort.left), axis=1).reshape(-1)
    ends = np.stack((cohort.entered, cohort.left, np.maximum(cohort.discharged, cohort.left)), axis=1).reshape(-1)
    return pl.DataFrame(
        {
            **ids,
            "transfer_id": 40_000_000 + 3 * (cohort.stay_id[stay] - 30_000_000) + step,
            "eventtype": pl.Series(["admit", "transfer", "transfer"]).gather(step),
            "careunit": pl.Series(["Emergency Department", _UNIT_NAMES[0], "Medicine"]).gather(step),
            "intime": _time(starts),
            "outtime": _time(ends),
        }
    )


def _diagnoses(cohort: Cohort, draw: Generator) -> pl.DataFrame:
    stay, ids = _repeated(cohort, 8)
    return pl.DataFrame({**ids, "seq_num": 1 + np.arange(len(stay)) % 8, **_coded(_DIAGNOSES, 2, draw, len(stay))})


def _procedures(cohort: Cohort, draw: Generator) -> pl.DataFrame:
    stay, ids = _repeated(cohort, 2)
    day = _time(_within(cohort, stay, draw)).dt.date()
    coded = _coded(_PROCEDURES, 2, draw, len(stay))
    return pl.DataFrame({**ids, "seq_num": 1 + np.arange(len(stay)) % 2, "chartdate": day, **coded})


def _labevents(cohort: Cohort, draw: Generator) -> pl.DataFrame:
    stay, ids = _repeated(cohort, 6)
    time, count = _within(cohort, stay, draw), len(stay)
    value = np.round(draw.gamma(2, 1, count), 2)
    return pl.DataFrame(
        {
            "labevent_id": 6 * (cohort.stay_id[stay] - 30_000_000) + np.arange(count) % 6,
            **ids,
            "specimen_id": cohort.stay_id[stay],
            "itemid": np.array(sorted(LABORATORY))[draw.integers(0, len(LABORATORY), count)],
            "order_provider_id": _pick(draw, ("P03YMR", "P41R5N"), count),
            "charttime": _time(time),
            "storetime": _time(time + 60),
            "value": pl.Series(value).cast(pl.String),
            "valuenum": value,
            "valueuom": _pick(draw, ("ng/mL", "mmol/L"), count),
            **dict.fromkeys(("ref_range_lower", "ref_range_upper"), pl.Series([None] * count, dtype=pl.Float64)),
            "flag": _pick(draw, ("abnormal", ""), count),
            "priority": _pick(draw, ("ROUTINE", "STAT"), count),
            "comments": _pick(draw, ("",), count),
        }
    )


def _poe(cohort: Cohort, draw: Generator) -> pl.DataFrame:
    stay, ids = _repeated(cohort, 1)
    count = len(stay)
    return pl.DataFrame(
        {
            "poe_id": _order_ids(cohort),
            "poe_seq": cohort.stay_id - 30_000_000,
            **ids,
            "ordertime": _time(cohort.admitted + 1),
            "order_type": _pick(draw, ("General Care",), count),
            "order_subtype": _pick(draw, ("Code status",), count),
            "transaction_type": _pick(draw, ("New",), count),
            "discontinue_of_poe_id": _pick(draw, ("",), count),
            "discontinued_by_poe_id": _pick(draw, ("",), count),
            "order_provider_id": _pick(draw, ("P03YMR",), count),
            "order_status": _pick(draw, ("Inactive",), count),
        }
    )


def _poe_detail(cohort: Cohort, draw: Generator) -> pl.DataFrame:
    count = len(cohort.stay_id)
    return pl.DataFrame(
        {
            "poe_id": _order_ids(cohort),
            "poe_seq": cohort.stay_id - 30_000_000,
            "subject_id": cohort.subject_id,
            "field_name": _pick(draw, ("Code status",), count),
            "field_value": _pick(draw, ("Full code (attempt resuscitation)",), count),
        }
    )


def _order_ids(cohort: Cohort) -> pl.Series:
    parts = pl.DataFrame({"subject": cohort.subject_id, "number": cohort.stay_id - 30_000_000})
    return parts.select(pl.format("{}-{}", "subject", "number")).to_series()


def _events(
    cohort: Cohort, draw: Generator, times: int, items: tuple[Numbers, Numbers]
) -> dict[str, pl.Series | Numbers]:
    """Return the columns that procedureevents and inputevents share; items are (rare, common)."""
    stay, ids = _repeated(cohort, times)
    count = len(stay)
    start = _within(cohort, stay, draw)
    rare, common = (choice[draw.integers(0, len(choice), count)] for choice in items)
    order = times * (cohort.stay_id[stay] - 30_000_000) + np.arange(count) % times
    return {
        **ids,
        "stay_id": cohort.stay_id[stay],
        "caregiver_id": draw.integers(1_000, 99_999, count),
        "starttime": _time(start),
        "endtime": _time(start + draw.integers(1, 6 * HOUR, count)),
        "storetime": _time(start + 1),
        "itemid": np.where(draw.random(count) < _RARE_SHARE, rare, common),
        "orderid": order,
        "linkorderid": order,
        "ordercategorydescription": _pick(draw, ("Continuous Med", "Drug Push"), count),
        "patientweight": draw.integers(50, 110, count),
        "statusdescription": _pick(draw, ("FinishedRunning",), count),
    }


def _procedureevents(cohort: Cohort, draw: Generator) -> pl.DataFrame:
    rare, common = np.array([225464, 225466, 225475, 225819]), np.array([225792, 225794])
    if {*rare.tolist(), *common.tolist()} != set(PROCEDURES):
        raise AssertionError("every procedure of the extract has to be generated, and no other")
    columns = _events(cohort, draw, 1, (rare, common))
    count = len(cohort.stay_id)
    columns |= {
        "value": draw.integers(1, 600, count),
        "valueuom": _pick(draw, ("min",), count),
        "ordercategoryname": _pick(draw, ("Ventilation",), count),
    }
    return pl.DataFrame(columns)


def _inputevents(cohort: Cohort, draw: Generator) -> pl.DataFrame:
    drugs = np.array(sorted(DRUGS))
    columns = _events(cohort, draw, 4, (drugs, drugs))
    count = 4 * len(cohort.stay_id)
    columns |= {
        "amount": np.round(draw.gamma(2, 2, count), 2),
        "amountuom": _pick(draw, ("mg",), count),
        "rate": np.round(draw.gamma(2, 0.1, count), 3),
        "rateuom": _pick(draw, ("mcg/kg/min",), count),
        "ordercategoryname": _pick(draw, ("01-Drips",), count),
    }
    return pl.DataFrame(columns)


TABLES: dict[str, Callable[[Cohort, Generator], pl.DataFrame]] = {
    "hosp/patients": _patients,
    "hosp/admissions": _admissions,
    "hosp/transfers": _transfers,
    "hosp/diagnoses_icd": _diagnoses,
    "hosp/procedures_icd": _procedures,
    "hosp/labevents": _labevents,
    "hosp/poe": _poe,
    "hosp/poe_detail": _poe_detail,
    "icu/icustays": _icustays,
    "icu/procedureevents": _procedureevents,
    "icu/inputevents": _inputevents,
}
"""Table -> its rows of a part."""
