"""record_stays of a generated demo against its truth: planted lags are found, and none is made up."""

from pathlib import Path

import polars as pl
import pytest

from mimic_assets import clinical, numerics, records, stays
from mimic_assets.sources.demo import DemoPlan, generate_demo
from mimic_assets.sources.folder import FolderTree

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """record_stays of 40 patients with records of about eight hours, with `true_s` from the truth file."""
    folder: Path = tmp_path_factory.mktemp("clocks")
    generate_demo(folder / "source", DemoPlan(patients=40, hours=8.0, waveform_minutes=1), workers=2)
    truth = pl.read_csv(folder / "source" / "truth" / "clock_lags.csv").rename({"lag_s": "true_s"})
    waveforms, tables = FolderTree(folder / "source" / "waveforms"), FolderTree(folder / "source" / "clinical")
    ((_, extracted),) = clinical.extract(tables, 1, {0}, folder, None)
    found = []
    for subject_id in truth["subject_id"].unique().sort():
        raw = records.read_records(waveforms, subject_id).frame
        cleaned = numerics.clean(records.read_numerics(waveforms, subject_id).whole().frame, raw).whole().frame
        rows = extracted.frame.filter(pl.col("subject_id") == subject_id)
        found.append(stays.find_record_stays(raw, cleaned, rows).frame)
    return pl.concat(found).join(truth, on=["subject_id", "record_id"], how="left")


def test_every_planted_lag_is_found_within_a_minute(audited: pl.DataFrame) -> None:
    """Seven minutes either way, and an hour of daylight saving."""
    planted = audited.filter(pl.col("true_s") != 0)
    assert sorted(planted["true_s"].to_list()) == [-420, 420, 3600]
    assert ((planted["lag_s"] - planted["true_s"]).abs() <= 60).all()
    assert planted["has_large_lag"].all()
    assert (planted["lag_confidence"] >= 0.99).all()
    assert planted.select(pl.col("lag_known_times").list.len() > 0).to_series().all()


def test_clocks_that_agree_are_not_called_far_apart_and_most_are_known(audited: pl.DataFrame) -> None:
    sound = audited.filter(pl.col("true_s") == 0)
    assert sound.height > 35
    assert not sound["has_large_lag"].fill_null(False).any()
    known = sound.filter(pl.col("lag_s").is_not_null())
    assert known.height >= 0.7 * sound.height
    assert (known["lag_s"].abs() <= 60).mean() >= 0.9
    assert (known.filter(pl.col("lag_confidence") >= 0.99)["lag_s"].abs() <= 60).all()
