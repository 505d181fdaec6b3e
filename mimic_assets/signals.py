"""The samples of a record as stages see them: digital values, reasons of missing ones, and what turns them physical.

Belongs here: the value that travels from a reader to quality, beats and windows, and what those ask of a reader
(`records` implements it). Does not belong here: files and formats. Sample k of a signal with n samples per frame sits
at tick k * 16 / n, counted from the record's first sample; `(start, end]` takes the samples whose tick lies in it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.timeline import TICKS_PER_FRAME

MISSING_SAMPLE = -32768
"""What stands in `digital` wherever there is no sample; also the monitor's own code for no value."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How digital values become physical, from one sample on."""

    first_sample: int
    """Index into the slice's arrays."""
    gain: float
    """Digital steps per unit."""
    baseline: int
    """Digital value of physical zero."""
    unit: str


@dataclass(frozen=True, slots=True)
class SignalSlice:
    """The samples of one signal in `(start_tick, end_tick]`, gaps included: every array has one entry per position."""

    signal: str
    samples_per_frame: int
    """Of the record; 0 where no segment of it holds the signal, and then the arrays are empty."""
    first_tick: int
    """Tick of the first entry."""
    digital: npt.NDArray[np.int16]
    """As stored; MISSING_SAMPLE where `reasons` is not 0."""
    reasons: npt.NDArray[np.uint8]
    """Code of schemas.vocabulary.SignalReason; 0 is observed."""
    calibrations: tuple[Calibration, ...]
    """Ascending; each holds up to the next. Empty where nothing is observed. Neighbours differ."""

    @property
    def ticks_per_sample(self) -> int:
        """Ticks from one sample to the next."""
        return TICKS_PER_FRAME // self.samples_per_frame

    def parts(self) -> Iterator[tuple[Calibration, int, int]]:
        """Yield each calibration with the samples `[begin, end)` that it holds for."""
        edges = [*(part.first_sample for part in self.calibrations), len(self.digital)]
        yield from zip(self.calibrations, edges, edges[1:], strict=False)

    def physical(self, unit: str | None = None) -> npt.NDArray[np.float32]:
        """Return `(digital - baseline) / gain` in each sample's own calibration; NaN where missing.

        Args:
            unit: samples in another unit are missing too; None takes every unit.
        """
        values = np.full(self.digital.shape, np.nan, dtype=np.float32)
        for part, begin, end in self.parts():
            if unit is None or part.unit == unit:
                values[begin:end] = (self.digital[begin:end].astype(np.float64) - part.baseline) / part.gain
        if self.reasons.any():  # most slices are whole, and writing through a mask costs as much as the rest
            values[self.reasons != 0] = np.nan
        return values


class SignalReader(Protocol):
    """Random access to the signals of one record; outside the asked interval only the rest of a block is decoded."""

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of every signal that any segment holds, sorted."""
        ...

    @property
    def last_tick(self) -> int:
        """The record's last tick; it covers `(-1, last_tick]`."""
        ...

    def read(self, names: Sequence[str], start_tick: int, end_tick: int) -> dict[str, SignalSlice]:
        """Return one slice per name over `(start_tick, end_tick]`; positions outside the record have a reason.

        A name that no segment holds gives a slice of zero samples per frame.
        """
        ...


OpenSignals = Callable[[pl.DataFrame], SignalReader]
"""Opens the samples of one record, given its rows of raw_records."""
