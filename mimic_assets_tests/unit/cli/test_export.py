"""`mimic-assets export meds` over a tiny lake: what is in it, and what is left of one that cannot be written."""

import errno
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from mimic_assets.cli import meds_export
from mimic_assets.cli.meds_export import Written, write_meds
from mimic_assets.errors import RequestError
from mimic_assets.settings import Settings
from mimic_assets_tests.unit.cli.small_lake import INDEX, SUBJECT, make_lake


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    make_lake(str(tmp_path / "lake"))
    return Settings(lake=str(tmp_path / "lake"), tasks=("hypotension",))


def exported(settings: Settings, output: Path) -> Written:
    return write_meds(settings, output, are_named=True, progress=lambda *_: None)


def test_a_label_of_each_kind_comes_out_at_its_index_time(settings: Settings, tmp_path: Path) -> None:
    output = tmp_path / "meds"
    assert exported(settings, output).labels == {"hypotension": 2}
    labels = pl.read_parquet(output / "labels/hypotension/*/*.parquet")
    assert labels.filter("boolean_value").select("subject_id", "prediction_time").rows() == [(SUBJECT, INDEX)]
    codes = pl.read_parquet(output / "data/*/*.parquet")["code"].to_list()
    assert codes.count("INDEX//hypotension") == 2
    with pytest.raises(RequestError, match="exists already"):
        exported(settings, output)


def test_a_full_disk_is_said_and_leaves_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(table: Any, path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(meds_export.pq, "write_table", full)  # the metadata, after every shard
    with pytest.raises(RequestError, match=r"Cannot write .*meds: No space left on device"):
        exported(settings, tmp_path / "meds")
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]


def test_what_a_killed_export_left_is_not_taken_for_one(settings: Settings, tmp_path: Path) -> None:
    half = tmp_path / "meds.part" / "data" / "train"
    half.mkdir(parents=True)
    (half / "9.parquet").write_bytes(b"half")
    exported(settings, tmp_path / "meds")
    assert not half.exists()
    for path in (tmp_path / "meds").rglob("*.parquet"):
        assert pq.read_table(path).num_columns
