"""The ledger of the 88 real demo subjects, against facts read from the source tables by eye and by DuckDB.

Every fact is asked twice: of rows that the small reader here maps from the csv.gz files on its own, and of
`clinical`'s, so that a mistake in one cannot hide a mistake in the other.
"""

from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from mimic_assets.clinical import extract
from mimic_assets.schemas.tables import CLINICAL_EVENTS, CLINICAL_EXTRACT
from mimic_assets.sources.folder import FolderTree
from mimic_assets_tests.event_ledger import find_events
from mimic_assets_tests.unit.events.source_rows import NO_NUMERICS, NO_STAYS

pytestmark = pytest.mark.real_data

MAPPINGS = {
    "hosp/patients": {"death_time": "dod", "value_text": "gender"},
    "hosp/admissions": {
        "hadm_id": "hadm_id", "start_time": "admittime", "end_time": "dischtime", "death_time": "deathtime",
        "value_text": "discharge_location",
    },
    "icu/icustays": {"hadm_id": "hadm_id", "stay_id": "stay_id", "start_time": "intime", "end_time": "outtime"},
    "icu/procedureevents": {
        "hadm_id": "hadm_id", "stay_id": "stay_id", "start_time": "starttime", "item_id": "itemid",
        "value_text": "statusdescription",
    },
    "icu/chartevents": {
        "hadm_id": "hadm_id", "stay_id": "stay_id", "start_time": "charttime", "item_id": "itemid",
        "value_text": "value",
    },
    "hosp/poe": {
        "hadm_id": "hadm_id", "source_id": "poe_id", "start_time": "ordertime", "code": "transaction_type",
        "value_text": "order_subtype",
    },
    "hosp/poe_detail": {"source_id": "poe_id", "category": "field_name", "value_text": "field_value"},
    "hosp/diagnoses_icd": {"hadm_id": "hadm_id", "code": "icd_code", "code_version": "icd_version"},
    "hosp/procedures_icd": {
        "hadm_id": "hadm_id", "start_time": "chartdate", "code": "icd_code", "code_version": "icd_version",
    },
}  # fmt: skip
CHARTED = ["220048", "223758"]


def read(folder: Path, table: str) -> pl.DataFrame:
    """Return a demo table as rows of `clinical_extract`."""
    frame = pl.read_csv(folder / f"{table}.csv.gz", infer_schema=False)
    if table.endswith("chartevents"):
        frame = frame.filter(pl.col("itemid").is_in(CHARTED))
    taken = {"subject_id": "subject_id", **MAPPINGS[table]}
    columns = [
        pl.col(taken[name]).str.to_datetime(time_unit="us").alias(name)
        if name.endswith("_time") and taken.get(name) not in ("dod", "chartdate")
        else pl.col(taken[name]).str.to_date().cast(dtype).alias(name)
        if name.endswith("_time")
        else pl.col(taken[name]).cast(dtype).alias(name)
        for name, dtype in CLINICAL_EXTRACT.schema.items()
        if name in taken
    ]
    named = frame.select(columns).sort(pl.all())
    return named.with_columns(
        source_table=pl.lit(table.split("/")[1]), source_row=pl.int_range(1, pl.len() + 1).over("subject_id")
    )


@pytest.fixture(scope="module", params=["own reader", "clinical"])
def demo(real_data: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Rows of `clinical_extract` of all demo subjects."""
    if request.param == "clinical":
        tree = FolderTree(real_data / "mimic-iv-demo")
        buckets = extract(tree, 3, range(3), tmp_path_factory.mktemp("spool"), None)
        return pl.concat(judged.frame for _, judged in buckets).sort(CLINICAL_EXTRACT.order)
    frames = [CLINICAL_EXTRACT.empty(), *(read(real_data / "mimic-iv-demo", table) for table in MAPPINGS)]
    return pl.concat(frames, how="diagonal").sort(CLINICAL_EXTRACT.order)


@pytest.fixture(scope="module")
def ledger(demo: pl.DataFrame) -> pl.DataFrame:
    """The events of every subject."""
    judged = [find_events(rows, NO_NUMERICS, NO_STAYS) for rows in demo.partition_by("subject_id", maintain_order=True)]
    assert len(judged) == 88
    assert all(each.rejected.is_empty() for each in judged)
    return pl.concat(each.frame for each in judged)


def of(ledger: pl.DataFrame, subject_id: int, event: str, tier: str | None = None) -> pl.DataFrame:
    """Return a subject's events of a kind."""
    found = ledger.filter(subject_id=subject_id, event=event)
    return found if tier is None else found.filter(tier=tier)


def test_death_and_shocks_of_10005817(ledger: pl.DataFrame) -> None:
    assert of(ledger, 10005817, "death", "A")["event_time"].to_list() == [datetime(2135, 1, 19, 18, 36)]
    shocks = of(ledger, 10005817, "shock", "A")
    assert shocks["event_time"].to_list() == [datetime(2135, 1, 14, 10), datetime(2135, 1, 17, 11, 50)]
    assert shocks["event_class"].to_list() == ["in_unit", "in_unit"]
    assert of(ledger, 10005817, "cardiac_arrest").is_empty()  # a shock is no arrest


def test_history_codes_are_no_events(demo: pl.DataFrame, ledger: pl.DataFrame) -> None:
    coded = demo.filter(pl.col("code").is_in(["V1253", "Z8674"]))["subject_id"].unique().sort().to_list()
    assert coded == [10004235, 10004720]  # the codes are there to be mistaken
    assert ledger.filter(pl.col("subject_id").is_in(coded), event="cardiac_arrest").is_empty()


def test_death_of_10037861_is_its_deathtime(ledger: pl.DataFrame) -> None:
    [death] = of(ledger, 10037861, "death").to_dicts()
    assert (death["tier"], death["event_time"]) == ("A", datetime(2117, 3, 24, 23, 8))
    assert [source.split(":")[0] for source in death["sources"]] == ["admissions", "patients"]


def test_the_arrest_code_of_10010471_has_no_time(ledger: pl.DataFrame) -> None:
    [arrest] = of(ledger, 10010471, "cardiac_arrest").to_dicts()
    assert (arrest["tier"], arrest["event_time"], arrest["hadm_id"]) == ("D", None, 29842315)
    assert (arrest["lower_time"], arrest["upper_time"]) == (
        datetime(2155, 12, 2, 19, 36),
        datetime(2155, 12, 7, 15, 30),
    )


def test_every_subject_with_a_date_of_death_has_one_death(demo: pl.DataFrame, ledger: pl.DataFrame) -> None:
    dated = demo.filter(pl.col("death_time").is_not_null(), source_table="patients")["subject_id"].sort().to_list()
    assert len(dated) == 28
    deaths = ledger.filter(event="death")
    assert deaths["subject_id"].sort().to_list() == dated
    assert deaths.group_by("tier").len().sort("tier").rows() == [("A", 12), ("C", 16)]
    assert deaths.filter(tier="A")["sources"].list.len().to_list() == [2] * 12


def test_ten_of_twelve_deaths_were_in_the_unit_and_none_under_comfort_care(ledger: pl.DataFrame) -> None:
    deaths = ledger.filter(event="death", tier="A")
    assert deaths.group_by("event_class").len().sort("event_class").rows() == [("in_hospital", 2), ("in_unit", 10)]
    assert deaths["stay_id"].null_count() == 2


def test_no_event_time_is_the_end_of_an_admission_or_stay(demo: pl.DataFrame, ledger: pl.DataFrame) -> None:
    ends = demo.filter(pl.col("source_table").is_in(["admissions", "icustays"])).select(
        "subject_id", event_time="end_time", deathtime="death_time"
    )
    same = ledger.filter(pl.col("event_time").is_not_null()).join(ends, on=["subject_id", "event_time"])
    assert same.height == 9  # in 9 of 12 deaths dischtime equals deathtime
    assert (same["event_time"] == same["deathtime"]).all()


def test_the_whole_ledger_is_what_the_source_tables_say(real_data: Path, ledger: pl.DataFrame) -> None:
    hosp, icu = (real_data / "mimic-iv-demo" / part for part in ("hosp", "icu"))
    expected = duckdb.sql(f"""
        select subject_id, 'death' as event, 'A' as tier, deathtime::timestamp as event_time
        from '{hosp}/admissions.csv.gz' where deathtime is not null
        union all select p.subject_id, 'death', 'C', null from '{hosp}/patients.csv.gz' p
        where dod is not null
            and subject_id not in (select subject_id from '{hosp}/admissions.csv.gz' where deathtime is not null)
        union all select subject_id,
            case itemid when 225466 then 'cardiac_arrest' else 'shock' end, 'A', starttime::timestamp
        from '{icu}/procedureevents.csv.gz' where itemid in (225466, 225464)
        union all select distinct subject_id, 'cardiac_arrest', 'D', null::timestamp
        from read_csv('{hosp}/diagnoses_icd.csv.gz', all_varchar=true)
        where (icd_version = '9' and icd_code = '4275')
            or (icd_version = '10' and regexp_matches(icd_code, '^(I46[289]|I9712|I9771)'))
    """).pl()
    columns = ["subject_id", "event", "tier", "event_time"]
    known = ["death", "cardiac_arrest", "shock"]
    found = ledger.filter(pl.col("event").is_in(known)).select(columns)
    assert found.sort(columns).rows() == expected.with_columns(pl.col("subject_id").cast(pl.Int64)).sort(columns).rows()
    assert ledger.schema == CLINICAL_EVENTS.schema
    assert found.group_by("event", "tier").len().sort("event", "tier").rows() == [
        ("cardiac_arrest", "D", 1), ("death", "A", 12), ("death", "C", 16), ("shock", "A", 3),
    ]  # fmt: skip
