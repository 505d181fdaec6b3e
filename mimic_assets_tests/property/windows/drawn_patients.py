"""Random patients for the laws of labels: a task, a stay with its admission, a ledger, what the events rest on.

Times are whole minutes, so that equality at every boundary is common. Belongs here: drawing, and the drawn as input
frames. Not here: what the labels have to be (`label_sentences`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import strategies as st

from mimic_assets.schemas.tables import RECORD_STAYS
from mimic_assets.tasks import Task
from mimic_assets_tests.unit.windows.patient_frames import (
    ADMISSION,
    DAY,
    STAY,
    SUBJECT,
    events,
    extract,
    numerics,
    task,
)

MINUTE = timedelta(minutes=1)
SPAN = 240
LONG_AGO, FAR_AHEAD = DAY - timedelta(days=9999), DAY + timedelta(days=9999)
SOMEBODY_ELSE = SUBJECT + 1
minutes = st.integers(0, SPAN)
CLASSES = [
    "in_unit", "in_unit", "in_unit", "in_hospital", "newborn", "obstetric", "peri_procedural", "expected",
    "brain_death", "type_2",
]  # fmt: skip
LEFT_OUT: list[tuple[str, ...]] = [
    (), ("newborn", "obstetric"), ("newborn", "obstetric", "peri_procedural", "expected", "brain_death"),
]  # fmt: skip
SAID = ("procedureevents:1", "procedureevents:2", "chartevents:1", "diagnoses_icd:1", "cleaned_numerics:90:abp_mean")
"""What an event can rest on: charted rows, a code, the monitor."""


def clock(minute: int) -> datetime:
    return DAY + minute * MINUTE


@dataclass(frozen=True, slots=True)
class Drawn:
    """A patient with one ICU stay, and the task that it is labelled for; times in minutes."""

    task: Task
    start: int
    end: int
    admitted: int
    discharged: int | None
    ledger: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    """Rows of clinical_extract that events rest on."""
    signal: list[int]
    """Minutes with arterial pressure."""
    is_incomplete: bool


@st.composite
def happened(draw: st.DrawFn, name: str, kinds: list[str], around: int, tiers: str) -> dict[str, Any]:
    """Draw an event, most often not far from `around`, the start of the stay."""
    lower = draw(minutes) if draw(st.booleans()) else around + draw(st.integers(-3, 40))
    upper = lower + draw(st.sampled_from([0, 0, 1, 2, 30]))
    tier = draw(st.sampled_from(tiers))
    bounded = tier in "AB" or draw(st.booleans())
    rests_on = draw(st.lists(st.sampled_from(SAID), min_size=1, max_size=2, unique=True))
    return {
        "event_id": name,
        "event": draw(st.sampled_from(kinds)),
        "event_class": draw(st.sampled_from(CLASSES)),
        "tier": tier,
        "lower_time": clock(lower) if bounded else None,
        "upper_time": clock(upper) if bounded else None,
        "event_time": clock(upper) if tier in "AB" else None,
        "event_end_time": clock(upper + draw(st.integers(0, 20))) if draw(st.booleans()) else None,
        "hadm_id": draw(st.sampled_from([None, ADMISSION, ADMISSION, 99])),
        "stay_id": draw(st.sampled_from([None, STAY, 98])),
        "adjudication": draw(st.sampled_from([None, None, None, "accepted", "rejected"])),
        "sources": rests_on,
    }


@st.composite
def ledgers(draw: st.DrawFn, own: list[str], around: int, most: int) -> list[dict[str, Any]]:
    """Draw up to so many events of the task's kinds, fewer shocks, and at most one timed death."""
    rows = [draw(happened(f"e{number}", own, around, "AAABBCD")) for number in range(draw(st.integers(0, most)))]
    shocks = draw(st.integers(0, most - 1))
    rows += [draw(happened(f"o{number}", ["shock"], around, "AAABBD")) for number in range(shocks)]
    if "death" not in own and draw(st.integers(0, 2)) == 0:
        died = draw(happened("died", ["death"], around, "A"))
        rows.append(died | {"hadm_id": draw(st.sampled_from([ADMISSION, 99])), "stay_id": None})
    return rows


@st.composite
def written(draw: st.DrawFn, times: list[int]) -> list[dict[str, Any]]:
    """Draw what events at some minutes rest on: a row may be missing, another patient has rows of the same numbers."""
    rows = []
    for name in SAID[:4]:
        table, _, number = name.partition(":")
        for subject in (SUBJECT, SOMEBODY_ELSE):
            said = draw(st.sampled_from(times))
            late = draw(st.sampled_from([None, -5, 0, 3, 10, 15, 30]))
            is_code = table == "diagnoses_icd" and draw(st.booleans())
            row = {
                "source_table": table,
                "source_row": int(number),
                "subject_id": subject,
                "start_time": None if is_code else clock(said),
                "store_time": None if is_code or late is None else clock(said + late),
            }
            rows += [row] if draw(st.integers(0, 14)) else []
    return rows


@st.composite
def tasks(draw: st.DrawFn, is_anchored: bool) -> Task:
    """Draw a task about one kind of event or two, with a grid of index times or one that is anchored."""
    kinds: list[str] = draw(
        st.sampled_from([["death"], ["hypotension"], ["cardiac_arrest"], ["cardiac_arrest"], ["vt", "vf"]])
    )
    follow_up = draw(st.sampled_from(["hospital_discharge", "icu_out"]))
    index: dict[str, Any] = {"stride_s": draw(st.sampled_from([300, 600]))}
    if is_anchored:
        anchor = draw(st.sampled_from(["intime", "admittime", "shock", "shock", "shock", kinds[0]]))
        index = {"rule": "anchored", "stride_s": None, "anchor": anchor}
        index["offset_s"] = draw(st.sampled_from([600, 600, 900, 1800]))
        index["anchor_minimum_tier"] = draw(st.sampled_from("AB"))
    said = {"kind": kinds[0]} if len(kinds) == 1 else {"kind": None, "kinds": tuple(kinds)}
    return task(
        "hypotension" if kinds == ["hypotension"] else "in_hospital_death",
        event=said | {"minimum_tier": draw(st.sampled_from("AB")), "excluded_classes": draw(st.sampled_from(LEFT_OUT))},
        index=index | {"blanking_s": draw(st.sampled_from([0, 600, 1800]))},
        target={
            "gap_s": draw(st.sampled_from([0, 300, 600])),
            "horizon_s": draw(st.sampled_from([600, 1800])),
            "competing": draw(st.sampled_from([(), ("shock",)])),
        }
        | ({} if kinds == ["hypotension"] else {"follow_up": follow_up}),
        care={"charted_known_after_s": draw(st.sampled_from([60, 300, 600]))},
        numerics={"observation_s": 600, "cell_s": 60},
    )


@st.composite
def anchors(draw: st.DrawFn, kind: str, around: int) -> dict[str, Any]:
    """Draw an event that an index time may hang on: timed, within half an hour of the start."""
    upper = around + draw(st.integers(0, 30))
    tier = draw(st.sampled_from("AAB"))
    told = {"lower_time": clock(upper - 1), "upper_time": clock(upper), "event_time": clock(upper), "tier": tier}
    row = draw(happened("anchor", [kind], around, "A")) | told
    over = draw(st.sampled_from([None, 0, 10, 12, 40]))
    row["event_end_time"] = None if over is None else clock(upper + over)
    return row | {"hadm_id": draw(st.sampled_from([None, ADMISSION, ADMISSION, 99])), "adjudication": None}


@st.composite
def patients(draw: st.DrawFn, is_anchored: bool = False) -> Drawn:
    """Draw a patient; an index time that is the end of the stay is common, an incomplete source rare."""
    of = draw(tasks(is_anchored))
    start, first = draw(st.integers(30, 60)), draw(minutes)
    ledger = draw(ledgers(list(of.event.names), start, most=2 if is_anchored else 4))
    if of.index.is_anchored_on_event and of.index.anchor is not None:
        ledger.append(draw(anchors(of.index.anchor, start)))
    happened_at = [(row["upper_time"] - DAY) // MINUTE for row in ledger if row["upper_time"]] or [start + 20]
    hung = happened_at[-1] + (of.index.offset_s or 0) // 60
    lengths = st.integers(0, 120)
    if is_anchored:
        lengths = st.sampled_from([max(0, hung - start), 60, 90]) | lengths
    return Drawn(
        task=of,
        start=start,
        end=start + draw(lengths),
        admitted=draw(st.integers(0, 90) | st.sampled_from([start - 10, start - 15, start - 30])),
        discharged=draw(st.none() | st.integers(60, SPAN)),
        ledger=ledger,
        sources=draw(written([*happened_at, *[happened_at[-1]] * 3, hung + 3])),
        signal=[m for m in range(first, first + draw(st.integers(0, 120))) if draw(st.integers(0, 19)) > 0],
        is_incomplete=draw(st.integers(0, 11)) == 11,
    )


def frames(drawn: Drawn) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the drawn as clinical_extract, clinical_events, record_stays and cleaned_numerics."""
    stay = {"stay_id": STAY, "start_time": clock(drawn.start), "end_time": clock(drawn.end), "category": "MICU"}
    ended = None if drawn.discharged is None else clock(drawn.discharged)
    admission = {"start_time": clock(drawn.admitted), "end_time": ended}
    clinical = extract(
        {"source_table": "icustays", "hadm_id": ADMISSION} | stay,
        {"source_table": "admissions", "hadm_id": ADMISSION} | admission,
        *drawn.sources,
    )
    cells = numerics([(clock(minute), "abp_mean", 80.0, "ok") for minute in drawn.signal])
    return clinical, events(*drawn.ledger), RECORD_STAYS.empty(), cells
