"""A tiny lake made by hand: one patient, a positive and a negative window of `hypotension`, real shards."""

import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from mimic_assets.clinical import bucket_of
from mimic_assets.manifest import build_manifest, fit_normalisation
from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import (
    CLEANED_NUMERICS,
    CLINICAL_EVENTS,
    CLINICAL_EXTRACT,
    CLINICAL_LABELS,
    EVENT_ADJUDICATIONS,
    RAW_RECORDS,
    RECORD_STAYS,
    TRAINING_MANIFEST,
    TRAINING_NORMALISATION,
    WINDOWED_SAMPLES,
)  # fmt: skip
from mimic_assets.schemas.vocabulary import MissingReason
from mimic_assets.settings import S3Settings
from mimic_assets.storage.keys import Key, shard_path
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import load_task
from mimic_assets_tests.waveform_windows import NO_SIGNALS, signal_cells

SUBJECT, RECORD, STAY, HADM = 10000001, 81000001, 30000001, 20000001
POSITIVE, NEGATIVE = "s_aaaaaaaaaaaaaaaa", "s_bbbbbbbbbbbbbbbb"
INDEX = datetime(2150, 3, 1, 12, 0)
EVENT_TIME = INDEX + timedelta(minutes=20)
EVENT_ID = "ev_0123456789abcdef"
TASK = load_task("hypotension")
BUCKETS = 4
OBSERVED, HELD = MissingReason.OBSERVED.code, MissingReason.HELD.code
NOT_MEASURED, REJECTED = MissingReason.NOT_MEASURED.code, MissingReason.REJECTED.code


def make_lake(uri: str, s3: S3Settings | None = None, *, has_positive: bool = True, has_signals: bool = False) -> Lake:
    """Write every table that `show` reads; windowed_samples hold known numbers, checkable by eye.

    Args:
        uri: where.
        s3: settings of an S3 place.
        has_positive: whether there is a positive window.
        has_signals: whether that one has signals (those of `waveform_windows`).
    """
    lake = Lake.open(uri, s3)
    patient, patient_task = Key(SUBJECT), Key(SUBJECT, TASK.name)
    _write(lake, RAW_RECORDS, patient, [_signal("waves/p100/81000001_0001e.dat", "ok"), _signal("x.dat", "missing")])
    _write(lake, RECORD_STAYS, patient, [_overlap()])
    _write(lake, CLINICAL_EVENTS, patient, [_event()])
    _write(lake, CLINICAL_LABELS, patient_task, [_label(0, True), _label(-3, False)])
    _write(lake, CLEANED_NUMERICS, patient, [_cell(row) for row in range(1, 7)])
    _write(lake, EVENT_ADJUDICATIONS, Key(), [])
    for bucket in range(BUCKETS):
        mine = bucket_of(SUBJECT, BUCKETS) == bucket
        _write(lake, CLINICAL_EXTRACT, Key(bucket), [_defibrillation()] if mine else [])
    positive = [_window(POSITIVE, 0, True) | (signal_cells() if has_signals else {})] if has_positive else []
    windows = _write(lake, WINDOWED_SAMPLES, patient_task, [_window(NEGATIVE, -3, False), *positive])

    def stream() -> Iterator[tuple[int, pl.DataFrame]]:
        return iter([(SUBJECT, windows)])

    normalisation = fit_normalisation(TASK, stream)
    lake.write(TRAINING_NORMALISATION, Key(task=TASK.name), normalisation, "f-normalisation")
    with tempfile.TemporaryDirectory() as spool:
        built = build_manifest(TASK, normalisation.frame, stream, Path(spool), "c" * 64)
        for name, path in built.shards:
            lake.put_file(shard_path(TRAINING_MANIFEST, Key(task=TASK.name), name), path)
        lake.write(TRAINING_MANIFEST, Key(task=TASK.name), built.manifest, "f-manifest")
    return lake


def _write(lake: Lake, table: Table, key: Key, rows: list[dict[str, object]]) -> pl.DataFrame:
    whole = [{column: row.get(column) for column in table.schema} for row in rows]
    frame = pl.DataFrame(whole, schema=table.schema).sort(table.order)
    lake.write(table, key, Judged(frame, rejected_frame([])), f"f-{table.name}")
    return frame


def _window(name: str, hours: int, label: bool) -> dict[str, object]:
    """Thirty cells: abp_mean falls from 100 by 1 a cell, the last two are held; every second heart_rate is there."""
    cells, parameters = TASK.numerics.cell_count, TASK.numerics.parameters
    values = np.full((len(parameters), cells), np.nan)
    reasons = np.full(values.shape, NOT_MEASURED, dtype=np.uint8)
    ages = np.full(values.shape, np.nan)
    mean, rate, spo2 = (parameters.index(p) for p in ("abp_mean", "heart_rate", "spo2"))
    values[mean] = 100.0 - np.arange(cells)
    values[mean, -2:] = values[mean, -3]
    reasons[mean] = OBSERVED
    reasons[mean, -2:] = HELD
    ages[mean] = 30.0
    values[rate, ::2] = 80.0
    reasons[rate] = np.where(np.isnan(values[rate]), REJECTED, OBSERVED)
    if label:  # more observed cells than the negative
        values[spo2], reasons[spo2], ages[spo2] = 97.0, OBSERVED, 10.0
    index = INDEX + timedelta(hours=hours)
    tick = 1000 * 3600 * (10 + hours)
    return {
        "sample_id": name, "task": TASK.name, "subject_id": SUBJECT, "record_id": RECORD, "stay_id": STAY,
        "index_time": index, "index_tick": tick, "window_start_time": index - TASK.observation,
        "window_start_tick": tick - 1_800_000, "window_end_time": index, "window_end_tick": tick, "label": label,
        "event_id": EVENT_ID if label else None, "care_limitation": "dnr", "care_unit": "MICU",
        "hours_in_stay": 10.0 + hours, "observed_fraction": 0.5, "cell_s": 60, "cell_count": cells,
        "parameters": list(parameters), "cell_values": [None if np.isnan(v) else float(v) for v in values.ravel()],
        "cell_reasons": reasons.ravel().tolist(),
        "cell_ages_s": [None if np.isnan(a) else float(a) for a in ages.ravel()],
        "feature_names": ["abp_mean__last", "abp_mean__mean"], "feature_values": [73.0, 86.5],
        **NO_SIGNALS,
    }  # fmt: skip


def _label(hours: int, label: bool) -> dict[str, object]:
    index = INDEX + timedelta(hours=hours)
    return {
        "task": TASK.name, "subject_id": SUBJECT, "hadm_id": HADM, "stay_id": STAY, "record_id": RECORD,
        "index_time": index, "target_start_time": index + TASK.gap, "target_end_time": index + TASK.gap + TASK.horizon,
        "follow_up_end_time": index + timedelta(hours=2), "label": label, "event_id": EVENT_ID if label else None,
        "care_limitation": "dnr", "observed_fraction": 0.5, "hours_in_stay": 10.0 + hours, "care_unit": "MICU",
    }  # fmt: skip


def _event() -> dict[str, object]:
    return {
        "event_id": EVENT_ID, "subject_id": SUBJECT, "hadm_id": HADM, "stay_id": STAY, "event": "hypotension",
        "event_class": "in_unit", "tier": "B", "event_time": EVENT_TIME,
        "lower_time": EVENT_TIME - timedelta(minutes=1),
        "upper_time": EVENT_TIME, "event_end_time": EVENT_TIME + timedelta(minutes=9), "rule": "low_pressure",
        "rule_version": 1, "sources": [f"cleaned_numerics:{RECORD}:2-5", "procedureevents:1"], "contradictions": [],
        "rules": ["low_pressure:1"],
    }  # fmt: skip


def _cell(row: int) -> dict[str, object]:
    return {
        "subject_id": SUBJECT, "record_id": RECORD, "source_row": row, "source_column": "ABPm [mmHg]",
        "tick": row * 60_000,
        "time": EVENT_TIME + timedelta(minutes=row), "parameter": "abp_mean", "unit": "mmHg",
        "value": 50.0 + row, "flag": "ok",
    }  # fmt: skip


def _defibrillation() -> dict[str, object]:
    return {
        "subject_id": SUBJECT, "source_table": "procedureevents", "source_row": 1, "hadm_id": HADM, "stay_id": STAY,
        "start_time": EVENT_TIME, "item_id": 225464,
    }  # fmt: skip


def _overlap() -> dict[str, object]:
    bounds = {"start": INDEX - timedelta(hours=10), "end": INDEX + timedelta(hours=5)}
    times = {f"{what}_{side}_time": time for what in ("overlap", "record", "stay") for side, time in bounds.items()}
    return times | {
        "subject_id": SUBJECT, "record_id": RECORD, "hadm_id": HADM, "stay_id": STAY, "record_last_tick": 54_000_000,
        "counter_frequency_hz": "1000", "care_unit": "MICU", "lag_known_times": [], "lag_steps_s": [],
        "lag_step_confidences": [],
    }  # fmt: skip


def _signal(file: str, status: str) -> dict[str, object]:
    return {
        "subject_id": SUBJECT, "record_id": RECORD, "segment_index": 1, "signal_index": 0 if status == "ok" else 1,
        "signal": "II", "unit": "mV", "file": file, "file_status": status, "channel": 0, "storage_format": 516,
        "samples_per_frame": 4, "gain": 200.0, "baseline": 0, "adc_resolution_bits": 14, "adc_zero": 0, "checksum": 0,
        "segment_start_tick": 0, "segment_frame_count": 10, "record_start_time": INDEX - timedelta(hours=10),
        "readable_frame_count": 10 if status == "ok" else 0,
        "record_end_time": INDEX, "record_last_tick": 54_000_000, "counter_frequency_hz": "1000",
    }  # fmt: skip
