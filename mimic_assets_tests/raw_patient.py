"""Raw rows of one invented patient with two records that overlap, and windows made of them by every stage in turn.

Stages are reached through their packages, so that a test that replaces one replaces it here and in the proof. Times are
those of `patient_frames`: record 90 runs from 08:30 to 12:00, record 91 from 09:00 to 13:00, the stay from 08:00.
"""

from collections.abc import Iterable, Sequence

import polars as pl

from mimic_assets import events, numerics, stays, windows
from mimic_assets.defs.rebuilding import Patient
from mimic_assets.records.raw_numerics import split_heading
from mimic_assets.schemas.tables import EVENT_ADJUDICATIONS, RAW_NUMERICS, RAW_RECORDS
from mimic_assets.tasks import Task
from mimic_assets.timeline import RecordClock
from mimic_assets_tests.unit.windows.patient_frames import SUBJECT, admission, at, charted, extract, order, stay, task

HZ = "999.56"
ENDS = {90: ("08:30", "12:00"), 91: ("09:00", "13:00")}
CLOCKS = {record_id: RecordClock.of(at(start), HZ) for record_id, (start, _) in ENDS.items()}
Cell = tuple[int, int | None, str, float | str]
"""Record, tick, heading, number or text."""


def small_task(**parts: dict[str, object]) -> Task:
    """The death task on a ten-minute grid: half an hour observed, an hour ahead, windows wherever there is a cell."""
    grid = {"observation_s": 1800, "cell_s": 300, "parameters": ("heart_rate", "abp_mean", "spo2")}
    coverage = {"any_of": ("heart_rate", "spo2"), "minimum_fraction": 0.05}
    given = {"index": {"stride_s": 600}, "target": {"horizon_s": 3600}, "coverage": coverage, "care": {"excluded": ()}}
    return task(**(given | parts | {"numerics": grid | dict(parts.get("numerics", {}))}))


def patient(cells: Iterable[Cell]) -> Patient:
    """Return a patient with these cells, in this source order, one row of the file each."""
    rows: list[dict[str, object]] = []
    for place, (record_id, tick, heading, content) in enumerate(cells, start=1):
        parameter, unit = split_heading(heading)
        rows.append(
            {
                "subject_id": SUBJECT, "record_id": record_id, "source_row": place, "source_column": heading,
                "tick": tick, "time": None if tick is None else CLOCKS[record_id].time_at(tick),
                "parameter": parameter, "unit": unit, "value": content if isinstance(content, float) else None,
                "value_text": content if isinstance(content, str) else None,
            }
        )  # fmt: skip
    clinical = extract(
        stay() | {"value_text": "CCU"},
        admission() | {"death_time": at("2 07:00"), "value_text": "DIED"},
        {"source_table": "patients", "death_time": at("2 00:00"), "value": 70.0},
        {"source_table": "diagnoses_icd", "hadm_id": 20, "code": "I469", "code_version": 10},
        *order("09:30", "Full code"),
        charted("09:45", "DNR / DNI", stored="11:10"),
        charted("11:20", "Comfort measures only"),
        charted("12:45", "Full code", stored="12:30"),
        *order("14:00", "DNR", "10-2"),
    )
    recorded = pl.DataFrame([row for record_id in ENDS for row in _segments(record_id)], schema=RAW_RECORDS.schema)
    return Patient(
        pl.DataFrame(rows, schema=RAW_NUMERICS.schema).sort(RAW_NUMERICS.order), recorded, clinical, frozenset()
    )


def _segments(record_id: int) -> list[dict[str, object]]:
    """Two segments of one signal: an hour from the start, then the rest after a gap of an hour."""
    clock, (start, end) = CLOCKS[record_id], ENDS[record_id]
    last = clock.tick_at(at(end))
    hour = 3600 * 1000 // 16
    common = dict.fromkeys(RAW_RECORDS.schema) | {
        "subject_id": SUBJECT, "record_id": record_id, "hadm_id": 20, "signal_index": 0, "signal": "II", "unit": "mV",
        "file": f"waves/p100/p10000010/{record_id}/{record_id}e.dat", "file_status": "ok", "record_last_tick": last,
        "record_start_time": at(start), "record_end_time": clock.time_at(last), "counter_frequency_hz": HZ,
        "file_bytes": 1000, "channel": 0, "storage_format": 516, "samples_per_frame": 4, "gain": 200.0, "baseline": 0,
        "adc_resolution_bits": 14, "adc_zero": 0, "checksum": 7,
    }  # fmt: skip
    spans = [(0, hour), (2 * hour * 16, last // 16 + 1 - 2 * hour)]
    return [
        common
        | {"segment_index": place, "segment_start_tick": first}
        | {"segment_frame_count": frames, "readable_frame_count": frames}
        for place, (first, frames) in enumerate(spans, start=1)
    ]


def steady_patient() -> Patient:
    """Heart rate and oxygen every 20 s, pressure every 30 s, none flat; record 90 thins out, 91 becomes denser.

    Both are silent from 11:30 to 11:48. The last row of each record has no time: nobody can say that it is earlier than
    anything.
    """
    cells: list[Cell] = []
    for record_id, (start, end) in ENDS.items():
        clock = CLOCKS[record_id]
        for second in range(0, int((at(end) - at(start)).total_seconds()), 20):
            tick = clock.ticks_per_second.numerator * second // clock.ticks_per_second.denominator
            if at("11:30") < clock.time_at(tick) <= at("11:48"):
                continue
            wave = (second // 20) % 17
            is_there = (
                (second < 6000 or second % 1200 < 40) if record_id == 90 else (second > 6000 or second % 400 < 60)
            )
            if is_there:
                cells += [
                    (record_id, tick, "HR [bpm]", 70.0 + wave),
                    (record_id, tick + 1, "SpO2 [%]", 92.0 + wave % 7),
                ]
            if second % 60 == 0:
                cells.append((record_id, tick + 2, "ABPm [mmHg]", 80.0 - wave))
        cells.append((record_id, None, "SpO2 [%]", 88.0))
    return patient(cells)


def tables_of(
    of: Task, who: Patient, definitions: Sequence[events.Definition] = ()
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return record_stays, clinical_labels and windowed_samples of all that is known, by the stages as they are now."""
    cleaned = numerics.clean(who.raw_numerics, who.raw_records).whole().frame
    linked = stays.find_record_stays(who.raw_records, cleaned, who.clinical_extract).frame
    nobody = EVENT_ADJUDICATIONS.empty()
    found = events.find_events(definitions, nobody, who.clinical_extract, cleaned, linked).frame
    labels = windows.label_stays(of, who.clinical_extract, found, linked, cleaned, who.incomplete_tables).frame
    return linked, labels, windows.cut_windows(of, labels, cleaned, linked).whole().frame


def windows_of(of: Task, who: Patient, definitions: Sequence[events.Definition] = ()) -> pl.DataFrame:
    """Return windowed_samples, the last of `tables_of`."""
    return tables_of(of, who, definitions)[2]
