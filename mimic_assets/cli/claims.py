"""The claims that `mimic-assets prove` checks about windows: what each says, how much was looked at, what broke it.

Belongs here: reading a lake and asking the core. Not here: what a claim means in rows (`windows`, `manifest`); splits,
statistics and bytes (`split_claims`); text.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from mimic_assets import clinical, windows
from mimic_assets.defs.rebuilding import NAMES, choose_windows, rebuild_windows
from mimic_assets.errors import RequestError
from mimic_assets.events import Definition
from mimic_assets.schemas.tables import (
    CLINICAL_EVENTS,
    CLINICAL_EXTRACT,
    CLINICAL_LABELS,
    WINDOWED_SAMPLES,
)
from mimic_assets.signals import OpenSignals
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import Task

Progress = Callable[[str, int, int], None]
_NAMED = 20
"""Samples, subjects or shards that are named of a claim that does not hold."""
_TENSORLESS = [
    "sample_id", "stay_id", "index_time", "index_tick", "window_start_time", "window_start_tick", "window_end_time",
    "window_end_tick", "label", "event_id",
]  # fmt: skip


@dataclass(slots=True)
class Claim:
    """One claim about one task."""

    name: str
    sentence: str
    unit: str
    """What was counted."""
    task: str
    checked: int = 0
    failed: int = 0
    failures: list[str] = field(default_factory=list)
    """What broke it, the first few; names and columns, never values."""
    columns: dict[str, int] = field(default_factory=dict)
    """Input column -> windows in which it differed."""

    def count(self, checked: int, broken: list[Any]) -> None:
        """Add what was looked at and what of it broke the claim."""
        self.checked += checked
        self.failed += len(broken)
        self.failures += [str(name) for name in broken[: max(0, _NAMED - len(self.failures))]]


def truncation(
    lake: Lake,
    task: Task,
    definitions: Sequence[Definition],
    names: pl.DataFrame,
    at_most: int | None,
    progress: Progress,
    open_signals: OpenSignals | None = None,
) -> Claim:
    """Return whether windows are the same when every source row after their index time is deleted.

    Args:
        lake: the lake.
        task: the task.
        definitions: what counts as an event.
        names: `task subject_id sample_id` of its windows that may be drawn.
        at_most: how many are made again; all where None.
        progress: told about every window.
        open_signals: opens a record's samples; needed where the task has waveforms.
    """
    claim = Claim("truncation", "without any later source row the inputs are identical", "windows", task.name)
    chosen = choose_windows(names, at_most, None)
    buckets = len(lake.keys(CLINICAL_EXTRACT))
    columns: Counter[str] = Counter()

    def bucket_of(subject_id: int) -> Key:
        if not buckets:
            raise KeyError("clinical_extract has no object in this lake")
        return Key(clinical.bucket_of(subject_id, buckets))

    made = rebuild_windows(lake, [task], definitions, bucket_of, open_signals, chosen)
    for done, window in enumerate(made, start=1):
        reason = window.problem or ", ".join(window.differing)
        claim.count(1, [] if window.is_identical else [f"{window.sample_id}: {reason}"])
        columns.update(window.differing)
        progress(f"rebuilt {task.name}", done, chosen.height)
    claim.columns = dict(sorted(columns.items(), key=lambda item: (-item[1], item[0])))
    return claim


def order_in_time(lake: Lake, task: Task, subjects: list[int], progress: Progress) -> list[Claim]:
    """Return whether windows end at the index time, and whether what makes a positive begins after it and the gap."""
    reach = Claim("window_end", "no window reaches past its index time", "windows", task.name)
    targets = Claim("target_start", "every positive's event begins after index time and gap", "positives", task.name)
    for done, subject_id in enumerate(subjects, start=1):
        samples = lake.read(WINDOWED_SAMPLES, Key(subject_id, task.name), columns=_TENSORLESS)
        reach.count(samples.height, windows.late_windows(task, samples))
        positives = samples.filter("label")
        if positives.height:
            try:
                labels = lake.read(CLINICAL_LABELS, Key(subject_id, task.name))
                events = lake.read(CLINICAL_EVENTS, Key(subject_id))
            except KeyError as missing:
                raise RequestError(f"{missing.args[0]} `mimic-assets run` makes what is missing.") from None
            targets.count(positives.height, windows.early_targets(task, positives, labels, events))
        progress(f"times of {task.name}", done, len(subjects))
    return [reach, targets]


def window_names(lake: Lake, task: Task, subjects: list[int] | None) -> pl.DataFrame:
    """Return `task subject_id sample_id` of a task's windows, of some subjects or all."""
    return lake.scan(WINDOWED_SAMPLES, task.name, subjects).select(NAMES).collect()
