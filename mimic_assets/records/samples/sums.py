"""The sum of a signal's samples as headers carry it.

Belongs here: sums modulo 65536 of blocks of samples. Does not belong here: what a sum that disagrees means.

Source: WFDB header(5): the checksum is a 16-bit sum of all samples of the signal.
"""

import numpy as np
import numpy.typing as npt

from mimic_assets.records.samples.flac import Samples

_ROWS = 64
"""Rows added side by side: a plain sum over the samples of one of three channels is 40 times slower."""


class SampleSums:
    """Sums of the signals of one file, block by block."""

    def __init__(self, channels: int) -> None:
        self._sums = np.zeros(channels, np.int64)

    def add(self, block: Samples) -> None:
        """Add samples x channels."""
        values: npt.NDArray[np.int16] = block.astype(np.int16, copy=False)  # wraps: only the lower 16 bits count
        whole = len(values) // _ROWS * _ROWS
        wide = values[:whole].reshape(-1, _ROWS * values.shape[1])
        folded = np.add.reduce(wide, axis=0, dtype=np.int16).reshape(_ROWS, -1)
        self._sums += folded.sum(axis=0, dtype=np.int64) + values[whole:].sum(axis=0, dtype=np.int64)

    @property
    def values(self) -> tuple[int, ...]:
        """The sums so far, modulo 65536, unsigned."""
        return tuple(int(value) for value in self._sums % 65536)
