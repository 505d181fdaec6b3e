"""Shapes of one heart beat and one breath, as lookup tables over the fraction of the beat that has passed.

Belongs here: P-QRS-T per lead, arterial and pleth pulse, breath. Does not belong here: when beats happen (`beats`),
sampling (`waveforms`). Each table has one row per shape and `PHASES` columns. Parts of a beat that keep their length
when the heart races (QRS) are drawn in seconds, hence one row per class of beat length.
"""

import numpy as np
from numpy.typing import NDArray

PHASES = 4096
INTERVALS_S = np.geomspace(0.28, 2.2, 24)
"""Beat lengths the rows are drawn for, in seconds."""
_CLASSES = len(INTERVALS_S)
PREMATURE_ROW = 2 * _CLASSES
VF_ROWS = (PREMATURE_ROW + 1, PREMATURE_ROW + 2, PREMATURE_ROW + 3, PREMATURE_ROW + 4)
FLAT_ROW = PREMATURE_ROW + 5
ROWS = FLAT_ROW + 1

PULSE_DELAY_S = 0.38
"""From the begin of a beat (before its P wave) to the foot of its pulse: 0.22 s to the R peak, 0.16 s to the artery."""

LEADS = {
    #        P     Q     R     S     T    millivolts
    "I": (0.07, -0.03, 0.50, -0.08, 0.14),
    "II": (0.11, -0.05, 0.82, -0.11, 0.22),
    "III": (0.05, -0.04, 0.36, -0.15, 0.10),
    "V": (0.08, -0.06, 0.62, -0.32, 0.24),
    "aVR": (-0.08, 0.04, -0.64, 0.08, -0.17),
    "aVF": (0.08, -0.04, 0.56, -0.13, 0.16),
}
"""Amplitudes after the monitor's band pass of 0.5 to 20 Hz, which rounds the QRS."""


def row_for(length_s: NDArray[np.float64], without_p_wave: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the row for a beat of the given length, in fibrillating atria without a P wave."""
    edges = np.sqrt(INTERVALS_S[1:] * INTERVALS_S[:-1])
    return np.searchsorted(edges, length_s).astype(np.int64) + np.where(without_p_wave, _CLASSES, 0)


def _bump(at_s: float, width_s: float, length_s: float) -> NDArray[np.float64]:
    """Return a Gaussian bump on the beat, wrapped round its ends so that beats join without a step."""
    time = np.arange(PHASES) / PHASES * length_s
    return sum(
        (np.exp(-(((time - at_s - turn * length_s) / width_s) ** 2) / 2) for turn in (-1, 0, 1)), start=np.zeros(PHASES)
    )


def _r_peak_s(length_s: float) -> float:
    return min(0.22, 0.42 * length_s)


def ecg_table(lead: str) -> NDArray[np.float64]:
    """Return the ECG of one lead in millivolts, `ROWS` by `PHASES`."""
    p, q, r, s, t = LEADS[lead]
    table = np.zeros((ROWS, PHASES))
    for number, length in enumerate(INTERVALS_S):
        peak = _r_peak_s(length)
        qrs = (
            q * _bump(peak - 0.036, 0.014, length)
            + r * _bump(peak, 0.015, length)
            + s * _bump(peak + 0.038, 0.016, length)
        )
        wave_t = t * _bump(peak + 0.29 * np.sqrt(length), 0.05 * np.sqrt(length), length)
        table[number] = qrs + wave_t + p * _bump(peak - min(0.15, 0.3 * length), 0.022, length)
        table[_CLASSES + number] = qrs + wave_t
    wide = INTERVALS_S[12]
    table[PREMATURE_ROW] = 1.3 * r * _bump(0.22, 0.042, wide) - 0.6 * r * _bump(0.46, 0.07, wide)
    for number, row in enumerate(VF_ROWS):
        table[row] = (0.25 + 0.14 * number) * np.sign(r) * np.sin(6 * np.pi * np.arange(PHASES) / PHASES)
    return table


def pulse_table() -> NDArray[np.float64]:
    """Return the arterial pulse, 0 at its foot and 1 at its peak, `ROWS` by `PHASES`.

    It begins and ends at its foot, so that pulses of different length join. The rows of an arrest are compressions.
    """
    table = np.zeros((ROWS, PHASES))
    lengths = [*INTERVALS_S, *INTERVALS_S, INTERVALS_S[12]]
    for row, length in enumerate(lengths):
        since = np.arange(PHASES) / PHASES * length
        rise = 1 - np.exp(-((since / 0.075) ** 2))
        stroke = np.exp(-since / (0.30 * np.sqrt(length)))
        notch = 0.16 * np.exp(-(((since - 0.36 * np.sqrt(length)) / (0.05 * np.sqrt(length))) ** 2) / 2)
        shape = rise * (stroke + notch) * (1 - (since / length) ** 3)
        table[row] = (shape - shape.min()) / (shape.max() - shape.min())
    table[PREMATURE_ROW] *= 0.55
    table[[*VF_ROWS, FLAT_ROW]] = np.sin(np.pi * np.arange(PHASES) / PHASES) ** 2
    return table


def breath_table() -> NDArray[np.float64]:
    """Return one breath, from 0 to 1 and back: a quick inspiration, a slow expiration."""
    phase = np.arange(PHASES) / PHASES
    warped = np.where(phase < 0.4, phase / 0.8, 0.5 + (phase - 0.4) / 1.2)
    return (1 - np.cos(2 * np.pi * warped)) / 2


MEAN_OF_PULSE = float(pulse_table()[6:14].mean())
"""Share of the pulse pressure by which the mean lies above the diastolic, at 60 to 120 beats a minute."""


def means_of_pulse() -> NDArray[np.float64]:
    """Return the same share by row: smaller in long beats, larger in short ones; elsewhere the usual one."""
    shares: NDArray[np.float64] = pulse_table().mean(axis=1)
    shares[PREMATURE_ROW:] = MEAN_OF_PULSE  # a weak beat or a compression lowers the mean, as it should
    return shares
