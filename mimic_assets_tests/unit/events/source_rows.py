"""Rows of the tables that stays and events read, made by hand: only what a test is about has to be said.

Times are clock times ("2150-01-01 10:00" or a datetime). One subject, `SUBJECT`. `extract` numbers rows per source
table in the order given, as the real extract numbers them after sorting.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from mimic_assets.schemas.tables import CLEANED_NUMERICS, CLINICAL_EXTRACT, RAW_RECORDS, RECORD_STAYS

SUBJECT = 10_000_001
HADM = 20_000_001
STAY = 30_000_001
RECORD = 90_000_001
RECORD_START = datetime(2150, 1, 1, 12)
Row = dict[str, Any]


def at(time: str | datetime | None) -> datetime | None:
    """Return a time from its text."""
    return datetime.fromisoformat(time) if isinstance(time, str) else time


def row(source_table: str, **columns: Any) -> Row:
    """Return a row of any source table."""
    times = {name: at(value) for name, value in columns.items() if name.endswith("_time")}
    return {"source_table": source_table, **columns, **times}


def admission(
    start: str, end: str | None, hadm_id: int = HADM, death: str | None = None, location: str = "HOME"
) -> Row:
    """Return a row of admissions."""
    return row("admissions", hadm_id=hadm_id, start_time=start, end_time=end, death_time=death, value_text=location)


def stay(start: str | None, end: str | None, stay_id: int = STAY, hadm_id: int | None = HADM) -> Row:
    """Return a row of icustays."""
    return row("icustays", hadm_id=hadm_id, stay_id=stay_id, start_time=start, end_time=end, category="MICU")


def patient(dod: str | None) -> Row:
    """Return a row of patients."""
    return row("patients", death_time=dod)


def procedure(
    item_id: int,
    time: str | None,
    stay_id: int | None = STAY,
    hadm_id: int | None = HADM,
    status: str = "FinishedRunning",
) -> Row:
    """Return a row of procedureevents."""
    return row(
        "procedureevents",
        item_id=item_id,
        start_time=time,
        stay_id=stay_id,
        hadm_id=hadm_id,
        value_text=status,
        value=1.0,
    )


def charted(item_id: int, time: str | None, text: str | None, hadm_id: int | None = HADM) -> Row:
    """Return a text row of chartevents."""
    return row("chartevents", item_id=item_id, start_time=time, stay_id=STAY, hadm_id=hadm_id, value_text=text)


def diagnosis(code: str, version: int, hadm_id: int | None = HADM) -> Row:
    """Return a row of diagnoses_icd."""
    return row("diagnoses_icd", code=code, code_version=version, hadm_id=hadm_id, value=1.0)


def procedure_code(code: str, version: int, date: str | None, hadm_id: int | None = HADM) -> Row:
    """Return a row of procedures_icd."""
    return row("procedures_icd", code=code, code_version=version, start_time=date, hadm_id=hadm_id, value=1.0)


def order(order_id: str, time: str, text: str = "Code status", kind: str = "New", hadm_id: int = HADM) -> Row:
    """Return a row of poe."""
    return row(
        "poe", source_id=order_id, start_time=time, value_text=text, code=kind, category="General Care", hadm_id=hadm_id
    )


def order_detail(order_id: str, text: str) -> Row:
    """Return a row of poe_detail."""
    return row("poe_detail", source_id=order_id, category="Code status", value_text=text)


def extract(*rows: Row) -> pl.DataFrame:
    """Return rows of `clinical_extract`."""
    seen: Counter[str] = Counter()
    numbered = []
    for each in rows:
        seen[each["source_table"]] += 1
        numbered.append({"subject_id": SUBJECT, "source_row": seen[each["source_table"]], **each})
    return pl.DataFrame(numbered, schema=CLINICAL_EXTRACT.schema).sort(CLINICAL_EXTRACT.order)


def pressures(
    values: Iterable[Sequence[Any]],
    record_id: int = RECORD,
    start: datetime = RECORD_START,
    parameter: str = "abp_mean",
) -> pl.DataFrame:
    """Return rows of `cleaned_numerics`: (seconds, value) or (seconds, value, flag), one tick per millisecond."""
    rows = [
        {
            "subject_id": SUBJECT, "record_id": record_id, "source_row": number, "source_column": "ABPm [mmHg]",
            "tick": round(seconds * 1000), "time": start + timedelta(seconds=seconds), "parameter": parameter,
            "unit": "mmHg", "value": None if value is None else float(value), "flag": flag[0] if flag else "ok",
        }
        for number, (seconds, value, *flag) in enumerate(values, start=1)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=CLEANED_NUMERICS.schema)


def link(
    start: str,
    end: str,
    stay_id: int = STAY,
    hadm_id: int = HADM,
    record_id: int = RECORD,
    record_start: datetime = RECORD_START,
) -> pl.DataFrame:
    """Return a row of `record_stays`."""
    columns = {
        "subject_id": SUBJECT,
        "record_id": record_id,
        "hadm_id": hadm_id,
        "stay_id": stay_id,
        "overlap_start_time": at(start),
        "overlap_end_time": at(end),
        "record_start_time": record_start,
        "record_end_time": at(end),
        "record_last_tick": 10**9,
        "counter_frequency_hz": "1000",
        "stay_start_time": at(start),
        "stay_end_time": at(end),
        "care_unit": "MICU",
    }
    return pl.DataFrame([columns], schema=RECORD_STAYS.schema)


def record(
    record_id: int = RECORD,
    start: datetime = RECORD_START,
    last_tick: int = 3_600_000,
    hadm_id: int | None = HADM,
    frequency: str = "1000",
) -> pl.DataFrame:
    """Return two signals of a record as rows of `raw_records`."""
    folder = f"waves/p100/p{SUBJECT}/{record_id}"
    shared = {
        "subject_id": SUBJECT,
        "record_id": record_id,
        "hadm_id": hadm_id,
        "segment_index": 1,
        "unit": "mV",
        "file_status": "ok",
        "file": f"{folder}/{record_id}_0001e.dat",
        "channel": 0,
        "storage_format": 516,
        "samples_per_frame": 4,
        "gain": 200.0,
        "baseline": 8192,
        "adc_resolution_bits": 14,
        "adc_zero": 8192,
        "checksum": 0,
        "segment_start_tick": 0,
        "segment_frame_count": last_tick // 16 + 1,
        "readable_frame_count": last_tick // 16 + 1,
        "record_start_time": start,
        "record_last_tick": last_tick,
        "record_end_time": start + timedelta(milliseconds=last_tick),
        "counter_frequency_hz": frequency,
    }
    rows = [{**shared, "signal_index": index, "signal": name} for index, name in enumerate(("II", "V"))]
    return pl.DataFrame(rows, schema=RAW_RECORDS.schema)


NO_EXTRACT = CLINICAL_EXTRACT.empty()
NO_NUMERICS = CLEANED_NUMERICS.empty()
NO_STAYS = RECORD_STAYS.empty()
