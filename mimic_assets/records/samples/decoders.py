"""Signal files as frames: one interface over FLAC and the plain binary formats.

Belongs here: opening the decoder that a layout asks for, and giving each signal's samples of a range of frames. Does
not belong here: bits (`flac`, `packed`) and which frames are wanted (`plan_reader`).
"""

import io
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from mimic_assets.records.samples.dr_flac import Samples
from mimic_assets.records.samples.flac import DamagedSamplesError, FlacFile
from mimic_assets.records.samples.formats import FORMATS
from mimic_assets.records.samples.layout import FileLayout
from mimic_assets.records.samples.packed import Flat, samples_in, unpack

_DIFFERENCES = 8
_SKIPPED_FRAMES = 1 << 14


class Block(NamedTuple):
    """The samples of a range of frames; good until the next read."""

    columns: Sequence[Samples]
    """Of each signal."""
    has_missing: bool
    """Whether any of them may be the format's code of no value."""


class Decoder(Protocol):
    """An open signal file."""

    def frames(self, first: int, count: int) -> Block:
        """Return frames `first` to `first + count - 1`.

        Raises:
            DamagedSamplesError: not all of them can be decoded.
        """
        ...

    def frame_count(self) -> int:
        """Return the frames that the file holds or, in FLAC, announces."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


def open_decoder(file: BinaryIO, layout: FileLayout) -> Decoder:
    """Return the decoder of a file; it owns the file.

    Raises:
        DamagedSamplesError: the bytes are not what the layout says.
    """
    if FORMATS[layout.storage_format].is_flac:
        return _FlacFrames(file, layout)
    return _PackedFrames(file, layout)


class _FlacFrames:
    def __init__(self, file: BinaryIO, layout: FileLayout) -> None:
        self._per_frame = layout.samples_per_frame[0]
        self._missing = FORMATS[layout.storage_format].missing
        self._offset = layout.offset
        self._file = FlacFile(file, layout.storage_format)
        channels = len(layout.samples_per_frame)
        if self._file.channels != channels or set(layout.samples_per_frame) != {self._per_frame}:
            self._file.close()
            raise DamagedSamplesError(f"a FLAC stream of {self._file.channels} channels, of {channels} expected")

    def frames(self, first: int, count: int) -> Block:
        block = self._file.read(self._offset + first * self._per_frame, count * self._per_frame)
        columns = [block[:, channel] for channel in range(self._file.channels)]
        # One pass, many times as quick as a comparison of each.
        has_missing = block.size > 0 and np.minimum.reduce(block, axis=None) == self._missing
        return Block(columns, bool(has_missing))

    def frame_count(self) -> int:
        return max(self._file.sample_count - self._offset, 0) // self._per_frame

    def close(self) -> None:
        self._file.close()


class _PackedFrames:
    def __init__(self, file: BinaryIO, layout: FileLayout) -> None:
        self._file = file
        self._layout = layout
        self._form = FORMATS[layout.storage_format]
        self._width = sum(layout.samples_per_frame)
        self._size = max(file.seek(0, io.SEEK_END) - layout.offset, 0)
        self._reached = 0
        self._sums: list[int] = []
        """Format 8: the values before frame `_reached`."""

    def frame_count(self) -> int:
        return samples_in(self._layout.storage_format, self._size) // self._width

    def frames(self, first: int, count: int) -> Block:
        if first + count > self.frame_count():
            raise DamagedSamplesError(f"the file ends after frame {self.frame_count()}, before {first + count}")
        if self._layout.storage_format == _DIFFERENCES:
            return Block(self._summed(first, count), has_missing=False)
        return Block(self._columns(self._flat(first * self._width, count * self._width)), has_missing=True)

    def close(self) -> None:
        self._file.close()

    def _flat(self, first: int, count: int) -> Flat:
        """Return samples as they lie in the file, all signals in turn."""
        form = self._form
        start, end = first // form.samples, -(-(first + count) // form.samples)
        self._file.seek(self._layout.offset + start * form.group_bytes)
        wanted = min((end - start) * form.group_bytes, self._size - start * form.group_bytes)
        content = self._file.read(wanted)
        if len(content) < wanted:
            raise DamagedSamplesError(f"{len(content)} bytes of {wanted} could be read")
        content += bytes((end - start) * form.group_bytes - wanted)
        skipped = first - start * form.samples
        return unpack(self._layout.storage_format, content)[skipped : skipped + count]

    def _columns(self, flat: Flat) -> list[Samples]:
        table = flat.reshape(-1, self._width)
        found: list[Samples] = []
        at = 0
        for per_frame in self._layout.samples_per_frame:
            found.append(table[:, at : at + per_frame].reshape(-1))
            at += per_frame
        return found

    def _summed(self, first: int, count: int) -> list[Samples]:
        """Format 8: a value is the sum of all differences before it, so reading goes from the start or where it was."""
        if first < self._reached or not self._sums:
            self._reached, self._sums = 0, [*self._layout.initial_values] or [0] * len(self._layout.samples_per_frame)
        while self._reached < first:
            self._advance(min(_SKIPPED_FRAMES, first - self._reached))
        return self._advance(count)

    def _advance(self, count: int) -> list[Samples]:
        found: list[Samples] = []
        for channel, steps in enumerate(self._columns(self._flat(self._reached * self._width, count * self._width))):
            values: npt.NDArray[np.int64] = np.cumsum(steps, dtype=np.int64) + self._sums[channel]
            self._sums[channel] = int(values[-1]) if len(values) else self._sums[channel]
            found.append(values.astype(np.int32))
        self._reached += count
        return found
