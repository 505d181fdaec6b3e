"""Real monitor numbers: against the charts of other people no lag is made up; against their own a planted one is found.

The linked records are keyed onto demo subjects whose monitor they never were, so every lag but null would be invented.
"""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from mimic_assets import clinical, numerics, records
from mimic_assets.schemas.tables import CLINICAL_EXTRACT
from mimic_assets.sources.folder import FolderTree
from mimic_assets.stays import find_record_stays

pytestmark = pytest.mark.real_data
ITEMS = {"heart_rate": 220045, "spo2": 220277, "nbp_systolic": 220179, "nbp_mean": 220181}
SHOWN_FOR = {"heart_rate": "1m", "spo2": "1m", "nbp_systolic": "30m", "nbp_mean": "30m"}


@pytest.fixture(scope="module")
def demo(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    tree = FolderTree(real_data / "mimic-iv-demo")
    ((_, judged),) = clinical.extract(tree, 1, {0}, tmp_path_factory.mktemp("spool"), None)
    return judged.frame


def read(real_data: Path, subject_id: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return raw_records and cleaned_numerics of a linked record's subject."""
    tree = FolderTree(real_data / "mimic4wdb-linked")
    raw = records.read_records(tree, subject_id).frame
    return raw, numerics.clean(records.read_numerics(tree, subject_id).whole().frame, raw).whole().frame


@pytest.mark.parametrize("subject_id", [10005817, 10010471, 10020306])
def test_the_chart_of_somebody_else_gives_no_lag(real_data: Path, demo: pl.DataFrame, subject_id: int) -> None:
    raw, cleaned = read(real_data, subject_id)
    rows = demo.filter(pl.col("subject_id") == subject_id)
    assert rows.filter(pl.col("item_id").is_in(list(ITEMS.values()))).height > 100
    frame = find_record_stays(raw, cleaned, rows).frame
    assert frame.height > 0
    assert frame["lag_s"].null_count() == frame.height
    assert frame["lag_steps_s"].list.drop_nulls().list.len().sum() == 0


@pytest.mark.parametrize("lag_s", [0, 420, -420, 3600])
def test_a_chart_copied_from_the_real_monitor_gives_its_lag(real_data: Path, demo: pl.DataFrame, lag_s: int) -> None:
    """Every half hour of a day what the monitor showed, to the whole number, on a chart with another clock."""
    raw, cleaned = read(real_data, 10005817)
    start = datetime(2135, 1, 17, 8)
    looks = pl.DataFrame({"start_time": [start + timedelta(minutes=30 * k) for k in range(48)]})
    looks = looks.with_columns(pl.col("start_time").cast(pl.Datetime("us"))).with_columns(
        time=pl.col("start_time") + timedelta(seconds=lag_s)
    )
    charted = [
        looks.join_asof(
            cleaned.filter(parameter=name, flag="ok").select("time", "value").sort("time"),
            on="time", tolerance=SHOWN_FOR[name],
        ).with_columns(pl.col("value").round(), item_id=pl.lit(item_id, pl.Int64))
        for name, item_id in ITEMS.items()
    ]  # fmt: skip
    rows = pl.concat(charted).drop("time").drop_nulls("value").with_columns(
        subject_id=pl.lit(10005817, pl.Int64), source_table=pl.lit("chartevents"),
        source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
    )  # fmt: skip
    own = demo.filter((pl.col("subject_id") == 10005817) & (pl.col("source_table") == "icustays"))
    frame = find_record_stays(raw, cleaned, pl.concat([CLINICAL_EXTRACT.empty(), own, rows], how="diagonal")).frame
    [row] = frame.to_dicts()
    assert row["lag_s"] == pytest.approx(lag_s, abs=60)
    assert row["lag_confidence"] >= 0.99
