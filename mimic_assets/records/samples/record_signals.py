"""The signals of one record of the published layout: `signals.SignalReader` over `raw_records` and the source.

Belongs here: answering the protocol. Does not belong here: reading (`plan_reader`), which rows there are
(`raw_records`), what a sample is worth (`waveforms`).
"""

from collections.abc import Sequence
from types import TracebackType

import numpy as np
import polars as pl

from mimic_assets.file_tree import FileTree
from mimic_assets.records.samples.pieces import RecordPlan
from mimic_assets.records.samples.plan_reader import PlanReader
from mimic_assets.records.samples.row_plan import plan_of
from mimic_assets.signals import SignalSlice

_ADVICE = "raw_records calls it readable: the file has changed since; materialise raw_records of this patient again"
_DIGITAL = np.dtype(np.int16)


def open_signals(tree: FileTree, rows: pl.DataFrame, threads: int = 1) -> "RecordSignals":
    """Return random access to the signals of one record.

    Args:
        tree: the source that the rows were made from.
        rows: every row of `raw_records` of one record.
        threads: parts of files decoded at the same time by one read; the result does not depend on it.

    Raises:
        InternalError: the rows are not those of exactly one record.
    """
    return RecordSignals(tree, plan_of(rows), threads)


class RecordSignals:
    """A `SignalReader`; a read may be asked for from several threads. Close it, or let it go out of sight."""

    def __init__(self, tree: FileTree, plan: RecordPlan, threads: int = 1) -> None:
        """Use `open_signals` instead."""
        self._made_from = (tree, plan, threads)
        self._reader = PlanReader(plan, tree.open, threads, _ADVICE)

    def __reduce__(self) -> tuple[type["RecordSignals"], tuple[FileTree, RecordPlan, int]]:
        """Pickle as the request to open the same record; a worker process opens files of its own."""
        return RecordSignals, self._made_from

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of every signal that any segment holds, sorted."""
        return tuple(self._reader.plan.samples_per_frame)

    @property
    def last_tick(self) -> int:
        """The record's last tick; it covers `(-1, last_tick]`."""
        return self._reader.plan.last_tick

    def close(self) -> None:
        """Close the files that are open; a later read opens them again."""
        self._reader.close()

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
        reader = self._reader
        spans = reader.spans(start_tick, end_tick)
        found = reader.read(names, start_tick, end_tick, _DIGITAL, spans)
        slices: dict[str, SignalSlice] = {}
        for name in names:
            one = found.get(name)
            if one is None:
                slices[name] = SignalSlice(name, 0, start_tick + 1, np.empty(0, np.int16), np.empty(0, np.uint8), ())
                continue
            rate = one.samples_per_frame
            first_tick = one.first_sample * reader.plan.ticks_per_frame // rate
            calibrations = reader.calibrations(name, one, spans)
            slices[name] = SignalSlice(name, rate, first_tick, one.values, one.reasons, calibrations)
        return slices
