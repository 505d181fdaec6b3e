"""windowed_samples: one row per labelled index time with a record - tensor, reasons, ages, features, label.

Inputs come from cleaned_numerics at or before the index time and within the observation, and from nothing else. Times
of a window are the chart's, its ticks the monitor's at those times: where the task corrects a clock, `index_tick` is
the last tick at or before index time plus lag.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.tables import WINDOWED_SAMPLES
from mimic_assets.tasks.model import Task
from mimic_assets.timeline import microseconds
from mimic_assets.windows.clock_lag import shifts
from mimic_assets.windows.features import feature_names, summarise
from mimic_assets.windows.gap_policies import fill_gaps
from mimic_assets.windows.grid import cell_edges, observe
from mimic_assets.windows.microseconds import AFTER_ALL, to_microseconds, to_times
from mimic_assets.windows.recordings import Recording, find_recordings
from mimic_assets.windows.series import RecordSeries, read_series

_AT_ONCE: Final = 1024
"""Windows computed together: bounds memory, changes no byte."""
_CARRIED: Final = (
    "task", "subject_id", "record_id", "stay_id", "index_time", "label", "event_id", "care_limitation", "care_unit",
    "hours_in_stay", "observed_fraction",
)  # fmt: skip


def cut_windows(
    task: Task, clinical_labels: pl.DataFrame, cleaned_numerics: pl.DataFrame, record_stays: pl.DataFrame
) -> Judged:
    """Return the windows of one patient for one task; nothing is refused here.

    Args:
        task: parameters, observation, cells and gap policy.
        clinical_labels: labels of that task; rows with a label and no window_exclusion give a window.
        cleaned_numerics: numerics of the patient; cells with flag ok are usable.
        record_stays: gives the clock of each record.

    Returns:
        Rows of windowed_samples. Values are in canonical units, filled by the gap policy, null where missing;
        reasons tell observed from filled cells; features summarise observed cells only.
    """
    chosen = clinical_labels.filter(
        pl.col("label").is_not_null() & pl.col("window_exclusion").is_null() & pl.col("record_id").is_not_null()
    ).sort(WINDOWED_SAMPLES.order)
    recordings = {(recording.record_id, recording.stay_id): recording for recording in find_recordings(record_stays)}
    series = read_series(cleaned_numerics, sorted(set(chosen["record_id"].to_list())), task.numerics.parameters)
    frames = [
        _cut(task, part, recordings[place], series[place[0]])
        for place, part in _parts(chosen)
    ]  # fmt: skip
    frame = pl.concat([WINDOWED_SAMPLES.empty(), *frames]).sort(WINDOWED_SAMPLES.order)
    return Judged(frame, rejected_frame([]))


def sample_id(task: str, stay_id: int, record_id: int, index_time: datetime) -> str:
    """Return the stable name of a sample: it depends on nothing but task name, stay, record and index time."""
    name = f"{task}|{stay_id}|{record_id}|{index_time.isoformat(timespec='microseconds')}"
    return "s_" + hashlib.sha256(name.encode()).hexdigest()[:16]


def _parts(chosen: pl.DataFrame) -> Iterator[tuple[tuple[int, int], pl.DataFrame]]:
    for rows in chosen.partition_by("record_id", "stay_id", maintain_order=True):
        for part in rows.iter_slices(_AT_ONCE):
            yield (int(rows["record_id"][0]), int(rows["stay_id"][0])), part


def _cut(task: Task, rows: pl.DataFrame, recording: Recording, series: RecordSeries) -> pl.DataFrame:
    numerics, clock = task.numerics, recording.clock
    index = to_microseconds(rows["index_time"], AFTER_ALL)
    on_monitor = index + shifts(task, recording.known_lags, index)
    edges = cell_edges(on_monitor, numerics.observation_s, numerics.cell_s)
    grid = observe(series, numerics.parameters, edges, microseconds(clock.start_time))
    features = summarise(grid, numerics.cell_s)
    filled = fill_gaps(grid, numerics)
    ends = rows["index_time"].to_list()
    end_ticks = [clock.tick_at(end) for end in to_times(on_monitor, "end").to_list()]
    start_ticks = [clock.tick_at(start) for start in to_times(edges[:, 0], "start").to_list()]
    names = [
        sample_id(task.name, stay_id, record_id, end)
        for stay_id, record_id, end in zip(rows["stay_id"].to_list(), rows["record_id"].to_list(), ends, strict=True)
    ]
    reasons = filled.reasons.reshape(len(rows), -1)
    computed = rows.select(_CARRIED).with_columns(
        pl.Series("sample_id", names),
        pl.Series("index_tick", end_ticks, dtype=pl.Int64),
        (rows["index_time"] - task.observation).alias("window_start_time"),
        pl.Series("window_start_tick", start_ticks, dtype=pl.Int64),
        rows["index_time"].alias("window_end_time"),
        pl.Series("window_end_tick", end_ticks, dtype=pl.Int64),
        pl.lit(numerics.cell_s).alias("cell_s"),
        pl.lit(numerics.cell_count).alias("cell_count"),
        pl.lit(list(numerics.parameters)).alias("parameters"),
        _lists("cell_values", filled.values),
        pl.Series("cell_reasons", reasons).cast(pl.List(pl.UInt8)),
        _lists("cell_ages_s", filled.ages_s),
        pl.lit(feature_names(numerics.parameters)).alias("feature_names"),
        _lists("feature_values", features),
    )
    return computed.select(pl.col(name).cast(dtype) for name, dtype in WINDOWED_SAMPLES.schema.items())


def _lists(name: str, values: npt.NDArray[np.float64]) -> pl.Series:
    """Return one Float32 list per window; NaN becomes null."""
    rows = values.shape[0]
    flat = pl.Series(name, values.astype(np.float32).ravel()).fill_nan(None)
    return flat.reshape((rows, values.size // rows)).cast(pl.List(pl.Float32))
