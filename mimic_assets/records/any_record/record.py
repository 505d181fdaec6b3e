"""A WFDB record as its user holds it.

Belongs here: names, times and arrays. Does not belong here: how they come about (`headers`, `header_plan`, `samples`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from mimic_assets.errors import RequestError
from mimic_assets.file_tree import FileTree
from mimic_assets.records.any_record.header_plan import PlannedRecord, plan_record
from mimic_assets.records.any_record.headers import RecordHeaders, read_headers
from mimic_assets.records.any_record.verified import verified
from mimic_assets.records.samples.formats import FORMATS
from mimic_assets.records.samples.plan_reader import PlanReader
from mimic_assets.signals import Calibration
from mimic_assets.timeline import RecordClock

_ADVICE = "download it again, ask for other signals or times, or open the record with verify=True to keep its good part"
_TYPES = tuple(map(np.dtype, ("int16", "int32", "float32", "float64")))
_RATIO_TOLERANCE = Fraction(1, 100)
_MOST_BYTES = 32 << 30
"""Of one read's arrays; more is a header with a wrong length, and filling it would take the machine down."""


@dataclass(frozen=True, slots=True)
class SignalArray:
    """The samples of one signal in `(start_tick, end_tick]`: every array has one entry per position, gaps included."""

    name: str
    values: npt.NDArray[Any]
    """Digital (int16, int32) with the type's lowest value where missing, or physical (float32, float64) with NaN."""
    reasons: npt.NDArray[np.uint8]
    """Code of schemas.vocabulary.SignalReason; 0 is observed."""
    first_tick: int
    """Tick of the first entry."""
    ticks_per_sample: int
    sampling_rate_hz: float
    calibrations: tuple[Calibration, ...]
    """Gain, baseline and unit, ascending; each holds up to the next. Empty where nothing is observed."""

    @property
    def missing(self) -> npt.NDArray[np.bool_]:
        """True where there is no sample."""
        missing: npt.NDArray[np.bool_] = self.reasons != 0
        return missing


class Record:
    """A WFDB record that is open for reading; use it as a context, close it, or let it go out of sight.

    Nothing but headers is read before `signals` is called, and then only the codec's blocks that hold what is asked
    for.
    """

    def __init__(self, tree: FileTree, headers: RecordHeaders, planned: PlannedRecord, threads: int) -> None:
        """Use `mimic_assets.open_record` instead."""
        self._made_from = (tree, headers, planned, threads)
        self._headers = headers
        self._planned = planned
        self._reader = PlanReader(planned.plan, tree.open, threads, _ADVICE)

    def __reduce__(self) -> tuple[type["Record"], tuple[FileTree, RecordHeaders, PlannedRecord, int]]:
        """Pickle as the request to open the same record; a worker process opens files of its own."""
        return Record, self._made_from

    @property
    def name(self) -> str:
        """The record's name."""
        return self._headers.first.name

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the signals that any segment holds, in the headers' order; repeated ones get ` #2`, ` #3`."""
        return tuple(self._planned.plan.samples_per_frame)

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence per header or file that is missing or cannot be used as it is."""
        return self._planned.problems

    @property
    def last_tick(self) -> int:
        """The record covers `(-1, last_tick]`."""
        return self._planned.plan.last_tick

    @property
    def ticks_per_frame(self) -> int:
        """16, as in MIMIC-IV Waveform, or a multiple of it that gives every sample a whole tick."""
        return self._planned.plan.ticks_per_frame

    @cached_property
    def ticks_per_second(self) -> Fraction:
        """Exact: the header's counter frequency where that counts these ticks, else frames times ticks per frame."""
        first = self._headers.first
        by_frames = Fraction(first.frame_frequency_hz) * self.ticks_per_frame
        if first.counter_frequency_hz is not None:
            counter = Fraction(first.counter_frequency_hz)
            ratio = counter / Fraction(first.frame_frequency_hz)
            if abs(ratio - self.ticks_per_frame) <= _RATIO_TOLERANCE:
                return counter
        return by_frames

    @cached_property
    def _rounded_ticks_per_second(self) -> float:
        return float(self.ticks_per_second)

    @property
    def duration(self) -> timedelta:
        """Time from the first frame's start to the last one's end, gaps included."""
        return timedelta(seconds=float((self.last_tick + 1) / self.ticks_per_second))

    @property
    def clock(self) -> RecordClock | None:
        """Ticks <-> wall time; None where the header has no date or no time."""
        first = self._headers.first
        if first.start_date is None or first.start_time is None:
            return None
        return RecordClock(datetime.combine(first.start_date, first.start_time), self.ticks_per_second)

    def signals(
        self,
        names: Sequence[str] | None = None,
        start_tick: int = -1,
        end_tick: int | None = None,
        dtype: npt.DTypeLike = np.float32,
    ) -> dict[str, SignalArray]:
        """Return the samples of signals over `(start_tick, end_tick]`, in the order asked for.

        Args:
            names: signals of the record; None is all.
            start_tick: open end; -1 is the record's start.
            end_tick: closed end; None is the record's end. Positions beyond either end of the record have a reason.
            dtype: int16 or int32 for digital values, float32 or float64 for physical ones.

        Missing: every position without a sample has a reason; see `SignalArray.values` for what stands there.

        Raises:
            RequestError: a name that the record lacks, a type that cannot hold the values.
            DataError: a signal file is damaged where it was asked for samples.
        """
        wanted = self._wanted(names)
        kind = np.dtype(dtype)
        if kind not in _TYPES:
            raise RequestError(f"dtype {kind.name} found, one of {', '.join(one.name for one in _TYPES)} expected")
        if kind == np.int16:
            self._check_narrow(wanted)
        end = self.last_tick if end_tick is None else end_tick
        plan = self._planned.plan
        frames = max(end - start_tick, 0) / plan.ticks_per_frame
        size = sum(frames * plan.samples_per_frame[name] for name in wanted) * (kind.itemsize + 1)
        if size > _MOST_BYTES:
            raise RequestError(
                f"a read of {size / 2**30:.0f} GiB found, at most {_MOST_BYTES >> 30} GiB expected; ask for fewer "
                "signals or a shorter interval"
            )
        spans, ticks_per_second = self._reader.spans(start_tick, end), self._rounded_ticks_per_second
        arrays: dict[str, SignalArray] = {}
        for name, found in self._reader.read(wanted, start_tick, end, kind, spans).items():
            per_sample = plan.ticks_per_frame // found.samples_per_frame
            arrays[name] = SignalArray(
                name,
                found.values,
                found.reasons,
                found.first_sample * per_sample,
                per_sample,
                ticks_per_second / per_sample,
                self._reader.calibrations(name, found, spans),
            )
        return arrays

    def blocks(
        self,
        names: Sequence[str] | None = None,
        start_tick: int = -1,
        end_tick: int | None = None,
        dtype: npt.DTypeLike = np.float32,
        block_s: float = 600.0,
    ) -> Iterator[dict[str, SignalArray]]:
        """Yield the same as `signals`, a part at a time in order: joined they are its arrays, and memory stays flat.

        Args:
            names: as in `signals`.
            start_tick: as in `signals`.
            end_tick: as in `signals`.
            dtype: as in `signals`.
            block_s: length of a part; the last may be shorter.
        """
        end = self.last_tick if end_tick is None else end_tick
        step = max(int(block_s * self.ticks_per_second), 1)
        for start in range(start_tick, end, step):
            yield self.signals(names, start, min(start + step, end), dtype)

    def close(self) -> None:
        """Close the files that are open; a later read opens them again."""
        self._reader.close()

    def __enter__(self) -> "Record":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wanted(self, names: Sequence[str] | None) -> list[str]:
        if names is None:
            return list(self.names)
        unknown = [name for name in names if name not in self._planned.plan.samples_per_frame]
        if unknown:
            raise RequestError(f"signal {unknown[0]!r} found, one of {', '.join(self.names)} expected")
        return list(dict.fromkeys(names))

    def _check_narrow(self, names: list[str]) -> None:
        plan = self._planned.plan
        for span in plan.spans:
            for name in names:
                piece = span.pieces.get(name)
                layout = plan.files.get(piece.file) if piece else None
                if layout is not None and FORMATS[layout.storage_format].is_wide:
                    raise RequestError(
                        f"int16 found for {name}, int32 expected: format {layout.storage_format} "
                        "holds values of more than 16 bits"
                    )


def open_wfdb(tree: FileTree, record: str, *, threads: int = 1, verify: bool = False) -> Record:
    """Return a WFDB record.

    Args:
        tree: where its files lie.
        record: its path in the tree, without `.hea`.
        threads: parts of files decoded at the same time; values do not depend on it.
        verify: decode every sample once now. What is damaged then is missing with its reason instead of an error at
            reading, and a signal whose sum is not its header's is missing as a whole.

    Raises:
        FileNotFoundError: there is no such header.
        DataError: a header is wrong.
    """
    headers = read_headers(tree, record)
    planned = plan_record(tree, headers)
    return Record(tree, headers, verified(tree, planned) if verify else planned, threads)
