"""What a shard says of itself, format "MASH" version 2, as docs/formats/shard.md specifies it: schema and JSON header.

A shard is an Arrow IPC file with one record batch per sample. Nothing here reads or writes a file; both sides
(`shards`, `reader`) take columns and header from here.
"""

import json
import struct
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from mimic_assets.errors import DataError
from mimic_assets.schemas.vocabulary import MissingReason, SignalReason

MAGIC = b"ARROW1\x00\x00"
"""What every Arrow IPC file begins with, its padding included."""
METADATA_KEY = b"mash"
"""Key of the schema's metadata that holds the header as JSON."""
VERSION = 2
HEADER_GUESS = 8192
"""Bytes that hold nearly every header; a longer one costs a second read."""
NAME_DIGITS = 12
"""Hex digits of the file's SHA-256 in its name."""
SUFFIX = ".arrow"
SIGNAL = pa.struct(
    [
        ("unit", pa.string()),
        ("samples_per_frame", pa.int32()),
        ("sample_count", pa.int32()),
        ("gain", pa.float64()),
        ("baseline", pa.int32()),
        ("is_rescaled", pa.bool_()),
        ("samples", pa.binary()),
        ("reasons", pa.binary()),
    ]
)
"""One signal of one sample; `samples` and `reasons` are the bytes of mimic_assets.signal_codec."""
_VERSION_1 = b"MASH"
_CONTINUATION = struct.Struct("<Ii")
_CONTINUES = 0xFFFFFFFF
_ADVICE = "Fetch the shard again, or materialise the manifest again."


@dataclass(frozen=True)
class ShardLayout:
    """What a shard's header says: enough to read its samples without anything else."""

    task: str
    task_fingerprint: str
    """SHA-256 of the task as validated."""
    split: str
    gap_policy: str
    """What filled cells without an observation."""
    parameters: tuple[str, ...]
    units: tuple[str | None, ...]
    """Canonical units, in the order of the parameters; null where unknown."""
    cell_s: int
    cell_count: int
    signals: tuple[str, ...] = ()
    """In the order of every sample; none where the task has no waveforms."""
    samples_per_frame: tuple[int, ...] = ()
    """Highest rate of each signal in the split's samples; 0 where no record has it. A sample says its own."""
    frame_count: int = 0
    """Frames of a window; a signal has `frame_count * samples_per_frame` samples."""
    tile_features: tuple[str, ...] = ()
    tile_count: int = 0

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema, header included."""
        shape = (len(self.parameters), self.cell_count)
        columns = [
            ("label", pa.bool_()),
            ("values", _tensor(pa.float32(), *shape)),
            ("ages_s", _tensor(pa.float32(), *shape)),
            ("reasons", _tensor(pa.uint8(), *shape)),
        ]
        if self.signals:
            columns.append(("signals", pa.list_(SIGNAL, len(self.signals))))
        if self.tile_features:
            columns.append(("tile_features", _tensor(pa.float32(), len(self.tile_features), self.tile_count)))
        return pa.schema(columns, metadata={METADATA_KEY: self.header_text})

    @property
    def header_text(self) -> bytes:
        """The JSON of the header: keys sorted, no blanks, ASCII."""
        fields: dict[str, Any] = {
            "cell_count": self.cell_count,
            "cell_s": self.cell_s,
            "frame_count": self.frame_count,
            "gap_policy": self.gap_policy,
            "parameters": self.parameters,
            "reasons": [reason.value for reason in MissingReason],
            "samples_per_frame": self.samples_per_frame,
            "signal_codec": "pcodec",
            "signal_reasons": [reason.value for reason in SignalReason],
            "signals": self.signals,
            "split": self.split,
            "task": self.task,
            "task_fingerprint": self.task_fingerprint,
            "tile_count": self.tile_count,
            "tile_features": self.tile_features,
            "units": self.units,
            "version": VERSION,
        }
        return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")

    @property
    def header(self) -> bytes:
        """The bytes before the first sample."""
        return MAGIC + bytes(self.schema.serialize())


def header_length(beginning: bytes, name: str) -> int:
    """Return the length of the header from a shard's first 16 bytes.

    Raises:
        DataError: these bytes do not begin a shard of this version; names the shard.
    """
    if beginning[: len(_VERSION_1)] == _VERSION_1:
        raise DataError(f"Shard {name}: version 1 found, {VERSION} expected. Materialise the manifest again.")
    needed = len(MAGIC) + _CONTINUATION.size
    if len(beginning) < needed:
        raise DataError(f"Shard {name}: {len(beginning)} bytes found, at least {needed} expected. {_ADVICE}")
    continues, length = _CONTINUATION.unpack_from(beginning, len(MAGIC))
    if not beginning.startswith(MAGIC) or continues != _CONTINUES or length <= 0:
        raise DataError(f"Shard {name}: other bytes found where it should begin as an Arrow IPC file. {_ADVICE}")
    return needed + int(length)


def parse_header(header: bytes, name: str) -> ShardLayout:
    """Return the layout a header describes.

    Raises:
        DataError: the header is cut, is not what version 2 says, or contradicts itself; names the shard.
    """
    length = header_length(header, name)
    try:
        if len(header) < length:
            raise ValueError(f"{len(header)} bytes of {length} arrived")
        schema = pa.ipc.read_schema(pa.py_buffer(header[len(MAGIC) : length]))
        text = (schema.metadata or {}).get(METADATA_KEY)
        if text is None:
            raise ValueError(f"its schema has no metadata {METADATA_KEY.decode()!r}")
        fields = json.loads(text)
        if fields["version"] != VERSION:
            raise ValueError(f"version {fields['version']} found, {VERSION} expected")
        layout = ShardLayout(
            task=str(fields["task"]),
            task_fingerprint=str(fields["task_fingerprint"]),
            split=str(fields["split"]),
            gap_policy=str(fields["gap_policy"]),
            parameters=tuple(fields["parameters"]),
            units=tuple(fields["units"]),
            cell_s=int(fields["cell_s"]),
            cell_count=int(fields["cell_count"]),
            signals=tuple(fields["signals"]),
            samples_per_frame=tuple(fields["samples_per_frame"]),
            frame_count=int(fields["frame_count"]),
            tile_features=tuple(fields["tile_features"]),
            tile_count=int(fields["tile_count"]),
        )
        if len(layout.units) != len(layout.parameters):
            raise ValueError(f"{len(layout.units)} units for {len(layout.parameters)} parameters")
        if len(layout.samples_per_frame) != len(layout.signals):
            raise ValueError(f"{len(layout.samples_per_frame)} rates for {len(layout.signals)} signals")
        if not schema.equals(layout.schema, check_metadata=False):
            raise ValueError("its columns are not those that its own header describes")
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"Shard {name}: its header cannot be used ({error}). {_ADVICE}") from None
    return layout


def _tensor(dtype: pa.DataType, rows: int, columns: int) -> pa.DataType:
    return pa.list_(pa.list_(dtype, columns), rows)
