"""The quality index of an arterial pressure: the share of its beats that are physiological, and alike.

Belongs here: the limits of a beat in mmHg. Does not belong here: finding pulses (`pulse_index`).
"""

import numpy as np
import numpy.typing as npt

from mimic_assets.timeline import FRAMES_PER_TILE
from mimic_assets.waveforms.beat_shapes import LEAST_BEATS
from mimic_assets.waveforms.pulse_index import Cycles, find_cycles, pulse_likeness
from mimic_assets.waveforms.tile_spectrum import Rows, tile_spectrum

_FALL_MMHG_PER_S = -375.0
"""Sun's limit of the mean falling slope, -3 mmHg per sample at 125 Hz."""


def pressure_index(samples_mmhg: Rows, frame_rate_hz: float) -> npt.NDArray[np.float64]:
    """Return the index of each tile, from 0 to 1: the share of good beats times the likeness of their shapes.

    A beat is good if its pressures lie within 20 and 300 mmHg, its mean within 30 and 200, its pulse pressure is at
    least 20 mmHg, its rate within 20 and 200 per minute, systole and diastole differ from the beat before by at most
    20 mmHg and its length by at most 0.5 s, and it does not fall faster than noise does.

    Args:
        samples_mmhg: [tile, sample], nothing missing.
        frame_rate_hz: frames per second of the record, about 62.5.
    Source: jSQI of Sun, Reisner, Mark, "A signal abnormality index for arterial blood pressure waveforms", Computers in
        Cardiology 33 (2006), with the limits of its published second version; joined with a waveform index as in Li,
        Mark, Clifford, "Artificial arterial blood pressure artifact models and an evaluation of a robust blood
        pressure and heart rate estimator" (2009).
    """
    pulses = tile_spectrum(samples_mmhg, frame_rate_hz).band(0.75, 8)
    cycles = find_cycles(pulses, frame_rate_hz)
    good = _good_beats(samples_mmhg, cycles, frame_rate_hz)
    beats = np.bincount(cycles.tile, minlength=len(samples_mmhg))
    share = np.bincount(cycles.tile, weights=good, minlength=len(samples_mmhg)) / np.maximum(beats, 1)
    return np.where(beats >= LEAST_BEATS, share * pulse_likeness(pulses, cycles, frame_rate_hz), 0.0)


def _good_beats(samples: Rows, cycles: Cycles, frame_rate_hz: float) -> npt.NDArray[np.bool_]:
    per_frame = samples.shape[1] // FRAMES_PER_TILE
    if not cycles.tile.size:
        return np.empty(0, dtype=np.bool_)
    flat = samples.ravel()
    falls = np.minimum(np.diff(flat, append=flat[-1:]), 0)
    first = cycles.tile * samples.shape[1] + cycles.start * per_frame
    after = cycles.tile * samples.shape[1] + cycles.end * per_frame
    # Pairs of edges for reduceat; what lies between a beat's end and the next one's start is every second entry.
    edges = np.column_stack((first, after)).ravel()
    size = (after - first).astype(np.float64)
    systole, diastole = np.maximum.reduceat(flat, edges)[::2], np.minimum.reduceat(flat, edges)[::2]
    mean = np.add.reduceat(flat.astype(np.float64), edges)[::2] / size
    fallen = np.add.reduceat(falls.astype(np.float64), edges)[::2]
    steps = np.add.reduceat((falls < 0).astype(np.float64), edges)[::2]
    slope = fallen / np.maximum(steps, 1) * per_frame * frame_rate_hz
    length_s = size / (per_frame * frame_rate_hz)
    follows = (cycles.tile[1:] == cycles.tile[:-1]) & (cycles.start[1:] == cycles.end[:-1])
    jumps = np.zeros(size.size, dtype=np.bool_)
    jumps[1:] = follows & (
        (np.abs(np.diff(systole)) > 20) | (np.abs(np.diff(diastole)) > 20) | (np.abs(np.diff(length_s)) > 0.5)
    )
    return np.asarray(
        (diastole >= 20) & (systole <= 300) & (mean >= 30) & (mean <= 200) & (systole - diastole >= 20)
        & (length_s >= 0.3) & (length_s <= 3) & (slope >= _FALL_MMHG_PER_S) & ~jumps
    )  # fmt: skip
