"""The window store against peers: shuffled reads from disk and from S3, and bytes; outputs compared first.

Windows are 60 s of a real record (`store_windows`). From disk, one window at a time, decoded to int16: the peers' array
is one zarr v3 shard of one inner chunk per window, read by zarr-python and by tensorstore in an environment of their
own. Those check no checksum of a window, so ours does not either; what SHA-256 adds is said. The ratio is of CPU
seconds, of every window its best round; that of wall time is said too.
From S3: the same bytes as one object per window, both 64 windows in flight; ours in the order of the shards, which was
shuffled when they were written (four requests of 16 neighbours at a time), and in any order (batches of 64 as the
loader takes them, in at most 64 requests). There the ratio is of wall time, of rounds taken in turn.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mimic_assets.manifest.reader import parse_sample
from mimic_assets.manifest.sample import Sample
from mimic_assets.manifest.training_set import TrainingSet
from mimic_assets.storage.objects import open_root
from mimic_assets.training import ObjectFetch
from mimic_assets_tests.benchmarks.containers import samples_of
from mimic_assets_tests.benchmarks.store_lake import Store, write_store
from mimic_assets_tests.benchmarks.store_windows import StoreWindows, cut_windows
from mimic_assets_tests.environments import EnvironmentAbsentError, open_environment
from mimic_assets_tests.servers.seaweedfs import running_seaweedfs

IN_FLIGHT = 64
CODECS = "default (zstd),blosc zstd bitshuffle"
"""What zarr does unasked, and the smallest that it reads fast."""
Row = dict[str, Any]


def main() -> None:
    """Run the benchmark and print its rows."""
    for row in run():
        print(json.dumps(row, indent=2))


def run(repeats: int = 5, copies: int = 4, peers: Path | None = None) -> list[Row]:
    """Return a row per peer and codec on disk, one of bytes, two of S3.

    Args:
        repeats: rounds, of which the best counts for each side.
        copies: how often the windows lie in S3.
        peers: Python of the peers' environment; made where None.

    Raises:
        AssertionError: a window does not come back as it was.
        FileNotFoundError: the real data is absent.
        RuntimeError: the peers' environment cannot be made, or a peer failed.
    """
    cut = cut_windows(6)
    with tempfile.TemporaryDirectory() as folder:
        store = write_store(Path(folder, "ours"), cut.windows)
        return [
            *_local(cut, store, Path(folder), repeats, peers),
            _bytes(cut, store),
            *_remote(cut, write_store(Path(folder, "many"), cut.windows, copies), repeats),
        ]


def read_one(training: TrainingSet, place: int) -> list[np.ndarray]:
    """Return the signals of one window, decoded."""
    (sample,) = training.read([place])
    return _decoded(sample)


def _decoded(sample: Sample) -> list[np.ndarray]:
    return [signal.digital() for signal in sample.signals]


def check(cut: StoreWindows, training: TrainingSet, place: int, found: list[np.ndarray]) -> None:
    """Compare a window with what was written; AssertionError where it is another."""
    number = int(str(training.sample_ids[place]).split("-")[1])
    if not all(np.array_equal(one, other) for one, other in zip(found, cut.windows[number], strict=True)):
        raise AssertionError(f"window {number} does not come back as it was")


def _local(cut: StoreWindows, store: Store, folder: Path, repeats: int, peers: Path | None) -> list[Row]:
    verified, training = store.training(), store.training(is_verified=False)
    order = np.random.default_rng(1).permutation(len(training)).tolist()
    for place in order:
        check(cut, training, place, read_one(training, place))
    cpu, wall = _best_of_each(training, order, repeats)
    verified_cpu, _ = _best_of_each(verified, order, repeats)
    rows = []
    for peer in _peers(cut, folder, peers):
        scale = len(order) / peer["windows"]
        rows.append(
            {
                "work": f"{len(order)} shuffled windows of 60 s, 5 signals, from disk -> int16",
                "peer": peer["what"],
                "equal": True,
                "peer_s": round(peer["cpu_s"] * scale, 4),
                "ours_s": round(cpu, 4),
                "ours_verified_s": round(verified_cpu, 4),
                "ratio": round(peer["cpu_s"] * scale / cpu, 2),
                "wall_ratio": round(peer["wall_s"] * scale / wall, 2),
                "ours_windows_per_cpu_s": round(len(order) / cpu),
                "peer_bytes_to_ours": round(peer["bytes"] / store.byte_count, 2),
                "target": 5 if "zarr-python" in peer["what"] else 1.3,
            }
        )
    return [row | {"ratio_to_target": round(row["ratio"] / row["target"], 2)} for row in rows]


def _peers(cut: StoreWindows, folder: Path, python: Path | None) -> list[Row]:
    try:
        python = python or open_environment("store_peers")
    except EnvironmentAbsentError as absent:
        raise RuntimeError(f"the environment store_peers could not be made: {absent}") from None
    np.save(folder / "windows.npy", samples_of(cut.windows))
    command = [python, Path(__file__).with_name("store_by_peers.py"), folder, folder / "windows.npy", CODECS]
    finished = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if finished.returncode:
        raise RuntimeError(f"store_by_peers ended with {finished.returncode}: {finished.stderr[-500:]}")
    return [json.loads(line) for line in finished.stdout.splitlines()]


def _bytes(cut: StoreWindows, store: Store) -> Row:
    ratio = store.byte_count / cut.flac_bytes
    return {
        "work": f"bytes of {len(cut.windows)} windows of 60 s, 5 signals, index and checksums included",
        "peer": "the published FLAC files",
        "equal": True,
        "peer_bytes": round(cut.flac_bytes),
        "ours_bytes": store.byte_count,
        "ratio": round(ratio, 3),
        "target": 1.3,
        "ratio_to_target": round(1.3 / ratio, 2),
    }


def _remote(cut: StoreWindows, store: Store, repeats: int) -> list[Row]:
    with running_seaweedfs() as server:
        root = open_root(f"s3://{server.bucket}/bench", server.settings)
        for shard in store.manifest["shard"].unique():
            root.put(shard, store.folder / shard)
        training = store.training(ObjectFetch(root))
        places = list(zip(*(training._shard_of, training._offsets, training._lengths), strict=True))
        local = store.training()
        for place, (shard, offset, length) in enumerate(places):
            (data,) = local.fetch([(training.shards[shard], int(offset), int(length))])
            root.put(f"windows/{place}", data)
        order = np.random.default_rng(1).permutation(len(training))
        objects = ThreadPoolExecutor(IN_FLIGHT)

        def one_object(place: int) -> list[np.ndarray]:
            data = root.get(f"windows/{place}")
            checksum = training._sha256[place].decode()
            sample = parse_sample(data, 0, len(data), training.layout, sha256=checksum)
            return _decoded(sample)

        def by_object() -> list[list[np.ndarray]]:
            return list(objects.map(one_object, order.tolist()))

        def neighbours(wanted: np.ndarray) -> list[list[np.ndarray]]:
            parts = [wanted[first : first + 16] for first in range(0, len(wanted), 16)]
            with ThreadPoolExecutor(IN_FLIGHT // 16) as readers:
                read = readers.map(lambda part: [_decoded(sample) for sample in training.read(part)], parts)
                return [window for part in read for window in part]

        def batches(wanted: np.ndarray) -> list[list[np.ndarray]]:
            parts = (wanted[first : first + IN_FLIGHT] for first in range(0, len(wanted), IN_FLIGHT))
            return [_decoded(sample) for part in training.read_each(parts) for sample in part]

        as_stored = np.arange(len(training))
        ways = (("in the shards' own shuffled order", as_stored, neighbours), ("in any order", order, batches))
        for place, found in zip(order.tolist(), by_object(), strict=True):
            check(cut, training, place, found)
        for _, wanted, read in ways:
            for place, found in zip(wanted.tolist(), read(wanted), strict=True):
                check(cut, training, place, found)
        works = [by_object, *(partial(read, wanted) for _, wanted, read in ways)]
        (peer_cpu, peer), *ours = _best_in_turn(works, repeats)
        rows = []
        for (what, _, _), (cpu, wall) in zip(ways, ours, strict=True):
            rows.append(
                {
                    "work": f"{len(training)} shuffled windows from S3, {what}",
                    "peer": f"an object per window, {IN_FLIGHT} in flight",
                    "equal": True,
                    "peer_s": round(peer, 3),
                    "ours_s": round(wall, 3),
                    "ours_cpu_s": round(cpu, 3),
                    "peer_cpu_s": round(peer_cpu, 3),
                    "ratio": round(peer / wall, 2),
                    "target": 1,
                    "ratio_to_target": round(peer / wall, 2),
                }
            )
        objects.shutdown()
        return rows


def _best_of_each(training: TrainingSet, order: list[int], repeats: int) -> tuple[float, float]:
    """Return CPU and wall seconds of all windows, each in its best round."""
    cpu, wall = np.full(len(order), np.inf), np.full(len(order), np.inf)
    for _ in range(repeats):
        for place in order:
            busy, began = time.process_time(), time.perf_counter()
            read_one(training, place)
            cpu[place] = min(cpu[place], time.process_time() - busy)
            wall[place] = min(wall[place], time.perf_counter() - began)
    return float(cpu.sum()), float(wall.sum())


def _best_in_turn(works: list[Callable[[], Any]], repeats: int) -> list[tuple[float, float]]:
    """Return the least CPU and wall seconds of each."""
    best = np.full((len(works), 2), np.inf)
    for _ in range(repeats):
        for place, work in enumerate(works):
            busy, began = time.process_time(), time.perf_counter()
            work()
            best[place] = np.minimum(best[place], (time.process_time() - busy, time.perf_counter() - began))
    return [(float(cpu), float(wall)) for cpu, wall in best]


if __name__ == "__main__":
    main()
