"""Whatever a monitor sent - texts, repeats, bad times, ticks out of order - deleting later rows changes no input."""

from datetime import datetime

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mimic_assets.defs.rebuilding import rebuild
from mimic_assets.windows import differences, known_rows, truncated_raw
from mimic_assets_tests.leaks import COLUMNS, Leak
from mimic_assets_tests.raw_patient import CLOCKS, Cell, patient, small_task, windows_of
from mimic_assets_tests.unit.windows.patient_frames import at

HEADINGS = ("HR [bpm]", "ABPm [mmHg]", "ABPs [mmHg]", "ABPd [mmHg]", "SpO2 [%]", "Invented [1]")
LATE = {record_id: [clock.tick_at(at(time)) for time in ("11:05", "12:35")] for record_id, clock in CLOCKS.items()}
"""Just before care changes: rare by chance, and what some leaks need."""
INDEX_TICKS = {record_id: clock.tick_at(at("10:00")) for record_id, clock in CLOCKS.items()}


@st.composite
def cells(draw: st.DrawFn) -> list[Cell]:
    """Draw cells of both records, several on one tick, some exactly at an index time or without any time."""
    drawn: list[Cell] = []
    for record_id, index_tick in INDEX_TICKS.items():
        near = st.integers(-3, 3).map(lambda off, tick=index_tick: tick + off)
        anywhere = st.one_of(st.integers(-10, 13_000_000), near, st.none(), st.sampled_from(LATE[record_id]))
        ticks = draw(st.lists(anywhere, min_size=20, max_size=60))
        for tick in ticks:
            content = draw(st.one_of(st.integers(0, 320).map(float), st.just("---")))
            drawn += [(record_id, tick, draw(st.sampled_from(HEADINGS)), content)] * draw(st.integers(1, 2))
    return drawn


def judge(drawn: list[Cell], policy: str, every: int) -> None:
    """Fail where an input of one of the patient's windows, every so many, needs a later row."""
    of = small_task(
        numerics={"gap_policy": policy, "hold_at_most_s": 600 if policy == "hold" else 0},
        coverage={"any_of": ("heart_rate", "spo2", "abp_mean"), "minimum_fraction": 0.01},
    )
    who = patient(drawn)
    made = windows_of(of, who)
    for sample in made.gather_every(every).iter_slices(1):
        assert differences(sample, rebuild(of, who, sample)) == []


@settings(max_examples=40, deadline=None)
@given(cells(), st.sampled_from(["leave", "linear", "hold"]))
def test_deleting_later_raw_rows_changes_no_input(drawn: list[Cell], policy: str) -> None:
    judge(drawn, policy, every=2)


@pytest.mark.parametrize("leak", COLUMNS, ids=lambda leak: leak.__name__)
def test_no_leak_survives_the_property(leak: Leak, monkeypatch: pytest.MonkeyPatch) -> None:
    leak(monkeypatch)

    @settings(max_examples=500, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    @given(cells(), st.sampled_from(["leave", "linear", "hold"]))
    def law(drawn: list[Cell], policy: str) -> None:
        judge(drawn, policy, every=1)

    with pytest.raises(AssertionError):
        law()


@settings(max_examples=40, deadline=None)
@given(cells(), st.datetimes(at("08:00"), at("14:00")))
def test_what_is_left_was_known_and_deleting_twice_deletes_nothing_more(
    drawn: list[Cell], index_time: datetime
) -> None:
    who = patient(drawn)
    raw, recorded = truncated_raw(who.raw_numerics, who.raw_records, index_time)
    assert raw.filter(pl.col("time") > index_time).is_empty()
    assert raw["time"].null_count() == 0
    assert raw.height == who.raw_numerics.filter(pl.col("time") <= index_time).height
    assert recorded.filter(pl.col("record_end_time") > index_time).is_empty()
    again = truncated_raw(raw, recorded, index_time)
    assert again[0].equals(raw)
    assert again[1].equals(recorded)
    rows = known_rows(who.clinical_extract, index_time, 3600)
    assert known_rows(rows, index_time, 3600).equals(rows)
