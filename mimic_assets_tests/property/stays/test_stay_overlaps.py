"""An overlap holds exactly the instants that lie in the record and in the stay, instant by instant."""

from datetime import datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from mimic_assets.schemas.tables import RECORD_STAYS
from mimic_assets.stays import link_stays
from mimic_assets_tests.unit.events.source_rows import HADM, RECORD, RECORD_START, STAY, extract, record, row

INSTANTS = range(-30, 31)


def instant(number: int) -> datetime:
    """Return a time around the start of the records; one instant is one tick, a millisecond."""
    return RECORD_START + timedelta(milliseconds=number)


stays = st.lists(st.tuples(st.integers(-30, 30), st.integers(-30, 30)), max_size=4)
records = st.lists(st.tuples(st.integers(-20, 20), st.integers(0, 20)), min_size=1, max_size=3)


@settings(max_examples=150, deadline=None)
@given(records, stays, st.integers(0, 2**31))
def test_overlaps_hold_the_shared_instants(
    records: list[tuple[int, int]], stays: list[tuple[int, int]], seed: int
) -> None:
    raw = pl.concat(record(RECORD + n, instant(start), last) for n, (start, last) in enumerate(records))
    rows = extract(
        *(
            row("icustays", stay_id=STAY + n, hadm_id=HADM, start_time=instant(start), end_time=instant(end))
            for n, (start, end) in enumerate(stays)
        ),
        row("patients"),
    )
    judged = link_stays(
        raw.sample(fraction=1, shuffle=True, seed=seed), rows.sample(fraction=1, shuffle=True, seed=seed)
    )
    found = {
        (link["record_id"] - RECORD, link["stay_id"] - STAY, number)
        for link in judged.frame.to_dicts()
        for number in INSTANTS
        if link["overlap_start_time"] < instant(number) <= link["overlap_end_time"]
    }
    expected = {
        (r, s, number)
        for r, (record_start, last) in enumerate(records)
        for s, (stay_start, stay_end) in enumerate(stays)
        for number in INSTANTS
        if record_start <= number <= record_start + last and stay_start < number <= stay_end
    }
    assert found == expected
    assert judged.frame.equals(judged.frame.sort(RECORD_STAYS.order))
    lonely = len(records) - len({r for r, _, _ in expected})
    assert judged.rejected["rule"].to_list() == ["record_without_stay"] * lonely
