"""Labels and windows of a scan, read a span at a time, are those of the whole frame, byte for byte."""

from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mimic_assets import stretches
from mimic_assets.schemas.tables import CLEANED_NUMERICS
from mimic_assets.stays.grid import displays
from mimic_assets.tasks import Task
from mimic_assets.timeline import microseconds
from mimic_assets.windows import cut_windows, label_stays, samples, series
from mimic_assets.windows.follow_up import pressure_runs
from mimic_assets.windows.series import Numerics, read_usable_times
from mimic_assets_tests.scanned import scanned
from mimic_assets_tests.unit.windows.patient_frames import (
    RECORD,
    admission,
    at,
    events,
    extract,
    numerics,
    record,
    records,
    stay,
    task,
)

PARAMETERS = ("heart_rate", "spo2")
RECORDED = records(record("09:10", "12:30"), record("09:40", "11:30", RECORD + 1))


@st.composite
def two_records(draw: st.DrawFn) -> pl.DataFrame:
    """Draw cells of two records at whole half minutes, many at borders of cells and windows, not in order of time."""
    cell = st.tuples(
        st.integers(0, 400).map(lambda k: at("09:10") + k * timedelta(seconds=30)),
        st.sampled_from([*PARAMETERS, "heart_rate", "abp_mean", "qt"]),
        st.integers(40, 180).map(float),
        st.sampled_from(["ok", "ok", "ok", "artefact"]),
    )
    drawn = [draw(st.lists(cell, max_size=80)), draw(st.lists(cell, max_size=30))]
    frames = [numerics([*cells], RECORD + place) for place, cells in enumerate(drawn)]
    tick = (pl.col("time") - at("09:10")).dt.total_milliseconds()
    return pl.concat(frames).with_columns(tick=tick).sort(CLEANED_NUMERICS.order)


def made(of: Task, rows: pl.DataFrame | pl.LazyFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Return labels, and windows part by part."""
    clinical = extract(stay(start="09:00", end="13:00"), admission())
    labels = label_stays(of, clinical, events(), RECORDED, rows, frozenset()).frame
    return labels, list(cut_windows(of, labels, rows, RECORDED).parts)


@settings(max_examples=60, deadline=None)
@given(
    two_records(), st.sampled_from([60, 1_500, 7_200]), st.sampled_from([1, 5, 1024]),
    st.sampled_from(["leave", "linear", "hold"]),
)  # fmt: skip
def test_spans_and_parts_change_no_byte(rows: pl.DataFrame, span_s: int, at_once: int, policy: str) -> None:
    of = task(
        index={"stride_s": 300},
        numerics={"parameters": PARAMETERS, "observation_s": 900, "cell_s": 60, "gap_policy": policy}
        | ({"hold_at_most_s": 150} if policy == "hold" else {}),
        coverage={"any_of": PARAMETERS, "minimum_fraction": 0.01},
    )
    labels, parts = made(of, rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(samples, "_AT_ONCE", at_once)
        _, cut = made(of, rows)
        patch.setattr(series, "SPAN", span_s * 1_000_000)
        found, scanned_parts = made(of, scanned(rows))
    assert found.equals(labels)
    assert [part.height for part in scanned_parts] == [part.height for part in cut]
    assert repr(pl.concat([*scanned_parts, pl.DataFrame()], how="diagonal").rows()) == repr(
        pl.concat([*parts, pl.DataFrame()], how="diagonal").rows()
    )


def test_a_range_is_open_at_its_start_and_closed_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "SPAN", 0)
    start, end, step = at("10:00"), at("11:00"), timedelta(microseconds=1)
    times: list[datetime | None] = [start, start + step, end, end + step]
    rows = scanned(numerics([(time, "spo2", 90.0, "ok") for time in times]), rows_per_group=1)
    for read in (series.read_series, read_usable_times):
        found = Numerics(rows, {RECORD}, ("spo2",), read).between(RECORD, microseconds(start), microseconds(end))
        assert found.usable_of("spo2")[0].tolist() == [microseconds(start + step), microseconds(end)]


@settings(max_examples=60, deadline=None)
@given(two_records(), st.sampled_from([1_000, 60_000, 1_800_000]))
def test_runs_and_displays_of_stretches_are_those_of_the_whole(rows: pl.DataFrame, ticks: int) -> None:
    shown = {RECORD: displays(rows.filter(record_id=RECORD), {"heart_rate": 60, "spo2": 1800})}
    whole = pressure_runs(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stretches, "FEW_ROWS", 0)
        patch.setattr(stretches, "STRETCH_TICKS", ticks)
        assert pressure_runs(scanned(rows)) == whole
        found = displays(scanned(rows.filter(record_id=RECORD)), {"heart_rate": 60, "spo2": 1800})
    assert found.keys() == shown[RECORD].keys()
    for name, display in found.items():
        assert display.first_slot == shown[RECORD][name].first_slot
        assert repr(display.values.tolist()) == repr(shown[RECORD][name].values.tolist())
