"""Samples read without pyarrow: the ones that pyarrow reads, for whole messages and for damaged ones."""

import struct
from dataclasses import replace

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimic_assets.manifest import Sample, messages
from mimic_assets.manifest.messages import SampleMessages
from mimic_assets.manifest.sample_bytes import encode_samples, sample_of
from mimic_assets.manifest.shard_layout import ShardLayout
from mimic_assets.manifest.tensors import Tensors
from mimic_assets_tests.unit.manifest.waveform_frames import SIGNALS, waveform_rows, waveform_task

WAVES = ShardLayout(
    "some_task", "f" * 64, "train", "leave", ("heart_rate", "spo2"), ("/min", None), 60, 3,
    signals=SIGNALS, samples_per_frame=(4, 2, 1), frame_count=625,
    tile_features=("heart_rate_per_min", "II.quality_index"), tile_count=1,
)  # fmt: skip
LAYOUTS = {
    "waves": WAVES,
    "waves without tiles": replace(WAVES, tile_features=(), tile_count=0),
    "tiles alone": replace(WAVES, signals=(), samples_per_frame=(), frame_count=0),
    "neither": replace(WAVES, signals=(), samples_per_frame=(), frame_count=0, tile_features=(), tile_count=0),
}
SUBJECTS = (3, 5, 7, 35)
"""The second and the last have no Resp, the last two Pleth at another rate."""


def encoded(layout: ShardLayout, per_subject: int = 12) -> list[bytes]:
    rows = pl.concat(waveform_rows(waveform_task(), subject, per_subject, seed=2) for subject in SUBJECTS)
    shape = (rows.height, len(layout.parameters), layout.cell_count)
    values = np.random.default_rng(1).normal(80, 9, shape).astype(np.float32)
    values[values > 90] = np.nan
    return list(encode_samples(layout, rows, Tensors(values, np.isnan(values).astype(np.uint8), values / 2)))


def by_pyarrow(layout: ShardLayout, data: bytes) -> tuple[pa.RecordBatch, Sample]:
    batch = pa.ipc.read_record_batch(pa.py_buffer(data), layout.schema)
    batch.validate(full=True)
    return batch, sample_of(layout, batch)


def is_same(one: Sample, other: Sample) -> bool:
    """Whether two samples are equal to the bit and in every type."""
    arrays = [(one.values, other.values), (one.ages_s, other.ages_s), (one.reasons, other.reasons)]
    if one.tile_features is not None and other.tile_features is not None:
        arrays.append((one.tile_features, other.tile_features))
    return (
        all(left.tobytes() == right.tobytes() and left.dtype == right.dtype for left, right in arrays)
        and all(left.shape == right.shape and not left.flags.writeable for left, right in arrays)
        and (one.label, one.signals) == (other.label, other.signals)
        and [list(map(type, signal)) for signal in one.signals] == [list(map(type, signal)) for signal in other.signals]
        and (one.tile_features is None) == (other.tile_features is None)
    )


def taught(layout: ShardLayout, seen: list[bytes]) -> SampleMessages:
    reader = SampleMessages(layout)
    for data in seen:
        if reader.read(data) is None:
            reader.learn(data, *by_pyarrow(layout, data))
    return reader


DAMAGED = min(encoded(WAVES, 3), key=len)
READER = taught(WAVES, [DAMAGED])


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_sample_is_the_one_that_pyarrow_reads(name: str) -> None:
    layout = LAYOUTS[name]
    samples = encoded(layout)
    reader = taught(layout, samples)
    for data in samples:
        found = reader.read(data)
        assert found is not None, "none is left to pyarrow once its like was seen"
        assert is_same(found, by_pyarrow(layout, data)[1])


def test_what_was_not_seen_is_left_to_pyarrow() -> None:
    samples = encoded(WAVES)
    assert SampleMessages(WAVES).read(samples[0]) is None
    whole, without_resp = samples[0], samples[12]
    reader = taught(WAVES, [whole])
    assert reader.read(whole) is not None
    assert reader.read(without_resp) is None, "its unit, gain and baseline are null"
    other = taught(replace(WAVES, tile_features=(), tile_count=0), encoded(LAYOUTS["waves without tiles"]))
    assert other.read(whole) is None, "a column more"


def test_equal_lengths_with_other_calibrations_are_told_apart() -> None:
    rows = waveform_rows(waveform_task(), 3, 1, seed=2)
    tensors = Tensors(*(np.zeros((1, 2, 3), dtype) for dtype in (np.float32, np.uint8, np.float32)))
    changed = [
        rows,
        rows.with_columns(signal_gains=pl.col("signal_gains").list.eval(pl.element() * 2)),
        rows.with_columns(signal_baselines=pl.col("signal_baselines").list.eval(pl.element() + 1)),
        rows.with_columns(signal_units=pl.col("signal_units").list.reverse()),
        rows.with_columns(signal_is_rescaled=pl.col("signal_is_rescaled").list.eval(~pl.element())),
    ]
    samples = [next(encode_samples(WAVES, row, tensors)) for row in changed]
    assert len(set(samples)) == len({len(data) for data in samples}) * len(changed) == len(changed)
    reader = taught(WAVES, samples[:1])
    assert [reader.read(data) is None for data in samples] == [False, True, True, True, True]
    reader = taught(WAVES, samples)
    assert all(is_same(reader.read(data), by_pyarrow(WAVES, data)[1]) for data in samples)


@pytest.mark.parametrize("name", ["waves", "neither"])
def test_of_a_damaged_message_nothing_is_read_that_pyarrow_would_not(name: str) -> None:
    """Every byte of one message in turn, and the message cut anywhere."""
    layout = LAYOUTS[name]
    data = min(encoded(layout, 3), key=len)
    reader = taught(layout, encoded(layout, 3))
    damaged = [data[:place] for place in range(len(data))] + [data + bytes(8)]
    for place in range(len(data)):
        damaged += [data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :] for bits in (1, 0x80, 0xFF)]
    read = 0
    for broken in damaged:
        found = reader.read(broken)
        if found is not None:
            read += 1
            assert is_same(found, by_pyarrow(layout, broken)[1])
    assert read > len(data) // 4, "values themselves may differ"


def rewritten(data: bytes, pattern: messages._Pattern, numbers: list[int], end: int) -> bytes:
    """Return a message with other places and lengths, cut, and with the length that it then has."""
    broken = bytearray(data[:end])
    struct.pack_into(f"<{len(numbers)}q", broken, pattern.described.stop, *numbers)
    struct.pack_into("<q", broken, pattern.length_at, end - pattern.body)
    return bytes(broken)


def test_messages_that_agree_with_themselves_but_lack_bytes_are_left_to_pyarrow() -> None:
    pattern = READER._patterns[0]
    numbers = list(pattern.tail.unpack_from(DAMAGED, pattern.described.stop))
    nothing = rewritten(DAMAGED, pattern, [numbers[0], 0] * (len(numbers) // 2), pattern.body + numbers[0])
    numbers[13], numbers[-1] = numbers[13] - (1 << 40), numbers[-1] + (1 << 40)
    for place in range(7, len(numbers) // 2):
        numbers[2 * place] -= 1 << 40
    before_the_start = rewritten(DAMAGED, pattern, numbers, len(DAMAGED))
    table = LAYOUTS["neither"]
    (without_signals, *_), reader = encoded(table, 1), taught(table, encoded(table, 1))
    cut = rewritten(without_signals, reader._patterns[0], [], reader._patterns[0].body + 8)
    for broken, layout, reads in ((nothing, WAVES, READER), (before_the_start, WAVES, READER), (cut, table, reader)):
        assert reads.read(broken) is None
        with pytest.raises((pa.ArrowException, OSError)):
            by_pyarrow(layout, broken)


@given(st.data())
def test_places_and_lengths_that_were_changed_are_left_to_pyarrow(drawn: st.DataObject) -> None:
    """The numbers of the metadata that differ from message to message, and the body's length with its end."""
    pattern = READER._patterns[0]
    numbers = list(pattern.tail.unpack_from(DAMAGED, pattern.described.stop))
    odd = st.sampled_from([0, -8, 1, 8, 16, -(1 << 40), 1 << 40, len(DAMAGED), *numbers])
    for place in drawn.draw(st.sets(st.integers(0, len(numbers) - 1), max_size=4)):
        numbers[place] = drawn.draw(odd)
    end = drawn.draw(st.one_of(st.just(len(DAMAGED)), st.integers(pattern.body, len(DAMAGED))))
    broken = rewritten(DAMAGED, pattern, numbers, end)
    found = READER.read(broken)
    assert found is None or is_same(found, by_pyarrow(WAVES, broken)[1])


def test_nulls_where_there_should_be_bytes_are_left_to_pyarrow() -> None:
    whole = encoded(WAVES, 1)[0]
    batch, sample = by_pyarrow(WAVES, whole)
    row = batch.to_pylist()[0]
    row["signals"][1]["samples"] = None
    nulls = pa.RecordBatch.from_pylist([row], WAVES.schema).serialize().to_pybytes()
    reader = taught(WAVES, [nulls, whole])
    assert reader.read(nulls) is None
    assert is_same(reader.read(whole), sample)


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "_MOST_DESCRIBED", 1)
    monkeypatch.setattr(messages, "_MOST_PATTERNS", 1)
    samples = encoded(WAVES)
    reader = SampleMessages(WAVES)
    for data in samples:
        found = reader.read(data)
        batch, expected = by_pyarrow(WAVES, data)
        assert found is None or is_same(found, expected)
        reader.learn(data, batch, expected)
        assert len(reader._described) <= 1
    assert len(reader._patterns) == 1
