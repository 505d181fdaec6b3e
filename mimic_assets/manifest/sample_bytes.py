"""One sample as the bytes of one Arrow record batch, both ways; their meaning is docs/formats/shard.md's.

Batches are built one by one from small arrays: slices of a large batch carry bytes of their neighbours with them.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from mimic_assets.errors import InternalError
from mimic_assets.manifest.messages import messages_of
from mimic_assets.manifest.sample import Sample
from mimic_assets.manifest.shard_layout import SIGNAL, ShardLayout
from mimic_assets.manifest.stored_signals import StoredSignal
from mimic_assets.manifest.tensors import CANONICAL_NAN, Tensors

SIGNAL_COLUMNS = {
    "unit": "signal_units",
    "samples_per_frame": "signal_samples_per_frame",
    "sample_count": "signal_sample_counts",
    "gain": "signal_gains",
    "baseline": "signal_baselines",
    "is_rescaled": "signal_is_rescaled",
    "samples": "signal_samples",
    "reasons": "signal_reasons",
}
"""Field of a signal in a shard -> the column of windowed_samples it is copied from."""
_FLOAT32, _UINT8 = np.dtype(np.float32), np.dtype(np.uint8)
_NOTHING = b""
"""Bytes of a tensor without cells."""


def encode_samples(layout: ShardLayout, windows: pl.DataFrame, tensors: Tensors) -> Iterator[bytes]:
    """Yield the bytes of each sample, in order.

    Args:
        layout: of the shard.
        windows: `label`, and where the layout has them the columns of signals and tile features of windowed_samples.
        tensors: of the same windows.

    Raises:
        InternalError: a window has other signals or tiles than the layout.
    """
    schema = layout.schema
    wanted = ["label", *(["signals", *SIGNAL_COLUMNS.values()] if layout.signals else [])]
    if layout.tile_features:
        wanted.append("tile_features")
    for place, window in enumerate(windows.select(wanted).iter_rows(named=True)):
        columns = [
            pa.array([window["label"]], pa.bool_()),
            *(_tensor(part[place]) for part in (tensors.values, tensors.ages_s, tensors.reasons)),
        ]
        if layout.signals:
            columns.append(_signals(layout, window))
        if layout.tile_features:
            columns.append(_tensor(_tiles(layout, window["tile_features"])))
        yield bytes(pa.RecordBatch.from_arrays(columns, schema=schema).serialize())


def decode_sample(layout: ShardLayout, data: bytes, *, is_trusted: bool) -> Sample:
    """Return the sample of these bytes.

    Args:
        layout: of the shard.
        data: one encapsulated Arrow message.
        is_trusted: whether a checksum has vouched for the bytes; else everything in them is checked.

    Raises:
        ValueError: pyarrow's own (ArrowInvalid), or one of ours: the bytes are no sample of this layout.
    """
    messages = messages_of(layout)
    sample = messages.read(data)
    if sample is not None:
        return sample
    batch = pa.ipc.read_record_batch(pa.py_buffer(data), layout.schema)
    if not is_trusted:
        batch.validate(full=True)
    sample = sample_of(layout, batch)
    messages.learn(data, batch, sample)
    return sample


def sample_of(layout: ShardLayout, batch: pa.RecordBatch) -> Sample:
    """Return the sample that a record batch holds; ValueError where it is not one row."""
    if batch.num_rows != 1:
        raise ValueError(f"{batch.num_rows} rows found, 1 expected")
    shape = (len(layout.parameters), layout.cell_count)
    signals: tuple[StoredSignal, ...] = ()
    if layout.signals:
        kept = batch.column(4).values
        fields = [kept.field(place).to_pylist() for place in range(len(SIGNAL))]
        signals = tuple(map(StoredSignal._make, zip(layout.signals, *fields, strict=True)))
    tiles = None
    if layout.tile_features:
        tiles = _view(batch, batch.num_columns - 1, (len(layout.tile_features), layout.tile_count), _FLOAT32)
    return Sample(
        values=_view(batch, 1, shape, _FLOAT32),
        ages_s=_view(batch, 2, shape, _FLOAT32),
        reasons=_view(batch, 3, shape, _UINT8),
        label=batch.column(0).to_pylist()[0],
        signals=signals,
        tile_features=tiles,
    )


def _view(batch: pa.RecordBatch, place: int, shape: tuple[int, int], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return a tensor of a batch of one row, over its own bytes: arrays of Arrow in between cost three times as much.

    Raises:
        ValueError: it has nulls.
        TypeError: it has fewer bytes than its shape.
    """
    *bitmaps, values = batch.column(place).buffers()
    if any(bitmap is not None for bitmap in bitmaps):
        raise ValueError(f"nulls found in column {place}, none expected")
    return np.ndarray(shape, dtype, _NOTHING if values is None else values)


def _tensor(values: NDArray[np.generic]) -> pa.Array:
    rows, columns = values.shape
    flat = pa.array(values.reshape(rows * columns))
    return pa.FixedSizeListArray.from_arrays(pa.FixedSizeListArray.from_arrays(flat, columns), rows)


def _signals(layout: ShardLayout, window: dict[str, Any]) -> pa.Array:
    found = window["signals"]
    if found != list(layout.signals):
        raise InternalError(f"windowed_samples.signals: {found} found, {list(layout.signals)} expected.")
    arrays = [pa.array(window[column], SIGNAL.field(name).type) for name, column in SIGNAL_COLUMNS.items()]
    signals = pa.StructArray.from_arrays(arrays, fields=list(SIGNAL))
    return pa.FixedSizeListArray.from_arrays(signals, len(layout.signals))


def _tiles(layout: ShardLayout, features: list[float | None]) -> NDArray[np.float32]:
    shape = (len(layout.tile_features), layout.tile_count)
    if len(features) != shape[0] * shape[1]:
        raise InternalError(f"windowed_samples.tile_features: {len(features)} found, {shape[0]} x {shape[1]} expected.")
    values = np.array([CANONICAL_NAN if value is None else value for value in features], dtype=np.float32)
    return values.reshape(shape)
