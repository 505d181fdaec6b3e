"""Shards written and read: offsets, names, several shards, and every way in which bytes can be wrong."""

import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mimic_assets.errors import DataError
from mimic_assets.manifest import open_shard, read_header, read_sample, shards
from mimic_assets.manifest.shard_layout import ShardLayout
from mimic_assets.manifest.shards import ShardWriter
from mimic_assets.manifest.tensors import Tensors
from mimic_assets.schemas.vocabulary import MissingReason

LAYOUT = ShardLayout("some_task", "f" * 64, "train", "leave", ("heart_rate", "spo2"), ("/min", None), 60, 3)


def tensors(count: int) -> Tensors:
    shape = (count, 2, 3)
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    return Tensors(values, np.full(shape, 2, dtype=np.uint8), values / 2)


def write(spool: Path, count: int, layout: ShardLayout = LAYOUT) -> tuple[pl.DataFrame, list[shards.ShardFile]]:
    ids = pl.Series("sample_id", [f"s{i}" for i in range(count)], dtype=pl.String)
    writer = ShardWriter(spool, {"train": layout}, {"train": count}, seed=3)
    labels = pl.Series("label", [i % 2 == 0 for i in range(count)], dtype=pl.Boolean)
    return writer.append("train", ids, labels, tensors(count)), writer.finish()


def test_a_shard_reads_back_as_written(tmp_path: Path) -> None:
    placed, (file,) = write(tmp_path, 5)
    shard = open_shard(file.path.read_bytes(), name=file.name)
    assert shard.layout == LAYOUT
    assert len(shard) == file.sample_count == 5
    np.testing.assert_array_equal(shard.values, tensors(5).values)
    np.testing.assert_array_equal(shard.ages_s, tensors(5).ages_s)
    np.testing.assert_array_equal(shard.reasons, tensors(5).reasons)
    assert shard.labels.tolist() == [True, False, True, False, True]
    length = placed["shard_length"][0]
    assert placed["shard_offset"].to_list() == [len(LAYOUT.header) + i * length for i in range(5)]


def test_a_sample_is_read_by_its_range_alone(tmp_path: Path) -> None:
    placed, (file,) = write(tmp_path, 5)
    data, asked = file.path.read_bytes(), []

    def read(offset: int, length: int) -> bytes:
        asked.append((offset, length))
        return data[offset : offset + length]

    row = placed.row(3, named=True)
    sample = read_sample(read, row["shard_offset"], row["shard_length"], layout=LAYOUT, sha256=row["sha256"])
    np.testing.assert_array_equal(sample.values, tensors(5).values[3])
    assert sample.label is False
    assert asked == [(row["shard_offset"], row["shard_length"])]
    assert read_sample(data, row["shard_offset"], row["shard_length"]).values.tolist() == sample.values.tolist()


def test_the_header_is_plain_json_after_twelve_bytes() -> None:
    """Read without our own reader, as the format page says."""
    header = LAYOUT.header
    magic, version, reserved, length = struct.unpack("<4sHHI", header[:12])
    assert (magic, version, reserved, length) == (b"MASH", 1, 0, len(header))
    assert length % 64 == 0
    fields = json.loads(header[12:])
    assert fields["parameters"] == ["heart_rate", "spo2"]
    assert fields["units"] == ["/min", None]
    assert fields["record_length"] == 56  # 9 x 6 cells + 1 label = 55, to a multiple of 8
    assert fields["reasons"][MissingReason.REJECTED.code] == "rejected"
    assert list(fields) == sorted(fields)


def test_the_name_carries_the_checksum_of_the_file(tmp_path: Path) -> None:
    _, (file,) = write(tmp_path, 2)
    digest = hashlib.sha256(file.path.read_bytes()).hexdigest()
    assert file.name == file.path.name == f"train-00000-of-00001-{digest[:12]}.bin"


def test_samples_spread_over_shards_by_their_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SAMPLES_PER_SHARD", 10)
    placed, files = write(tmp_path, 95)
    assert [file.number for file in files] == list(range(10))
    assert sum(file.sample_count for file in files) == 95
    expected = [int(hashlib.sha256(f"shard:3:s{i}".encode()).hexdigest()[:16], 16) % 10 for i in range(95)]
    assert placed["shard_number"].to_list() == expected
    opened = [open_shard(file.path.read_bytes(), name=file.name) for file in files]
    for i, (number, offset, length) in enumerate(placed.select("shard_number", "shard_offset", "shard_length").rows()):
        place = (offset - len(LAYOUT.header)) // length
        np.testing.assert_array_equal(opened[number].values[place], tensors(95).values[i])


def test_no_samples_no_shard(tmp_path: Path) -> None:
    assert ShardWriter(tmp_path, {"train": LAYOUT}, {}, seed=3).finish() == []
    assert list(tmp_path.iterdir()) == []


def test_what_a_broken_attempt_left_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "train-00000.part").write_bytes(b"half a shard")
    _, (file,) = write(tmp_path, 2)
    assert len(open_shard(file.path.read_bytes(), name=file.name)) == 2


@pytest.fixture
def shard(tmp_path: Path) -> tuple[str, bytes, dict[str, object]]:
    placed, (file,) = write(tmp_path, 3)
    return file.name, file.path.read_bytes(), placed.row(1, named=True)


def test_a_flipped_bit_is_found_and_placed(shard: tuple[str, bytes, dict[str, int]]) -> None:
    name, data, row = shard
    broken = bytearray(data)
    broken[row["shard_offset"] + 5] ^= 1
    with pytest.raises(DataError, match=rf"{name}, sample at byte {row['shard_offset']}: SHA-256 \w+ found"):
        read_sample(bytes(broken), row["shard_offset"], row["shard_length"], sha256=str(row["sha256"]), name=name)
    with pytest.raises(DataError, match=rf"Shard {name}: SHA-256 beginning"):
        open_shard(bytes(broken), name=name)


def test_a_cut_shard_is_refused(shard: tuple[str, bytes, dict[str, int]]) -> None:
    _, data, row = shard
    with pytest.raises(DataError, match="49 bytes found after the last whole sample of 56 bytes"):
        open_shard(data[:-7])
    with pytest.raises(DataError, match=r"at byte \d+: 49 bytes found"):
        read_sample(data[:-7], row["shard_offset"] + 56, 56)
    for length in (0, 11, 40):
        with pytest.raises(DataError, match="bytes"):
            read_header(data[:length])


@pytest.mark.parametrize(
    ("place", "replacement", "message"),
    [
        (0, b"MESH", "should begin with 'MASH'"),
        (4, b"\x02\x00", "version 2 found, 1 expected"),
        (8, struct.pack("<I", 65), "a multiple of 64 expected"),
        (8, struct.pack("<I", 0), "header of 0 bytes found"),
        (12, b"[", "its header cannot be used"),
    ],
)
def test_a_foreign_header_is_refused(
    shard: tuple[str, bytes, dict[str, object]], place: int, replacement: bytes, message: str
) -> None:
    _, data, _ = shard
    with pytest.raises(DataError, match=message):
        open_shard(data[:place] + replacement + data[place + len(replacement) :])


@pytest.mark.parametrize(
    ("key", "value"),
    [("record_length", 57), ("units", ["/min"]), ("cell_count", 4), ("parameters", None), ("task", ...)],
)
def test_a_header_that_contradicts_itself_is_refused(key: str, value: object) -> None:
    fields = json.loads(LAYOUT.header[12:]) | {key: value}
    if value is ...:
        del fields[key]
    text = json.dumps(fields).encode().ljust(500)
    with pytest.raises(DataError, match="its header cannot be used"):
        read_header(struct.pack("<4sHHI", b"MASH", 1, 0, 512) + text)


def test_a_wrong_length_is_refused(shard: tuple[str, bytes, dict[str, int]]) -> None:
    _, data, row = shard
    with pytest.raises(DataError, match=r"48 bytes found \(48 asked for\), 56 expected"):
        read_sample(data, row["shard_offset"], 48)
