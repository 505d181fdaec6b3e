"""The real records keyed onto demo subjects meet the stays that their notes say; other records meet none."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from mimic_assets.numerics import clean
from mimic_assets.records import read_numerics, read_records
from mimic_assets.schemas.tables import CLINICAL_EXTRACT
from mimic_assets.sources.folder import FolderTree
from mimic_assets.stays import link_stays
from mimic_assets_tests.event_ledger import find_events

pytestmark = pytest.mark.real_data


def stays_of(real_data: Path, subject_id: int) -> pl.DataFrame:
    """Return a subject's ICU stays as rows of `clinical_extract`."""
    stays = pl.read_csv(real_data / "mimic-iv-demo" / "icu" / "icustays.csv.gz", try_parse_dates=True)
    rows = (
        stays.filter(subject_id=subject_id)
        .sort("intime")
        .select(
            "subject_id", "hadm_id", "stay_id", pl.lit("icustays").alias("source_table"),
            pl.int_range(1, pl.len() + 1).alias("source_row"), pl.col("first_careunit").alias("category"),
            pl.col("intime").cast(pl.Datetime("us")).alias("start_time"),
            pl.col("outtime").cast(pl.Datetime("us")).alias("end_time"),
        )
    )  # fmt: skip
    return pl.concat([CLINICAL_EXTRACT.empty(), rows], how="diagonal")


@pytest.mark.parametrize(
    ("subject_id", "records"), [(10005817, [90000001]), (10010471, [90000002]), (10020306, [90000003, 90000004])]
)
def test_linked_records_lie_in_a_stay_of_their_subject(real_data: Path, subject_id: int, records: list[int]) -> None:
    raw = read_records(FolderTree(real_data / "mimic4wdb-linked"), subject_id).frame
    stays = stays_of(real_data, subject_id)
    judged = link_stays(raw, stays)
    assert judged.frame["record_id"].to_list() == records
    assert judged.rejected.is_empty()
    assert judged.frame["hadm_id"].to_list() == raw.unique("record_id").sort("record_id")["hadm_id"].to_list()
    for row in judged.frame.to_dicts():
        assert row["overlap_end_time"] == min(row["record_end_time"], row["stay_end_time"])
        assert row["overlap_start_time"] < row["overlap_end_time"]


def test_the_linked_record_of_10005817_ends_before_its_death(real_data: Path) -> None:
    raw = read_records(FolderTree(real_data / "mimic4wdb-linked"), 10005817).frame
    [end] = link_stays(raw, stays_of(real_data, 10005817)).frame["overlap_end_time"]
    minutes = (datetime(2135, 1, 19, 18, 36) - end).total_seconds() / 60
    assert 19 < minutes < 21


def test_records_of_subjects_outside_the_demo_are_reported_and_give_no_label(real_data: Path) -> None:
    raw = read_records(FolderTree(real_data / "mimic4wdb"), 10079700).frame
    judged = link_stays(raw, CLINICAL_EXTRACT.empty())
    assert judged.frame.is_empty()
    assert judged.rejected["rule"].to_list() == ["subject_without_clinical_rows"]
    [file] = judged.rejected["file"]
    assert (real_data / "mimic4wdb" / file).is_file()


def test_cuff_pressures_of_the_real_record_make_no_hypotension(real_data: Path) -> None:
    tree = FolderTree(real_data / "mimic4wdb-linked")
    raw = read_records(tree, 10005817).frame
    cleaned = clean(read_numerics(tree, 10005817).whole().frame, raw).whole().frame
    low = cleaned.filter((pl.col("parameter") == "nbp_mean") & (pl.col("flag") == "ok") & (pl.col("value") < 65))
    assert low.height > 100  # there is something to be mistaken for an episode
    stays = stays_of(real_data, 10005817)
    found = find_events(stays, cleaned, link_stays(raw, stays).frame).frame
    assert "hypotension" not in found["event"]
