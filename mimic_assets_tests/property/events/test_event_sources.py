"""Laws of the ledger over clinical rows: order of rows, more history, and other subjects' silence change nothing."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mimic_assets.schemas.tables import CLINICAL_EVENTS
from mimic_assets_tests.event_ledger import find_events
from mimic_assets_tests.unit.events.source_rows import (
    HADM,
    NO_NUMERICS,
    NO_STAYS,
    STAY,
    Row,
    charted,
    diagnosis,
    extract,
    order,
    order_detail,
    patient,
    procedure,
    procedure_code,
    row,
)

TIMES = [str(datetime(2150, 1, 1) + timedelta(hours=5 * step, minutes=7 * step)) for step in range(40)]
time = st.sampled_from(TIMES)
maybe_time = st.one_of(st.none(), time)
maybe_late = st.one_of(st.none(), st.sampled_from(TIMES[-4:]))
"""Ends that no row lies more than a day after: such a row's time is taken for a wrong year and lost."""
hadm = st.sampled_from([None, HADM, HADM + 1])


@st.composite
def source_rows(draw: st.DrawFn) -> list[Row]:
    """Draw rows of every table that an event can come from, wrong ones included."""

    def admissions() -> Row:
        return row(
            "admissions", hadm_id=draw(st.sampled_from([HADM, HADM + 1])), start_time=draw(maybe_time),
            end_time=draw(maybe_time), death_time=draw(maybe_time),
            value_text=draw(st.sampled_from(["HOME", "DIED", None])),
        )  # fmt: skip

    def stays() -> Row:
        return row("icustays", hadm_id=draw(hadm), stay_id=STAY, start_time=draw(maybe_time), end_time=draw(maybe_time))

    makers = [
        admissions,
        stays,
        lambda: patient(draw(maybe_time)),
        lambda: procedure(draw(st.sampled_from([225464, 225466, 225475, 225819])), draw(maybe_time), None, draw(hadm)),
        lambda: charted(220048, draw(maybe_time), draw(st.sampled_from(["Asystole", "SR (Sinus Rhythm)", None]))),
        lambda: diagnosis(draw(st.sampled_from(["I469", "Z8674", "I97120"])), 10, draw(hadm)),
        lambda: procedure_code(draw(st.sampled_from(["9960", "9961", "9962"])), 9, draw(maybe_time), draw(hadm)),
        lambda: order("o1", draw(time), draw(st.sampled_from(["Code status", "Comfort care"]))),
        lambda: order_detail("o1", draw(st.sampled_from(["Comfort measures only", "Resuscitate (Full code)"]))),
    ]
    return [draw(st.sampled_from(makers))() for _ in range(draw(st.integers(0, 12)))]


def ledger(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the events of clinical rows alone."""
    return find_events(rows, NO_NUMERICS, NO_STAYS).frame.to_dicts()


@settings(max_examples=150, deadline=None)
@given(source_rows(), st.integers(0, 2**31))
def test_the_order_of_rows_does_not_matter(rows: list[Row], seed: int) -> None:
    whole = extract(*rows)
    expected = find_events(whole, NO_NUMERICS, NO_STAYS)
    found = find_events(whole.sample(fraction=1, shuffle=True, seed=seed), NO_NUMERICS, NO_STAYS)
    assert found.frame.equals(expected.frame)
    assert found.rejected.equals(expected.rejected)


@settings(max_examples=150, deadline=None)
@given(source_rows())
def test_any_rows_keep_the_promises_of_the_table(rows: list[Row]) -> None:
    frame = find_events(extract(*rows), NO_NUMERICS, NO_STAYS).frame
    assert frame.schema == CLINICAL_EVENTS.schema
    assert frame["event_id"].is_unique().all()
    assert frame.equals(frame.sort(CLINICAL_EVENTS.order))
    for invariant in CLINICAL_EVENTS.invariants:
        assert frame.select(invariant.holds.fill_null(True).all()).item(), invariant.name
    assert frame.filter(event="death", tier="A").height <= 1


@settings(max_examples=150, deadline=None)
@given(source_rows())
def test_every_time_of_an_event_is_a_time_of_its_source_rows(rows: list[Row]) -> None:
    frame = extract(*rows)
    times = {
        f"{source['source_table']}:{source['source_row']}": {source["start_time"], source["death_time"]}
        for source in frame.iter_rows(named=True)
    }
    for event in ledger(frame):
        assert set(event["sources"]) <= set(times)
        if event["event_time"] is not None:
            assert any(event["event_time"] in times[source] for source in event["sources"])


ARREST_WITHOUT_ADMISSION: list[Row] = [
    {
        "source_table": "admissions", "hadm_id": 20000001, "start_time": datetime(2150, 1, 1), "end_time": None,
        "death_time": None, "value_text": "HOME",
    },
    {
        "source_table": "procedureevents", "item_id": 225466, "start_time": datetime(2150, 1, 1, 5, 7),
        "stay_id": None, "hadm_id": None, "value_text": "FinishedRunning", "value": 1.0,
    },
    {"source_table": "diagnoses_icd", "code": "I469", "code_version": 10, "hadm_id": 20000001, "value": 1.0},
]  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(source_rows(), st.tuples(maybe_late, maybe_late), st.tuples(maybe_late, maybe_late))
@example(ARREST_WITHOUT_ADMISSION, (None, None), ("2150-01-08 16:12:00", None))
def test_ends_of_admissions_and_stays_never_move_an_event_time(
    rows: list[Row], first: tuple[str | None, str | None], other: tuple[str | None, str | None]
) -> None:
    def timed(rows: list[Row]) -> list[tuple[Any, ...]]:
        return sorted(
            (e["event"], e["tier"], str(e["event_time"]), [name for name in e["sources"] if not is_code(name)])
            for e in ledger(extract(*rows))
            if e["event_time"]
        )

    def is_code(source: str) -> bool:
        """Codes back an event of their admission; an event that names none has one when it lies within its ends."""
        return source.startswith("diagnoses_icd")

    def ended(of_admissions: str | None, of_stays: str | None) -> list[Row]:
        ends = {"admissions": of_admissions, "icustays": of_stays}
        return [{**each, "end_time": end_of(each, ends[each["source_table"]])} if each["source_table"] in ends else each
                for each in rows]  # fmt: skip

    def end_of(row: Row, end: str | None) -> datetime | None:
        if end is None and row.get("death_time") is not None:
            end = TIMES[
                -1
            ]  # without a discharge time the death alone bounds an admission: what is days after it has no time
        return None if end is None else datetime.fromisoformat(end)

    assert timed(ended(*first)) == timed(ended(*other))


@settings(max_examples=100, deadline=None)
@given(source_rows())
def test_history_codes_change_nothing(rows: list[Row]) -> None:
    history = [diagnosis("Z8674", 10), diagnosis("V1253", 9), diagnosis("Z8241", 10)]
    assert ledger(extract(*rows, *history)) == ledger(extract(*rows))
