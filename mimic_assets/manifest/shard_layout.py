"""The bytes of a shard, format "MASH" version 1, as docs/formats/shard.md specifies them: the header and the record.

Nothing here reads or writes a file; both sides (`shards`, `reader`) take the layout from here.
"""

import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from mimic_assets.errors import DataError
from mimic_assets.schemas.vocabulary import MissingReason

MAGIC = b"MASH"
VERSION = 1
ALIGNMENT = 64
"""The header is padded to a multiple of this many bytes."""
RECORD_ALIGNMENT = 8
_PREFIX = struct.Struct("<4sHHI")
PREFIX_LENGTH = _PREFIX.size
"""Bytes that say how long the header is."""
NAME_DIGITS = 12
"""Hex digits of the file's SHA-256 in its name."""


@dataclass(frozen=True, slots=True)
class ShardLayout:
    """What a shard's header says: enough to read its records without anything else."""

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

    @property
    def record(self) -> np.dtype[np.void]:
        """The numpy type of one sample: `values ages_s reasons label`, padded to 8 bytes."""
        shape = (len(self.parameters), self.cell_count)
        cells = shape[0] * shape[1]
        length = -(-(9 * cells + 1) // RECORD_ALIGNMENT) * RECORD_ALIGNMENT
        return np.dtype(
            {
                "names": ["values", "ages_s", "reasons", "label"],
                "formats": [("<f4", shape), ("<f4", shape), ("u1", shape), "u1"],
                "offsets": [0, 4 * cells, 8 * cells, 9 * cells],
                "itemsize": length,
            }
        )

    @property
    def header(self) -> bytes:
        """The bytes before the first record."""
        fields: dict[str, Any] = {
            "cell_count": self.cell_count,
            "cell_s": self.cell_s,
            "gap_policy": self.gap_policy,
            "parameters": self.parameters,
            "reasons": [reason.value for reason in MissingReason],
            "record_length": self.record.itemsize,
            "split": self.split,
            "task": self.task,
            "task_fingerprint": self.task_fingerprint,
            "units": self.units,
        }
        text = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")
        length = -(-(PREFIX_LENGTH + len(text)) // ALIGNMENT) * ALIGNMENT
        return _PREFIX.pack(MAGIC, VERSION, 0, length) + text.ljust(length - PREFIX_LENGTH, b" ")


def header_length(prefix: bytes, name: str) -> int:
    """Return the length of the header from a shard's first `PREFIX_LENGTH` bytes.

    Raises:
        DataError: these bytes do not begin a shard of this version; names the shard.
    """
    advice = "Fetch the shard again, or materialise the manifest again."
    if len(prefix) < PREFIX_LENGTH:
        raise DataError(f"Shard {name}: {len(prefix)} bytes found, at least {PREFIX_LENGTH} expected. {advice}")
    magic, version, reserved, length = _PREFIX.unpack_from(prefix)
    if magic != MAGIC:
        raise DataError(f"Shard {name}: other bytes found where it should begin with {MAGIC.decode()!r}. {advice}")
    if (version, reserved) != (VERSION, 0):
        raise DataError(f"Shard {name}: version {version} found, {VERSION} expected. Read it with a newer release.")
    if length % ALIGNMENT or length < ALIGNMENT:
        raise DataError(f"Shard {name}: header of {length} bytes found, a multiple of {ALIGNMENT} expected. {advice}")
    return int(length)


def parse_header(header: bytes, name: str) -> ShardLayout:
    """Return the layout a header describes.

    Raises:
        DataError: the header is cut, is not what version 1 says, or contradicts itself; names the shard.
    """
    length = header_length(header, name)
    try:
        if len(header) < length:
            raise ValueError(f"{len(header)} bytes of {length} arrived")
        fields = json.loads(header[PREFIX_LENGTH:length])
        layout = ShardLayout(
            task=str(fields["task"]),
            task_fingerprint=str(fields["task_fingerprint"]),
            split=str(fields["split"]),
            gap_policy=str(fields["gap_policy"]),
            parameters=tuple(fields["parameters"]),
            units=tuple(fields["units"]),
            cell_s=int(fields["cell_s"]),
            cell_count=int(fields["cell_count"]),
        )
        if len(layout.units) != len(layout.parameters):
            raise ValueError(f"{len(layout.units)} units for {len(layout.parameters)} parameters")
        if fields["record_length"] != layout.record.itemsize:
            raise ValueError(f"record_length {fields['record_length']}, {layout.record.itemsize} expected")
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"Shard {name}: its header cannot be used ({error}). Fetch the shard again.") from None
    return layout
