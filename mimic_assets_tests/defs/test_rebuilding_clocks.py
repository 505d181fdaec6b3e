"""Windows of a monitor whose clock is wrong, made again without their future; a lag known too early is found out."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from mimic_assets.defs.rebuilding import rebuild
from mimic_assets.stays import audit
from mimic_assets.stays.grid import Display
from mimic_assets.tasks import Task
from mimic_assets.windows import INPUTS, differences
from mimic_assets_tests.lagging_patient import clock_task, lagging
from mimic_assets_tests.raw_patient import tables_of


def differing(of: Task, lag_s: float, every: int = 4) -> list[set[str]]:
    """Return the columns that differ, window by window."""
    who = lagging(lag_s)
    made = tables_of(of, who)[2]
    return [set(differences(sample, rebuild(of, who, sample))) for sample in made.gather_every(every).iter_slices(1)]


@pytest.mark.parametrize("choice", ["keep", "exclude", "correct"])
@pytest.mark.parametrize("lag_s", [-4200, -420, 420, 3600])
def test_windows_are_the_same_without_their_future_whatever_the_clock(choice: str, lag_s: int) -> None:
    found = differing(clock_task(choice), lag_s, every=6)
    assert len(found) >= 3
    assert found == [set()] * len(found)


def test_windows_are_corrected_at_all() -> None:
    """Otherwise the proof above would have had nothing to do."""
    kept, corrected = (tables_of(clock_task(choice), lagging(-420))[2] for choice in ("keep", "correct"))
    both = kept.join(corrected, on="index_time")
    assert (both["index_tick"] != both["index_tick_right"]).sum() > 5


def test_a_lag_that_is_known_before_its_looks_is_named_by_what_it_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The estimate of the whole overlap, used from the start of the stay on: the leak that the steps are there for."""
    sound = audit._audit

    def hindsight(of: dict[str, Any], shown: dict[str, Display], clinical_extract: pl.DataFrame) -> dict[str, Any]:
        row, start = sound(of, shown, clinical_extract), of["stay_start_time"]
        known = row["lag_s"] is not None
        steps = {"lag_steps_s": [row["lag_s"]], "lag_step_confidences": [row["lag_confidence"]]}
        return row | ({"lag_known_times": [start]} | steps if known else {})

    monkeypatch.setattr(audit, "_audit", hindsight)
    found = set().union(*differing(clock_task("correct"), -420))
    assert {"index_tick", "window_start_tick", "cell_values"} <= found


@pytest.mark.parametrize("lag_s", [-4200, 420])
def test_estimates_rest_on_rows_that_no_lag_puts_into_the_future(lag_s: int) -> None:
    """Rows of the monitor after T - 75 min changed at will: what was known by T stays as it was."""
    who = lagging(lag_s)
    linked = tables_of(clock_task("keep"), who)[0]
    times = linked["lag_known_times"][0].to_list()
    assert times
    for place, time in enumerate(times):
        late = pl.col("time") > time - pl.duration(minutes=75)
        rng = np.random.default_rng(place)
        noise = pl.Series(rng.integers(40, 100, who.raw_numerics.height)).cast(pl.Float64)
        changed = who.raw_numerics.with_columns(value=pl.when(late).then(noise).otherwise("value"))
        again = tables_of(clock_task("keep"), replace(who, raw_numerics=changed))[0]
        for name in ("lag_known_times", "lag_steps_s", "lag_step_confidences"):
            assert again[name][0].to_list()[: place + 1] == linked[name][0].to_list()[: place + 1]


def test_the_audit_of_the_whole_overlap_is_no_input() -> None:
    assert not {"lag_s", "lag_confidence", "has_large_lag"} & set(INPUTS)
