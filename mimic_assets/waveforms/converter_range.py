"""The ends of the converter's range: where a signal that grows further is cut off.

Belongs here: reading them from `raw_records`, tile by tile (they change between segments of one signal). Does not
belong here: what it means to be there (`unusable`).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.timeline import TICKS_PER_TILE
from mimic_assets.waveforms.signal_kinds import SignalKind

_MARGIN = 256
"""Within 1/256 of the range from an end counts as at the end: monitors saturate a little inside it (ECG of 14 bits at
16344, Pleth of 12 bits at 4094)."""


@dataclass(frozen=True, slots=True)
class ConverterRange:
    """One entry per tile; NaN where the range is not known, so that no comparison holds."""

    low: npt.NDArray[np.float64]
    """At or below it a digital value is at the lower end."""
    high: npt.NDArray[np.float64]
    """At or above it a digital value is at the upper end."""


def converter_range(segments: pl.DataFrame, kind: SignalKind, first: int, after: int) -> ConverterRange:
    """Return the range in force at the end of each of the tiles `[first, after)`.

    Args:
        segments: rows of `raw_records` of one signal of one record, sorted by segment.
        kind: an ECG lead whose physical zero lies outside the declared range has a wrong one: it counts as unknown
            (seen: 13 bits about 4096 declared with zero at 8192).
        first, after: tiles.
    Missing: bits of 0 (unknown, WFDB header(5)) give no range.
    """
    starts = segments["segment_start_tick"].to_numpy()
    ends = (np.arange(first, after, dtype=np.int64) + 1) * TICKS_PER_TILE - 1
    row = np.maximum(np.searchsorted(starts, ends, side="right") - 1, 0)
    bits = segments["adc_resolution_bits"].to_numpy().astype(np.float64)
    zero, baseline = (segments[name].to_numpy().astype(np.float64) for name in ("adc_zero", "baseline"))
    half = 2.0 ** (bits - 1)
    low, high = zero - half, zero + half - 1
    unknown = bits <= 0
    if kind is SignalKind.ECG:
        unknown |= (baseline < low) | (baseline > high)
    margin = 2 * half / _MARGIN
    low, high = np.where(unknown, np.nan, low + margin), np.where(unknown, np.nan, high - margin)
    return ConverterRange(low[row], high[row])
