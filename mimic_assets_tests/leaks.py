"""Stages that look into the future on purpose, each as somebody could write it in good faith.

A leak replaces one function through pytest's monkeypatch. `COLUMNS` says which inputs it reaches at the least.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from mimic_assets import numerics
from mimic_assets.schemas.judged import Judged, Rejection
from mimic_assets.schemas.vocabulary import CareLimitation, Flag
from mimic_assets.tasks import Task
from mimic_assets.windows import labels, samples
from mimic_assets.windows.care_limitation import Statement, find_statements
from mimic_assets.windows.coverage import Coverage, choose_records
from mimic_assets.windows.grid import Edges, cell_edges
from mimic_assets.windows.index_times import Stay, find_stays
from mimic_assets.windows.microseconds import Microseconds
from mimic_assets.windows.recordings import Recording
from mimic_assets.windows.series import Numerics, RecordSeries, Values

Leak = Callable[[pytest.MonkeyPatch], None]
_CLEAN, _LIMITATIONS_AT, _SUMMARISE = numerics.clean, labels.limitations_at, samples.summarise
_MINUTE = 60_000_000


def flag_that_looks_ahead(patch: pytest.MonkeyPatch) -> None:
    """A value is an artefact where the next one is more than 10 lower."""

    def clean(raw_numerics: pl.DataFrame, raw_records: pl.DataFrame) -> Judged:
        judged = _CLEAN(raw_numerics, raw_records).whole()
        following = pl.col("value").shift(-1).over("record_id", "parameter", order_by="tick")
        is_spike = (pl.col("flag") == Flag.OK.value) & (pl.col("value") - following > 10)
        flag = pl.when(is_spike).then(pl.lit(Flag.ARTEFACT.value)).otherwise("flag")
        return Judged(judged.frame.with_columns(flag.alias("flag")), judged.rejected)

    patch.setattr(numerics, "clean", clean)


def statistic_of_the_whole_record(patch: pytest.MonkeyPatch) -> None:
    """Values are taken relative to the mean of their record."""

    def clean(raw_numerics: pl.DataFrame, raw_records: pl.DataFrame) -> Judged:
        judged = _CLEAN(raw_numerics, raw_records).whole()
        mean = pl.col("value").mean().over("record_id", "parameter")
        return Judged(judged.frame.with_columns(value=pl.col("value") - mean), judged.rejected)

    patch.setattr(numerics, "clean", clean)


def _with_series(
    patch: pytest.MonkeyPatch, change: Callable[[Microseconds, Values], tuple[Microseconds, Values]]
) -> None:
    class Changed(Numerics):
        """Series of a record, changed after they are read."""

        def between(self, record_id: int, after: int, until: int) -> RecordSeries:
            series = super().between(record_id, after, until)
            pairs = {name: change(*series.usable_of(name)) for name in series.usable_times}
            times, values = ({name: pair[part] for name, pair in pairs.items()} for part in (0, 1))
            return replace(series, usable_times=times, usable_values=values)

    patch.setattr(samples, "Numerics", Changed)


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


def value_held_from_the_future(patch: pytest.MonkeyPatch) -> None:
    """A gap is filled backwards: ten seconds after a value, the next one is already there."""

    def next_value(times: Microseconds, values: Values) -> tuple[Microseconds, Values]:
        early = np.maximum(times[:-1] + 1, times[1:] - 10_000_000)
        both = np.concatenate([times, early])
        order = np.argsort(both, kind="stable")
        return both[order], np.concatenate([values, values[1:]])[order]

    _with_series(patch, next_value)


def window_that_ends_a_cell_late(patch: pytest.MonkeyPatch) -> None:
    """The cell that contains the index time is taken whole, though it ends after it."""

    def edges(index: Microseconds, observation_s: int, cell_s: int) -> Edges:
        return cell_edges(index, observation_s, cell_s) + cell_s * 1_000_000 // 2

    patch.setattr(samples, "cell_edges", edges)


def coverage_past_the_index(patch: pytest.MonkeyPatch) -> None:
    """How much of a window is observed is judged around its index time, half of it after."""

    def choose(index: Microseconds, task: Task, recordings: list[Recording], series: Numerics) -> Coverage:
        whole = choose_records(index, task, recordings, series)
        ahead = choose_records(index + task.numerics.observation_s * 500_000, task, recordings, series)
        return Coverage(whole.record_ids, np.where(np.isnan(ahead.fractions), whole.fractions, ahead.fractions))

    patch.setattr(labels, "choose_records", choose)


def age_counted_to_the_last_value_of_the_record(patch: pytest.MonkeyPatch) -> None:
    """A feature knows how long the monitor stays on: it comes off before a death."""

    class Told(Numerics):
        """Series of a record whose last time enters the features."""

        def between(self, record_id: int, after: int, until: int) -> RecordSeries:
            found = super().between(record_id, after, until)
            last = int(found.any_times[-1]) if len(found.any_times) else 0
            patch.setattr(samples, "summarise", lambda grid, cell_s: _SUMMARISE(grid, cell_s) + last / 1e15)
            return found

    patch.setattr(samples, "Numerics", Told)


def times_for_rows_without_one(patch: pytest.MonkeyPatch) -> None:
    """A row without a readable time is put 40 minutes after the first of its record."""

    def clean(raw_numerics: pl.DataFrame, raw_records: pl.DataFrame) -> Judged:
        middle = pl.col("tick").median().over("record_id").cast(pl.Int64) + 5
        time = pl.col("time").min().over("record_id")
        has_none = pl.col("tick").is_null()
        filled = raw_numerics.with_columns(
            tick=pl.when(has_none).then(middle).otherwise("tick"),
            time=pl.when(has_none).then(time + pl.duration(minutes=40)).otherwise("time"),
        )
        return _CLEAN(filled, raw_records).whole()

    patch.setattr(numerics, "clean", clean)


def flag_by_the_whole_segment(patch: pytest.MonkeyPatch) -> None:
    """Oxygen is distrusted in records whose last segment is longer than the first."""

    def clean(raw_numerics: pl.DataFrame, raw_records: pl.DataFrame) -> Judged:
        judged = _CLEAN(raw_numerics, raw_records).whole()
        frames = raw_records.sort("segment_index").group_by("record_id").agg(
            is_bad=pl.col("segment_frame_count").last() > 1.2 * pl.col("segment_frame_count").first()
        )  # fmt: skip
        bad = frames.filter("is_bad")["record_id"].to_list()
        is_distrusted = pl.col("record_id").is_in(bad) & (pl.col("parameter") == "spo2") & (pl.col("flag") == "ok")
        flag = pl.when(is_distrusted).then(pl.lit(Flag.ARTEFACT.value)).otherwise("flag")
        return Judged(judged.frame.with_columns(flag.alias("flag")), judged.rejected)

    patch.setattr(numerics, "clean", clean)


def _with_stays(patch: pytest.MonkeyPatch, change: Callable[[Stay, pl.DataFrame], Stay]) -> None:
    def find(clinical_extract: pl.DataFrame) -> tuple[list[Stay], list[Rejection]]:
        stays, refused = find_stays(clinical_extract)
        return [change(stay, clinical_extract) for stay in stays], refused

    patch.setattr(labels, "find_stays", find)


def last_unit_of_the_stay(patch: pytest.MonkeyPatch) -> None:
    """The care unit is the last one of the stay (icustays.last_careunit)."""

    def last(stay: Stay, rows: pl.DataFrame) -> Stay:
        units = rows.filter(pl.col("source_table") == "icustays", pl.col("stay_id") == stay.stay_id)["value_text"]
        return replace(stay, care_unit=units[0] or stay.care_unit)

    _with_stays(patch, last)


def hours_as_a_share_of_the_stay(patch: pytest.MonkeyPatch) -> None:
    """The hours in the stay are divided by its length (icustays.los)."""
    frame = labels._frame

    def shared(task: Task, of_stays: list[labels._OfStay]) -> pl.DataFrame:
        hours = {each.stay.stay_id: max((each.stay.end - each.stay.start) / 3.6e9, 1.0) for each in of_stays}
        return frame(task, of_stays).with_columns(
            pl.col("hours_in_stay") / pl.col("stay_id").replace_strict(hours, return_dtype=pl.Float64)
        )

    patch.setattr(labels, "_frame", shared)


def record_of_most_values(patch: pytest.MonkeyPatch) -> None:
    """Of the records that cover a window, the one with most values in all is taken, later ones included."""

    def choose(index: Microseconds, task: Task, recordings: list[Recording], series: Numerics) -> Coverage:
        parts = [choose_records(index, task, [recording], series) for recording in recordings]

        def count(recording: Recording) -> int:
            delivered = series.between(recording.record_id, recording.open_start, recording.after_end)
            return sum(map(len, delivered.usable_times.values()))

        order = sorted(range(len(recordings)), key=lambda k: count(recordings[k]))
        record_ids, fractions = parts[0].record_ids.copy(), parts[0].fractions.copy()
        for k in order:
            there = ~np.isnan(parts[k].fractions)
            record_ids[there], fractions[there] = parts[k].record_ids[there], parts[k].fractions[there]
        return Coverage(record_ids, fractions)

    patch.setattr(labels, "choose_records", choose)


def care_known_too_early(patch: pytest.MonkeyPatch) -> None:
    """A limitation of care counts from when it was said, though it was stored later."""

    def limitations(
        index: Microseconds, stay: Stay, statements: list[Statement], complete: bool
    ) -> list[CareLimitation]:
        return _LIMITATIONS_AT(index, stay, [replace(s, known=s.said) for s in statements], complete)

    patch.setattr(labels, "limitations_at", limitations)


def charted_value_known_before_it_is_stored(patch: pytest.MonkeyPatch) -> None:
    """Where the storetime is empty, a charted limitation counts at its charttime, whatever the task says."""
    patch.setattr(labels, "find_statements", lambda rows, _after: find_statements(rows, 0))


def charted_value_known_before_it_is_charted(patch: pytest.MonkeyPatch) -> None:
    """A storetime before the charttime is believed, though the charttime is what the row is about."""

    def statements(rows: pl.DataFrame, after: int) -> tuple[list[Statement], list[Rejection]]:
        early = pl.when(pl.col("store_time") < pl.col("start_time")).then("store_time").otherwise("start_time")
        return find_statements(rows.with_columns(start_time=early), after)

    patch.setattr(labels, "find_statements", statements)


def care_as_it_was_in_the_end(patch: pytest.MonkeyPatch) -> None:
    """The last order or chart entry of the admission counts for all of it."""

    def limitations(
        index: Microseconds, stay: Stay, statements: list[Statement], complete: bool
    ) -> list[CareLimitation]:
        return _LIMITATIONS_AT(index * 0 + 2**61, stay, statements, complete)

    patch.setattr(labels, "limitations_at", limitations)


COLUMNS: dict[Leak, set[str]] = {
    flag_that_looks_ahead: {"cell_values", "feature_values"},
    statistic_of_the_whole_record: {"cell_values", "feature_values"},
    interpolation_across_the_index: {"cell_values"},
    centred_median: {"cell_values"},
    record_of_most_values: {"record_id"},
    care_known_too_early: {"care_limitation"},
    value_held_from_the_future: {"cell_values", "feature_values"},
    window_that_ends_a_cell_late: {"cell_values", "cell_ages_s", "feature_values"},
    coverage_past_the_index: {"observed_fraction"},
    age_counted_to_the_last_value_of_the_record: {"feature_values"},
    times_for_rows_without_one: {"cell_values"},
    flag_by_the_whole_segment: {"cell_reasons"},
    last_unit_of_the_stay: {"care_unit"},
    hours_as_a_share_of_the_stay: {"hours_in_stay"},
    charted_value_known_before_it_is_stored: {"care_limitation"},
    charted_value_known_before_it_is_charted: {"care_limitation"},
    care_as_it_was_in_the_end: {"care_limitation"},
}
"""Leak -> columns that have to be named."""
