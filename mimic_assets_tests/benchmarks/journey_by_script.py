"""The whole journey as one would write it in an afternoon: wfdb, numpy, a QRS detector and np.save. The peer's side.

Belongs here: what such a script does, with nothing of ours in it. It reads a record's segments into float arrays, takes
statistics of every tile with one numpy call over all of them, finds QRS complexes in the first ECG lead, cuts windows
by slicing and saves every signal of each and the statistics of its tiles. It keeps no reason of a missing sample, finds
no pulses and no breaths, judges nothing, and holds a record in memory.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import sleepecg
import wfdb
from wfdb import processing

Floats = npt.NDArray[np.float64]
TILE_FRAMES = 625
ECG_LEADS = ("II", "V", "I", "III", "aVR", "aVF", "MCL")
STATISTICS = (
    "mean", "standard_deviation", "minimum", "maximum", "skewness", "kurtosis", "missing_share", "flat_share",
)  # fmt: skip
Detector = Callable[[Floats, float], npt.NDArray[np.int64]]
DETECTORS: dict[str, Detector] = {
    "xqrs": lambda ecg, rate_hz: np.asarray(processing.xqrs_detect(ecg, rate_hz, verbose=False)),
    "sleepecg": lambda ecg, rate_hz: np.asarray(sleepecg.detect_heartbeats(ecg, rate_hz)),
}


class Clock:
    """CPU seconds of each stage."""

    def __init__(self) -> None:
        """Start."""
        self.spent: dict[str, float] = {}
        self._last = time.process_time()

    def took(self, stage: str) -> None:
        """Credit a stage with what was spent since the last call."""
        now = time.process_time()
        self.spent[stage] = self.spent.get(stage, 0.0) + now - self._last
        self._last = now


def read_signals(record: str) -> tuple[dict[str, Floats], dict[str, int], float]:
    """Return each signal as one array (NaN: no sample), its samples per frame, and frames per second.

    A segment of which a signal file is not there is left out: wfdb reads all of it or nothing.
    """
    master = wfdb.rdheader(record)
    signals: dict[str, Floats] = {}
    rates: dict[str, int] = {}
    at = 0
    for name, frames in zip(master.seg_name, master.seg_len, strict=True):
        if frames and name != "~":
            try:
                found = wfdb.rdrecord(str(Path(record).with_name(name)), smooth_frames=False)
            except FileNotFoundError:
                at += frames
                continue
            for signal, rate, values in zip(found.sig_name, found.samps_per_frame, found.e_p_signal, strict=True):
                whole = signals.setdefault(signal, np.full(master.sig_len * rate, np.nan))
                whole[at * rate : at * rate + len(values)] = values
                rates[signal] = rate
        at += frames
    return signals, rates, float(master.fs)


def tile_statistics(values: Floats, per_frame: int) -> Floats:
    """Return [tile, statistic] of the whole tiles of a signal."""
    size = TILE_FRAMES * per_frame
    tiles = values[: len(values) // size * size].reshape(-1, size)
    mean, deviation = np.nanmean(tiles, axis=1), np.nanstd(tiles, axis=1)
    standardised = (tiles - mean[:, None]) / deviation[:, None]
    steps = np.diff(tiles, axis=1)
    return np.stack(
        [
            mean, deviation, np.nanmin(tiles, axis=1), np.nanmax(tiles, axis=1), np.nanmean(standardised**3, axis=1),
            np.nanmean(standardised**4, axis=1), np.isnan(tiles).mean(axis=1),
            (steps == 0).sum(axis=1) / (~np.isnan(steps)).sum(axis=1),
        ],
        axis=1,
    )  # fmt: skip


def journey(
    records: Sequence[str],
    windows: dict[str, list[int]],
    wanted: Sequence[str],
    frames: int,
    detector: str,
    folder: Path,
) -> tuple[dict[str, float], dict[str, dict[str, Floats]]]:
    """Do all of it; return CPU seconds by stage, and the statistics by record and signal.

    Args:
        records: paths without extension.
        windows: by record, the frames at which windows end.
        wanted: signals of a window.
        frames: of a window.
        detector: name of DETECTORS.
        folder: of the saved windows.
    """
    clock, told = Clock(), {}
    with np.errstate(all="ignore"):
        for record in records:
            name = Path(record).name
            signals, per_frame, fps = read_signals(record)
            clock.took("read")
            tiles = {signal: tile_statistics(values, per_frame[signal]) for signal, values in signals.items()}
            told[name] = tiles
            clock.took("tile statistics")
            lead = next((lead for lead in ECG_LEADS if lead in signals), None)
            beats = np.empty(0, dtype=np.int64)
            if lead:
                beats = DETECTORS[detector](np.nan_to_num(signals[lead]), fps * per_frame[lead])
            np.save(folder / f"{name}-beats.npy", beats)
            clock.took("QRS")
            for number, end in enumerate(windows.get(name, [])):
                for signal in wanted:
                    if signal in signals:
                        rate = per_frame[signal]
                        own = signals[signal][max(end - frames, 0) * rate : end * rate].astype(np.float32)
                        np.save(folder / f"{name}-{number}-{signal}.npy", own)
                first, last = max((end - frames) // TILE_FRAMES, 0), end // TILE_FRAMES
                features = [tiles[signal][first:last] for signal in wanted if signal in tiles]
                np.save(folder / f"{name}-{number}-features.npy", np.array(features, dtype=np.float32))
            clock.took("windows")
    return clock.spent, told
