"""The signals of windows: whole frames up to each index tick, samples at native rates, a reason for every missing one.

Belongs here: which ticks a window's signals span, reading windows that overlap in one go, and one calibration per
signal and window. Does not belong here: decoding (a `SignalReader` does), tiles (`tile_windows`).

A window that spans segments of several calibrations is brought to the finest of them, by rounding to its steps: no
sample moves by more than half of such a step. Samples in another unit than the last segment's cannot be compared and
are missing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.signals import MISSING_SAMPLE, Calibration, SignalReader, SignalSlice
from mimic_assets.tasks.model import WaveformRule
from mimic_assets.timeline import TICKS_PER_FRAME, whole_frames_by

_READ_AT_ONCE: Final = 4
"""Windows' lengths that one read spans at most: bounds memory, changes no byte."""
_HIGHEST: Final = 32767


@dataclass(frozen=True, slots=True)
class WindowSignal:
    """One signal of one window."""

    signal: str
    samples_per_frame: int
    """0 where the record lacked the signal until then; then there are no samples."""
    digital: npt.NDArray[np.int16]
    """MISSING_SAMPLE where `reasons` is not 0."""
    reasons: npt.NDArray[np.uint8]
    """Code of SignalReason."""
    gain: float | None
    """Digital steps per unit; None where nothing is observed, like baseline and unit."""
    baseline: int | None
    unit: str | None
    is_rescaled: bool
    """Whether samples of another calibration were brought to this one."""


def span(rule: WaveformRule, index_tick: int) -> tuple[int, int]:
    """Return the ticks `(start, end]` of a window's signals: `frame_count` frames, the last ended by the index tick."""
    end = whole_frames_by(index_tick)
    return (end - rule.frame_count) * TICKS_PER_FRAME - 1, end * TICKS_PER_FRAME - 1


def cut_signals(
    reader: SignalReader, rule: WaveformRule, index_ticks: Sequence[int], begins: Mapping[str, int]
) -> Iterator[list[WindowSignal]]:
    """Yield the signals of each window, in the task's order.

    Args:
        reader: of the windows' record.
        rule: names and length.
        index_ticks: of the windows; they ascend but where a clock is corrected.
        begins: first tick of the first segment that holds a signal, by name. Nobody knows before that the record will
            have it, so up to then a window lacks it as if the record did.
    """
    spans = [span(rule, tick) for tick in index_ticks]
    longest = _READ_AT_ONCE * rule.frame_count * TICKS_PER_FRAME
    first = 0
    while first < len(spans):
        start, end = spans[first]
        after = first + 1
        while after < len(spans) and start <= spans[after][0] <= end and spans[after][1] - start <= longest:
            end = max(end, spans[after][1])
            after += 1
        read = reader.read(rule.signals, start, end)
        for (own_start, own_end), tick in zip(spans[first:after], index_ticks[first:after], strict=True):
            yield [
                _cut(read[name], own_start, own_end) if name in begins and begins[name] <= tick else _lacking(name)
                for name in rule.signals
            ]
        first = after


def _lacking(name: str) -> WindowSignal:
    nothing = np.empty(0, dtype=np.uint8)
    return WindowSignal(name, 0, nothing.astype(np.int16), nothing, None, None, None, False)


def _cut(read: SignalSlice, start_tick: int, end_tick: int) -> WindowSignal:
    if not read.samples_per_frame:
        return _lacking(read.signal)
    step = read.ticks_per_sample
    start, end = (start_tick + 1 - read.first_tick) // step, (end_tick + 1 - read.first_tick) // step
    digital, reasons = read.digital[start:end], read.reasons[start:end]
    parts = _observed_parts(read, start, end)
    if not parts:
        return WindowSignal(read.signal, read.samples_per_frame, digital, reasons, None, None, None, False)
    unit = parts[-1][0].unit
    chosen = max((part for part, _, _ in parts if part.unit == unit), key=lambda part: part.gain)
    odd = [part for part in parts if (part[0].gain, part[0].baseline, part[0].unit) != _key(chosen)]
    if odd:
        digital, reasons = digital.copy(), reasons.copy()
    for part, begin, stop in odd:
        if part.unit == unit:
            digital[begin:stop] = _rescaled(digital[begin:stop], reasons[begin:stop], part, chosen)
        else:
            observed = reasons[begin:stop] == SignalReason.OBSERVED.code
            reasons[begin:stop][observed] = SignalReason.UNREADABLE.code
            digital[begin:stop] = MISSING_SAMPLE
    return WindowSignal(
        read.signal, read.samples_per_frame, digital, reasons, chosen.gain, chosen.baseline, unit, bool(odd)
    )


def _key(part: Calibration) -> tuple[float, int, str]:
    return part.gain, part.baseline, part.unit


def _observed_parts(read: SignalSlice, start: int, end: int) -> list[tuple[Calibration, int, int]]:
    """Return the calibrations that an observed sample of `[start, end)` has, with their places in the window."""
    found = []
    for part, begin, stop in read.parts():
        low, high = max(begin, start), min(stop, end)
        if low < high and (read.reasons[low:high] == SignalReason.OBSERVED.code).any():
            found.append((part, low - start, high - start))
    return found


def _rescaled(
    digital: npt.NDArray[np.int16], reasons: npt.NDArray[np.uint8], own: Calibration, to: Calibration
) -> npt.NDArray[np.int16]:
    moved = np.rint((digital.astype(np.float64) - own.baseline) * (to.gain / own.gain) + to.baseline)
    kept = moved.clip(MISSING_SAMPLE + 1, _HIGHEST).astype(np.int16)
    return np.where(reasons == SignalReason.OBSERVED.code, kept, np.int16(MISSING_SAMPLE))
