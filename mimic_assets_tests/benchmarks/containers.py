"""Containers that a window's blobs could lie in, each written and read the same way; for docs/adr/0008.

Belongs here: the least that each format asks for. All but `store_by_peers`' hold the same pcodec blobs.
"""

import io
import os
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Blobs = Sequence[bytes]
Reader = Callable[[int], list[bytes]]
"""Gives the blobs of one window."""


def write_index_and_blobs(path: Path, windows: Sequence[Blobs]) -> None:
    """Write our own bare layout: blobs, then an index; nothing could be smaller or faster."""
    rows = []
    with path.open("wb") as file:
        for blobs in windows:
            rows.append([file.tell(), *(len(blob) for blob in blobs)])
            file.write(b"".join(blobs))
        start = file.tell()
        file.write(np.array(rows, dtype="<i8").tobytes())
        file.write(struct.pack("<qii", start, len(windows), len(windows[0])))


def open_index_and_blobs(path: Path) -> Reader:
    """Read it: one range per window."""
    data = path.read_bytes()
    start, count, signals = struct.unpack("<qii", data[-16:])
    index = np.frombuffer(data[start:-16], dtype="<i8").reshape(count, signals + 1).tolist()
    handle = os.open(path, os.O_RDONLY)

    def read(place: int) -> list[bytes]:
        offset, *lengths = index[place]
        raw, at, found = os.pread(handle, sum(lengths), offset), 0, []
        for length in lengths:
            found.append(raw[at : at + length])
            at += length
        return found

    return read


def write_arrow(path: Path, windows: Sequence[Blobs], rows: int = 1) -> None:
    """Write Arrow IPC with so many windows per record batch."""
    kind = pa.list_(pa.binary(), len(windows[0]))
    with pa.ipc.new_file(path, pa.schema([("signals", kind)])) as writer:
        for first in range(0, len(windows), rows):
            flat = pa.array([blob for blobs in windows[first : first + rows] for blob in blobs], pa.binary())
            signals = pa.FixedSizeListArray.from_arrays(flat, len(windows[0]))
            writer.write_batch(pa.RecordBatch.from_arrays([signals], names=["signals"]))


def open_arrow(path: Path, rows: int = 1) -> Reader:
    """Read it: one range per window (or per group), by the places of its batches, as a manifest would keep them."""
    data = path.read_bytes()
    schema = pa.ipc.open_file(io.BytesIO(data)).schema
    places, at = [], 8 + len(schema.serialize())
    stream = pa.BufferReader(data)
    stream.seek(at)
    for _ in range(pa.ipc.open_file(io.BytesIO(data)).num_record_batches):
        pa.ipc.read_message(stream)
        places.append((at, stream.tell() - at))
        at = stream.tell()
    handle = os.open(path, os.O_RDONLY)

    def read(place: int) -> list[bytes]:
        offset, length = places[place // rows]
        batch = pa.ipc.read_record_batch(pa.py_buffer(os.pread(handle, length, offset)), schema)
        signals = batch.column(0).type.list_size
        first = place % rows * signals
        return [bytes(blob) for blob in batch.column(0).values.slice(first, signals).to_pylist()]

    return read


def write_parquet(path: Path, windows: Sequence[Blobs], rows: int = 1) -> None:
    """Write Parquet with so many windows per row group, page index included."""
    columns = {f"signal_{place}": pa.array(blobs) for place, blobs in enumerate(zip(*windows, strict=True))}
    pq.write_table(
        pa.table(columns), path, row_group_size=rows, compression="none", use_dictionary=False, write_statistics=False,
        write_page_index=True, data_page_size=1,
    )  # fmt: skip


def open_parquet(path: Path, rows: int = 1) -> Reader:
    """Read it with its footer in memory."""
    file = pq.ParquetFile(path)

    def read(place: int) -> list[bytes]:
        table = file.read_row_group(place // rows, use_threads=False)
        return [bytes(column[place % rows].as_py()) for column in table.columns]

    return read


def samples_of(windows: Sequence[Sequence[npt.NDArray[np.int16]]]) -> npt.NDArray[np.int16]:
    """Return windows as one array [window, sample], their signals one after the other: what zarr is given."""
    return np.stack([np.concatenate(list(window)) for window in windows])
