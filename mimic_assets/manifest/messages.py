"""Samples straight from the bytes of their Arrow messages, where pyarrow has read one like them before.

Belongs here: what the messages of one layout have in common, learned from one that pyarrow decoded, and values out of
their bodies. Does not belong here: the format. Nothing is raised: a message that is damaged, or differs in more than
its lengths and values (nulls, another version's metadata), is left to pyarrow, which says what is wrong; for a window
of 60 s with five signals it takes more than twice as long.

Source: Arrow columnar format, "Encapsulated message format" and "RecordBatch message": metadata that names the place
and length of every buffer, then the buffers.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from struct import Struct, error
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from mimic_assets.manifest.sample import Sample
from mimic_assets.manifest.shard_layout import ShardLayout
from mimic_assets.manifest.stored_signals import StoredSignal

_FLOAT32, _UINT8 = np.dtype("<f4"), np.dtype("u1")
_LENGTH, _PLACE = Struct("<q"), Struct("<2q")
_LABEL, _VALUES, _AGES, _REASONS, _UNITS, _SAMPLES = 1, 5, 9, 13, 16, 29
"""Buffers by number: the last of each column before the signals, the first of the signals' units, and of their samples.
"""
_UNIT_TEXT = _UNITS + 2
_MOST_PATTERNS = 8
"""Each combination of signals that are absent has one."""
_DESCRIBED_FIELDS = StoredSignal._fields.index("samples")
_MOST_DESCRIBED = 4096
"""Kept at a time; few records differ in calibration."""


class _Pattern(NamedTuple):
    """What the messages of one layout have in common."""

    parts: tuple[tuple[slice, bytes], ...]
    """All metadata but the lengths that differ, with what a message has there."""
    length_at: int
    """Of the body's length."""
    body: int
    """Where it begins."""
    starts: tuple[int, ...]
    """Of the buffers that lie at the same place in every message: up to the text of the units."""
    described: slice
    """Where the metadata has places and lengths of the buffers that tell a signal's unit, rate, count and
    calibration."""
    tail: Struct
    """Places, from the body on, and lengths of the buffers behind those, at `described.stop`."""


class SampleMessages:
    """Reads the samples of one layout; safe to use from several threads."""

    def __init__(self, layout: ShardLayout) -> None:
        """Know nothing yet.

        Args:
            layout: of the shards.
        """
        self._cells = len(layout.parameters), layout.cell_count
        self._tiles = (len(layout.tile_features), layout.tile_count) if layout.tile_features else None
        self._signals = layout.signals
        self._offsets = Struct(f"<{len(layout.signals) + 1}i")
        self._patterns: tuple[_Pattern, ...] = ()
        self._described: dict[bytes, tuple[tuple[Any, ...], ...]] = {}
        """What messages said of their signals -> fields of StoredSignal before `samples`, each of all signals."""

    def read(self, data: bytes) -> Sample | None:
        """Return the sample of one message; None where pyarrow has to look at it.

        Every place and length that is used is checked, so that bytes which nobody vouched for may be given.
        """
        try:
            for pattern in self._patterns:
                if _is_like(pattern, data):
                    return self._read(pattern, data)
        except (error, TypeError):  # fewer bytes than there should be
            return None
        return None

    def learn(self, data: bytes, batch: pa.RecordBatch, sample: Sample) -> None:
        """Keep what a message tells of others, and what it says of its signals.

        Args:
            data: the message.
            batch: as pyarrow decoded it.
            sample: the same, as a sample.
        """
        pattern = next((known for known in self._patterns if _is_like(known, data)), None)
        if pattern is None and len(self._patterns) < _MOST_PATTERNS:
            pattern = _pattern_of(data, batch, bool(self._signals))
            self._patterns += (pattern,) if pattern is not None else ()
        if pattern is None or not self._signals:
            return
        if len(self._described) >= _MOST_DESCRIBED:
            self._described.clear()
        end = pattern.body + pattern.tail.unpack_from(data, pattern.described.stop)[0]
        fields = zip(*(signal[:_DESCRIBED_FIELDS] for signal in sample.signals), strict=True)
        self._described[_description(pattern, data, end)] = tuple(fields)

    def _read(self, pattern: _Pattern, data: bytes) -> Sample | None:
        starts = pattern.starts
        signals: tuple[StoredSignal, ...] = ()
        tiles_at = starts[-1]
        if self._signals:
            tail = pattern.tail.unpack_from(data, pattern.described.stop)
            if min(tail) < 0:  # numpy would take a place before the bytes
                return None
            places, sizes = [pattern.body + place for place in tail[::2]], tail[1::2]
            known = self._described.get(_description(pattern, data, places[0]))
            if known is None or sizes[0] or sizes[3] or _ends(places[0], sizes) != [*places[1:], len(data)]:
                return None
            samples, reasons = self._split(data, places[1:3], sizes[2]), self._split(data, places[4:6], sizes[5])
            if samples is None or reasons is None:
                return None
            signals = tuple(map(StoredSignal._make, zip(*known, samples, reasons, strict=True)))
            tiles_at = places[-1]
        return Sample(
            np.ndarray(self._cells, _FLOAT32, data, starts[_VALUES]),
            np.ndarray(self._cells, _FLOAT32, data, starts[_AGES]),
            np.ndarray(self._cells, _UINT8, data, starts[_REASONS]),
            bool(data[starts[_LABEL]] & 1),
            signals,
            None if self._tiles is None else np.ndarray(self._tiles, _FLOAT32, data, tiles_at),
        )

    def _split(self, data: bytes, places: list[int], size: int) -> list[bytes] | None:
        """Return the values of a binary column; None where its offsets do not rise from 0 to its size."""
        offsets_at, start = places
        offsets = self._offsets.unpack_from(data, offsets_at)
        parts = [data[start + first : start + end] for first, end in pairwise(offsets)]
        return parts if offsets[-1] == size == sum(map(len, parts)) else None


def _pattern_of(data: bytes, batch: pa.RecordBatch, has_signals: bool) -> _Pattern | None:
    """Return what a message has in common with others; None where its metadata is not understood."""
    sizes = [0 if buffer is None else buffer.size for column in batch.columns for buffer in column.buffers()]
    starts = [0, *_ends(0, sizes)]
    end = starts.pop()
    buffers = b"".join(_PLACE.pack(*place) for place in zip(starts, sizes, strict=True))
    body = len(data) - end
    buffers_at, length_at = data[:body].find(buffers), data[:body].find(_LENGTH.pack(end))
    if buffers_at < 0 or length_at < 0:
        return None
    first, last = (_UNIT_TEXT, _SAMPLES) if has_signals else (len(sizes), len(sizes))
    described = slice(buffers_at + first * _PLACE.size, buffers_at + last * _PLACE.size)
    behind = buffers_at + len(buffers)
    cuts = sorted([(0, 0), (length_at, length_at + _LENGTH.size), (described.start, behind), (body, body)])
    parts = [slice(before[1], after[0]) for before, after in pairwise(cuts)]
    return _Pattern(
        tuple((part, data[part]) for part in parts),
        length_at,
        body,
        tuple(body + start for start in starts[:first]),
        described,
        Struct(f"<{2 * (len(sizes) - last)}q"),
    )


def _ends(start: int, sizes: Sequence[int]) -> list[int]:
    """Return where buffers that lie one after the other end, padding included."""
    return list(accumulate([size + 7 & -8 for size in sizes], initial=start))[1:]


def _is_like(pattern: _Pattern, data: bytes) -> bool:
    """Return whether a message has the metadata that others have, and a body of the length that it says."""
    for part, expected in pattern.parts:
        if data[part] != expected:
            return False
    return bool(_LENGTH.unpack_from(data, pattern.length_at)[0] == len(data) - pattern.body)


def _description(pattern: _Pattern, data: bytes, end: int) -> bytes:
    """Return all that a message says of its signals but their samples and reasons."""
    return data[pattern.described] + data[pattern.starts[_UNITS] : end]


@lru_cache(maxsize=16)
def messages_of(layout: ShardLayout) -> SampleMessages:
    """Return the one reader of a layout that this process has."""
    return SampleMessages(layout)
