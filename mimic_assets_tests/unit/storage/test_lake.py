"""Writing, finding and reading keys of a local lake."""

import pickle
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from mimic_assets.errors import InternalError
from mimic_assets.schemas.judged import Judged
from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import (
    CLINICAL_EXTRACT,
    CLINICAL_LABELS,
    RAW_NUMERICS,
    TABLES,
    TRAINING_MANIFEST,
)
from mimic_assets.storage import Key, Lake, keys
from mimic_assets_tests.storage_frames import frame_of, judged_of, key_of


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(str(tmp_path / "lake"))


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_table_comes_back_as_it_was_written(lake: Lake, table: Table) -> None:
    judged, key = judged_of(table, 7, rejected_count=2), key_of(table)
    written = lake.write(table, key, judged, "fp-1", {"note": "x"})
    assert_frame_equal(lake.read(table, key), judged.frame)
    assert_frame_equal(lake.rejected(table, key), judged.rejected)
    assert lake.stored(table, key) == written
    assert (written.row_count, written.rejected_count, written.fingerprint) == (7, 2, "fp-1")
    assert lake.fingerprint(table, key) == "fp-1"
    assert lake.extra(table, key) == {"note": "x"}
    assert written.byte_count == (Path(lake.root.uri) / written.path).stat().st_size
    assert lake.keys(table) == [key]


def test_what_is_absent_says_so(lake: Lake) -> None:
    key = Key(1)
    assert lake.stored(RAW_NUMERICS, key) is None
    assert lake.fingerprint(RAW_NUMERICS, key) is None
    assert lake.extra(RAW_NUMERICS, key) == {}
    assert lake.rejected(RAW_NUMERICS, key).is_empty()
    assert lake.keys(RAW_NUMERICS) == []
    assert lake.scan(RAW_NUMERICS).collect().schema == RAW_NUMERICS.schema
    lake.remove(RAW_NUMERICS, key)
    with pytest.raises(KeyError, match="raw_numerics/patient=1/"):
        lake.read(RAW_NUMERICS, key)


def test_an_empty_frame_is_stored_and_differs_from_absence(lake: Lake) -> None:
    lake.write(RAW_NUMERICS, Key(1), judged_of(RAW_NUMERICS, 0), "fp")
    stored = lake.stored(RAW_NUMERICS, Key(1))
    assert stored is not None
    assert stored.row_count == 0
    assert_frame_equal(lake.read(RAW_NUMERICS, Key(1)), RAW_NUMERICS.empty())


def test_rejections_are_gone_when_nothing_is_refused_any_more(lake: Lake) -> None:
    lake.write(RAW_NUMERICS, Key(1), judged_of(RAW_NUMERICS, 3, rejected_count=1), "a")
    assert len(lake.list_files("raw_numerics")) == 2
    lake.write(RAW_NUMERICS, Key(1), judged_of(RAW_NUMERICS, 3), "b")
    assert [info.path for info in lake.list_files("raw_numerics")] == ["raw_numerics/patient=1/data.parquet"]


def test_the_rows_are_the_commit(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.write(RAW_NUMERICS, Key(1), judged_of(RAW_NUMERICS, 3), "old")
    put = type(lake.root).put

    def dies_before_rows(root: object, path: str, data: bytes) -> int:
        if path.endswith(keys.DATA):
            raise KeyboardInterrupt
        return put(lake.root, path, data)

    with monkeypatch.context() as patched:
        patched.setattr(type(lake.root), "put", dies_before_rows)
        with pytest.raises(KeyboardInterrupt):
            lake.write(RAW_NUMERICS, Key(1), judged_of(RAW_NUMERICS, 5, rejected_count=2), "new")
    assert lake.fingerprint(RAW_NUMERICS, Key(1)) is None  # old rows never stand beside new rejections: made again
    assert lake.rejected(RAW_NUMERICS, Key(1)).height == 2
    lake.write(RAW_NUMERICS, Key(1), judged_of(RAW_NUMERICS, 3), "old")
    with monkeypatch.context() as patched:
        patched.setattr(type(lake.root), "put", dies_before_rows)
        with pytest.raises(KeyboardInterrupt):
            lake.write(RAW_NUMERICS, Key(1), judged_of(RAW_NUMERICS, 5), "new")
    assert lake.fingerprint(RAW_NUMERICS, Key(1)) == "old"  # nothing was refused before or after: the old rows stand


def test_a_quarantined_key_keeps_only_its_reasons(lake: Lake) -> None:
    judged = judged_of(RAW_NUMERICS, 3, rejected_count=1)
    lake.write(RAW_NUMERICS, Key(1), judged, "a")
    lake.quarantine(RAW_NUMERICS, Key(1), judged.rejected)
    assert lake.keys(RAW_NUMERICS) == []
    assert_frame_equal(lake.rejected(RAW_NUMERICS, Key(1)), judged.rejected)
    assert_frame_equal(lake.scan_rejected().collect(), judged.rejected)


@pytest.mark.parametrize(
    ("frame", "named"),
    [
        (frame_of(RAW_NUMERICS).drop("tick"), "missing: .'tick'"),
        (frame_of(RAW_NUMERICS).with_columns(extra=1), "unknown: .'extra'"),
        (frame_of(RAW_NUMERICS).cast({"tick": pl.Int32}), "tick is Int32, Int64 expected"),
        (frame_of(RAW_NUMERICS).select(pl.all().reverse(), pl.col("subject_id").alias("s2")).drop("s2").select(
            reversed(RAW_NUMERICS.schema.names())), "order"),
        (frame_of(RAW_NUMERICS).with_columns(record_id=pl.lit(None, pl.Int64)), "record_id: 7 nulls"),
    ],
)  # fmt: skip
def test_a_frame_that_does_not_fit_is_our_mistake_and_changes_nothing(
    lake: Lake, frame: pl.DataFrame, named: str
) -> None:
    lake.write(RAW_NUMERICS, Key(1), judged_of(RAW_NUMERICS), "old")
    with pytest.raises(InternalError, match=named):
        lake.write(RAW_NUMERICS, Key(1), Judged(frame, judged_of(RAW_NUMERICS, 0, 3).rejected), "new")
    assert lake.fingerprint(RAW_NUMERICS, Key(1)) == "old"
    assert lake.rejected(RAW_NUMERICS, Key(1)).is_empty()


def test_keys_are_sorted_by_number_and_belong_to_one_task(lake: Lake) -> None:
    for task, patient in (("b", 2), ("a", 10), ("a", 9), ("ab", 1)):
        lake.write(CLINICAL_LABELS, Key(patient, task), judged_of(CLINICAL_LABELS, 1, subject_id=patient), "f")
    assert lake.keys(CLINICAL_LABELS) == [Key(9, "a"), Key(10, "a"), Key(1, "ab"), Key(2, "b")]
    assert lake.keys(CLINICAL_LABELS, "a") == [Key(9, "a"), Key(10, "a")]
    subjects = lake.scan(CLINICAL_LABELS, "a").select("subject_id").collect().to_series().to_list()
    assert subjects == [9, 10]
    assert lake.scan(CLINICAL_LABELS, partitions=[10, 77]).select("subject_id").collect().to_series().to_list() == [10]
    lake.remove(CLINICAL_LABELS, Key(9, "a"))
    assert lake.keys(CLINICAL_LABELS, "a") == [Key(10, "a")]
    assert lake.keys(CLINICAL_LABELS, "b") == [Key(2, "b")]


def test_one_subject_of_a_bucket(lake: Lake) -> None:
    frame = pl.concat([frame_of(CLINICAL_EXTRACT, 70_000, 11), frame_of(CLINICAL_EXTRACT, 3, 27)])
    lake.write(CLINICAL_EXTRACT, Key(3), Judged(frame, judged_of(CLINICAL_EXTRACT, 0).rejected), "f")
    found = lake.read(CLINICAL_EXTRACT, Key(3), ["start_time", "subject_id"], subject_id=27)
    assert_frame_equal(found, frame.filter(pl.col("subject_id") == 27).select("start_time", "subject_id"))
    assert lake.read(CLINICAL_EXTRACT, Key(3), subject_id=5).is_empty()
    groups = pq.read_metadata(Path(lake.root.uri) / "clinical_extract/bucket=0003/data.parquet")
    lowest = [groups.row_group(n).column(0).statistics.min for n in range(groups.num_row_groups)]
    assert lowest == [11, 11]  # the second group starts in subject 11; the first is skipped for 27 by its maximum


def test_equal_rows_are_equal_bytes_whatever_the_fingerprint(lake: Lake) -> None:
    judged = judged_of(RAW_NUMERICS, 200)
    one = lake.write(RAW_NUMERICS, Key(1), judged, "a")
    first = lake.root.get(one.path)
    again = lake.write(RAW_NUMERICS, Key(1), judged, "a")
    assert lake.root.get(one.path) == first
    assert again == one
    assert lake.write(RAW_NUMERICS, Key(1), judged, "b").sha256 == one.sha256
    changed = Judged(judged.frame.with_columns(pl.col("tick") + 1), judged.rejected)
    assert lake.write(RAW_NUMERICS, Key(1), changed, "a").sha256 != one.sha256


def test_the_file_says_what_it_is(lake: Lake) -> None:
    stored = lake.write(RAW_NUMERICS, Key(1), judged_of(RAW_NUMERICS, 4, rejected_count=1), "fp", {"k": "v"})
    metadata = pq.read_metadata(Path(lake.root.uri) / stored.path).metadata
    ours = {name.decode(): value.decode() for name, value in metadata.items() if name.startswith(b"mimic_assets.")}
    assert ours == {
        "mimic_assets.table": "raw_numerics", "mimic_assets.fingerprint": "fp", "mimic_assets.rows": "4",
        "mimic_assets.rejected": "1", "mimic_assets.extra.k": "v", "mimic_assets.sha256": stored.sha256,
    }  # fmt: skip


@pytest.mark.parametrize("left", [0, 3, 100, -1])
def test_an_object_cut_from_outside_counts_as_absent(lake: Lake, left: int) -> None:
    stored = lake.write(RAW_NUMERICS, Key(1), judged_of(RAW_NUMERICS), "f")
    file = Path(lake.root.uri) / stored.path
    file.write_bytes(file.read_bytes()[:left])
    assert lake.stored(RAW_NUMERICS, Key(1)) is None


def test_a_lake_travels_to_another_process(lake: Lake) -> None:
    lake.write(RAW_NUMERICS, Key(1), judged_of(RAW_NUMERICS), "f")
    again = pickle.loads(pickle.dumps(lake))
    assert again.fingerprint(RAW_NUMERICS, Key(1)) == "f"


def test_shards_lie_beside_the_manifest_and_are_no_keys(lake: Lake, tmp_path: Path) -> None:
    lake.write(TRAINING_MANIFEST, Key(task="x"), judged_of(TRAINING_MANIFEST), "f")
    file = tmp_path / "shard"
    file.write_bytes(b"0123")
    path = keys.shard_path(TRAINING_MANIFEST, Key(task="x"), "train-0000.bin")
    assert lake.put_file(path, file) == 4
    assert lake.root.get(path) == b"0123"
    assert lake.keys(TRAINING_MANIFEST) == [Key(task="x")]
    assert [info.byte_count for info in lake.list_files("training_manifest/task=x/shards")] == [4]
