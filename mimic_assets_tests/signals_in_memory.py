"""A record whose samples are arrays: what a stage asks of `SignalReader`, without a file.

Belongs here: the reader, and the rows of `raw_records` that go with it. Each signal is one array over the whole record;
where it is MISSING_SAMPLE the reason is `no_signal`, unless reasons are given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.schemas.tables import RAW_RECORDS
from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.signals import MISSING_SAMPLE, Calibration, SignalSlice
from mimic_assets.timeline import TICKS_PER_FRAME

START = datetime(2150, 1, 1)


@dataclass(frozen=True, slots=True)
class Held:
    """One signal of a record in memory."""

    digital: npt.NDArray[np.int16]
    samples_per_frame: int
    unit: str
    calibrations: tuple[Calibration, ...]
    """By sample of the record."""
    bits: int
    adc_zero: int
    reasons: npt.NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, dtype=np.uint8))
    """Empty: derived from MISSING_SAMPLE."""

    @property
    def frames(self) -> int:
        """Frames of the record."""
        return self.digital.size // self.samples_per_frame


def ecg(digital: npt.ArrayLike, **given: object) -> Held:
    """Return an ECG lead as the monitors of MIMIC-IV give it: 200 steps per mV about 8192, four samples per frame."""
    return _held(digital, 4, "mV", 200.0, 8192, 14, 8192, **given)


def pleth(digital: npt.ArrayLike, **given: object) -> Held:
    """Return a plethysmogram: 4096 steps from 0 to 1, two samples per frame."""
    return _held(digital, 2, "NU", 4096.0, 0, 12, 2048, **given)


def pressure(digital: npt.ArrayLike, **given: object) -> Held:
    """Return an arterial pressure: 16 steps per mmHg, 800 at zero, two samples per frame."""
    return _held(digital, 2, "mmHg", 16.0, 800, 13, 4096, **given)


def breath(digital: npt.ArrayLike, **given: object) -> Held:
    """Return an impedance signal: one sample per frame."""
    return _held(digital, 1, "Ohm", 4093.0, 2, 12, 2048, **given)


def _held(
    digital: npt.ArrayLike, per_frame: int, unit: str, gain: float, baseline: int, bits: int, zero: int, **given: object
) -> Held:
    parts = given.pop("calibrations", (Calibration(0, gain, baseline, unit),))
    reasons = given.pop("reasons", np.empty(0, dtype=np.uint8))
    assert not given, f"unknown parts of a signal: {sorted(given)}"
    return Held(np.asarray(digital, dtype=np.int16), per_frame, unit, parts, bits, zero, reasons)


@dataclass(frozen=True, slots=True)
class InMemoryReader:
    """A `SignalReader` over arrays."""

    held: Mapping[str, Held]
    frames: int

    @property
    def signals(self) -> tuple[str, ...]:
        """Names, sorted."""
        return tuple(sorted(self.held))

    @property
    def last_tick(self) -> int:
        """The record covers `(-1, last_tick]`."""
        return self.frames * TICKS_PER_FRAME - 1

    def read(self, names: Sequence[str], start_tick: int, end_tick: int) -> dict[str, SignalSlice]:
        """Return the slices; outside the record samples have the reason `outside_record`."""
        return {name: self._slice(name, start_tick, end_tick) for name in names}

    def _slice(self, name: str, start_tick: int, end_tick: int) -> SignalSlice:
        if name not in self.held:
            empty = np.empty(0, dtype=np.int16)
            return SignalSlice(name, 0, start_tick + 1, empty, empty.astype(np.uint8), ())
        signal = self.held[name]
        step = TICKS_PER_FRAME // signal.samples_per_frame
        first, last = start_tick // step + 1, end_tick // step
        digital = np.full(last - first + 1, MISSING_SAMPLE, dtype=np.int16)
        reasons = np.full(digital.size, SignalReason.OUTSIDE_RECORD.code, dtype=np.uint8)
        low, high = max(first, 0), min(last + 1, signal.digital.size)
        if low < high:
            inside = signal.digital[low:high]
            digital[low - first : high - first] = inside
            own = signal.reasons[low:high] if signal.reasons.size else (
                np.where(inside == MISSING_SAMPLE, SignalReason.NO_SIGNAL.code, 0)
            )  # fmt: skip
            reasons[low - first : high - first] = own
            digital[reasons != 0] = MISSING_SAMPLE
        parts = [
            Calibration(max(part.first_sample - first, 0), part.gain, part.baseline, part.unit)
            for part, following in zip(
                signal.calibrations, [*(p.first_sample for p in signal.calibrations[1:]), 1 << 60], strict=True
            )
            if following > first and part.first_sample <= last
        ]
        observed = bool((reasons == 0).any())
        return SignalSlice(
            name, signal.samples_per_frame, first * step, digital, reasons, tuple(parts) if observed else ()
        )


def record_in_memory(
    held: Mapping[str, Held], subject_id: int = 1, record_id: int = 80000001, frame_rate_hz: str = "62.4725"
) -> tuple[pl.DataFrame, InMemoryReader]:
    """Return the rows of `raw_records` of one record of one segment, and its reader."""
    frames = min(signal.frames for signal in held.values())
    counter = f"{float(frame_rate_hz) * TICKS_PER_FRAME:.2f}"
    end = START + timedelta(seconds=frames / float(frame_rate_hz))
    rows = [
        {
            "subject_id": subject_id, "record_id": record_id, "segment_index": 1, "signal_index": place,
            "signal": name, "unit": signal.unit, "file": f"{record_id}.dat", "file_status": "ok", "channel": 0,
            "storage_format": 516, "samples_per_frame": signal.samples_per_frame,
            "gain": signal.calibrations[0].gain, "baseline": signal.calibrations[0].baseline,
            "adc_resolution_bits": signal.bits, "adc_zero": signal.adc_zero, "checksum": 0, "segment_start_tick": 0,
            "segment_frame_count": frames, "record_start_time": START, "record_end_time": end,
            "record_last_tick": frames * TICKS_PER_FRAME - 1, "counter_frequency_hz": counter,
        }
        for place, (name, signal) in enumerate(held.items())
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=RAW_RECORDS.schema), InMemoryReader(held, frames)
