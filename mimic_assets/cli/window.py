"""One window as the lake holds it: the sample's row and its tensor, found by name or chosen because it tells something.

Belongs here: finding and choosing. Not here: why it was labelled so (`window_evidence`), what it was made from
(`window_lineage`), how it looks (`window_text`, `window_picture`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mimic_assets.errors import RequestError
from mimic_assets.numerics import PARAMETERS
from mimic_assets.schemas.tables import TRAINING_MANIFEST, WINDOWED_SAMPLES
from mimic_assets.schemas.vocabulary import MissingReason
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake

REASONS = tuple(MissingReason)
"""The reason of a code is the entry at that place."""
_UNITS = {parameter.name: parameter.unit for parameter in PARAMETERS}
_LIST_IDS = 'mimic-assets sql "SELECT sample_id, task, subject_id, index_time, label FROM windowed_samples LIMIT 20"'


@dataclass(frozen=True, slots=True)
class Window:
    """A row of windowed_samples with its lists as arrays."""

    row: dict[str, Any]
    """Every column of the row."""
    values: NDArray[np.float64]
    """[parameter, cell], canonical units; NaN where missing."""
    reasons: NDArray[np.uint8]
    """[parameter, cell], codes of MissingReason."""
    ages_s: NDArray[np.float64]
    """[parameter, cell], cell end minus time of the last usable value; NaN where there is none."""

    @property
    def key(self) -> Key:
        """Where the row lies in windowed_samples and clinical_labels."""
        return Key(self.row["subject_id"], self.row["task"])

    @property
    def index_time(self) -> datetime:
        """When the prediction is made."""
        time: datetime = self.row["index_time"]
        return time

    @property
    def parameters(self) -> list[str]:
        """Names of the tensor's rows."""
        return list(self.row["parameters"])

    @property
    def units(self) -> list[str]:
        """Canonical units of the tensor's rows; empty where the catalogue does not know the parameter."""
        return [_UNITS.get(name, "") for name in self.parameters]

    @property
    def features(self) -> dict[str, float | None]:
        """Summary features by name; None where undefined."""
        return dict(zip(self.row["feature_names"], self.row["feature_values"], strict=True))

    def reason_counts(self, parameter: int) -> dict[str, int]:
        """Return how many cells of a parameter have each reason, in the order of the vocabulary, zeros left out."""
        counts = np.bincount(self.reasons[parameter], minlength=len(REASONS))
        return {reason.value: int(counts[reason.code]) for reason in REASONS if counts[reason.code]}

    def has_reason(self, parameter: int, reason: MissingReason) -> NDArray[np.bool_]:
        """Return which cells of a parameter have a reason."""
        has_it: NDArray[np.bool_] = self.reasons[parameter] == reason.code
        return has_it


def read_window(lake: Lake, sample_id: str) -> Window:
    """Return the window of that name.

    Raises:
        RequestError: no window of the lake has that name.
    """
    for table in (TRAINING_MANIFEST, WINDOWED_SAMPLES):  # the manifest is one object per task and knows most of them
        named = lake.scan(table).filter(pl.col("sample_id") == sample_id).select("task", "subject_id").collect()
        for task, subject_id in named.iter_rows():
            rows = lake.scan(WINDOWED_SAMPLES, task, [subject_id]).filter(pl.col("sample_id") == sample_id).collect()
            if rows.height:  # else the manifest is older than the windows
                return _window(rows.row(0, named=True))
    raise RequestError(
        f"No window named {sample_id!r} in the lake {lake.root.uri}. Names look like s_0123456789abcdef; "
        f"list some with\n  {_LIST_IDS}\nor leave the name out: the command then picks one."
    )


def _window(row: dict[str, Any]) -> Window:
    shape = (len(row["parameters"]), row["cell_count"])
    values = np.array([np.nan if v is None else v for v in row["cell_values"]], dtype=np.float64).reshape(shape)
    ages = np.array([np.nan if a is None else a for a in row["cell_ages_s"]], dtype=np.float64).reshape(shape)
    return Window(row, values, np.array(row["cell_reasons"], dtype=np.uint8).reshape(shape), ages)


def choose_sample(lake: Lake, preferred_tasks: Sequence[str]) -> tuple[str, str]:
    """Return the name of a telling window, always the same one for the same lake, and why it was chosen.

    It is the positive with the most observed cells of the first task that has positives (the preferred tasks first,
    then by name); where no task has any, the fullest negative of the first task. Equal ones are taken by name.

    Raises:
        RequestError: the lake holds no window at all.
    """
    found = {key.task for key in lake.keys(WINDOWED_SAMPLES) if key.task is not None}
    tasks = [task for task in dict.fromkeys(preferred_tasks) if task in found]
    tasks += sorted(found - set(tasks))
    for label, kind in ((True, "positive"), (False, "negative")):
        for task in tasks:
            fullest = _fullest(lake, task, label)
            if fullest is not None:
                sample_id, observed = fullest
                return sample_id, f"the {kind} of {task} with the most observed cells ({observed})"
    raise RequestError(
        f"The lake {lake.root.uri} holds no window yet. Make some with `mimic-assets demo` or `mimic-assets run`, or "
        'name the lake with --lake. If runs ended well, `mimic-assets sql "SELECT task, exclusion, window_exclusion, '
        'count(*) FROM clinical_labels GROUP BY ALL"` says why no window was cut.'
    )


def _fullest(lake: Lake, task: str, label: bool) -> tuple[str, int] | None:
    observed = pl.col("cell_reasons").list.count_matches(MissingReason.OBSERVED.code).alias("observed")
    rows = (
        lake.scan(WINDOWED_SAMPLES, task)
        .filter(pl.col("label") == label)
        .select("sample_id", observed)
        .sort(["observed", "sample_id"], descending=[True, False])
        .head(1)
        .collect()
    )
    return None if rows.is_empty() else (rows.item(0, "sample_id"), int(rows.item(0, "observed")))
