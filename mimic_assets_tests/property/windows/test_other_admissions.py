"""What a monitor says in one admission changes no label of hypotension in another."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from mimic_assets.schemas.tables import RECORD_STAYS
from mimic_assets.windows import label_stays
from mimic_assets_tests.event_ledger import find_events
from mimic_assets_tests.unit.windows.patient_frames import ADMISSION, DAY, STAY, extract, numerics, record, task

LOW = task("hypotension")
OTHER_ADMISSION, OTHER_STAY, OTHER_RECORD = 21, 31, 91
YEARS = timedelta(days=1000)
MINUTES_10 = timedelta(minutes=10)
stretches = st.lists(
    st.tuples(st.sampled_from([50.0, 64.0, 65.0, 80.0]), st.integers(1, 40), st.sampled_from([30, 30, 60, 90])),
    min_size=1,
    max_size=6,
)


def hospital(start: datetime, hadm_id: int, stay_id: int) -> list[dict[str, Any]]:
    """Return an admission of a day with an ICU stay of eight hours, an hour after its start."""
    times = {"start_time": start, "end_time": start + timedelta(days=1)}
    stay = {"start_time": start + timedelta(hours=1), "end_time": start + timedelta(hours=9)}
    return [
        {"source_table": "admissions", "hadm_id": hadm_id} | times,
        {"source_table": "icustays", "hadm_id": hadm_id, "stay_id": stay_id, "category": "MICU"} | stay,
    ]


def pressures(start: datetime, drawn: list[tuple[float, int, int]], record_id: int) -> pl.DataFrame:
    """Return a record that begins with the first stretch (value, how many, seconds apart) and goes on with the rest."""
    cells, time = [], start
    for value, count, step in drawn:
        for _ in range(count):
            cells.append((time, "abp_mean", value, "ok"))
            time += timedelta(seconds=step)
    tick = ((pl.col("time") - start).dt.total_milliseconds()).alias("tick")
    return numerics(cells, record_id).with_columns(tick)


def linked(start: datetime, hadm_id: int, stay_id: int, record_id: int) -> dict[str, Any]:
    """Return the link of a record with the ICU stay that it lies in, in an admission that starts at `start`."""
    inside = {"overlap_start_time": start + timedelta(hours=1), "overlap_end_time": start + timedelta(hours=9)}
    stay = {"stay_start_time": start + timedelta(hours=1), "stay_end_time": start + timedelta(hours=9)}
    ids = {"record_id": record_id, "stay_id": stay_id, "hadm_id": hadm_id}
    return record("09:00", "17:00") | ids | inside | stay | {"subject_id": 10}


@settings(max_examples=60, deadline=None)
@given(mine=stretches, theirs=stretches, direction=st.sampled_from([-1, 1]), is_linked=st.booleans())
def test_a_record_of_another_admission_changes_no_label(
    mine: list[tuple[float, int, int]], theirs: list[tuple[float, int, int]], direction: int, is_linked: bool
) -> None:
    other = DAY + direction * YEARS
    clinical = extract(*hospital(DAY, ADMISSION, STAY), *hospital(other, OTHER_ADMISSION, OTHER_STAY))
    own = pressures(DAY + timedelta(hours=3), mine, 90)
    more = pl.concat([own, pressures(other + timedelta(hours=3), theirs, OTHER_RECORD)]).sort("record_id")
    links = [linked(DAY, ADMISSION, STAY, 90), linked(other, OTHER_ADMISSION, OTHER_STAY, OTHER_RECORD)]
    found = []
    for cells in (own, more):
        stays = pl.DataFrame(links, schema=RECORD_STAYS.schema) if is_linked else RECORD_STAYS.empty()
        events = find_events(clinical, cells, stays).frame
        labels = label_stays(LOW, clinical, events, stays, cells, frozenset()).frame
        found.append(labels.filter(pl.col("stay_id") == STAY))
    assert found[0].height == 96
    assert found[1].equals(found[0])


def test_an_onset_that_may_lie_in_an_earlier_stay_of_the_admission_is_no_positive_there() -> None:
    """Two ICU stays five minutes apart; the record of the second begins low, perhaps since the first."""
    first, second = hospital(DAY, ADMISSION, STAY)[1], hospital(DAY, ADMISSION, OTHER_STAY)[1]
    second |= {"start_time": first["end_time"] + timedelta(minutes=5), "end_time": first["end_time"] + 2 * MINUTES_10}
    clinical = extract(hospital(DAY, ADMISSION, STAY)[0], first, second)
    cells = pressures(first["end_time"] + MINUTES_10, [(50.0, 14, 30)], OTHER_RECORD)
    link = linked(DAY, ADMISSION, OTHER_STAY, OTHER_RECORD)
    link |= {"overlap_start_time": first["end_time"] + timedelta(minutes=9), "overlap_end_time": second["end_time"]}
    links = pl.DataFrame([link], schema=RECORD_STAYS.schema)
    events = find_events(clinical, cells, links).frame
    labels = label_stays(LOW, clinical, events, links, cells, frozenset()).frame
    assert events["stay_id"].to_list() == [OTHER_STAY]
    assert labels.filter(pl.col("label").fill_null(False)).is_empty()
