"""clinical_labels against a slow reading of the design's sentences, index time by index time, on random patients.

The oracle uses datetimes, sets of instants and plain loops; it shares no code with `mimic_assets.windows`. Times are
whole minutes, so that equality at every boundary is common.
"""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from mimic_assets.schemas.tables import CLINICAL_LABELS, RECORD_STAYS
from mimic_assets.tasks import Task
from mimic_assets.windows import label_stays
from mimic_assets_tests.unit.windows.patient_frames import ADMISSION, DAY, STAY, events, extract, numerics, task

MINUTE = timedelta(minutes=1)
SPAN = 240
LONG_AGO, FAR_AHEAD = DAY - timedelta(days=9999), DAY + timedelta(days=9999)
minutes = st.integers(0, SPAN)


def clock(minute: int) -> datetime:
    return DAY + minute * MINUTE


@st.composite
def ledgers(draw: st.DrawFn, kind: str) -> list[dict[str, Any]]:
    """Draw up to four events of the task's kind and at most one timed death."""
    rows = []
    for number in range(draw(st.integers(0, 4))):
        lower = draw(minutes)
        upper = lower + draw(st.sampled_from([0, 0, 1, 2, 30]))
        tier = draw(st.sampled_from("AAABBCD"))
        bounded = tier in "AB" or draw(st.booleans())
        rows.append(
            {
                "event_id": f"e{number}",
                "event": kind,
                "tier": tier,
                "lower_time": clock(lower) if bounded else None,
                "upper_time": clock(upper) if bounded else None,
                "event_time": clock(upper) if tier in "AB" else None,
                "event_end_time": clock(upper + draw(st.integers(0, 20))) if draw(st.booleans()) else None,
                "hadm_id": draw(st.sampled_from([None, ADMISSION, 99])),
                "stay_id": draw(st.sampled_from([None, STAY, 98])),
            }
        )
    if kind != "death" and draw(st.booleans()):
        lower = draw(minutes)
        rows.append(
            {
                "event_id": "died",
                "event": "death",
                "tier": "A",
                "lower_time": clock(lower),
                "upper_time": clock(lower + 2),
                "event_time": clock(lower + 1),
                "hadm_id": draw(st.sampled_from([ADMISSION, 99])),
                "stay_id": None,
            }
        )
    return rows


@st.composite
def patients(draw: st.DrawFn) -> tuple[Task, dict[str, Any], list[dict[str, Any]], list[int], bool]:
    """Draw a task, a stay with its admission, a ledger, minutes with pressure, and whether a source is incomplete."""
    kind = draw(st.sampled_from(["death", "hypotension", "cardiac_arrest"]))
    of = task(
        "hypotension" if kind == "hypotension" else "in_hospital_death",
        event={"kind": kind, "minimum_tier": draw(st.sampled_from("AB"))},
        index={"stride_s": draw(st.sampled_from([300, 600])), "blanking_s": draw(st.sampled_from([0, 600, 1800]))},
        target={"gap_s": draw(st.sampled_from([0, 300, 600])), "horizon_s": draw(st.sampled_from([600, 1800]))},
        numerics={"observation_s": 600, "cell_s": 60},
    )
    start = draw(st.integers(30, 60))
    hospital = {
        "start": start,
        "end": start + draw(st.integers(0, 120)),
        "admitted": draw(st.integers(0, 90)),
        "discharged": draw(st.none() | st.integers(60, SPAN)),
    }
    first = draw(minutes)
    signal = [m for m in range(first, first + draw(st.integers(0, 120))) if draw(st.integers(0, 19)) > 0]
    return of, hospital, draw(ledgers(kind)), signal, draw(st.booleans()) and draw(st.booleans())


def bounds(row: dict[str, Any]) -> tuple[datetime, datetime]:
    return row["lower_time"] or LONG_AGO, row["upper_time"] or FAR_AHEAD


def expected(
    of: Task,
    hospital: dict[str, Any],
    ledger: list[dict[str, Any]],
    signal: list[int],
    incomplete: bool,
    index: datetime,
) -> tuple[bool | None, str | None]:
    """Return label and exclusion as the design's sentences give them."""
    gap_end, target_end = index + of.gap, index + of.gap + of.horizon
    deaths = [row for row in ledger if row["event"] == "death" and row["tier"] in "AB"]
    own = [row for row in ledger if row["event"] == of.event.kind]
    timed = [row for row in own if row["tier"] in "AB"[: "AB".index(of.event.minimum_tier.value) + 1]]
    untimed = [row for row in own if row not in timed]
    if of.event.kind != "death" and deaths:
        first_death = min(bounds(death)[1] for death in deaths)
        timed = [row for row in timed if bounds(row)[0] < first_death]
    positive = any(gap_end < bounds(row)[0] and bounds(row)[1] <= target_end for row in timed)
    admitted, began = clock(hospital["admitted"]), clock(hospital["start"])
    if any(row["event"] == "death" and bounds(row)[1] <= min(admitted, began) for row in ledger):
        return None, "invalid_stay"
    if incomplete and not positive:
        return None, "source_incomplete"
    own_deaths = [
        row for row in deaths if row["hadm_id"] == ADMISSION or (row["hadm_id"] is None and died_here(row, hospital))
    ]
    if hospital["discharged"] is not None and not own_deaths and index > clock(hospital["discharged"]):
        return None, "stay_ended"
    for row in timed:
        if bounds(row)[1] <= index <= max(row["event_end_time"] or LONG_AGO, bounds(row)[1]):
            return None, "after_event"
    if any(bounds(row)[1] <= index for row in deaths):
        return None, "after_event"
    for row in timed:
        over = max(row["event_end_time"] or LONG_AGO, bounds(row)[1])
        if over < index <= over + of.blanking:
            return None, "blanking"
    if any(index < bounds(row)[0] and bounds(row)[1] <= gap_end for row in timed):
        return None, "event_in_gap"
    if any(bounds(row)[0] <= edge < bounds(row)[1] for row in timed for edge in (index, gap_end, target_end)):
        return None, "event_time_uncertain"
    if any(bounds(row)[0] <= index < bounds(row)[1] for row in deaths):
        return None, "event_time_uncertain"
    if positive:
        return True, None
    if any(is_hidden(row, of, hospital, index, target_end) for row in untimed):
        return None, "untimed_event_in_stay"
    end = followed_until(of, hospital, ledger, own_deaths, signal, index)
    return (None, "follow_up_incomplete") if end is None or end < target_end else (False, None)


def died_here(row: dict[str, Any], hospital: dict[str, Any]) -> bool:
    last = clock(max(hospital["end"], hospital["discharged"] or 0))
    return clock(hospital["admitted"]) <= bounds(row)[1] and bounds(row)[0] <= last


def is_hidden(row: dict[str, Any], of: Task, hospital: dict[str, Any], index: datetime, target_end: datetime) -> bool:
    lower, upper = bounds(row)
    if row["stay_id"] == STAY or (row["stay_id"] is None and row["hadm_id"] == ADMISSION):
        return True
    if row["stay_id"] is None and row["hadm_id"] is None:
        meets_stay = clock(hospital["start"]) < upper and lower <= clock(hospital["end"]) + of.gap + of.horizon
        return meets_stay or (row["event"] == "death" and lower <= target_end)
    if row["lower_time"] is None:
        return False
    return lower <= target_end and (row["event"] == "death" or index < upper)


def followed_until(
    of: Task,
    hospital: dict[str, Any],
    ledger: list[dict[str, Any]],
    own_deaths: list[dict[str, Any]],
    signal: list[int],
    index: datetime,
) -> datetime | None:
    if of.event.kind == "hypotension":
        end = None
        for minute in signal:
            run = minute
            while run + 1 in signal:
                run += 1
            if clock(minute) <= index <= clock(run):
                end = clock(run) - 5 * MINUTE
                break
    elif own_deaths:
        end = max(bounds(row)[1] for row in own_deaths)
    else:
        end = None if hospital["discharged"] is None else clock(hospital["discharged"])
    if of.event.kind == "death" or end is None:
        return end
    return min([end, *(bounds(row)[0] for row in ledger if row["event"] == "death")])


def frames(
    hospital: dict[str, Any], ledger: list[dict[str, Any]], signal: list[int]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    ended = None if hospital["discharged"] is None else clock(hospital["discharged"])
    clinical = extract(
        {
            "source_table": "icustays",
            "stay_id": STAY,
            "hadm_id": ADMISSION,
            "start_time": clock(hospital["start"]),
            "end_time": clock(hospital["end"]),
            "category": "MICU",
        },
        {
            "source_table": "admissions",
            "hadm_id": ADMISSION,
            "start_time": clock(hospital["admitted"]),
            "end_time": ended,
        },
    )
    cells = numerics([(clock(minute), "abp_mean", 80.0, "ok") for minute in signal])
    return clinical, events(*ledger), RECORD_STAYS.empty(), cells


@settings(max_examples=400, deadline=None)
@given(patients())
def test_labels_are_what_the_sentences_say(
    drawn: tuple[Task, dict[str, Any], list[dict[str, Any]], list[int], bool],
) -> None:
    of, hospital, ledger, signal, incomplete = drawn
    tables = frozenset({"admissions"} if incomplete else ())
    frame = label_stays(of, *frames(hospital, ledger, signal), tables).frame
    start, end = clock(hospital["start"]), clock(hospital["end"])
    grid = []
    while start + (len(grid) + 1) * of.stride <= end:
        grid.append(start + (len(grid) + 1) * of.stride)
    assert frame["index_time"].to_list() == grid
    found = list(zip(frame["label"].to_list(), frame["exclusion"].to_list(), strict=True))
    assert found == [expected(of, hospital, ledger, signal, incomplete, index) for index in grid]
    for invariant in CLINICAL_LABELS.invariants:
        assert frame.select(invariant.holds.fill_null(True).all()).item(), invariant.name


@settings(max_examples=60, deadline=None)
@given(patients(), st.randoms(use_true_random=False))
def test_the_order_of_input_rows_does_not_matter(
    drawn: tuple[Task, dict[str, Any], list[dict[str, Any]], list[int], bool], random: Any
) -> None:
    of, hospital, ledger, signal, _ = drawn
    inputs = frames(hospital, ledger, signal)
    shuffled = [frame[random.sample(range(frame.height), frame.height)] for frame in inputs]
    assert label_stays(of, *shuffled, frozenset()).frame.equals(label_stays(of, *inputs, frozenset()).frame)


@settings(max_examples=60, deadline=None)
@given(patients())
def test_inputs_of_a_positive_end_before_lower_minus_gap(
    drawn: tuple[Task, dict[str, Any], list[dict[str, Any]], list[int], bool],
) -> None:
    of, hospital, ledger, signal, _ = drawn
    frame = label_stays(of, *frames(hospital, ledger, signal), frozenset()).frame
    lower = {row["event_id"]: row["lower_time"] for row in ledger}
    for index, event_id in frame.filter("label").select("index_time", "event_id").rows():
        assert index < lower[event_id] - of.gap
