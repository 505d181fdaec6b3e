"""An ECG with noise of known strength on top, in the manner of the MIT-BIH noise stress test.

The published noise recordings are not redistributed here, so the noise is drawn: wander of the baseline, movement of
electrodes (slow drifts, steps that decay, QRS-like swings) and muscle, mixed by power 1 : 2 : 1. Strength is calibrated
as the test's `nst` does: signal power is an eighth of the squared mean peak-to-peak amplitude of the QRS complexes, and
noise begins after five minutes, two minutes noisy and two clean in turn.

Source: Moody GB, Muldrow WE, Mark RG. A noise stress test for arrhythmia detectors. Computers in Cardiology 1984;
nst(1) of the WFDB software package.
"""

import numpy as np
import numpy.typing as npt
from scipy import signal

Floats = npt.NDArray[np.float64]
LEVELS_DB = (24, 18, 12, 6, 0)
_CLEAN_START_S, _TURN_S = 300, 120
_SHARES = {"wander": 0.25, "movement": 0.5, "muscle": 0.25}


def add_noise(ecg: Floats, beats: npt.NDArray[np.int64], rate_hz: float, snr_db: float, seed: int) -> Floats:
    """Return the ECG with noise at a signal-to-noise ratio, in every second two minutes after the first five.

    Args:
        ecg: millivolts, no missing sample.
        beats: samples of the reference beats.
        rate_hz: samples per second.
        snr_db: as `nst` defines it.
        seed: of the drawn noise; equal seeds give the same noise at every level.
    """
    half = round(0.05 * rate_hz)
    inner = beats[(beats > half) & (beats < len(ecg) - half)]
    heights = [np.ptp(ecg[at - half : at + half]) for at in inner]
    signal_power = np.mean(heights) ** 2 / 8
    noise = draw_noise(len(ecg), rate_hz, seed)
    scale = np.sqrt(signal_power / 10 ** (snr_db / 10) / _power(noise, rate_hz))
    time_s = np.arange(len(ecg)) / rate_hz - _CLEAN_START_S
    is_noisy = (time_s >= 0) & (time_s // _TURN_S % 2 == 0)
    return np.asarray(ecg + np.where(is_noisy, scale * noise, 0.0))


def draw_noise(samples: int, rate_hz: float, seed: int) -> Floats:
    """Return noise of the three kinds, mixed by power, of about unit power."""
    rng = np.random.default_rng(seed)
    white = rng.standard_normal((4, samples))
    wander = _band(white[0], (0.05, 0.6), rate_hz)
    swell = 1 + 0.8 * _unit(_band(white[3], (0.02, 0.3), rate_hz))
    movement = _unit(_band(white[1], (1.0, 12.0), rate_hz)) * np.abs(swell)
    steps = np.zeros(samples)
    at = rng.choice(samples, size=max(1, int(samples / rate_hz / 4)), replace=False)
    steps[at] = rng.standard_normal(len(at)) * 4
    decay = np.exp(-np.arange(round(2 * rate_hz)) / (0.25 * rate_hz))
    movement = _unit(movement) + _unit(signal.fftconvolve(steps, decay)[:samples])
    muscle = _band(white[2], (15.0, min(100.0, 0.45 * rate_hz)), rate_hz)
    parts = {"wander": wander, "movement": movement, "muscle": muscle}
    return np.asarray(sum(np.sqrt(_SHARES[name]) * _unit(part) for name, part in parts.items()))


def _unit(values: Floats) -> Floats:
    return np.asarray((values - values.mean()) / values.std())


def _band(values: Floats, edges_hz: tuple[float, float], rate_hz: float) -> Floats:
    return np.asarray(signal.sosfiltfilt(signal.butter(2, edges_hz, "bandpass", fs=rate_hz, output="sos"), values))


def _power(noise: Floats, rate_hz: float) -> float:
    """Return the square of the mean RMS of one-second parts about their means, without the highest and lowest 5 %."""
    step = round(rate_hz)
    parts = noise[: len(noise) // step * step].reshape(-1, step)
    rms = np.sort(parts.std(axis=1))
    cut = len(rms) // 20
    return float(np.mean(rms[cut : len(rms) - cut]) ** 2)
