"""The signals of one record of the published layout: `signals.SignalReader` over `raw_records` and the source.

Belongs here: which samples of which file answer an interval, and the reason of every position that has none. Does not
belong here: how a file is decoded (`flac`), which rows there are (`raw_records`), what a sample is worth (`waveforms`).
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import TracebackType

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.errors import DataError
from mimic_assets.file_tree import FileTree
from mimic_assets.records.samples.flac import DamagedSamplesError, FlacFile
from mimic_assets.records.samples.open_files import OpenFiles
from mimic_assets.records.samples.pieces import Piece, RecordPlan, Span, plan_of
from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.signals import MISSING_SAMPLE, Calibration, SignalSlice
from mimic_assets.timeline import TICKS_PER_FRAME

_BLOCK_SAMPLES = 1 << 15
"""Samples decoded at a time: small enough to be sorted into signals while still in the processor's cache."""
_OUTSIDE, _GAP, _NOT_RECORDED, _UNREADABLE, _NO_SIGNAL = (
    reason.code
    for reason in (
        SignalReason.OUTSIDE_RECORD,
        SignalReason.GAP,
        SignalReason.NOT_RECORDED,
        SignalReason.UNREADABLE,
        SignalReason.NO_SIGNAL,
    )
)


def open_signals(tree: FileTree, rows: pl.DataFrame, threads: int = 1) -> "RecordSignals":
    """Return random access to the signals of one record.

    Args:
        tree: the source that the rows were made from.
        rows: every row of `raw_records` of one record.
        threads: files decoded at the same time by one read; the result does not depend on it.

    Raises:
        InternalError: the rows are not those of exactly one record.
    """
    return RecordSignals(tree, plan_of(rows), threads)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One signal of a read: where its samples go."""

    first_sample: int
    """Of the record; index 0 of the arrays."""
    samples_per_frame: int
    digital: npt.NDArray[np.int16]
    reasons: npt.NDArray[np.uint8]
    inside: int
    """Places before it lie in the record, or before it; a record cut to an earlier end ends within a frame."""

    def part(self, start_frame: int, end_frame: int) -> slice:
        """Return the places of the samples in frames `start_frame` to `end_frame - 1`, as far as they are asked for."""
        start = start_frame * self.samples_per_frame - self.first_sample
        end = end_frame * self.samples_per_frame - self.first_sample
        return slice(min(max(start, 0), self.inside), min(max(end, 0), self.inside))


class RecordSignals:
    """A `SignalReader`; a read may be asked for from several threads. Close it, or let it go out of sight."""

    def __init__(self, tree: FileTree, plan: RecordPlan, threads: int = 1) -> None:
        self._tree = tree
        self._plan = plan
        self._threads = threads
        formats = {piece.file: piece.storage_format for span in plan.spans for piece in span.pieces.values()}
        self._files = OpenFiles(lambda path: FlacFile(tree.open(path), formats[path]))

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of every signal that any segment holds, sorted."""
        return tuple(self._plan.samples_per_frame)

    @property
    def last_tick(self) -> int:
        """The record's last tick; it covers `(-1, last_tick]`."""
        return self._plan.last_tick

    def close(self) -> None:
        """Close the files that are open; a later read opens them again."""
        self._files.close()

    def __enter__(self) -> "RecordSignals":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, names: Sequence[str], start_tick: int, end_tick: int) -> dict[str, SignalSlice]:
        """Return one slice per name over `(start_tick, end_tick]`, in the order of `names`.

        A file is decoded once, whatever number of its signals is asked for, and only from the codec's block that holds
        the first sample asked for to the one that holds the last.

        Missing: every position without a sample has its reason and MISSING_SAMPLE. A calibration starts at the first
        observed sample it holds for; neighbours that agree are one.

        Raises:
            DataError: a file that `raw_records` calls readable is not any more.
        """
        wanted = {
            name: _empty(rate, start_tick, end_tick, self._plan.last_tick)
            for name in names
            if (rate := self._plan.samples_per_frame.get(name)) is not None
        }
        start_frame, end_frame = (start_tick + 1) // TICKS_PER_FRAME, end_tick // TICKS_PER_FRAME + 1
        spans = self._plan.overlapping(start_frame, end_frame)
        record_end = self._plan.last_tick // TICKS_PER_FRAME + 1
        for one in wanted.values():
            one.reasons[one.part(0, record_end)] = _GAP
        jobs: list[Callable[[], None]] = []
        for span in spans:
            jobs += self._jobs(span, wanted)
        self._run(jobs)
        return {name: self._slice(name, wanted.get(name), spans, start_tick) for name in names}

    def _jobs(self, span: Span, wanted: dict[str, _Wanted]) -> Iterable[Callable[[], None]]:
        """Write the reasons of one segment and yield what is left to do: one decoding per file."""
        by_file: dict[str, list[tuple[_Wanted, Piece]]] = {}
        for name, one in wanted.items():
            piece = span.pieces.get(name)
            if piece is None:
                one.reasons[one.part(span.start_frame, span.end_frame)] = _NOT_RECORDED
                continue
            readable_end = span.start_frame + piece.readable_frame_count
            one.reasons[one.part(readable_end, span.end_frame)] = _UNREADABLE
            readable = one.part(span.start_frame, readable_end)
            one.reasons[readable] = 0
            if readable.start < readable.stop:
                by_file.setdefault(piece.file, []).append((one, piece))
        for path, targets in by_file.items():
            yield partial(self._decode, path, span.start_frame, targets)

    def _run(self, jobs: list[Callable[[], None]]) -> None:
        if self._threads > 1 and len(jobs) > 1:
            with ThreadPoolExecutor(min(self._threads, len(jobs))) as pool:
                for _ in pool.map(lambda job: job(), jobs):
                    pass
        else:
            for job in jobs:
                job()

    def _decode(self, path: str, start_frame: int, targets: list[tuple[_Wanted, Piece]]) -> None:
        """Decode one file's part of a read into the arrays of its signals, a block at a time."""
        parts = [
            (one, one.part(start_frame, start_frame + piece.readable_frame_count), piece.channel)
            for one, piece in targets
        ]
        shift = parts[0][0].first_sample - start_frame * parts[0][0].samples_per_frame  # file sample of array index 0
        first, last = min(part.start for _, part, _ in parts), max(part.stop for _, part, _ in parts)
        try:
            with self._files.borrowed(path) as file:
                if max(channel for _, _, channel in parts) >= file.channels:
                    raise DamagedSamplesError(f"a stream of {file.channels} channels")
                block = np.empty((min(_BLOCK_SAMPLES, last - first), file.channels), file.dtype)
                for start in range(first, last, _BLOCK_SAMPLES):
                    filled = block[: min(_BLOCK_SAMPLES, last - start)]
                    file.read(start + shift, filled)
                    for one, part, channel in parts:
                        low, high = max(start, part.start), min(start + len(filled), part.stop)
                        if low < high:
                            one.digital[low:high] = filled[low - start : high - start, channel]
        except (DamagedSamplesError, FileNotFoundError) as error:
            raise DataError(
                f"{path}: {error}, though raw_records calls it readable; the file has changed since: materialise "
                "raw_records of this patient again"
            ) from error
        for one, part, _ in parts:
            values = one.digital[part]
            np.multiply(values == MISSING_SAMPLE, np.uint8(_NO_SIGNAL), out=one.reasons[part])

    def _slice(self, name: str, one: _Wanted | None, spans: tuple[Span, ...], start_tick: int) -> SignalSlice:
        if one is None:
            return SignalSlice(name, 0, start_tick + 1, np.empty(0, np.int16), np.empty(0, np.uint8), ())
        calibrations: list[Calibration] = []
        for span in spans:
            piece = span.pieces.get(name)
            if piece is None:
                continue
            part = one.part(span.start_frame, span.start_frame + piece.readable_frame_count)
            observed = one.reasons[part] == 0
            first = int(observed.argmax()) if len(observed) else 0
            if not len(observed) or not observed[first]:
                continue
            found = Calibration(part.start + first, piece.gain, piece.baseline, piece.unit)
            if calibrations:
                last = calibrations[-1]
                if (last.gain, last.baseline, last.unit) == (found.gain, found.baseline, found.unit):
                    continue
            calibrations.append(found)
        first_tick = one.first_sample * TICKS_PER_FRAME // one.samples_per_frame
        return SignalSlice(name, one.samples_per_frame, first_tick, one.digital, one.reasons, tuple(calibrations))


def _empty(samples_per_frame: int, start_tick: int, end_tick: int, last_tick: int) -> _Wanted:
    """Return arrays for the samples whose tick lies in the interval, all of them outside the record so far."""
    ticks_per_sample = TICKS_PER_FRAME // samples_per_frame
    first = start_tick // ticks_per_sample + 1
    count = max(end_tick // ticks_per_sample + 1 - first, 0)
    inside = min(max(last_tick // ticks_per_sample + 1 - first, 0), count)
    digital, reasons = np.full(count, MISSING_SAMPLE, np.int16), np.full(count, _OUTSIDE, np.uint8)
    return _Wanted(first, samples_per_frame, digital, reasons, inside)
