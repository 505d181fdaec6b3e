"""Stretches of observed samples: detectors run over these and never across a gap.

Belongs here: where a slice has samples, without a hole, for long enough. Does not belong here: why samples are missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring samples of one signal, all observed."""

    first_tick: int
    ticks_per_sample: int
    values: Floats
    """Physical."""

    @property
    def last_tick(self) -> int:
        """Tick of its last sample."""
        return self.first_tick + (len(self.values) - 1) * self.ticks_per_sample


def observed_stretches(values: Floats, first_tick: int, ticks_per_sample: int, least: int) -> Iterator[Stretch]:
    """Yield the stretches of at least `least` samples, in order.

    Args:
        values: physical, NaN where there is no sample.
        first_tick: of the first entry.
        ticks_per_sample: from one entry to the next.
        least: shorter stretches are left out.
    """
    is_missing = np.isnan(values)
    if not is_missing.any():
        if len(values) >= least:
            yield Stretch(first_tick, ticks_per_sample, values)
        return
    edges = np.flatnonzero(np.diff(np.concatenate([[True], is_missing, [True]]).astype(np.int8)))
    for begin, end in edges.reshape(-1, 2):
        if end - begin >= least:
            yield Stretch(first_tick + int(begin) * ticks_per_sample, ticks_per_sample, values[begin:end])
