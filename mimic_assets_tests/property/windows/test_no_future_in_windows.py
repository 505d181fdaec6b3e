"""Delete every source row after the index time, rebuild: the window's inputs are the same bytes."""

from datetime import datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from mimic_assets.schemas.tables import CLEANED_NUMERICS
from mimic_assets.tasks import Task, load_task
from mimic_assets.timeline import RecordClock
from mimic_assets.windows import cut_windows, label_stays, truncated
from mimic_assets_tests.unit.windows.patient_frames import (
    admission,
    at,
    charted,
    events,
    extract,
    numerics,
    order,
    record,
    records,
    stay,
    task,
)

INPUTS = [
    "sample_id",
    "record_id",
    "index_time",
    "index_tick",
    "window_start_time",
    "window_start_tick",
    "window_end_time",
    "window_end_tick",
    "observed_fraction",
    "parameters",
    "cell_values",
    "cell_reasons",
    "cell_ages_s",
    "feature_names",
    "feature_values",
]
"""Everything a model is given; label, event and care come from elsewhere."""
RECORDED = records(record("08:30", "12:00", 90), record("09:00", "13:00", 91))
CLOCK = RecordClock.of(at("08:30"), "999.56")


@st.composite
def recordings(draw: st.DrawFn) -> pl.DataFrame:
    """Draw numerics of two records on real ticks, dense enough for windows, with values exactly at index times."""
    frames = []
    for record_id, start in ((90, "08:30"), (91, "09:00")):
        clock = RecordClock.of(at(start), "999.56")
        ticks = draw(st.lists(st.integers(0, 12_000_000), max_size=80))
        exact = [clock.tick_at(at("10:00")) + off for off in draw(st.lists(st.integers(-2, 2), max_size=4))]
        rows = [
            (
                clock.time_at(tick),
                draw(st.sampled_from(["heart_rate", "abp_mean", "spo2"])),
                float(draw(st.integers(40, 150))),
                draw(st.sampled_from(["ok", "ok", "ok", "artefact"])),
            )
            for tick in [*ticks, *exact]
        ]
        frames.append(numerics(rows, record_id))
    return pl.concat(frames).sort(CLEANED_NUMERICS.order)


def rebuilt(of: Task, cells: pl.DataFrame, recorded: pl.DataFrame) -> pl.DataFrame:
    """Return windows with labels made from the same numerics and records."""
    clinical = extract(stay(), admission(), *order("09:30", "Full code"), charted("09:00", "DNR", stored="11:00"))
    labels = label_stays(of, clinical, events(), recorded, cells, frozenset()).frame
    return cut_windows(of, labels, cells, recorded).whole().frame


SHIPPED_DEATH = load_task("in_hospital_death")


@settings(max_examples=80, deadline=None)
@given(
    recordings(),
    st.sampled_from(["leave", "linear", "hold"]),
    st.sampled_from([(600, 3600, 300), (300, 1800, 60), (420, 660, 220)]),
)
def test_deleting_the_future_changes_no_input(cells: pl.DataFrame, policy: str, lengths: tuple[int, int, int]) -> None:
    stride, observation, cell = lengths
    of = task(
        index={"stride_s": stride},
        target={"horizon_s": 3600},
        numerics={
            "gap_policy": policy,
            "hold_at_most_s": 600 if policy == "hold" else 0,
            "observation_s": observation,
            "cell_s": cell,
            "parameters": ("heart_rate", "abp_mean", "spo2"),
        },
        coverage={"any_of": ("heart_rate", "spo2"), "minimum_fraction": 0.05},
    )
    whole = rebuilt(of, cells, RECORDED)
    for index_time in whole["index_time"].to_list()[::3]:
        past = rebuilt(of, *truncated(cells, RECORDED, index_time))
        ours = whole.filter(pl.col("index_time") == index_time).select(INPUTS)
        theirs = past.filter(pl.col("index_time") == index_time).select(INPUTS)
        assert ours.height == 1
        assert theirs.equals(ours)
        assert repr(theirs.rows()) == repr(ours.rows())  # every digit and the sign of zero too


def test_the_care_limitation_known_at_an_index_time_needs_no_later_row() -> None:
    clinical = extract(
        stay(),
        admission(),
        *order("09:30", "Full code", "1"),
        charted("09:45", "DNR / DNI", stored="11:10"),
        *order("14:00", "Comfort measures only", "2"),
        charted("10:30", "Full code"),
    )
    of = task(target={"horizon_s": 3600}, care={"excluded": ()})
    nothing = events(), RECORDED.clear(), CLEANED_NUMERICS.empty(), frozenset[str]()
    whole = label_stays(of, clinical, *nothing).frame.select("index_time", "care_limitation")
    assert whole["care_limitation"].n_unique() > 2
    for index_time, care in whole.rows():
        past = clinical.filter(
            pl.col("source_table").is_in(["icustays", "admissions", "poe_detail"])
            | (pl.coalesce("store_time", "start_time") <= index_time)
        )
        known = label_stays(of, past, *nothing).frame.filter(pl.col("index_time") == index_time)
        assert known["care_limitation"].to_list() == [care]


def test_a_value_at_the_index_time_is_in_and_one_tick_later_is_out() -> None:
    tick = CLOCK.tick_at(at("10:00"))
    times: list[datetime] = [CLOCK.time_at(tick), CLOCK.time_at(tick + 1)]
    assert times[0] <= at("10:00") < times[1]
    cells = numerics([(times[0], "heart_rate", 70.0, "ok"), (times[1], "heart_rate", 200.0, "ok")])
    of = task(coverage={"any_of": ("heart_rate",), "minimum_fraction": 0.01})
    row = rebuilt(of, cells, RECORDED).filter(pl.col("index_time") == at("10:00"))
    assert row["cell_values"].list.max().to_list() == [70.0]


def test_truncation_deletes_what_it_says() -> None:
    cells = numerics(
        [("10:00", "heart_rate", 70.0, "ok"), ("10:00:01", "heart_rate", 71.0, "ok"), (None, "spo2", 1.0, "bad_tick")]
    )
    known, recorded = truncated(cells, RECORDED, at("10:00"))
    assert known["value"].to_list() == [70.0]
    assert (recorded["record_end_time"] <= at("10:00")).all()
    assert (recorded["record_end_time"] > at("10:00") - timedelta(seconds=0.002)).all()
    assert recorded.schema == RECORDED.schema
    assert truncated(cells, RECORDED, at("08:45"))[1]["record_id"].to_list() == [90]
