"""Reads samples by a plan: which frames of which file answer an interval, and the reason of every other position.

Belongs here: the one way in which both `RecordSignals` and `Record` read. Does not belong here: how a file is decoded
(`decoders`), where the plan comes from, what a value becomes (`targets`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from mimic_assets.errors import DataError
from mimic_assets.records.samples.decoders import Block, Decoder, open_decoder
from mimic_assets.records.samples.flac import DamagedSamplesError
from mimic_assets.records.samples.open_files import OpenFiles
from mimic_assets.records.samples.pieces import Piece, RecordPlan, Span
from mimic_assets.records.samples.targets import Target, empty_target
from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.signals import Calibration

_BLOCK_SAMPLES = 1 << 17
"""Samples decoded at a time: small enough to be sorted into signals while still in the processor's cache."""
_SHARED_SAMPLES = 1 << 20
"""Several threads take turns at parts of a file of about this size."""
_OUTSIDE, _GAP, _NOT_RECORDED, _UNREADABLE = (
    reason.code
    for reason in (
        SignalReason.OUTSIDE_RECORD,
        SignalReason.GAP,
        SignalReason.NOT_RECORDED,
        SignalReason.UNREADABLE,
    )
)


class _Wanted(NamedTuple):
    """One signal of a segment in a read."""

    target: Target
    piece: Piece
    place: slice
    """Of the readable samples asked for, in the target's arrays."""


class PlanReader:
    """Random access to a record; a read may be asked for from several threads."""

    def __init__(self, plan: RecordPlan, open_file: Callable[[str], BinaryIO], threads: int, advice: str) -> None:
        """Make a reader that has nothing open yet.

        Args:
            plan: what is where.
            open_file: opens a file of the plan at its start.
            threads: parts of files decoded at the same time by one read.
            advice: end of the sentence that names a file which cannot be decoded.
        """
        self.plan = plan
        self._threads = threads
        self._advice = advice
        self._files = OpenFiles(lambda path: open_decoder(open_file(path), plan.files[path]))

    def close(self) -> None:
        """Close the files that are open; a later read opens them again."""
        self._files.close()

    def read(
        self, names: Sequence[str], start_tick: int, end_tick: int, dtype: np.dtype[Any], spans: Sequence[Span]
    ) -> dict[str, Target]:
        """Return the arrays of each signal that the record holds over `(start_tick, end_tick]`.

        Args:
            names: the signals.
            start_tick: open end.
            end_tick: closed end.
            dtype: of the values.
            spans: of `spans`.

        Raises:
            DataError: a file cannot be decoded where the plan says that it can.
        """
        plan = self.plan
        targets = {
            name: empty_target(rate, plan.ticks_per_frame, start_tick, end_tick, plan.last_tick, dtype)
            for name in names
            if (rate := plan.samples_per_frame.get(name)) is not None
        }
        if not _is_within(spans, start_tick, end_tick, plan):
            for target in targets.values():
                _mark_gaps(target, spans, plan.last_tick // plan.ticks_per_frame + 1)
        parts = [(span, *part) for span in spans for part in self._parts(span, targets)]
        if self._threads > 1 and len(parts) > 1:
            with ThreadPoolExecutor(min(self._threads, len(parts))) as pool:
                for _ in pool.map(lambda part: self._decode(*part), parts):
                    pass
        else:
            for part in parts:
                self._decode(*part)
        return targets

    def calibrations(self, name: str, target: Target, spans: Sequence[Span]) -> tuple[Calibration, ...]:
        """Return what turns a read's digital values physical, from each first observed sample it holds for on.

        Args:
            name: the signal.
            target: its arrays.
            spans: the segments of the read.
        """
        found: list[Calibration] = []
        for span in spans:
            piece = span.pieces.get(name)
            if piece is None:
                continue
            part = target.part(span.start_frame, span.start_frame + piece.readable_frame_count)
            first = target.first_observed(part)
            if first is None:
                continue
            last = found[-1] if found else None
            if last is None or (last.gain, last.baseline, last.unit) != (piece.gain, piece.baseline, piece.unit):
                found.append(Calibration(first, piece.gain, piece.baseline, piece.unit))
        return tuple(found)

    def spans(self, start_tick: int, end_tick: int) -> tuple[Span, ...]:
        """Return the segments that a read of `(start_tick, end_tick]` touches."""
        ticks = self.plan.ticks_per_frame
        return self.plan.overlapping((start_tick + 1) // ticks, end_tick // ticks + 1)

    def _parts(self, span: Span, targets: Mapping[str, Target]) -> Iterator[tuple[str, list[_Wanted], int, int]]:
        """Write the reasons of one segment and yield what is left to decode: a file, its signals, and frames of it."""
        by_file: dict[str, list[_Wanted]] = {}
        for name, target in targets.items():
            piece = span.pieces.get(name)
            if piece is None:
                target.mark(target.part(span.start_frame, span.end_frame), _NOT_RECORDED)
                continue
            recorded_end = span.start_frame + piece.frame_count
            readable_end = span.start_frame + piece.readable_frame_count
            if recorded_end < span.end_frame:
                target.mark(target.part(recorded_end, span.end_frame), _OUTSIDE)
            if readable_end < recorded_end:
                target.mark(target.part(readable_end, recorded_end), _UNREADABLE)
            readable = target.part(span.start_frame, readable_end)
            if readable.start < readable.stop:
                by_file.setdefault(piece.file, []).append(_Wanted(target, piece, readable))
        for path, wanted in by_file.items():
            first, last = _frames_of(span, wanted)
            step = last - first
            if self._threads > 1:
                step = max(_SHARED_SAMPLES // sum(self.plan.files[path].samples_per_frame), 1)
            for start, end in pairwise([*range(first, last, step), last]):
                yield path, wanted, start, end

    def _decode(self, span: Span, path: str, wanted: list[_Wanted], first: int, last: int) -> None:
        """Decode frames `first` to `last - 1` of a file into the arrays of its signals, a block at a time."""
        step = max(_BLOCK_SAMPLES // max(self.plan.files[path].samples_per_frame), 1)

        def fill(file: Decoder) -> None:
            for start in range(first, last, step):
                block = file.frames(start, min(step, last - start))
                for one in wanted:
                    _take(one, span, start, block)

        try:
            self._files.lend(path, fill)
        except (DamagedSamplesError, FileNotFoundError) as error:
            raise DataError(f"{path}: {error}; {self._advice}") from error


def _is_within(spans: Sequence[Span], start_tick: int, end_tick: int, plan: RecordPlan) -> bool:
    """Return whether one segment holds every position of a read, as it mostly does: then there is no gap to write."""
    if len(spans) != 1 or start_tick < -1 or end_tick > plan.last_tick:
        return False
    ticks = plan.ticks_per_frame
    return spans[0].start_frame * ticks <= start_tick + 1 and end_tick < spans[0].end_frame * ticks


def _mark_gaps(target: Target, spans: Sequence[Span], record_end: int) -> None:
    """Write the reasons of every position that lies in no segment."""
    inside = target.part(0, record_end)
    target.mark(slice(0, inside.start), _OUTSIDE)
    target.mark(slice(inside.stop, len(target.reasons)), _OUTSIDE)
    reached = inside.start
    for span in spans:
        part = target.part(span.start_frame, span.end_frame)
        target.mark(slice(reached, part.start), _GAP)
        reached = max(reached, part.stop)
    target.mark(slice(reached, inside.stop), _GAP)


def _frames_of(span: Span, wanted: list[_Wanted]) -> tuple[int, int]:
    """Return the frames of a file that hold the samples asked for: the first, and the one after the last."""
    first, last = [], []
    for target, piece, place in wanted:
        shift = span.start_frame - piece.skew
        first.append((place.start + target.first_sample) // target.samples_per_frame - shift)
        last.append(-(-(place.stop + target.first_sample) // target.samples_per_frame) - shift)
    return min(first), max(last)


def _take(wanted: _Wanted, span: Span, file_frame: int, block: Block) -> None:
    """Write what a block has of one signal's readable samples."""
    target, piece, place = wanted
    found = block.columns[piece.channel]
    frame = span.start_frame + file_frame - piece.skew
    at = frame * target.samples_per_frame - target.first_sample
    low, high = max(at, place.start), min(at + len(found), place.stop)
    if low < high:
        target.fill(slice(low, high), found[low - at : high - at], piece, block.has_missing)
