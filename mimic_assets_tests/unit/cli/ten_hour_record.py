"""A lake with one record of ten hours, made by hand so that each character of its coverage can be checked by eye.

Segment 1 is hours 0 to 4, segment 2 hours 5 to 10. II is in both; ABP in both, but its second file is missing; Resp in
the second, readable for its first two hours and a half; V in the first for five seconds only (a segment of its own).
"""

from datetime import datetime, timedelta

import polars as pl

from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import CLEANED_NUMERICS, CLINICAL_EVENTS, RAW_RECORDS, RECORD_STAYS, WAVEFORM_QUALITY
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets_tests.waveform_windows import QUALITY_TYPES, TILE_TICKS, whole_rows

SUBJECT, RECORD, STAY, HADM = 10000007, 85000007, 30000007, 20000007
START = datetime(2160, 5, 1, 8, 0)
HOUR = 3_600_000
"""Ticks: the clock has 1000 a second."""
LAST_TICK = 10 * HOUR - 1


def make_record_lake(uri: str) -> Lake:
    """Write the tables that `record` reads, but no quality."""
    lake = Lake.open(uri)
    signals = [
        _signal(1, 0, "II", 0, 4), _signal(1, 1, "ABP", 0, 4), _signal(2, 0, "V", 4.0, 5 / 3600),
        _signal(3, 0, "II", 5, 5), _signal(3, 1, "ABP", 5, 5, status="missing", readable=0),
        _signal(3, 2, "Resp", 5, 5, status="unreadable", readable=2.5),
    ]  # fmt: skip
    write_table(lake, RAW_RECORDS, signals)
    write_table(lake, RECORD_STAYS, [_stay()])
    write_table(lake, CLEANED_NUMERICS, [_cell(row) for row in range(1, 241)] + [_cell(241, flag="no_signal")])
    events = [
        _event("hypotension", "B", 2, -0.05, 0), _event("hypotension", "B", 8, -1, 1), _event("death", "A", 14, 0, 0),
    ]  # fmt: skip
    write_table(lake, CLINICAL_EVENTS, [*events, _event("sepsis", "D", None, 0, 0)])
    return lake


def write_quality(lake: Lake) -> None:
    """Write verdicts of II: usable for two hours, every second tile for two, then the gap; V never fills a tile."""
    rows = []
    for tile in range(5 * HOUR // TILE_TICKS):
        is_usable = tile < 2 * HOUR // TILE_TICKS or tile % 2 == 0
        reason = "gap" if tile >= 4 * HOUR // TILE_TICKS else None if is_usable else "noise"
        for signal, why in (("II", reason), ("V", "not_recorded")):
            rows.append({
                "record_id": RECORD, "signal": signal, "tile_start_tick": tile * TILE_TICKS, "missing_reason": why,
                "quality_index": None if why else 0.9,
            })  # fmt: skip
    frame = whole_rows(WAVEFORM_QUALITY, pl.DataFrame(rows, schema=QUALITY_TYPES), SUBJECT)
    lake.write(WAVEFORM_QUALITY, Key(SUBJECT), Judged(frame, rejected_frame([])), "f")


def write_table(lake: Lake, table: Table, rows: list[dict[str, object]]) -> None:
    """Write a patient's rows, columns that are not given as null."""
    whole = [{column: row.get(column) for column in table.schema} for row in rows]
    frame = pl.DataFrame(whole, schema=table.schema).sort(table.order)
    lake.write(table, Key(SUBJECT), Judged(frame, rejected_frame([])), f"f-{table.name}")


def _signal(
    segment: int, place: int, name: str, start_h: float, hours: float, *, status: str = "ok",
    readable: float | None = None,
) -> dict[str, object]:  # fmt: skip
    frames = round(hours * HOUR) // 16
    return {
        "subject_id": SUBJECT, "record_id": RECORD, "segment_index": segment, "signal_index": place, "signal": name,
        "unit": "mV", "file": f"{segment}_{name}.dat", "file_status": status, "channel": 0, "storage_format": 516,
        "samples_per_frame": 4, "gain": 200.0, "baseline": 0, "adc_resolution_bits": 14, "adc_zero": 0, "checksum": 0,
        "segment_start_tick": round(start_h * HOUR), "segment_frame_count": frames,
        "readable_frame_count": frames if readable is None else round(readable * HOUR) // 16,
        "record_start_time": START, "record_end_time": START + timedelta(hours=10), "record_last_tick": LAST_TICK,
        "counter_frequency_hz": "1000",
    }  # fmt: skip


def _stay() -> dict[str, object]:
    bounds = {"start": START + timedelta(hours=1), "end": START + timedelta(hours=9)}
    times = {f"{what}_{side}_time": time for what in ("overlap", "stay") for side, time in bounds.items()}
    return times | {
        "subject_id": SUBJECT, "record_id": RECORD, "hadm_id": HADM, "stay_id": STAY, "record_last_tick": LAST_TICK,
        "record_start_time": START, "record_end_time": START + timedelta(hours=10), "counter_frequency_hz": "1000",
        "care_unit": "Medical Intensive Care Unit (MICU)", "lag_known_times": [], "lag_steps_s": [],
        "lag_step_confidences": [],
    }  # fmt: skip


def _cell(row: int, flag: str = "ok") -> dict[str, object]:
    """A heart rate a minute in the first two hours, one every two minutes in the next four."""
    minute = row if row <= 120 else 120 + 2 * (row - 120)
    return {
        "subject_id": SUBJECT, "record_id": RECORD, "source_row": row, "source_column": "HR [1/min]",
        "tick": minute * 60_000, "time": START + timedelta(minutes=minute), "parameter": "heart_rate",
        "unit": "1/min", "value": 80.0, "flag": flag,
    }  # fmt: skip


def _event(kind: str, tier: str, hour: float | None, before_h: float, after_h: float) -> dict[str, object]:
    known = hour is not None
    at = START + timedelta(hours=hour or 0)
    return {
        "event_id": f"ev_{kind}_{hour}", "subject_id": SUBJECT, "event": kind, "event_class": "in_unit", "tier": tier,
        "event_time": at if known else None, "lower_time": at + timedelta(hours=before_h) if known else None,
        "upper_time": at + timedelta(hours=after_h) if known else None, "rule": "r", "rule_version": 1,
        "sources": ["a:1"], "contradictions": [], "rules": ["r:1"],
    }  # fmt: skip
