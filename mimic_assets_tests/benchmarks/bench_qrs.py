"""QRS of MIT-BIH record 100, clean and with calibrated noise, against wfdb's xqrs; agreement first, then CPU and wall.

Noise is drawn (mimic_assets_tests.noisy_ecg), three seeds counted together, so that one draw decides nothing. Ours is
compared twice: `find_qrs` over the whole record at its 360 Hz, as xqrs is given it, and the walk of `waveform_beats`,
which searches every tile without a sample after it, at the 250 Hz of a monitor; xqrs is given the same samples each
time. Each of the two has to be within half a point of xqrs in sensitivity and precision at every level (150 ms, AAMI
EC57), or the benchmark ends with an error. The walk does more than xqrs: it filters every sample twice. Samples are in
memory before time is taken, for xqrs as millivolts, for the walk as a record's digital values.
"""

import json
import os
import statistics
import time
from collections.abc import Callable
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import wfdb
from scipy.signal import resample_poly
from wfdb import processing

from mimic_assets.waveforms.beats import beats_of_record
from mimic_assets.waveforms.qrs import find_qrs
from mimic_assets_tests.beat_agreement import BEAT_SYMBOLS, TOLERANCE_S, Agreement, agree
from mimic_assets_tests.noisy_ecg import LEVELS_DB, add_noise
from mimic_assets_tests.resampled_ecg import ecg_record

SEEDS = (1, 2, 3)
MOST_BELOW = 0.5
"""Points of sensitivity and of precision that ours may be below xqrs."""
_OURS_PER_TURN = 10
"""Searches of ours beside one of the peer, which takes several times as long still."""
_REPOSITORY = Path(__file__).parents[2]

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Search = Callable[[], Places]
"""A search of samples that are ready in memory: the part whose time is taken."""


def main() -> None:
    """Run the benchmark and print its rows."""
    for row in run():
        print(json.dumps(row))


def record_100() -> tuple[Floats, Places, float]:
    """Return the first lead in mV, samples of the reference beats, samples per second.

    Raises:
        FileNotFoundError: the real data is absent.
    """
    root = Path(os.environ.get("MIMIC_ASSETS_TEST_DATA", _REPOSITORY.parent / "shared" / "data")) / "mitdb"
    if not (root / "100.dat").is_file():
        raise FileNotFoundError(f"no 100.dat in {root}; set MIMIC_ASSETS_TEST_DATA (README says where from)")
    record, notes = wfdb.rdrecord(str(root / "100")), wfdb.rdann(str(root / "100"), "atr")
    return record.p_signal[:, 0], notes.sample[np.isin(notes.symbol, BEAT_SYMBOLS)], float(record.fs)


def by_xqrs(ecg: Floats, rate_hz: float) -> Search:
    """Return the search of the peer."""

    def search() -> Places:
        found = processing.XQRS(sig=ecg, fs=rate_hz)
        found.detect(verbose=False)
        return np.asarray(found.qrs_inds)

    return search


def by_find_qrs(ecg: Floats, rate_hz: float) -> Search:
    """Return the search of the whole record at once."""
    return lambda: find_qrs(ecg, rate_hz)


def by_tiles(ecg: Floats, rate_hz: float) -> Search:
    """Return the walk along tiles; beats of the last moments, which no tile follows, are not found."""
    rows, reader = ecg_record(ecg, rate_hz)

    def search() -> Places:
        ticks = [part["tick"].to_numpy()[part["kind"].to_numpy() == "qrs"] for part in beats_of_record(rows, reader)]
        return np.concatenate(ticks) // 4

    return search


WAYS: dict[str, tuple[Callable[[Floats, float], Search], float]] = {
    "find_qrs": (by_find_qrs, 360.0),
    "waveform_beats": (by_tiles, 250.0),
}


def run(repeats: int = 5, levels: tuple[int, ...] = LEVELS_DB, seeds: tuple[int, ...] = SEEDS) -> list[dict[str, Any]]:
    """Return one row per level and way: agreement of both sides, CPU seconds on the clean record, their ratio.

    Raises:
        AssertionError: at some level ours is more than half a point below xqrs in sensitivity or precision.
    """
    ecg, reference, rate_hz = record_100()
    rows = []
    for level in (None, *levels):
        drawn = [ecg] if level is None else [add_noise(ecg, reference, rate_hz, level, seed) for seed in seeds]
        for name, (find, at_hz) in WAYS.items():
            signals = [_at_rate(signal, rate_hz, at_hz) for signal in drawn]
            ours, theirs = (_counted(way, signals, reference * at_hz / rate_hz, at_hz) for way in (find, by_xqrs))
            below = max(theirs.sensitivity_pct - ours.sensitivity_pct, theirs.precision_pct - ours.precision_pct)
            rows.append(
                {
                    "work": f"QRS, MIT-BIH 100 at {at_hz:g} Hz, {'clean' if level is None else f'{level} dB'}, {name}",
                    "peer": "wfdb xqrs",
                    "ours_sensitivity_pct": round(ours.sensitivity_pct, 2),
                    "peer_sensitivity_pct": round(theirs.sensitivity_pct, 2),
                    "ours_precision_pct": round(ours.precision_pct, 2),
                    "peer_precision_pct": round(theirs.precision_pct, 2),
                    "points_below": round(below, 2),
                    "equal": below <= MOST_BELOW,
                }
            )
    failed = [row["work"] for row in rows if not row["equal"]]
    if failed:
        raise AssertionError(f"more than {MOST_BELOW} points below xqrs: {failed}; {json.dumps(rows)}")
    timed = {}
    for name, (find, at_hz) in WAYS.items():
        signal = _at_rate(ecg, rate_hz, at_hz)
        timed[name] = _in_turns(find(signal, at_hz), by_xqrs(signal, at_hz), repeats)
    for row in rows:
        (ours_s, ours_cpu_s), (peer_s, peer_cpu_s) = timed[str(row["work"]).rsplit(" ", 1)[1]]
        row |= {
            "ours_s": round(ours_s, 4), "peer_s": round(peer_s, 4), "ours_cpu_s": round(ours_cpu_s, 4),
            "peer_cpu_s": round(peer_cpu_s, 4), "ratio": round(peer_cpu_s / ours_cpu_s, 1),
        }  # fmt: skip
    return rows


def _at_rate(ecg: Floats, rate_hz: float, at_hz: float) -> Floats:
    """Return the ECG at another rate of whole hertz (polyphase)."""
    return ecg if at_hz == rate_hz else np.asarray(resample_poly(ecg, round(at_hz), round(rate_hz)))


def _counted(
    way: Callable[[Floats, float], Search], signals: list[Floats], reference: npt.NDArray[np.float64], rate_hz: float
) -> Agreement:
    """Return the agreement over all signals, without the last tile, whose end the walk cannot see."""
    parts = []
    for signal in signals:
        last = (len(signal) // 2500 - 1) * 2500
        found = way(signal, rate_hz)()
        parts.append(agree(found[found < last], reference[reference < last], TOLERANCE_S * rate_hz))
    return reduce(add, parts)


def _in_turns(ours: Search, peer: Search, repeats: int) -> list[tuple[float, float]]:
    """Return median wall and CPU seconds of ours, and of the peer: whatever disturbs the machine meets both."""
    taken: tuple[list[tuple[float, float]], ...] = [], []
    for _ in range(repeats):
        for search, times, kept in ((ours, _OURS_PER_TURN, taken[0]), (peer, 1, taken[1])):
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(times):
                search()
            kept.append(((time.perf_counter() - wall) / times, (time.process_time() - cpu) / times))
    return [(statistics.median(wall for wall, _ in each), statistics.median(cpu for _, cpu in each)) for each in taken]


if __name__ == "__main__":
    main()
