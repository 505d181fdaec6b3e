"""Signals of a real record -> float32 arrays, against wfdb-python: CPU, wall with two threads, peak memory, windows.

The record is 85594648 without the segments of which a signal file is absent: its complete ones follow each other under
a master header of our own, over links to the real files. Both sides give every signal at its own rate
(`smooth_frames=False`) in physical units, missing ones as NaN; ours also gives the reason of every missing sample.
Outputs are compared before anything is timed. Both run in this process, in turns; figures are medians. Windows lie at
other places in every round: what a reader that stays open remembers of a file may help it, a window that it has read
before may not. Memory is the peak of a process of its own for each side, less what it needs with everything imported
and nothing read; the float32 arrays of the whole record are `arrays_mib` of it for anybody who asks for them in one
piece, so ours is also measured as a job would read it, in blocks. wfdb-python has no such way.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import wfdb

from mimic_assets import open_record

RECORD = 85594648
FRAMES_PER_S = 62.4725
WINDOW_S = 60
_ROUNDS = 5
_REPOSITORY = Path(__file__).parents[2]
_OURS = "from mimic_assets import open_record\nkept = open_record({record!r}).signals()"
_BLOCKS = "from mimic_assets import open_record\nfor kept in open_record({record!r}).blocks(): pass"
_PEER = "import wfdb\nkept = wfdb.rdrecord({record!r}, smooth_frames=False, return_res=32)"
_NOTHING = {
    "ours": "import numpy, soundfile\nfrom mimic_assets import opening",
    "peer": "import numpy, soundfile, wfdb\nimport wfdb.io.record",
}
_PEAK = """
import re
from pathlib import Path
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024)
"""


def main() -> None:
    """Run the benchmark and print its rows."""
    for row in run():
        print(json.dumps(row, indent=2))


def run(repeats: int = 7, windows: int = 60) -> list[dict[str, Any]]:
    """Return one row per piece of work: seconds or MiB of both sides (medians) and their ratio.

    Raises:
        AssertionError: the two sides do not give the same values.
        FileNotFoundError: the real data is absent.
    """
    with tempfile.TemporaryDirectory() as folder:
        record = _record(Path(folder))
        _compare(record)
        single, double = _whole(record, repeats)
        return [single, double, _memory(record), _windows(record, windows)]


def _record(folder: Path) -> str:
    """Write the master header and link the files of the complete segments; return the record's path."""
    root = Path(os.environ.get("MIMIC_ASSETS_TEST_DATA", _REPOSITORY.parent / "shared" / "data")) / "mimic4wdb"
    source = next(root.glob(f"waves/*/*/{RECORD}"), None)
    if source is None:
        raise FileNotFoundError(f"no record {RECORD} below {root}; set MIMIC_ASSETS_TEST_DATA (README says where from)")
    lines: list[str] = []
    total = 0
    for header in sorted(source.glob(f"{RECORD}_*.hea")):
        first, *signals = header.read_text().split("\n")
        files = {line.split()[0] for line in signals if ".dat" in line}
        if all((source / name).exists() for name in files):
            frames = int(first.split()[3])
            lines.append(f"{header.stem} {frames}")
            total += frames
            for name in [header.name, *files]:
                (folder / name).symlink_to(source / name)
    head = f"{RECORD}/{len(lines)} 6 62.4725/999.56 {total} 15:52:43.892 29/9/2115"
    (folder / f"{RECORD}.hea").write_text("\n".join([head, *lines, ""]))
    return str(folder / str(RECORD))


def _by_wfdb(record: str, start: int = 0, end: int | None = None) -> dict[str, Any]:
    found = wfdb.rdrecord(record, sampfrom=start, sampto=end, smooth_frames=False, return_res=32)
    return dict(zip(found.sig_name, found.e_p_signal, strict=True))


def _compare(record: str) -> None:
    """Compare the whole record, signal by signal."""
    peer = _by_wfdb(record)
    with open_record(record, threads=2) as opened:
        if set(opened.names) != set(peer):
            raise AssertionError("the two sides do not give the same signals")
        for name, expected in peer.items():
            (found,) = opened.signals([name]).values()
            if not np.array_equal(np.isnan(found.values), np.isnan(expected)):
                raise AssertionError(f"{name}: not the same samples are missing")
            if not np.allclose(found.values, expected, rtol=1e-6, atol=1e-9, equal_nan=True):
                raise AssertionError(f"{name}: not the same values")


def _in_turns(sides: dict[str, Callable[[], object]], repeats: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return the median wall and CPU seconds of each side."""
    wall: dict[str, list[float]] = {side: [] for side in sides}
    cpu: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(repeats):
        for side, read in sides.items():
            started, busy = time.perf_counter(), time.process_time()
            read()
            cpu[side].append(time.process_time() - busy)
            wall[side].append(time.perf_counter() - started)
    return _medians(wall), _medians(cpu)


def _medians(figures: dict[str, list[float]]) -> dict[str, float]:
    return {side: statistics.median(values) for side, values in figures.items()}


def _ours(record: str, threads: int) -> object:
    with open_record(record, threads=threads) as opened:
        return opened.signals()


def _whole(record: str, repeats: int) -> tuple[dict[str, Any], dict[str, Any]]:
    sides: dict[str, Callable[[], object]] = {
        "ours": lambda: _ours(record, 1),
        "ours on two": lambda: _ours(record, 2),
        "peer": lambda: _by_wfdb(record),
    }
    wall, cpu = _in_turns(sides, repeats)
    with open_record(record) as opened:
        samples = sum(array.values.size for array in opened.signals().values())
    common = {"peer": "wfdb rdrecord(smooth_frames=False, return_res=32)", "equal": True}
    what = f"record {RECORD}, {samples:,} samples -> float32"
    return (
        {"work": f"{what}, one core, CPU"}
        | common
        | {
            "ours_s": round(cpu["ours"], 3),
            "peer_s": round(cpu["peer"], 3),
            "ratio": round(cpu["peer"] / cpu["ours"], 2),
            "ours_wall_s": round(wall["ours"], 3),
            "peer_wall_s": round(wall["peer"], 3),
        },
        {"work": f"{what}, two threads, wall"}
        | common
        | {
            "ours_s": round(wall["ours on two"], 3),
            "peer_s": round(wall["peer"], 3),
            "ratio": round(wall["peer"] / wall["ours on two"], 2),
            "ours_cpu_s": round(cpu["ours on two"], 3),
            "peer_cpu_s": round(cpu["peer"], 3),
        },
    )


def _memory(record: str) -> dict[str, Any]:
    peaks: dict[str, float] = {}
    with open_record(record) as opened:
        arrays_mib = sum(array.values.nbytes for part in opened.blocks() for array in part.values()) / 2**20
    for side, code in (("ours", _OURS), ("blocks", _BLOCKS), ("peer", _PEER)):
        nothing = _NOTHING["peer" if side == "peer" else "ours"]
        peaks[side] = _peak_mib(f"{nothing}\n{code.format(record=record)}") - _peak_mib(nothing)
    return {
        "work": f"record {RECORD} -> float32 in blocks of ten minutes, peak memory above the imports",
        "peer": "wfdb rdrecord(smooth_frames=False, return_res=32)",
        "equal": True,
        "ours_mib": round(peaks["blocks"]),
        "peer_mib": round(peaks["peer"]),
        "ratio": round(peaks["peer"] / peaks["blocks"], 2),
        "ours_in_one_piece_mib": round(peaks["ours"]),
        "ratio_in_one_piece": round(peaks["peer"] / peaks["ours"], 2),
        "arrays_mib": round(arrays_mib),
    }


def _peak_mib(code: str) -> float:
    environment = {**os.environ, "PYTHONPATH": str(_REPOSITORY)}
    ended = subprocess.run(
        [sys.executable, "-c", code + _PEAK], capture_output=True, text=True, check=True, env=environment
    )
    return float(ended.stdout.split()[-1])


def _windows(record: str, count: int) -> dict[str, Any]:
    frames = round(WINDOW_S * FRAMES_PER_S)
    with open_record(record) as opened:
        last = (opened.last_tick + 1) // opened.ticks_per_frame - frames
        generator = np.random.default_rng(1)
        places = [generator.integers(0, last, count).tolist() for _ in range(_ROUNDS + 1)]
        read = {start: opened.signals(None, start * 16 - 1, (start + frames) * 16 - 1) for start in places.pop()}
        for start, found in read.items():
            for name, expected in _by_wfdb(record, start, start + frames).items():
                if not np.allclose(found[name].values, expected, rtol=1e-6, atol=1e-9, equal_nan=True):
                    raise AssertionError(f"{name}: not the same values in a window")
        signal_count = len(found)

        def warm(start: int) -> None:
            opened.signals(None, start * 16 - 1, (start + frames) * 16 - 1)

        def cold(start: int) -> None:
            with open_record(record) as again:
                again.signals(None, start * 16 - 1, (start + frames) * 16 - 1)

        def peer(start: int) -> None:
            _by_wfdb(record, start, start + frames)

        def in_new_places(read_one: Callable[[int], None]) -> Callable[[], None]:
            """Read elsewhere in every round, the same places on each side: no side meets a window twice."""
            rounds = iter(places)

            def read_all() -> None:
                for start in next(rounds):
                    read_one(start)

            return read_all

        sides: dict[str, Callable[[], object]] = {
            "ours": in_new_places(warm),
            "cold": in_new_places(cold),
            "peer": in_new_places(peer),
        }
        wall, cpu = _in_turns(sides, _ROUNDS)
    return {
        "work": f"windows of {WINDOW_S} s of {signal_count} signals at random places of the source, CPU each",
        "peer": "wfdb rdrecord(sampfrom, sampto, smooth_frames=False, return_res=32)",
        "equal": True,
        "ours_s": round(cpu["ours"] / count, 5),
        "peer_s": round(cpu["peer"] / count, 5),
        "ratio": round(cpu["peer"] / cpu["ours"], 2),
        "ours_opened_anew_s": round(cpu["cold"] / count, 5),
        "ratio_opened_anew": round(cpu["peer"] / cpu["cold"], 2),
        "ours_wall_s": round(wall["ours"] / count, 5),
        "peer_wall_s": round(wall["peer"] / count, 5),
    }


if __name__ == "__main__":
    main()
