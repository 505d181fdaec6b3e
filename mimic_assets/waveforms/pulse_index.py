"""The quality index of a plethysmogram: does one pulse of the tile look like the next?

Belongs here: finding pulses within a tile and the likeness of them, which arterial pressure uses too. Does not belong
here: limits in mmHg (`pressure_index`).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mimic_assets.waveforms.beat_search import find_peaks
from mimic_assets.waveforms.beat_shapes import Places, cut_cycles, likeness
from mimic_assets.waveforms.tile_spectrum import Rows, tile_spectrum

_REFRACTORY_S, _SMOOTH_S, _LONGEST_S, _POINTS = 0.27, 0.1, 3.0, 32
_CLEAN_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Cycles:
    """Pulses of some tiles, in order: each from its steepest rise to the next."""

    tile: Places
    start: Places
    """Frame of the tile."""
    end: Places


def find_cycles(pulses: Rows, frame_rate_hz: float) -> Cycles:
    """Return every cycle that lies in a tile whole and lasts at most 3 s.

    Args:
        pulses: [tile, frame], between about 0.5 and 8 Hz.
        frame_rate_hz: frames per second.
    Source: slope sum after Zong, Heldt, Moody, Mark, "An open-source algorithm to detect onset of arterial blood
        pressure pulses" (2003); 3 s after Orphanidou et al. (2015).
    """
    rise = np.maximum(np.diff(pulses, axis=1, prepend=pulses[:, :1]), 0)
    energy = ndimage.uniform_filter1d(rise, max(1, round(_SMOOTH_S * frame_rate_hz)), axis=1)
    tile, at = np.nonzero(find_peaks(energy, round(_REFRACTORY_S * frame_rate_hz), 0.4))
    same = (tile[1:] == tile[:-1]) & (np.diff(at) <= _LONGEST_S * frame_rate_hz)
    return Cycles(tile[:-1][same].astype(np.int64), at[:-1][same].astype(np.int64), at[1:][same].astype(np.int64))


def pulse_likeness(pulses: Rows, cycles: Cycles, frame_rate_hz: float) -> npt.NDArray[np.float64]:
    """Return per tile how alike its pulses are, times the share of the tile that they cover.

    A second and a half of the tile may be uncovered without loss: cycles that its ends cut.
    """
    shapes = cut_cycles(pulses, cycles.tile, cycles.start, cycles.end, _POINTS)
    alike = likeness(shapes, cycles.tile, len(pulses))
    covered = np.bincount(cycles.tile, weights=cycles.end - cycles.start, minlength=len(pulses))
    return np.asarray(alike * np.minimum(1.0, (covered + 1.5 * frame_rate_hz) / pulses.shape[1]))


def pulse_index(samples: Rows, frame_rate_hz: float) -> npt.NDArray[np.float64]:
    """Return the index of each tile of a plethysmogram, from 0 to 1.

    The likeness of pulses between 0.75 and 8 Hz, times the share of power that lies there (of that up to 40 Hz; nine
    tenths count as 1): noise above the pulses' band leaves them countable, but spoils their shape.

    Args:
        samples: [tile, sample] in any unit, nothing missing.
        frame_rate_hz: frames per second of the record, about 62.5.

    Source: template correlation of resampled pulses, Li, Clifford (2012); no gap above 3 s, Orphanidou et al. (2015);
        the ratio of powers as Clifford et al. (2012) take it of the ECG, in the band of pulses.
    """
    spectrum = tile_spectrum(samples, frame_rate_hz)
    pulses = spectrum.band(0.75, 8)
    wide = spectrum.power(0.75, 40)
    share = np.divide(spectrum.power(0.75, 8), wide, out=np.zeros(len(samples)), where=wide > 0)
    alike = pulse_likeness(pulses, find_cycles(pulses, frame_rate_hz), frame_rate_hz)
    return np.asarray(alike * np.minimum(1.0, share / _CLEAN_SHARE))
