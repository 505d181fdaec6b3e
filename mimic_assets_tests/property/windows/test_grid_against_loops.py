"""The grid, its gap policies and features against plain loops over rows, on random numerics and any stride."""

import math
import statistics
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mimic_assets.schemas.vocabulary import MissingReason
from mimic_assets.tasks import Task
from mimic_assets.windows import cut_windows, label_stays
from mimic_assets.windows.features import SUMMARIES
from mimic_assets_tests.unit.windows.patient_frames import (
    DAY,
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
Cell = tuple[datetime | None, str, float | None, str]
POLICIES = [{"gap_policy": "leave"}, {"gap_policy": "linear"}, {"gap_policy": "hold", "hold_at_most_s": 150}]


@st.composite
def cells(draw: st.DrawFn) -> list[Cell]:
    """Draw rows between 09:00 and 10:30 at whole half minutes, many at cell boundaries, some without a time."""
    row = st.tuples(
        st.one_of(st.none(), st.integers(0, 180).map(lambda k: at("09:00") + k * timedelta(seconds=30))),
        st.sampled_from([*PARAMETERS, "heart_rate", "qt"]),
        st.integers(40, 180).map(float),
        st.sampled_from(["ok", "ok", "ok", "artefact", "repeat"]),
    )
    drawn = draw(st.lists(row, max_size=60))
    return [(time, name, value, flag if time is not None else "bad_tick") for time, name, value, flag in drawn]


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    cell = draw(st.sampled_from([60, 90, 300]))
    rule = {"parameters": PARAMETERS, "cell_s": cell, "observation_s": cell * draw(st.integers(1, 6))}
    return task(
        index={"stride_s": draw(st.sampled_from([60, 130, 900]))},
        numerics=rule | draw(st.sampled_from(POLICIES)),
        coverage={"any_of": ("heart_rate", "spo2"), "minimum_fraction": 0.01},
    )


def windows(of: Task, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return labels, windows and record_stays of a stay from 09:00 to 11:00 with a record from 09:10 to 10:30."""
    recorded = records(record("09:10", "10:30"))
    clinical = extract(stay(start="09:00", end="11:00"), admission())
    labels = label_stays(of, clinical, events(), recorded, frame, frozenset()).frame
    return labels, cut_windows(of, labels, frame, recorded).whole().frame, recorded


def plain_cells(
    rows: list[Cell], of: Task, index: datetime, parameter: str
) -> list[tuple[float | None, str, float | None]]:
    """Return (value, reason, age) of each cell by looking at every row for every cell; nothing filled."""
    rule = of.numerics
    found: list[tuple[float | None, str, float | None]] = []
    start = index - of.observation
    for number in range(rule.cell_count):
        opens = start + timedelta(seconds=rule.cell_s * number)
        closes = opens + timedelta(seconds=rule.cell_s)
        inside = [row for row in rows if row[0] is not None and opens < row[0] <= closes]
        own = [row for row in inside if row[1] == parameter]
        usable = sorted((row for row in own if row[3] == "ok"), key=lambda row: row[0] or DAY)
        past = [
            row[0] for row in rows if row[1] == parameter and row[3] == "ok" and row[0] and start < row[0] <= closes
        ]
        age = (closes - max(past)).total_seconds() if past else None
        reason = "observed" if usable else "rejected" if own else "not_measured" if inside else "monitor_silent"
        found.append((usable[-1][2] if usable else None, reason, age))
    return found


def plainly_filled(found: list[tuple[float | None, str, float | None]], of: Task) -> list[tuple[float | None, str]]:
    """Return (value, reason) of each cell after the gap policy."""
    observed = [place for place, cell in enumerate(found) if cell[1] == "observed"]
    filled: list[tuple[float | None, str]] = []
    for place, (value, reason, age) in enumerate(found):
        before = [p for p in observed if p < place]
        after = [p for p in observed if p > place]
        if reason == "observed":
            filled.append((value, reason))
        elif of.numerics.gap_policy == "hold" and age is not None and age <= of.numerics.hold_at_most_s:
            filled.append((found[before[-1]][0], "held"))
        elif of.numerics.gap_policy == "linear" and before and after:
            low, high = found[before[-1]][0], found[after[0]][0]
            assert low is not None
            assert high is not None
            filled.append((low + (high - low) * (place - before[-1]) / (after[0] - before[-1]), "interpolated"))
        else:
            filled.append((None, reason))
    return filled


def plain_features(found: list[tuple[float | None, str, float | None]], of: Task) -> dict[str, float | None]:
    hours = [
        (place + 1 - len(found)) * of.numerics.cell_s / 3600 for place, cell in enumerate(found) if cell[0] is not None
    ]
    values = [cell[0] for cell in found if cell[0] is not None]
    slope = statistics.linear_regression(hours, values).slope if len(values) > 1 else None
    return {
        "observed_count": float(len(values)),
        "last": values[-1] if values else None,
        "mean": statistics.fmean(values) if values else None,
        "minimum": min(values, default=None),
        "maximum": max(values, default=None),
        "standard_deviation": statistics.pstdev(values) if values else None,
        "slope_per_h": slope,
        "age_of_last_s": found[-1][2],
    }


def near(found: float | None, wanted: float | None) -> bool:
    if found is None or wanted is None:
        return found is wanted
    return math.isclose(found, wanted, rel_tol=1e-5, abs_tol=1e-3)


@settings(max_examples=150, deadline=None)
@given(cells(), tasks())
def test_windows_are_what_loops_over_rows_find(rows: list[Cell], of: Task) -> None:
    labels, frame, _ = windows(of, numerics(rows))
    covered = 0
    for row in labels.iter_rows(named=True):
        if row["label"] is None or row["record_id"] is None:
            continue
        covered += 1
        found = [plain_cells(rows, of, row["index_time"], parameter) for parameter in PARAMETERS]
        seen = [any(cell[1] == "observed" for cell in both) for both in zip(*found, strict=True)]
        assert row["observed_fraction"] == sum(seen) / len(seen)
        assert row["window_exclusion"] == (None if any(seen) else "low_coverage")
    assert covered > 0  # the record covers some observation, whatever is drawn
    for row in frame.iter_rows(named=True):
        found = [plain_cells(rows, of, row["index_time"], parameter) for parameter in PARAMETERS]
        wanted = [cell for parameter in found for cell in plainly_filled(parameter, of)]
        assert [list(MissingReason)[code].value for code in row["cell_reasons"]] == [reason for _, reason in wanted]
        assert all(near(a, b) for a, (b, _) in zip(row["cell_values"], wanted, strict=True))
        assert row["cell_ages_s"] == [cell[2] for parameter in found for cell in parameter]
        told = dict(zip(row["feature_names"], row["feature_values"], strict=True))
        for parameter, own in zip(PARAMETERS, found, strict=True):
            plain = plain_features(own, of)
            for summary in SUMMARIES:
                assert near(told[f"{parameter}__{summary}"], plain[summary]), (parameter, summary)


@settings(max_examples=60, deadline=None)
@given(cells(), tasks(), st.randoms(use_true_random=False))
def test_the_order_of_rows_in_a_frame_does_not_matter(rows: list[Cell], of: Task, random: Any) -> None:
    frame = numerics(rows)
    shuffled = frame[random.sample(range(frame.height), frame.height)]
    for ours, theirs in zip(windows(of, frame)[:2], windows(of, shuffled)[:2], strict=True):
        assert ours.equals(theirs)


@pytest.mark.parametrize("at_once", [1, 3, 10_000])
def test_a_window_is_the_same_bytes_whatever_is_cut_beside_it(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(1)
    times = [at("09:10") + timedelta(seconds=float(second)) for second in np.cumsum(draw.uniform(1, 20, 400))]
    frame = numerics([(time, "heart_rate", float(draw.normal(80, 9)), "ok") for time in times])
    of = task(index={"stride_s": 60}, numerics={"observation_s": 1800, "parameters": PARAMETERS})
    whole = windows(of, frame)[1]
    assert whole.height > 40
    monkeypatch.setattr("mimic_assets.windows.samples._AT_ONCE", at_once)
    assert windows(of, frame)[1].equals(whole)
    assert set(whole["record_id"]) == {RECORD}
