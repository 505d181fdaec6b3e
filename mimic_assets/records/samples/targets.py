"""The arrays that a read fills, one signal each.

Belongs here: which place of an array a frame's sample has, and turning digital values into what was asked for. Does not
belong here: files.
"""

import functools
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mimic_assets.records.samples.dr_flac import Samples
from mimic_assets.records.samples.pieces import Piece
from mimic_assets.schemas.vocabulary import SignalReason

Values = npt.NDArray[Any]
_NO_SIGNAL = SignalReason.NO_SIGNAL.code
_LOOKED_AT = 1 << 12
_EXACT_IN_FLOAT32 = 1 << 23


class Target(NamedTuple):
    """One signal of a read."""

    first_sample: int
    """Of the record; index 0 of the arrays."""
    samples_per_frame: int
    values: Values
    """int16 or int32: digital, the lowest value where missing. float32 or float64: physical, NaN where missing."""
    reasons: npt.NDArray[np.uint8]
    inside: int
    """Places before it lie in the record, or before it; a record cut to an earlier end ends within a frame."""

    def part(self, start_frame: int, end_frame: int) -> slice:
        """Return the places of the samples in frames `start_frame` to `end_frame - 1`, as far as they are asked for."""
        inside = self.inside
        start = start_frame * self.samples_per_frame - self.first_sample
        end = end_frame * self.samples_per_frame - self.first_sample
        return slice(
            0 if start < 0 else inside if start > inside else start, 0 if end < 0 else inside if end > inside else end
        )

    def mark(self, place: slice, reason: int) -> None:
        """Write that a place has no samples."""
        if place.start < place.stop:
            self.reasons[place] = reason
            self.values[place] = missing_value(self.values.dtype)

    def first_observed(self, place: slice) -> int | None:
        """Return the first index within a place that has a sample; None where there is none."""
        if place.start < place.stop and self.reasons[place.start] == 0:
            return int(place.start)
        for start in range(place.start, place.stop, _LOOKED_AT):
            seen = self.reasons[start : min(start + _LOOKED_AT, place.stop)] == 0
            first = int(seen.argmax())
            if seen[first]:
                return start + first
        return None

    def fill(self, place: slice, found: Samples, piece: Piece, has_missing: bool) -> None:
        """Write decoded samples to a place whose reason is 0 so far."""
        values = self.values[place]
        if values.dtype.kind == "f":
            _to_physical(found, piece, values)
        else:
            values[:] = found
        if piece.missing is None or not has_missing:
            return
        is_missing = found == piece.missing
        if is_missing.any():
            values[is_missing] = missing_value(values.dtype)
            self.reasons[place][is_missing] = _NO_SIGNAL  # touches only the memory of those


@functools.lru_cache
def _exact_in_float32(gain: float, baseline: int) -> tuple[np.float32, np.float32] | None:
    """Return both in float32 where it holds them and every difference of 16-bit values from the baseline."""
    is_exact = abs(baseline) < _EXACT_IN_FLOAT32 and float(np.float32(gain)) == gain
    return (np.float32(gain), np.float32(baseline)) if is_exact else None


def _to_physical(found: Samples, piece: Piece, out: Values) -> None:
    """Write (digital - baseline) / gain, rounded once.

    In float32 where that is exact: differences of 16-bit values are whole numbers below 2^24, and a quotient rounded to
    float32 directly or by way of float64 is the same (Figueroa 1995: 53 bits are enough for 24).
    """
    gain = piece.gain
    narrow = _exact_in_float32(gain, piece.baseline) if out.dtype == np.float32 and found.dtype == np.int16 else None
    if narrow is not None:
        if piece.baseline:
            found = np.subtract(found, narrow[1], out=out)
        np.divide(found, narrow[0], out=out)
    elif out.dtype == np.float64:
        np.subtract(found, np.float64(piece.baseline), out=out)
        np.divide(out, gain, out=out)
    else:
        out[:] = (found.astype(np.float64) - piece.baseline) / gain


def missing_value(dtype: np.dtype[Any]) -> float | int:
    """Return what stands for a missing sample in arrays of a type."""
    return np.nan if dtype.kind == "f" else int(np.iinfo(dtype).min)


def empty_target(
    samples_per_frame: int, ticks_per_frame: int, start_tick: int, end_tick: int, last_tick: int, dtype: np.dtype[Any]
) -> Target:
    """Return arrays for the samples whose tick lies in `(start_tick, end_tick]`; nothing is written to them so far.

    Reasons are 0 in memory that the machine gives only when it is written to: most of a record has no other.
    """
    ticks_per_sample = ticks_per_frame // samples_per_frame
    first = start_tick // ticks_per_sample + 1
    count = max(end_tick // ticks_per_sample + 1 - first, 0)
    inside = min(max(last_tick // ticks_per_sample + 1 - first, 0), count)
    return Target(first, samples_per_frame, np.empty(count, dtype), np.zeros(count, np.uint8), inside)
