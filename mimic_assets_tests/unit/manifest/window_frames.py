"""Frames of windowed_samples made by hand or from a seed, and small tasks to go with them; for the manifest's tests."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from mimic_assets.schemas.tables import WINDOWED_SAMPLES
from mimic_assets.schemas.vocabulary import MissingReason
from mimic_assets.tasks import Task, load_task
from mimic_assets_tests.waveform_windows import NO_SIGNALS

ADMITTED = datetime(2150, 1, 1)


def small_task(parameters: Sequence[str] = ("heart_rate", "spo2"), cells: int = 3, **sections: dict[str, Any]) -> Task:
    """The shipped death task on a small grid, with splits and controls of its own.

    `controls={...}` and so on replace single values of a section.
    """
    values = load_task("in_hospital_death").model_dump()
    values["split"] = {"seed": 20260101, "train": 0.6, "tuning": 0.2, "held_out": 0.2}
    values["controls"] = {
        "per_positive": 4,
        "match_on": ("care_unit", "hours_in_stay"),
        "hours_in_stay_bin_h": 48,
        "fill_from_other_strata": False,
    }
    values["numerics"] |= {"parameters": tuple(parameters), "cell_s": 60, "observation_s": 60 * cells}
    for name, changes in sections.items():
        values[name] |= changes
    return Task.model_validate(values)


def window_rows(
    task: Task,
    subject_id: int,
    labels: Sequence[bool],
    *,
    values: np.ndarray | None = None,
    reasons: np.ndarray | None = None,
    units: Sequence[str | None] | None = None,
    hours: Sequence[float] | None = None,
) -> pl.DataFrame:
    """Rows of one subject, one hour apart; values default to nothing but observed numbers that count upwards."""
    rule, n = task.numerics, len(labels)
    shape = (n, len(rule.parameters), rule.cell_count)
    if values is None:
        values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape) + subject_id
    if reasons is None:
        reasons = np.where(np.isnan(values), MissingReason.NOT_MEASURED.code, MissingReason.OBSERVED.code)
    flat_values = values.astype(np.float32).reshape(n, shape[1] * shape[2])
    hours = hours if hours is not None else [float(i + 1) for i in range(n)]
    rows = []
    for i, label in enumerate(labels):
        index = ADMITTED + timedelta(hours=i + 1)
        rows.append(
            {
                "sample_id": "s_" + hashlib.sha256(f"{task.name}|{subject_id}|{i}".encode()).hexdigest()[:16],
                "task": task.name, "subject_id": subject_id, "record_id": subject_id * 10, "stay_id": subject_id * 100,
                "index_time": index, "index_tick": i, "window_start_time": index - task.observation,
                "window_start_tick": -1, "window_end_time": index, "window_end_tick": i, "label": label,
                "event_id": None, "care_limitation": "none", "care_unit": units[i] if units else "MICU",
                "hours_in_stay": hours[i], "observed_fraction": 1.0, "cell_s": rule.cell_s,
                "cell_count": rule.cell_count, "parameters": list(rule.parameters),
                "cell_values": [None if np.isnan(v) else float(v) for v in flat_values[i]],
                "cell_reasons": [int(r) for r in reasons.reshape(n, shape[1] * shape[2])[i]],
                "cell_ages_s": [None if np.isnan(v) else 0.5 for v in flat_values[i]],
                "feature_names": [], "feature_values": [],
            }
            | NO_SIGNALS
        )  # fmt: skip
    return pl.DataFrame(rows, schema=WINDOWED_SAMPLES.schema)


def random_rows(task: Task, subject_id: int, count: int, seed: int, positives: float = 0.2) -> pl.DataFrame:
    """Rows with every kind of cell: observed, carried, interpolated, missing; values quantised as a monitor's are."""
    rng = np.random.default_rng([seed, subject_id])
    shape = (count, len(task.numerics.parameters), task.numerics.cell_count)
    reasons = rng.choice(len(MissingReason), size=shape, p=[0.5, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05])
    values = np.where(reasons <= MissingReason.INTERPOLATED.code, rng.integers(-20, 400, shape) / 4, np.nan)
    units = [None if u == 0 else f"unit {u}" for u in rng.integers(0, 3, count)]
    labels = [bool(x) for x in rng.random(count) < positives]
    return window_rows(
        task, subject_id, labels, values=values, reasons=reasons, units=units, hours=list(rng.uniform(0, 100, count))
    )


def stream(
    frames: dict[int, pl.DataFrame], piece: int | None = None
) -> Callable[[], Iterator[tuple[int, pl.DataFrame]]]:
    """The frames as a stream of patients, whole or in pieces of so many rows."""

    def walk() -> Iterator[tuple[int, pl.DataFrame]]:
        for subject_id in sorted(frames):
            frame = frames[subject_id]
            if piece is None:
                yield subject_id, frame
            else:
                for part in frame.iter_slices(piece):
                    yield subject_id, part

    return walk
