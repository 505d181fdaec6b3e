"""What a task does about a monitor whose clock is not the chart's, from what was known of the lag at the index time.

Belongs here: looking up the lag of `record_stays` as of an index time, and the choice of the task's `[clock]`. Not
here: measuring it (`stays`). The estimate over the whole overlap (`lag_s`) is hindsight and is never read.

`keep`     the window is `(index - observation, index]` by the monitor's clock, whatever the lag.
`exclude`  the index time gives no window where a large lag is known.
`correct`  the window is `(index - observation + lag, index + lag]` by the monitor's clock, which is the observation by
           the chart's; coverage, cells, ages and ticks follow, while times of the window stay the chart's.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.schemas.vocabulary import Tier
from mimic_assets.tasks.model import ClockRule, LargeLag, Task
from mimic_assets.windows.microseconds import BEFORE_ALL, SECOND, Microseconds, to_microseconds

_TIMED: Final = (Tier.A.value, Tier.B.value)
_NONE: Microseconds = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class KnownLags:
    """What was known of one record's lag, from when on; unknown before the first."""

    times: Microseconds = field(default_factory=lambda: _NONE)
    """Ascending."""
    lags: Microseconds = field(default_factory=lambda: _NONE)
    """Microseconds; 0 where unknown, with confidence 0."""
    confidences: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    @classmethod
    def of(
        cls, times: list[object] | None, lags_s: list[float | None] | None, confidences: list[float | None] | None
    ) -> "KnownLags":
        """Return them from the lists of a row of record_stays; null lists are empty ones."""
        return cls(
            to_microseconds(pl.Series(times or [], dtype=pl.Datetime("us")), BEFORE_ALL),
            np.array([round((lag or 0.0) * SECOND) for lag in lags_s or []], dtype=np.int64),
            np.array([confidence or 0.0 for confidence in confidences or []], dtype=np.float64),
        )

    def large_at(self, index: Microseconds, rule: ClockRule) -> Microseconds:
        """Return the lag known at each index time where the rule calls it large and sure enough; 0 elsewhere."""
        place = np.searchsorted(self.times, index, side="right") - 1
        is_known = place >= 0
        lags = np.where(is_known, np.append(self.lags, 0)[place], 0)
        confidences = np.where(is_known, np.append(self.confidences, 0.0)[place], 0.0)
        is_large = (np.abs(lags) > rule.large_lag_s * SECOND) & (confidences >= rule.minimum_confidence)
        return np.where(is_large, lags, 0)


def shifts(task: Task, known: KnownLags, index: Microseconds) -> Microseconds:
    """Return how far after each index time the monitor's clock stood when the window is cut: 0 unless corrected."""
    if task.clock.large_lag is LargeLag.CORRECT:
        return known.large_at(index, task.clock)
    return np.zeros_like(index)


def left_out(task: Task, known: KnownLags, index: Microseconds, is_monitor_timed: bool) -> npt.NDArray[np.bool_]:
    """Return the index times that give no window because the lag known there is large.

    Correcting inputs and not events would move an event that the monitor timed into its own window: where there is
    one, a window that would be corrected is left out.
    """
    rule = task.clock.large_lag
    if rule is LargeLag.EXCLUDE or (rule is LargeLag.CORRECT and is_monitor_timed):
        return np.not_equal(known.large_at(index, task.clock), 0)
    return np.zeros(index.shape, dtype=np.bool_)


def monitor_timed_subjects(task: Task, clinical_events: pl.DataFrame, clinical_extract: pl.DataFrame) -> set[int]:
    """Return the subjects with a timed event of the task's kinds that rests on rows neither charted nor reviewed."""
    charted = [*clinical_extract["source_table"].unique(), "event_adjudications"]
    of_kind = clinical_events.filter(pl.col("event").is_in(task.event.names) & pl.col("tier").is_in(_TIMED))
    tables = of_kind.select("subject_id", table="sources").explode("table").drop_nulls("table")
    monitored = tables.filter(~pl.col("table").str.split(":").list.first().is_in(charted))
    return set(monitored["subject_id"].to_list())


def is_monitor_timed(task: Task, clinical_events: pl.DataFrame, clinical_extract: pl.DataFrame) -> bool:
    """Return whether any subject of these rows is one of `monitor_timed_subjects`."""
    return bool(monitor_timed_subjects(task, clinical_events, clinical_extract))
