"""windowed_samples: one row per labelled index time with a record - tensor, reasons, ages, features, signals, label.

Inputs come from cleaned_numerics at or before the index time and within the observation, for tasks with waveforms also
from frames and tiles that have ended by then, and from nothing else. Times of a window are the chart's, its ticks the
monitor's at those times: where the task corrects a clock, `index_tick` is the last tick at or before index time plus
lag.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import polars as pl

from mimic_assets.errors import InternalError
from mimic_assets.schemas.judged import JudgedParts, Rows, rejected_frame
from mimic_assets.schemas.tables import WINDOWED_SAMPLES
from mimic_assets.signals import OpenSignals
from mimic_assets.tasks.model import Task
from mimic_assets.timeline import microseconds
from mimic_assets.windows.clock_lag import shifts
from mimic_assets.windows.features import feature_names, summarise
from mimic_assets.windows.float_lists import float_lists
from mimic_assets.windows.gap_policies import fill_gaps
from mimic_assets.windows.grid import Edges, cell_edges, observe
from mimic_assets.windows.microseconds import AFTER_ALL, to_microseconds, to_times
from mimic_assets.windows.recordings import Recording, find_recordings
from mimic_assets.windows.series import Numerics, RecordSeries, spans
from mimic_assets.windows.waveforms import RecordWaveforms, Waveforms, with_waveform_columns

_AT_ONCE: Final = 1024
"""Windows of a part at most; a part is what lies in memory, and a row group of what is stored."""
_SIGNAL_BYTES_AT_ONCE: Final = 32 << 20
"""Bytes of samples of a part at most, were every signal an ECG."""
_MOST_BYTES_PER_FRAME: Final = 8
_CARRIED: Final = (
    "task", "subject_id", "record_id", "stay_id", "index_time", "label", "event_id", "care_limitation", "care_unit",
    "hours_in_stay", "observed_fraction",
)  # fmt: skip


def cut_windows(
    task: Task,
    clinical_labels: pl.DataFrame,
    cleaned_numerics: Rows,
    record_stays: pl.DataFrame,
    *,
    raw_records: pl.DataFrame | None = None,
    waveform_quality: Rows | None = None,
    waveform_features: Rows | None = None,
    open_signals: OpenSignals | None = None,
) -> JudgedParts:
    """Return the windows of one patient for one task, in parts; nothing is refused here.

    Args:
        task: parameters, observation, cells and gap policy; signals and tiles.
        clinical_labels: labels of that task; rows with a label and no window_exclusion give a window.
        cleaned_numerics: numerics of the patient; cells with flag ok are usable. Of a scan, as of the tiles below, the
            stretches that windows lie in are read one after the other.
        record_stays: gives the clock of each record.
        raw_records: segments of the patient's records; this and what follows for a task with waveforms alone.
        waveform_quality: tiles of their signals.
        waveform_features: tiles of the records.
        open_signals: opens the samples of one record, given its rows of raw_records.

    Returns:
        Rows of windowed_samples. Values are in canonical units, filled by the gap policy, null where missing;
        reasons tell observed from filled cells; features summarise observed cells only.

    Raises:
        InternalError: the task has waveforms and what they are cut from is not given.
    """
    chosen = clinical_labels.filter(
        pl.col("label").is_not_null() & pl.col("window_exclusion").is_null() & pl.col("record_id").is_not_null()
    ).sort(WINDOWED_SAMPLES.order)
    recordings = {(recording.record_id, recording.stay_id): recording for recording in find_recordings(record_stays)}
    record_ids = sorted(set(chosen["record_id"].to_list()))
    series = Numerics(cleaned_numerics, record_ids, task.numerics.parameters)
    signals: dict[int, RecordWaveforms | None] = dict.fromkeys(record_ids)
    if task.waveforms is not None:
        if raw_records is None or waveform_quality is None or waveform_features is None or open_signals is None:
            raise InternalError(f"task {task.name} has waveforms, and cut_windows was not given all they are cut from")
        waveforms = Waveforms(raw_records, waveform_quality, waveform_features, open_signals)
        signals = {record_id: RecordWaveforms(task.waveforms, record_id, waveforms) for record_id in record_ids}

    def parts() -> Iterator[pl.DataFrame]:
        for rows in chosen.iter_slices(_rows_at_once(task)):
            yield _joined(
                frame
                for place, own in _by_recording(rows)
                for frame in _cut(task, own, recordings[place], series, signals[place[0]])
            )

    return JudgedParts(WINDOWED_SAMPLES, parts(), rejected_frame([]))


def _joined(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return a part; in a function of its own, so that no name holds its pieces while the next part is made."""
    return pl.concat(frames).sort(WINDOWED_SAMPLES.order)


def sample_id(task: str, stay_id: int, record_id: int, index_time: datetime) -> str:
    """Return the stable name of a sample: it depends on nothing but task name, stay, record and index time."""
    name = f"{task}|{stay_id}|{record_id}|{index_time.isoformat(timespec='microseconds')}"
    return "s_" + hashlib.sha256(name.encode()).hexdigest()[:16]


def _rows_at_once(task: Task) -> int:
    if task.waveforms is None:
        return _AT_ONCE
    of_window = task.waveforms.frame_count * _MOST_BYTES_PER_FRAME * len(task.waveforms.signals)
    return max(min(_SIGNAL_BYTES_AT_ONCE // of_window, _AT_ONCE), 1)


def _by_recording(rows: pl.DataFrame) -> Iterator[tuple[tuple[int, int], pl.DataFrame]]:
    for own in rows.partition_by("record_id", "stay_id", maintain_order=True):
        yield (int(own["record_id"][0]), int(own["stay_id"][0])), own


def _cut(
    task: Task, rows: pl.DataFrame, recording: Recording, series: Numerics, signals: RecordWaveforms | None
) -> Iterator[pl.DataFrame]:
    """Yield the windows of one recording, a span of them at a time."""
    index = to_microseconds(rows["index_time"], AFTER_ALL)
    on_monitor = index + shifts(task, recording.known_lags, index)
    edges = cell_edges(on_monitor, task.numerics.observation_s, task.numerics.cell_s)
    for some in spans(edges):
        delivered = series.between(recording.record_id, int(edges[some, 0].min()), int(edges[some, -1].max()))
        yield _cut_span(task, rows[some], recording, edges[some], delivered, signals)


def _cut_span(
    task: Task,
    rows: pl.DataFrame,
    recording: Recording,
    edges: Edges,
    series: RecordSeries,
    signals: RecordWaveforms | None,
) -> pl.DataFrame:
    numerics, clock = task.numerics, recording.clock
    grid = observe(series, numerics.parameters, edges, microseconds(clock.start_time))
    features = summarise(grid, numerics.cell_s)
    filled = fill_gaps(grid, numerics)
    ends = rows["index_time"].to_list()
    end_ticks = [clock.tick_at(end) for end in to_times(edges[:, -1], "end").to_list()]
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
        float_lists("cell_values", filled.values),
        pl.Series("cell_reasons", reasons).cast(pl.List(pl.UInt8)),
        float_lists("cell_ages_s", filled.ages_s),
        pl.lit(feature_names(numerics.parameters)).alias("feature_names"),
        float_lists("feature_values", features),
    )
    if signals is not None:
        computed = computed.hstack(signals.cut(end_ticks))
    return with_waveform_columns(computed).select(
        pl.col(name).cast(dtype) for name, dtype in WINDOWED_SAMPLES.schema.items()
    )
