"""Samples of one segment: ECG, arterial pressure, pleth and breathing drawn from the beats, written block by block.

Belongs here: table lookup, noise, missing runs, saturation, checksums, FLAC. Does not belong here: shapes (`shapes`),
headers (`headers`). Memory stays flat whatever the record's length: one block is about five minutes.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from mimic_assets.sources.demo.beats import Beats
from mimic_assets.sources.demo.course import Record
from mimic_assets.sources.demo.disturbance import Disturbance
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.physiology import State
from mimic_assets.sources.demo.plan import DemoPlan
from mimic_assets.sources.demo.pressure import PressurePlan
from mimic_assets.sources.demo.segments import SAMPLES_PER_FRAME, Group, Look, SegmentPlan, SignalPlan
from mimic_assets.sources.demo.shapes import (
    LEADS,
    PHASES,
    PULSE_DELAY_S,
    breath_table,
    ecg_table,
    means_of_pulse,
    pulse_table,
)

Samples = NDArray[np.int16]
Floats = NDArray[np.float64]

MISSING = -32768
FLAT_ECG = 8196
"""A disconnected lead of the published records reads this: 0.02 mV."""
STREAM_RATE = 96000
"""Every published signal file claims this sample rate; it is a dummy."""
BLOCK_FRAMES = 320 * 64
NOISE_SAMPLES = 1 << 17
ECG_ZERO = 8192
DROPOUT_EVERY, DROPOUT_FIRST, DROPOUT_LENGTH = 524_288, 495_712, 64
"""Published ECG: 64 missing samples every 524,288, in all leads at once."""


@cache
def _ecg_digital(lead: str) -> Samples:
    return np.rint(ecg_table(lead) * 200 + ECG_ZERO).astype(np.int16).ravel()


@cache
def _pulse_flat() -> NDArray[np.float32]:
    return pulse_table().astype(np.float32).ravel()


@cache
def _breath_flat() -> NDArray[np.float32]:
    return breath_table().astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Cycle:
    """Beats or breaths ready for lookup: table index = tick * slope + offset of the cycle the tick lies in."""

    begin: NDArray[np.int64]
    slope: Floats
    offset: Floats
    low: NDArray[np.int64]
    high: NDArray[np.int64]

    @staticmethod
    def of(ticks: NDArray[np.int64], row: NDArray[np.int64]) -> "_Cycle":
        slope = PHASES / np.diff(ticks)
        low = row * PHASES
        return _Cycle(ticks[:-1], slope, low - ticks[:-1] * slope, low, low + PHASES - 1)

    def span(self, start_tick: int, samples: int, step: int) -> tuple[slice, NDArray[np.int64]]:
        """Return which cycles the samples `start_tick + step * i` touch, and how many samples each gets.

        What lies before the first cycle is given to it, and reads as its begin.
        """
        first = max(int(np.searchsorted(self.begin, start_tick, side="right")) - 1, 0)
        last = max(int(np.searchsorted(self.begin, start_tick + step * samples, side="left")), first + 1)
        edges = -(-(self.begin[first + 1 : last] - start_tick) // step)
        return slice(first, last), np.diff(edges, prepend=0, append=samples)

    def index(self, start_tick: int, samples: int, step: int) -> NDArray[np.int32]:
        """Return the table index of each sample."""
        part, counts = self.span(start_tick, samples, step)
        tick = np.arange(start_tick, start_tick + step * samples, step, dtype=np.float64)
        found = (tick * np.repeat(self.slope[part], counts) + np.repeat(self.offset[part], counts)).astype(np.int32)
        return np.clip(found, np.repeat(self.low[part], counts), np.repeat(self.high[part], counts)).astype(np.int32)


class RecordSignals:
    """Everything the segments of one record are drawn from."""

    def __init__(
        self, subject_index: int, record: Record, state: State, beats: Beats, pressure: PressurePlan, plan: DemoPlan
    ) -> None:
        """Prepare per-beat pressures and the noise of the record."""
        rng = generator(plan.seed, subject_index, Stream.SAMPLES, record.number)
        self._record = record
        self._pulse_delay = round(PULSE_DELAY_S * record.clock.counter_hz)
        self._beats = _Cycle.of(beats.ticks, beats.row)
        self._breaths = _Cycle.of(beats.breath_ticks, np.zeros(len(beats.breath_ticks) - 1, dtype=np.int64))
        self._breath_depth = beats.breath_depth * float(rng.uniform(0.3, 0.55))
        second = np.minimum((beats.ticks[:-1] / record.clock.counter_hz).astype(np.int64), len(state.mean_pressure) - 1)
        pulse = state.pulse_pressure[second]
        self._diastolic = state.mean_pressure[second] - means_of_pulse()[beats.row] * pulse
        self._pulse = pulse.copy()
        seconds = beats.ticks[:-1] / record.clock.counter_hz
        for kind, level in (
            (Disturbance.LINE_FLUSH, 290.0),
            (Disturbance.FLUSH_IN_EPISODE, 325.0),
            (Disturbance.LINE_ZEROED, -1.0),
            (Disturbance.LINE_DISCONNECTED, 0.0),
            (Disturbance.SILENCE_IN_EPISODE, 0.0),
            (Disturbance.SILENCE_BETWEEN_DIPS, 0.0),
        ):
            for interval in pressure.of_kind(kind):
                inside = (seconds >= interval.start_s) & (seconds < interval.end_s)
                self._diastolic[inside], self._pulse[inside] = level, 0.0
        volume = np.clip(0.05 + 0.10 * np.sqrt(state.perfusion[second]), 0.02, 0.35)
        off = state.probe_off[second] | (state.perfusion[second] < 0.1)
        self._pleth_low = np.where(off, 0.31, 0.5 - volume / 2)
        self._pleth_high = np.where(off, 0.0, volume)
        self._noise = np.rint(rng.normal(0, 0.3, NOISE_SAMPLES)).astype(np.int16)
        self._lead_of_noise = {lead: int(rng.integers(NOISE_SAMPLES // 2)) for lead in LEADS}
        self._begin_missing = int(rng.choice([0, 128, 704, 1216]))
        bursts = rng.uniform(0, record.seconds, max(1, int(record.seconds / 5400)))
        counter_hz = record.clock.counter_hz
        self._bursts = [(int(at * counter_hz), int(rng.uniform(1, 4) * counter_hz)) for at in bursts]

    def _noisy(self, offset: int, samples: int) -> Samples:
        start = offset % (NOISE_SAMPLES - 4 * BLOCK_FRAMES)
        return self._noise[start : start + samples]

    def ecg(self, lead: str, frame: int, index: NDArray[np.int32]) -> Samples:
        """Return digital ECG (200 per mV around 8192) of a block that begins at `frame`."""
        samples = len(index)
        out: Samples = np.take(_ecg_digital(lead), index)
        out += self._noisy(self._lead_of_noise[lead] + frame * 3, samples)
        for begin, length in self._bursts:
            first, last = (begin - frame * 16) // 4, (begin + length - frame * 16) // 4
            if last > 0 and first < samples:
                part = slice(max(first, 0), min(last, samples))
                shaken = np.convolve(self._noise[: len(out[part])].astype(np.float64), np.ones(24), mode="same")
                out[part] = np.clip(out[part] + (55 * shaken).astype(np.int64), 8, 16344)
        return out

    def pressure(self, signal: SignalPlan, start_tick: int, index: NDArray[np.int32]) -> Samples:
        """Return digital arterial pressure (2 per frame) for the given table indices."""
        part, counts = self._beats.span(start_tick, len(index), 8)
        scaling = signal.scaling
        low = np.repeat((self._diastolic[part] * scaling.gain + scaling.zero).astype(np.float32), counts)
        high = np.repeat((self._pulse[part] * scaling.gain).astype(np.float32), counts)
        out = low + high * np.take(_pulse_flat(), index)
        found: Samples = np.clip(np.rint(out), 0, scaling.top).astype(np.int16)
        return found

    def pleth(self, signal: SignalPlan, start_tick: int, index: NDArray[np.int32]) -> Samples:
        """Return digital pleth (2 per frame); a slipped probe is a constant."""
        part, counts = self._beats.span(start_tick, len(index), 8)
        gain = signal.scaling.gain
        low = np.repeat((self._pleth_low[part] * gain).astype(np.float32), counts)
        high = np.repeat((self._pleth_high[part] * gain).astype(np.float32), counts)
        out = low + high * np.take(_pulse_flat(), index)
        found: Samples = np.clip(np.rint(out), 0, 4094).astype(np.int16)
        return found

    def breathing(self, signal: SignalPlan, frame: int, samples: int) -> Samples:
        """Return digital respiration (1 per frame); too coarse an amplifier saturates."""
        scaling = signal.scaling
        part, counts = self._breaths.span(frame * 16, samples, 16)
        index = self._breaths.index(frame * 16, samples, 16)
        depth = np.repeat((self._breath_depth[part] * scaling.gain).astype(np.float32), counts)
        out = scaling.adc_zero + depth * (np.take(_breath_flat(), index) - np.float32(0.5))
        found: Samples = np.clip(np.rint(out), 0, scaling.top).astype(np.int16)
        return found

    def block(self, segment: SegmentPlan, group: Group, frame: int, frames: int) -> Samples:
        """Return the samples of one group in one block, a column per signal."""
        per_frame = SAMPLES_PER_FRAME[group]
        delay = self._pulse_delay if group is Group.PULSE else 0
        index = self._beats.index(frame * 16 - delay, frames * per_frame, 16 // per_frame)
        signals = [s for s in segment.signals if s.group is group]
        out = np.empty((frames * per_frame, len(signals)), dtype=np.int16)
        for column, signal in enumerate(signals):
            if signal.look is Look.FLAT:
                out[:, column] = FLAT_ECG if group is Group.ECG else signal.scaling.top
            elif group is Group.ECG:
                out[:, column] = self.ecg(signal.name, frame, index)
            elif signal.name == "ABP":
                out[:, column] = self.pressure(signal, frame * 16 - self._pulse_delay, index)
            elif signal.name == "Pleth":
                out[:, column] = self.pleth(signal, frame * 16 - self._pulse_delay, index)
            else:
                out[:, column] = self.breathing(signal, frame, frames)
            if group is Group.ECG or signal.name == "ABP":
                first = (frame - segment.start_frame) * per_frame
                self._lose(out[:, column], signal, first, segment.frames * per_frame)
        return out

    def _lose(self, column: Samples, signal: SignalPlan, first: int, total: int) -> None:
        """Mark the missing runs of a segment in the part of it that begins at sample `first`."""
        if signal.look is Look.FLAT:
            return
        runs = [(at, at + DROPOUT_LENGTH) for at in range(DROPOUT_FIRST, total, DROPOUT_EVERY)]
        runs += [(0, min(self._begin_missing, total // 4)), (total - 32, total)]
        if signal.look is Look.MOSTLY_MISSING:
            runs.append((0, int(total * 0.95)))
        for begin, end in runs:
            low, high = max(begin - first, 0), min(end - first, len(column))
            if low < high:
                column[low:high] = MISSING

    def write_segment(self, folder: Path, name: str, segment: SegmentPlan) -> list[int]:
        """Write the segment's files and return the checksum of each signal in order (sum of samples modulo 65,536)."""
        groups = [g for g in Group if any(s.group is g for s in segment.signals)]
        sums = {g: np.zeros(sum(s.group is g for s in segment.signals), dtype=np.int64) for g in groups}
        files = {
            g: soundfile.SoundFile(
                folder / f"{name}{g}.dat",
                "w",
                samplerate=STREAM_RATE,
                channels=len(sums[g]),
                format="FLAC",
                subtype="PCM_16",
            )
            for g in groups
        }
        try:
            for frame in range(segment.start_frame, segment.start_frame + segment.frames, BLOCK_FRAMES):
                frames = min(BLOCK_FRAMES, segment.start_frame + segment.frames - frame)
                for group in groups:
                    samples = self.block(segment, group, frame, frames)
                    files[group].write(samples)
                    sums[group] += samples.sum(axis=0, dtype=np.int64)
        finally:
            for file in files.values():
                file.close()
        return [int(value) % 65536 for group in groups for value in sums[group]]
