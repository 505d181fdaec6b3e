"""Shards written and read: places, names, several shards, other readers, and every way in which bytes can be wrong."""

import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from mimic_assets.errors import DataError, InternalError
from mimic_assets.manifest import Sample, open_shard, read_header, read_sample, shards
from mimic_assets.manifest.shard_layout import MAGIC, METADATA_KEY, ShardLayout
from mimic_assets.manifest.shards import ShardFile, ShardWriter
from mimic_assets.manifest.tensors import Tensors
from mimic_assets.schemas.vocabulary import MissingReason, SignalReason
from mimic_assets.signal_codec import decode_reasons, decode_samples
from mimic_assets_tests.unit.manifest.waveform_frames import SIGNALS, waveform_rows, waveform_task

LAYOUT = ShardLayout("some_task", "f" * 64, "train", "leave", ("heart_rate", "spo2"), ("/min", None), 60, 3)
WAVES = replace(
    LAYOUT,
    signals=SIGNALS,
    samples_per_frame=(4, 2, 1),
    frame_count=625,
    tile_features=("heart_rate_per_min", "II.quality_index"),
    tile_count=1,
)


def tensors(count: int) -> Tensors:
    shape = (count, 2, 3)
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    return Tensors(values, np.full(shape, 2, dtype=np.uint8), values / 2)


def windows(count: int) -> pl.DataFrame:
    return pl.DataFrame(
        {"sample_id": [f"s{i}" for i in range(count)], "label": [i % 2 == 0 for i in range(count)]},
        schema={"sample_id": pl.String, "label": pl.Boolean},
    )


def write(spool: Path, count: int, layout: ShardLayout = LAYOUT) -> list[ShardFile]:
    writer = ShardWriter(spool, {"train": layout}, seed=3)
    writer.append("train", windows(count), tensors(count))
    return list(writer.finish())


def drawn(sample_id: str) -> int:
    return int(hashlib.sha256(f"shard:3:{sample_id}".encode()).hexdigest()[:16], 16)


def test_a_shard_reads_back_as_written_in_the_order_of_its_draws(tmp_path: Path) -> None:
    (file,) = write(tmp_path, 5)
    shard = open_shard(file.path.read_bytes(), name=file.name)
    order = sorted(range(5), key=lambda i: drawn(f"s{i}"))
    assert order != list(range(5))
    assert file.placed["sample_id"].to_list() == [f"s{i}" for i in order]
    assert (shard.layout, len(shard)) == (LAYOUT, 5)
    np.testing.assert_array_equal(shard.values, tensors(5).values[order])
    np.testing.assert_array_equal(shard.ages_s, tensors(5).ages_s[order])
    np.testing.assert_array_equal(shard.reasons, tensors(5).reasons[order])
    assert shard.labels.tolist() == [i % 2 == 0 for i in order]
    assert file.placed["shard_offset"][0] == len(LAYOUT.header)
    ends = file.placed["shard_offset"] + file.placed["shard_length"]
    assert ends.to_list()[:-1] == file.placed["shard_offset"].to_list()[1:]


def test_a_sample_is_read_by_its_range_alone(tmp_path: Path) -> None:
    (file,) = write(tmp_path, 5)
    data, asked = file.path.read_bytes(), []

    def read(offset: int, length: int) -> bytes:
        asked.append((offset, length))
        return data[offset : offset + length]

    row = file.placed.row(3, named=True)
    number = int(row["sample_id"][1:])
    sample = read_sample(read, row["shard_offset"], row["shard_length"], layout=LAYOUT, sha256=row["sha256"])
    np.testing.assert_array_equal(sample.values, tensors(5).values[number])
    assert sample.label is (number % 2 == 0)
    assert asked == [(row["shard_offset"], row["shard_length"])]
    assert read_sample(data, row["shard_offset"], row["shard_length"]).values.tolist() == sample.values.tolist()


def test_signals_come_back_as_the_bytes_they_were(tmp_path: Path) -> None:
    task = waveform_task()
    rows = pl.concat(waveform_rows(task, subject, 4, seed=2) for subject in (3, 5, 7))
    writer = ShardWriter(tmp_path, {"train": WAVES}, seed=3)
    for part in rows.iter_slices(5):
        writer.append("train", part, tensors(part.height))
    (file,) = writer.finish()
    data = file.path.read_bytes()
    by_id = {row["sample_id"]: row for row in rows.iter_rows(named=True)}
    layout = read_header(data)
    assert layout.samples_per_frame == (4, 4, 1), "the highest rate of any sample"
    reasons: set[int] = set()
    for row in file.placed.iter_rows(named=True):
        sample = read_sample(data, row["shard_offset"], row["shard_length"], layout=layout, sha256=row["sha256"])
        window = by_id[row["sample_id"]]
        tiles = [None if np.isnan(v) else v for v in sample.tile_features.ravel().tolist()]
        assert tiles == window["tile_features"]
        for place, signal in enumerate(sample.signals):
            count = window["signal_sample_counts"][place]
            digital = decode_samples(window["signal_samples"][place], count)
            mask = decode_reasons(window["signal_reasons"][place], count)
            reasons |= set(mask.tolist())
            assert (signal.signal, signal.samples) == (SIGNALS[place], window["signal_samples"][place])
            assert (signal.unit, signal.gain) == (window["signal_units"][place], window["signal_gains"][place])
            np.testing.assert_array_equal(signal.digital(), digital)
            np.testing.assert_array_equal(signal.mask(), mask)
            expected = np.where(mask == 0, (digital.astype(np.float64) - 8192) / 200, np.nan).astype(np.float32)
            np.testing.assert_allclose(signal.physical(), expected, rtol=2e-7)
    assert reasons == {0, SignalReason.GAP.code}


def test_any_arrow_reader_reads_a_shard(tmp_path: Path) -> None:
    """Read without our own reader, as the format page says."""
    task = waveform_task()
    rows = waveform_rows(task, 3, 4, seed=2)
    writer = ShardWriter(tmp_path, {"train": WAVES}, seed=3)
    writer.append("train", rows, tensors(4))
    (file,) = writer.finish()
    data = file.path.read_bytes()
    by_arrow = pa.ipc.open_file(io.BytesIO(data))
    assert by_arrow.num_record_batches == 4
    fields = json.loads(by_arrow.schema.metadata[METADATA_KEY])
    assert list(fields) == sorted(fields)
    assert (fields["version"], fields["parameters"], fields["units"]) == (2, ["heart_rate", "spo2"], ["/min", None])
    assert fields["reasons"][MissingReason.REJECTED.code] == "rejected"
    assert fields["signal_reasons"][SignalReason.GAP.code] == "gap"
    by_polars = pl.read_ipc(io.BytesIO(data), use_pyarrow=False)
    places = [rows["sample_id"].to_list().index(name) for name in file.placed["sample_id"]]
    np.testing.assert_array_equal(by_polars["values"].to_numpy(), tensors(4).values[places])
    assert [[s["samples"] for s in row] for row in by_polars["signals"]] == [
        rows["signal_samples"][place].to_list() for place in places
    ]
    begin = file.placed.row(2, named=True)
    message = data[begin["shard_offset"] :][: begin["shard_length"]]
    assert by_arrow.get_batch(2).serialize().to_pybytes() == message, "one range is one whole message"


def test_the_name_carries_the_checksum_of_the_file(tmp_path: Path) -> None:
    (file,) = write(tmp_path, 2)
    digest = hashlib.sha256(file.path.read_bytes()).hexdigest()
    assert file.name == file.path.name == f"train-00000-of-00001-{digest[:12]}.arrow"


def test_bytes_decide_how_many_shards_and_draws_who_lies_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (whole,) = write(tmp_path / "one", 95)
    total = int(whole.placed["shard_length"].sum())
    monkeypatch.setattr(shards, "SHARD_BYTES", total // 10 + 1)
    files = write(tmp_path / "many", 95)
    assert [file.number for file in files] == list(range(10))
    placed = pl.concat(file.placed for file in files)
    assert placed["sample_id"].to_list() == sorted((f"s{i}" for i in range(95)), key=drawn)
    sizes = placed.group_by("shard_number", maintain_order=True).agg(pl.col("shard_length").sum())["shard_length"]
    largest = int(placed["shard_length"].max())
    assert max(sizes) - min(sizes) <= 2 * largest
    assert max(sizes) <= total // 10 + largest
    for file in files:
        opened = open_shard(file.path.read_bytes(), name=file.name)
        numbers = [int(name[1:]) for name in file.placed["sample_id"]]
        np.testing.assert_array_equal(opened.values, tensors(95).values[numbers])
    assert {path.suffix for path in (tmp_path / "many").iterdir()} == {".arrow"}, "no spool is left"


def test_one_sample_larger_than_a_shard_leaves_none_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD_BYTES", 100)
    files = write(tmp_path, 4)
    assert [file.placed.height for file in files] == [1, 1, 1, 1]


def test_the_pieces_samples_come_in_change_no_byte(tmp_path: Path) -> None:
    task = waveform_task()
    rows = pl.concat(waveform_rows(task, subject, 6, seed=2) for subject in (3, 5))
    everything = tensors(12)
    made = []
    for piece in (1, 5, 12):
        writer = ShardWriter(tmp_path / str(piece), {"train": WAVES}, seed=3)
        for start in range(0, 12, piece):
            part = slice(start, start + piece)
            own = Tensors(everything.values[part], everything.reasons[part], everything.ages_s[part])
            writer.append("train", rows[part], own)
        made.append([(file.name, file.path.read_bytes()) for file in writer.finish()])
    assert made[0] == made[1] == made[2]


def test_no_samples_no_shard(tmp_path: Path) -> None:
    assert list(ShardWriter(tmp_path, {"train": LAYOUT}, seed=3).finish()) == []
    assert list(tmp_path.iterdir()) == []


def test_what_a_broken_attempt_left_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "train-00000.part").write_bytes(b"half a shard")
    (tmp_path / "train.spool").write_bytes(b"half a sample")
    (file,) = write(tmp_path, 2)
    assert len(open_shard(file.path.read_bytes(), name=file.name)) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"signals": pl.lit(["II"], dtype=pl.List(pl.String))}, r"signals: \['II'\] found"),
        ({"tile_features": pl.lit([1.0], dtype=pl.List(pl.Float32))}, "1 found, 2 x 1 expected"),
    ],
)
def test_windows_of_other_signals_are_refused(tmp_path: Path, change: dict[str, pl.Expr], message: str) -> None:
    rows = waveform_rows(waveform_task(), 3, 2, seed=2).with_columns(**change)
    with pytest.raises(InternalError, match=message):
        ShardWriter(tmp_path, {"train": WAVES}, seed=3).append("train", rows, tensors(2))


@pytest.fixture
def shard(tmp_path: Path) -> tuple[str, bytes, dict[str, int]]:
    (file,) = write(tmp_path, 3)
    return file.name, file.path.read_bytes(), file.placed.row(1, named=True)


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
    with pytest.raises(DataError, match="it cannot be read to its end"):
        open_shard(data[:-7])
    short = data[: row["shard_offset"] + 20]
    with pytest.raises(DataError, match=rf"at byte {row['shard_offset']}: 20 bytes found"):
        read_sample(short, row["shard_offset"], row["shard_length"], layout=LAYOUT)
    for length in (0, 11, 40):
        with pytest.raises(DataError, match="bytes"):
            read_header(data[:length])


def test_damage_anywhere_is_an_error_with_a_name_or_a_sample(tmp_path: Path) -> None:
    """Without checksums a changed value cannot be seen; anything else has to be, and nothing may crash."""
    writer = ShardWriter(tmp_path, {"train": WAVES}, seed=3)
    writer.append("train", waveform_rows(waveform_task(), 3, 1, seed=2), tensors(1))
    (file,) = writer.finish()
    data, row = file.path.read_bytes(), file.placed.row(0, named=True)
    layout, end = read_header(data), row["shard_offset"] + row["shard_length"]
    refused: list[str] = []
    for place in range(row["shard_offset"], min(end, row["shard_offset"] + 2500)):
        broken = bytearray(data)
        broken[place] ^= 0xFF
        try:
            sample = read_sample(bytes(broken), row["shard_offset"], row["shard_length"], layout=layout, name="x")
            for signal in sample.signals:
                signal.physical()
        except DataError as error:
            refused.append(str(error))
        else:
            assert isinstance(sample, Sample)
    assert len(refused) > 100
    assert [message for message in refused if "Shard x" not in message and "of a signal" not in message] == []


@pytest.mark.parametrize(
    ("place", "replacement", "message"),
    [
        (0, b"MESH", "should begin as an Arrow IPC file"),
        (0, b"MASH\x01\x00", "version 1 found, 2 expected"),
        (8, b"\x00\x00\x00\x00", "should begin as an Arrow IPC file"),
        (12, b"\xff\xff\xff\xff", "should begin as an Arrow IPC file"),
        (20, b"\xff\xff\xff\xff", "its header cannot be used"),
    ],
)
def test_a_foreign_header_is_refused(
    shard: tuple[str, bytes, dict[str, int]], place: int, replacement: bytes, message: str
) -> None:
    _, data, _ = shard
    with pytest.raises(DataError, match=message):
        open_shard(data[:place] + replacement + data[place + len(replacement) :])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("version", 3), ("units", ["/min"]), ("cell_count", 4), ("parameters", None), ("task", ...),
        ("signals", ["II"]), ("samples_per_frame", [4]),
    ],
)  # fmt: skip
def test_a_header_that_contradicts_itself_is_refused(key: str, value: object) -> None:
    fields = json.loads(LAYOUT.header_text) | {key: value}
    if value is ...:
        del fields[key]
    schema = LAYOUT.schema.with_metadata({METADATA_KEY: json.dumps(fields).encode()})
    with pytest.raises(DataError, match="its header cannot be used"):
        read_header(MAGIC + bytes(schema.serialize()))


def test_a_header_without_ours_is_refused() -> None:
    with pytest.raises(DataError, match="no metadata 'mash'"):
        read_header(MAGIC + bytes(LAYOUT.schema.remove_metadata().serialize()))


def test_a_wrong_length_is_refused(shard: tuple[str, bytes, dict[str, int]]) -> None:
    _, data, row = shard
    with pytest.raises(DataError, match="bytes that are no sample found"):
        read_sample(data, row["shard_offset"], row["shard_length"] - 8)
