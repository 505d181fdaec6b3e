"""Which container a shard should be: the table of docs/adr/0008. `python -m ...compare_containers [PEERS_PYTHON]`.

Every container holds the same pcodec blobs of the same windows; what comes back is compared, decoded, before anything
is timed. Peers run in an environment of their own; with a Python that has mosaicml-streaming, MDS is measured too.
"""

import json
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mimic_assets.signal_codec import decode_samples, encode_samples
from mimic_assets_tests.benchmarks import containers as c
from mimic_assets_tests.benchmarks.store_windows import cut_windows
from mimic_assets_tests.environments import open_environment

LAYOUTS = {
    "own index and blobs": (c.write_index_and_blobs, c.open_index_and_blobs),
    "Arrow IPC, batch per window": (c.write_arrow, c.open_arrow),
    "Arrow IPC, batch of 16": (partial(c.write_arrow, rows=16), partial(c.open_arrow, rows=16)),
    "Parquet, row group per window": (c.write_parquet, c.open_parquet),
    "Parquet, row group of 16": (partial(c.write_parquet, rows=16), partial(c.open_parquet, rows=16)),
}


def main(peers: Path) -> None:
    """Print one line per container and length of window."""
    for tiles in (6, 60):
        cut = cut_windows(tiles)
        blobs = [[encode_samples(samples) for samples in window] for window in cut.windows]
        print(f"{len(blobs)} windows of {tiles * 10} s, {cut.flac_bytes / len(blobs):,.0f} FLAC bytes each")
        with tempfile.TemporaryDirectory() as folder:
            for name, (write, open_) in LAYOUTS.items():
                path = Path(folder, "store")
                write(path, blobs)
                first = path.read_bytes()
                write(path, blobs)
                seconds, bare = _timed(open_(path), cut.windows)
                print(_line(name, path.stat().st_size / cut.flac_bytes, seconds, bare, path.read_bytes() == first))
            for row in _peers(peers, Path(folder), cut.windows, blobs):
                per_window = row["cpu_s"] / row["windows"]
                print(_line(row["what"], row["bytes"] / cut.flac_bytes, per_window, None, None))


def _timed(read: c.Reader, windows: list[list[Any]]) -> tuple[float, float]:
    """Return CPU seconds per shuffled window, decoded, and of the container alone; outputs are compared first."""
    order = np.random.default_rng(1).permutation(len(windows)).tolist()
    lengths = [len(samples) for samples in windows[0]]
    for place in order:
        found = [decode_samples(blob, length) for blob, length in zip(read(place), lengths, strict=True)]
        if not all(np.array_equal(one, other) for one, other in zip(found, windows[place], strict=True)):
            raise AssertionError(f"window {place} does not come back")
    whole, alone = [], []
    for _ in range(5):
        began = time.process_time()
        for place in order:
            read(place)
        alone.append(time.process_time() - began)
        began = time.process_time()
        for place in order:
            for blob, length in zip(read(place), lengths, strict=True):
                decode_samples(blob, length)
        whole.append(time.process_time() - began)
    return min(whole) / len(order), min(alone) / len(order)


def _peers(python: Path, folder: Path, windows: list[list[Any]], blobs: list[list[bytes]]) -> list[dict[str, Any]]:
    np.save(folder / "windows.npy", c.samples_of(windows))
    np.savez(
        folder / "blobs.npz",
        data=np.frombuffer(b"".join(blob for window in blobs for blob in window), dtype=np.uint8),
        lengths=np.array([[len(blob) for blob in window] for window in blobs]),
    )
    arguments = [str(folder), str(folder / "windows.npy"), "all"]
    if subprocess.run([python, "-c", "import streaming"], capture_output=True, check=False).returncode == 0:
        arguments.append(str(folder / "blobs.npz"))
    script = Path(__file__).with_name("store_by_peers.py")
    finished = subprocess.run([python, script, *arguments], capture_output=True, text=True, check=False)
    if finished.returncode:
        raise RuntimeError(f"store_by_peers ended with {finished.returncode}: {finished.stderr[-500:]}")
    return [json.loads(line) for line in finished.stdout.splitlines() if line.startswith("{")]


def _line(name: str, size: float, seconds: float, bare: float | None, is_same: bool | None) -> str:
    alone = "" if bare is None else f", container alone {bare * 1e6:5.0f} us"
    same = "" if is_same is None else f", bytes {'equal' if is_same else 'DIFFER'} when written again"
    return f"  {name:34} {size:5.2f} x FLAC  {1 / seconds:6.0f} windows per CPU-second{alone}{same}"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else open_environment("store_peers"))
