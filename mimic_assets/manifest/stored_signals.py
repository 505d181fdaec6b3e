"""The signals of one sample as a shard keeps them: compressed, decoded when asked for, one signal at a time.

Belongs here: what a sample says of its signals, and digital -> physical. Does not belong here: where the bytes lie
(`reader`), another rate (`resampling`), batches (`batches`).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mimic_assets.signal_codec import decode_reasons, decode_samples

_RUN = 5
"""Bytes of one run of a mask: a mask of one run, as nearly all are, needs no arithmetic."""


class StoredSignal(NamedTuple):
    """One signal of one sample; a tuple, since five frozen dataclasses cost a window of 60 s six microseconds more."""

    signal: str
    unit: str | None
    """Null where nothing was observed, like gain and baseline."""
    samples_per_frame: int
    """0 where the record lacks the signal; then there are no samples."""
    sample_count: int
    gain: float | None
    """Digital steps per unit."""
    baseline: int | None
    """Digital value of physical zero."""
    is_rescaled: bool
    """Whether the window spans several calibrations, brought to this one."""
    samples: bytes
    """As `signal_codec.encode_samples` wrote them."""
    reasons: bytes
    """As `signal_codec.encode_reasons` wrote them."""

    def digital(self) -> npt.NDArray[np.int16]:
        """Return the samples, -32768 where missing; DataError where the bytes are damaged."""
        return decode_samples(self.samples, self.sample_count)

    def mask(self) -> npt.NDArray[np.uint8]:
        """Return the code of SignalReason of every sample, 0 where observed; DataError where the bytes are damaged."""
        if len(self.reasons) == _RUN and int.from_bytes(self.reasons[:4], "little") == self.sample_count:
            return np.full(self.sample_count, self.reasons[4], dtype=np.uint8)
        return decode_reasons(self.reasons, self.sample_count)

    @property
    def is_whole(self) -> bool:
        """Whether every sample was observed, known without decoding."""
        return len(self.reasons) == _RUN and self.reasons[4] == 0

    def physical(self) -> npt.NDArray[np.float32]:
        """Return `(digital - baseline) / gain`, NaN where missing; DataError where the bytes are damaged.

        In float32 throughout: an int16 less an int32 baseline of at most 2^24 is exact there, so that only the division
        rounds.
        """
        if self.gain is None or self.baseline is None:
            return np.full(self.sample_count, np.nan, dtype=np.float32)
        values = self.digital().astype(np.float32)
        values -= np.float32(self.baseline)
        values /= np.float32(self.gain)
        if not self.is_whole:
            values[self.mask() != 0] = np.nan
        return values
