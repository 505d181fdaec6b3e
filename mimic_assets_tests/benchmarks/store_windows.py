"""Windows of a real record for the benchmarks of store and loader: three ECG leads, pleth and respiration, as int16.

Belongs here: what both sides are given. The windows lie end to end over segments 0001 and 0007 of record 85594648, so
that the published FLAC files hold the same samples and nothing else (but the last part of a window).
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

RECORD = 85594648
SEGMENTS = ("0001", "0007")
SIGNALS = ("II", "V", "aVR", "Pleth", "Resp")
GAINS = (200.0, 200.0, 200.0, 4096.0, 4093.0)
BASELINES = (8192, 8192, 8192, 2048, 2048)
UNITS = ("mV", "mV", "mV", "NU", "Ohm")
SAMPLES_PER_FRAME = (4, 4, 4, 2, 1)
FRAMES_PER_TILE = 625
_FILES = {"e": (4, 3), "p": (2, 1), "r": (1, 1)}
"""Letter of a signal file -> samples per frame, channels."""
_REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class StoreWindows:
    """Windows and what their source needs for them."""

    windows: list[list[npt.NDArray[np.int16]]]
    """Per window one array per signal."""
    flac_bytes: float
    """Share of the published FLAC files that holds these samples."""


def cut_windows(tiles: int) -> StoreWindows:
    """Return every window of so many tiles (ten seconds each), end to end.

    Raises:
        FileNotFoundError: the real data is absent.
    """
    root = Path(os.environ.get("MIMIC_ASSETS_TEST_DATA", _REPOSITORY.parent / "shared" / "data")) / "mimic4wdb"
    folder = next(root.glob(f"waves/*/*/{RECORD}"), None)
    if folder is None:
        raise FileNotFoundError(f"no {RECORD} below {root}; set MIMIC_ASSETS_TEST_DATA (README says where from)")
    frames, found, flac_bytes = tiles * FRAMES_PER_TILE, [], 0.0
    for segment in SEGMENTS:
        signals: list[tuple[int, npt.NDArray[np.int16]]] = []
        size = 0
        for letter, (rate, channels) in _FILES.items():
            path = folder / f"{RECORD}_{segment}{letter}.dat"
            samples, _ = soundfile.read(path, dtype="int16", always_2d=True)
            size += path.stat().st_size
            signals += [(rate, np.ascontiguousarray(samples[:, channel])) for channel in range(channels)]
        length = len(signals[-1][1])
        count = length // frames
        flac_bytes += size * count * frames / length
        for place in range(count):
            start, end = place * frames, (place + 1) * frames
            found.append([samples[rate * start : rate * end] for rate, samples in signals])
    return StoreWindows(found, flac_bytes)
