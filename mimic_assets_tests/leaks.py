"""Stages that look into the future on purpose, each as somebody could write it in good faith.

A leak replaces one function through pytest's monkeypatch. `COLUMNS` says which inputs it reaches at the least.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from mimic_assets import numerics
from mimic_assets.schemas.judged import Judged
from mimic_assets.schemas.vocabulary import CareLimitation, Flag
from mimic_assets.tasks import Task
from mimic_assets.windows import labels, samples
from mimic_assets.windows.coverage import Coverage, choose_records
from mimic_assets.windows.index_times import Stay
from mimic_assets.windows.microseconds import Microseconds
from mimic_assets.windows.recordings import Recording
from mimic_assets.windows.series import RecordSeries, Values, read_series

Leak = Callable[[pytest.MonkeyPatch], None]
_CLEAN, _LIMITATIONS_AT = numerics.clean, labels.limitations_at
_MINUTE = 60_000_000


def flag_that_looks_ahead(patch: pytest.MonkeyPatch) -> None:
    """A value is an artefact where the next one is more than 10 lower."""

    def clean(raw_numerics: pl.DataFrame, raw_records: pl.DataFrame) -> Judged:
        judged = _CLEAN(raw_numerics, raw_records)
        following = pl.col("value").shift(-1).over("record_id", "parameter", order_by="tick")
        is_spike = (pl.col("flag") == Flag.OK.value) & (pl.col("value") - following > 10)
        flag = pl.when(is_spike).then(pl.lit(Flag.ARTEFACT.value)).otherwise("flag")
        return Judged(judged.frame.with_columns(flag.alias("flag")), judged.rejected)

    patch.setattr(numerics, "clean", clean)


def statistic_of_the_whole_record(patch: pytest.MonkeyPatch) -> None:
    """Values are taken relative to the mean of their record."""

    def clean(raw_numerics: pl.DataFrame, raw_records: pl.DataFrame) -> Judged:
        judged = _CLEAN(raw_numerics, raw_records)
        mean = pl.col("value").mean().over("record_id", "parameter")
        return Judged(judged.frame.with_columns(value=pl.col("value") - mean), judged.rejected)

    patch.setattr(numerics, "clean", clean)


def _with_series(
    patch: pytest.MonkeyPatch, change: Callable[[Microseconds, Values], tuple[Microseconds, Values]]
) -> None:
    def read(frame: pl.DataFrame, record_ids: list[int], parameters: tuple[str, ...]) -> dict[int, RecordSeries]:
        changed = {}
        for record_id, series in read_series(frame, record_ids, parameters).items():
            pairs = {name: change(*series.usable_of(name)) for name in series.usable_times}
            times, values = ({name: pair[part] for name, pair in pairs.items()} for part in (0, 1))
            changed[record_id] = replace(series, usable_times=times, usable_values=values)
        return changed

    patch.setattr(samples, "read_series", read)


def interpolation_across_the_index(patch: pytest.MonkeyPatch) -> None:
    """Numerics are put on whole minutes by linear interpolation before windows are cut."""

    def to_minutes(times: Microseconds, values: Values) -> tuple[Microseconds, Values]:
        if not len(times):
            return times, values
        minutes = np.arange(-(-times[0] // _MINUTE) * _MINUTE, times[-1] + 1, _MINUTE, dtype=np.int64)
        return minutes, np.interp(minutes, times, values)

    _with_series(patch, to_minutes)


def centred_median(patch: pytest.MonkeyPatch) -> None:
    """Numerics are smoothed by the median of five, two before and two after."""

    def smooth(times: Microseconds, values: Values) -> tuple[Microseconds, Values]:
        return times, pl.Series(values).rolling_median(5, center=True, min_samples=1).to_numpy()

    _with_series(patch, smooth)


def record_of_most_values(patch: pytest.MonkeyPatch) -> None:
    """Of the records that cover a window, the one with most values in all is taken, later ones included."""

    def choose(
        index: Microseconds, task: Task, recordings: list[Recording], series: Mapping[int, RecordSeries]
    ) -> Coverage:
        parts = [choose_records(index, task, [recording], series) for recording in recordings]
        order = sorted(range(len(recordings)), key=lambda k: len(series[recordings[k].record_id].any_times))
        record_ids, fractions = parts[0].record_ids.copy(), parts[0].fractions.copy()
        for k in order:
            there = ~np.isnan(parts[k].fractions)
            record_ids[there], fractions[there] = parts[k].record_ids[there], parts[k].fractions[there]
        return Coverage(record_ids, fractions)

    patch.setattr(labels, "choose_records", choose)


def care_known_too_early(patch: pytest.MonkeyPatch) -> None:
    """A limitation of care counts from when it was said, though it was stored later."""

    def limitations(index: Microseconds, stay: Stay, statements: list, complete: bool) -> list[CareLimitation]:  # type: ignore[type-arg]
        return _LIMITATIONS_AT(index, stay, [replace(s, known=s.said) for s in statements], complete)

    patch.setattr(labels, "limitations_at", limitations)


COLUMNS: dict[Leak, set[str]] = {
    flag_that_looks_ahead: {"cell_values", "feature_values"},
    statistic_of_the_whole_record: {"cell_values", "feature_values"},
    interpolation_across_the_index: {"cell_values"},
    centred_median: {"cell_values"},
    record_of_most_values: {"record_id"},
    care_known_too_early: {"care_limitation"},
}
"""Leak -> columns that have to be named."""
