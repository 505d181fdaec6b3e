"""A tile as a spectrum, and bands of it as a signal again, at one sample per frame: the ground that indices stand on.

Belongs here: filling, Fourier transform, smooth bands, decimation. Does not belong here: beats and what they say. A
filter that runs within a tile cannot see past its last sample; the price is a few tenths of a second at either end,
where beats are not compared. Every tile is transformed alone, so its bits do not depend on its neighbours.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

from mimic_assets.timeline import FRAMES_PER_TILE

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TileSpectrum:
    """The spectra of some tiles of one signal."""

    coefficients: npt.NDArray[np.complex64]
    """[tile, frequency]; the line through a tile's ends is taken off first, so that ends meet."""
    bin_hz: float
    """Hertz from one frequency to the next: one over the tile's length."""
    samples: int
    """Samples of a tile."""

    def power(self, low_hz: float, high_hz: float) -> npt.NDArray[np.float64]:
        """Return the power of each tile in `[low, high)`, in squared units of the samples times a constant."""
        part = self.coefficients[:, self._bin(low_hz) : self._bin(high_hz)]
        return np.asarray((part.real**2 + part.imag**2).sum(axis=1), dtype=np.float64)

    def band(self, low_hz: float, high_hz: float) -> Rows:
        """Return the signal between two frequencies, [tile, frame]; edges are raised cosines of a third of them.

        The highest frequency kept is below half the frame rate, so one sample per frame holds it.
        """
        kept = min(FRAMES_PER_TILE // 2 + 1, self.coefficients.shape[1])
        hertz = np.arange(kept) * self.bin_hz
        rise = np.clip((hertz - low_hz * 2 / 3) / (low_hz / 3), 0, 1) if low_hz else np.ones(kept)
        fall = np.clip((high_hz * 4 / 3 - hertz) / (high_hz / 3), 0, 1)
        gain = (0.5 - 0.5 * np.cos(np.pi * rise)) * (0.5 - 0.5 * np.cos(np.pi * fall)) * FRAMES_PER_TILE / self.samples
        filtered = self.coefficients[:, :kept] * gain.astype(np.float32)
        return np.asarray(scipy.fft.irfft(filtered, n=FRAMES_PER_TILE, axis=1), dtype=np.float32)

    def _bin(self, hertz: float) -> int:
        return round(hertz / self.bin_hz)


def tile_spectrum(samples: Rows, frame_rate_hz: float) -> TileSpectrum:
    """Return the spectra of tiles.

    Args:
        samples: [tile, sample], nothing missing.
        frame_rate_hz: frames per second of the record.
    """
    count = samples.shape[1]
    slope = np.linspace(0, 1, count, dtype=np.float32)
    level = samples - samples[:, :1] - (samples[:, -1:] - samples[:, :1]) * slope
    return TileSpectrum(scipy.fft.rfft(level, axis=1), frame_rate_hz / FRAMES_PER_TILE, count)


def filled(samples: Rows, missing: npt.NDArray[np.bool_] | None) -> Rows:
    """Return the samples with missing ones replaced by the last before them in their tile, else by the first after.

    A tile without any sample becomes zero.
    """
    if missing is None or not missing.any():
        return samples
    result = samples.copy()
    for tile in np.flatnonzero(missing.any(axis=1)):
        there = np.flatnonzero(~missing[tile])
        if not there.size:
            result[tile] = 0
            continue
        last = np.searchsorted(there, np.arange(samples.shape[1]), side="right") - 1
        result[tile] = samples[tile, there[np.maximum(last, 0)]]
    return result
