"""Paths that can be checked by eye."""

import pytest

from mimic_assets.errors import InternalError
from mimic_assets.schemas.tables import CLINICAL_EXTRACT, CLINICAL_LABELS, RAW_NUMERICS, TRAINING_MANIFEST
from mimic_assets.storage import keys
from mimic_assets.storage.keys import Key


def test_each_partitioning_has_its_path() -> None:
    assert keys.data_path(RAW_NUMERICS, Key(10005817)) == "raw_numerics/patient=10005817/data.parquet"
    labels = Key(10005817, "hypotension")
    assert keys.data_path(CLINICAL_LABELS, labels) == "clinical_labels/task=hypotension/patient=10005817/data.parquet"
    assert keys.data_path(CLINICAL_EXTRACT, Key(7)) == "clinical_extract/bucket=0007/data.parquet"
    assert keys.data_path(TRAINING_MANIFEST, Key(task="x")) == "training_manifest/task=x/data.parquet"
    assert keys.rejected_path(CLINICAL_EXTRACT, Key(0)) == "clinical_extract/bucket=0000/rejected.parquet"
    shard = keys.shard_path(TRAINING_MANIFEST, Key(task="x"), "train-0001.bin")
    assert shard == "training_manifest/task=x/shards/train-0001.bin"


@pytest.mark.parametrize(
    "path",
    [
        "raw_numerics/patient=010005817/data.parquet",
        "raw_numerics/patient=10005817/data.parquet.tmp",
        "raw_numerics/patient=10005817/.tmp-1/data.parquet",
        "raw_numerics/task=x/patient=1/data.parquet",
        "raw_numerics/patient=١/data.parquet",
        "clinical_extract/bucket=7/data.parquet",
        "clinical_labels/task=Hypotension/patient=1/data.parquet",
        "training_manifest/task=x/shards/data.parquet",
        "no_table/patient=1/data.parquet",
        "raw_numerics/data.parquet",
        "raw_numerics/patient=1\n/data.parquet",
        "",
    ],
)
def test_nothing_else_parses(path: str) -> None:
    assert keys.parse(path) is None


@pytest.mark.parametrize(
    ("table", "key"),
    [
        (RAW_NUMERICS, Key()),
        (RAW_NUMERICS, Key(1, "hypotension")),
        (RAW_NUMERICS, Key(-1)),
        (CLINICAL_LABELS, Key(1)),
        (CLINICAL_LABELS, Key(1, "../x")),
        (CLINICAL_EXTRACT, Key(10_000)),
        (TRAINING_MANIFEST, Key(1, "x")),
    ],
)
def test_a_key_of_another_partitioning_is_our_mistake(table: keys.Table, key: Key) -> None:
    with pytest.raises(InternalError, match=table.name):
        keys.data_path(table, key)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden"])
def test_a_shard_stays_in_its_folder(name: str) -> None:
    with pytest.raises(InternalError):
        keys.shard_path(TRAINING_MANIFEST, Key(task="x"), name)
