"""Invented ECG, pulses and pressures: clean, and spoiled in ways whose size is known.

Belongs here: waves with beats at known times, and the artefacts that tests of quality add. Does not belong here: real
samples. Everything is drawn from a seed, so a failure can be drawn again.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy.signal

FRAME_RATE_HZ = 62.4725
Wave = npt.NDArray[np.float64]


def beat_times_s(length_s: float, rate_per_min: float, seed: int) -> Wave:
    """Return times of beats with 3 % of variation, the first within the first interval."""
    rng = np.random.default_rng(seed)
    intervals = 60 / rate_per_min * (1 + 0.03 * rng.normal(size=int(length_s * rate_per_min / 60) + 4))
    times = np.cumsum(intervals) - intervals[0] * rng.random()
    return times[times < length_s]


Bells = tuple[tuple[float, float, float], ...]
"""Height in mV, middle and width in seconds about the beat."""
NORMAL: Bells = ((0.1, -0.16, 0.02), (-0.12, -0.03, 0.01), (1, 0, 0.012), (-0.25, 0.03, 0.012), (0.25, 0.25, 0.05))
WITHOUT_P: Bells = NORMAL[1:]
VENTRICULAR: Bells = ((1.4, 0, 0.03), (-0.5, 0.07, 0.03), (-0.5, 0.25, 0.07))


def ecg_mv(frames: int, rate_per_min: float = 75, seed: int = 0, samples_per_frame: int = 4) -> Wave:
    """Return an ECG of P, QRS and T as bells about each beat, R of 1 mV, with 5 uV of amplifier noise."""
    length_s = frames / FRAME_RATE_HZ
    return rhythm_mv(frames, beat_times_s(length_s, rate_per_min, seed), (NORMAL,), seed + 1, samples_per_frame)


def rhythm_mv(frames: int, beats_s: Wave, shapes: tuple[Bells, ...], seed: int = 0, samples_per_frame: int = 4) -> Wave:
    """Return an ECG with beats at these times, of these shapes in turn, with 5 uV of amplifier noise."""
    at = np.arange(frames * samples_per_frame) / (FRAME_RATE_HZ * samples_per_frame)
    wave = 0.005 * np.random.default_rng(seed).normal(size=at.size)
    for place, beat in enumerate(beats_s):
        near = slice(*np.searchsorted(at, (beat - 0.4, beat + 0.5)))
        for height, middle, width in shapes[place % len(shapes)]:
            wave[near] += height * np.exp(-(((at[near] - beat - middle) / width) ** 2) / 2)
    return wave


def pulse(frames: int, rate_per_min: float = 75, seed: int = 0, samples_per_frame: int = 2) -> Wave:
    """Return pulses from 0 to about 1: a steep rise, a notch, a slow fall."""
    at = np.arange(frames * samples_per_frame) / (FRAME_RATE_HZ * samples_per_frame)
    wave = np.zeros(at.size)
    times = beat_times_s(at[-1] + 2, rate_per_min, seed) - 1
    for beat, following in pairwise(times):
        near = slice(*np.searchsorted(at, (beat, following)))
        phase = (at[near] - beat) / (following - beat)
        wave[near] = np.exp(-(((phase - 0.22) / 0.1) ** 2) / 2) + 0.4 * np.exp(-(((phase - 0.5) / 0.13) ** 2) / 2)
    return wave


def pressure_mmhg(frames: int, rate_per_min: float = 75, seed: int = 0) -> Wave:
    """Return an arterial pressure of about 75 to 125 mmHg."""
    return 75 + 50 * pulse(frames, rate_per_min, seed)


def noise(size: int, kind: str, rate_hz: float, seed: int) -> Wave:
    """Return noise of standard deviation 1: `white`, `motion` (0.5-8 Hz) or `muscle` (8-60 Hz, or the rate's end)."""
    white = np.random.default_rng(seed).normal(size=size)
    if kind != "white":
        band = {"motion": (0.5, 8.0), "muscle": (8.0, min(60.0, 0.45 * rate_hz))}[kind]
        white = scipy.signal.sosfiltfilt(scipy.signal.butter(2, band, "bandpass", fs=rate_hz, output="sos"), white)
    return np.asarray(white / white.std())


def spoiled(wave: Wave, snr_db: float, kind: str, rate_hz: float, seed: int) -> Wave:
    """Return the wave with noise added; 0 dB is noise of the wave's own standard deviation."""
    return wave + wave.std() * 10 ** (-snr_db / 20) * noise(wave.size, kind, rate_hz, seed)
