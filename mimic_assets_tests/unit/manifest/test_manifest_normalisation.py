"""Statistics of train windows on values whose mean, deviation and median are known by eye."""

import numpy as np
import pytest

from mimic_assets.manifest import fit_normalisation
from mimic_assets.manifest.value_counts import ValueCounts
from mimic_assets.schemas.tables import TRAINING_NORMALISATION
from mimic_assets.schemas.vocabulary import MissingReason
from mimic_assets_tests.unit.manifest.window_frames import small_task, stream, window_rows

OK, HELD, NONE = MissingReason.OBSERVED.code, MissingReason.HELD.code, MissingReason.NOT_MEASURED.code


def test_observed_cells_alone_count() -> None:
    task = small_task(cells=4)
    values = np.array([[[60, 80, 80, 999], [97, np.nan, 98, 99]]])
    reasons = np.array([[[OK, OK, OK, HELD], [OK, NONE, OK, OK]]])
    windows = stream({1: window_rows(task, 1, [True], values=values, reasons=reasons)})
    found = fit_normalisation(task, windows, units={"heart_rate": "/min"})
    assert dict(found.frame.schema) == dict(TRAINING_NORMALISATION.schema)
    assert found.rejected.is_empty()
    heart_rate, spo2 = found.frame.rows()
    assert heart_rate == (
        task.name,
        "heart_rate",
        "/min",
        3,
        pytest.approx(220 / 3),
        pytest.approx(np.std([60, 80, 80])),
        80.0,
    )
    assert spo2 == (task.name, "spo2", None, 3, 98.0, pytest.approx(np.std([97, 98, 99])), 98.0)


def test_the_median_is_the_lower_one() -> None:
    counts = ValueCounts()
    counts.add(np.array([4, 1, 3, 2], dtype=np.float32))
    assert counts.median == 2.0
    counts.add(np.array([9], dtype=np.float32))
    assert counts.median == 3.0


def test_a_parameter_never_observed_has_no_statistics() -> None:
    task = small_task(cells=2)
    values = np.array([[[70, 70], [np.nan, np.nan]]])
    rows = fit_normalisation(task, stream({1: window_rows(task, 1, [False], values=values)})).frame.rows()
    assert rows == [(task.name, "heart_rate", None, 2, 70.0, 0.0, 70.0), (task.name, "spo2", None, 0, None, None, None)]


def test_no_windows_give_a_row_per_parameter() -> None:
    task = small_task()
    found = fit_normalisation(task, stream({})).frame
    assert found.select("parameter", "observed_count", "mean").rows() == [("heart_rate", 0, None), ("spo2", 0, None)]


def test_rows_are_sorted_by_parameter_whatever_the_tensor() -> None:
    task = small_task(parameters=("spo2", "heart_rate"), cells=1)
    rows = fit_normalisation(task, stream({1: window_rows(task, 1, [True], values=np.array([[[97.0], [60.0]]]))})).frame
    assert rows.select("parameter", "mean").rows() == [("heart_rate", 60.0), ("spo2", 97.0)]


def test_zero_has_no_sign() -> None:
    one, other = ValueCounts(), ValueCounts()
    one.add(np.array([0.0, -0.0], dtype=np.float32))
    other.add(np.array([-0.0], dtype=np.float32))
    other.add(np.array([0.0], dtype=np.float32))
    assert one.values.tobytes() == other.values.tobytes() == np.zeros(1).tobytes()


def test_a_large_offset_loses_no_precision() -> None:
    counts = ValueCounts()
    values = np.float32(2**23) + np.array([0, 1, 2], dtype=np.float32)
    for _ in range(1000):
        counts.add(values)
    assert counts.mean == 2**23 + 1
    assert counts.standard_deviation == pytest.approx(np.sqrt(2 / 3), rel=1e-14)
