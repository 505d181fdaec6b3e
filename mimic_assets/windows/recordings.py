"""Records of a stay on the wall clock: which `(start, end]` a record can answer for.

The record covers `(tick -1, last tick]`. Comparisons are made so that they equal comparisons of ticks: a time lies at
or before the last tick when its own tick does, that is, when it is before the time of the tick after the last.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.tasks.model import Task
from mimic_assets.timeline import RecordClock, microseconds
from mimic_assets.windows.clock_lag import KnownLags, shifts
from mimic_assets.windows.microseconds import Microseconds


@dataclass(frozen=True, slots=True)
class Recording:
    """One record that overlaps a stay."""

    record_id: int
    stay_id: int
    clock: RecordClock
    open_start: int
    """Time of tick -1, in microseconds: the record covers what is after it."""
    after_end: int
    """Time of the tick after the last, in microseconds: the record covers what is before it."""
    known_lags: KnownLags = field(default_factory=KnownLags)
    """What was known of its clock during the stay."""

    def covers(self, start: Microseconds, end: Microseconds) -> npt.NDArray[np.bool_]:
        """Return where `(start, end]` lies in the record, tick by tick."""
        return (start >= self.open_start) & (end < self.after_end)


def find_recordings(record_stays: pl.DataFrame) -> list[Recording]:
    """Return the records of a patient's stays, ascending by (stay_id, record_id)."""
    recordings = []
    columns = ("record_id", "stay_id", "record_start_time", "record_last_tick", "counter_frequency_hz")
    lags = ("lag_known_times", "lag_steps_s", "lag_step_confidences")
    for record_id, stay_id, start_time, last_tick, frequency, *steps in record_stays.select(columns + lags).rows():
        clock = RecordClock.of(start_time, frequency)
        open_start, after_end = microseconds(clock.time_at(-1)), microseconds(clock.time_at(last_tick + 1))
        recordings.append(Recording(record_id, stay_id, clock, open_start, after_end, KnownLags.of(*steps)))
    return sorted(recordings, key=lambda recording: (recording.stay_id, recording.record_id))


def known_shifts(task: Task, record_stays: pl.DataFrame, index_time: datetime) -> dict[int, timedelta]:
    """Return, per record of one stay, how far its clock was known at `index_time` to stand after the chart's.

    Records whose clock the task does not correct then are left out.
    """
    index = np.array([microseconds(index_time)], dtype=np.int64)
    found = {each.record_id: int(shifts(task, each.known_lags, index)[0]) for each in find_recordings(record_stays)}
    return {record_id: timedelta(microseconds=shift) for record_id, shift in found.items() if shift}
