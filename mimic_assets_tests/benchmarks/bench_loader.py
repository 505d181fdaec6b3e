"""The loader against a plain torch Dataset over .npy files: float32 batches of 64, two workers; outputs compared first.

Both sides give the same physical values of the same windows (60 s, five signals). The peer's files hold int16, five
times the bytes. Once with everything in the page cache, once with reads throttled to 100 MB/s for both workers
together: what a network file system or a full disk gives. Seconds are wall time from the first batch to the last, so
that the start of the workers does not count; CPU seconds are those of the whole process tree over the epoch.
"""

import io
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mimic_assets.manifest.batches import BatchFormat
from mimic_assets.manifest.training_set import Fetch, LocalFetch, Range
from mimic_assets_tests.benchmarks import store_windows as w
from mimic_assets_tests.benchmarks.containers import samples_of
from mimic_assets_tests.benchmarks.store_lake import write_store

BATCH, WORKERS = 64, 2
THROTTLED_BYTES_PER_S = 100e6
TARGETS = {"in the page cache": 0.3, "reads throttled to 100 MB/s": 1.5}


@dataclass
class Throttle:
    """Lets a worker have its share of the bandwidth: a read comes back when its bytes would have."""

    bytes_per_s: float
    _due: float = field(default=0.0)

    def wait(self, byte_count: int) -> None:
        """Sleep until so many bytes have come."""
        self._due = max(self._due, time.perf_counter()) + byte_count / self.bytes_per_s
        time.sleep(max(0.0, self._due - time.perf_counter()))


@dataclass
class ThrottledFetch:
    """Ranges through a throttle."""

    fetch: Fetch
    throttle: Throttle

    def __call__(self, ranges: Sequence[Range]) -> list[bytes]:
        """Read, then wait."""
        found = self.fetch(ranges)
        self.throttle.wait(sum(map(len, found)))
        return found


@dataclass
class NpyWindows:
    """Map-style dataset: a file per window, made physical; what one would write in ten minutes."""

    folder: Path
    count: int
    gains: np.ndarray
    baselines: np.ndarray
    throttle: Throttle | None = None

    def __len__(self) -> int:
        """Windows."""
        return self.count

    def __getitem__(self, place: int) -> Any:
        """Return a window as a float32 tensor."""
        import torch

        if place >= self.count:
            raise IndexError(place)
        path = self.folder / f"{place}.npy"
        if self.throttle is None:
            digital = np.load(path)
        else:
            data = path.read_bytes()
            self.throttle.wait(len(data))
            digital = np.load(io.BytesIO(data))
        values = digital.astype(np.float32)
        values -= self.baselines
        values /= self.gains
        return torch.from_numpy(values)


def main() -> None:
    """Run the benchmark and print its rows."""
    for row in run():
        print(json.dumps(row, indent=2))


def run(copies: int = 8, repeats: int = 3) -> list[dict[str, Any]]:
    """Return a row with everything in the page cache and one with throttled reads.

    Args:
        copies: how often the record's windows are stored; 386 each.
        repeats: epochs, of which the best counts.

    Raises:
        AssertionError: the two sides do not give the same values.
        FileNotFoundError: the real data is absent.
        RuntimeError: torch is not installed.
    """
    try:
        import torch.utils.data

        from mimic_assets.manifest.torch_loader import TorchLoader
    except ImportError:
        raise RuntimeError("torch is not installed: pip install torch==2.13.0") from None
    cut = w.cut_windows(6)
    with tempfile.TemporaryDirectory() as folder:
        store = write_store(Path(folder, "ours"), cut.windows, copies)
        numbers = [int(name.split("-")[1]) for name in store.training().sample_ids]
        samples = samples_of(cut.windows)
        npy = Path(folder, "npy")
        npy.mkdir()
        for place, number in enumerate(numbers):
            np.save(npy / f"{place}.npy", samples[number])
        lengths = [len(part) for part in cut.windows[0]]
        gains, baselines = (np.repeat(np.float32(values), lengths) for values in (w.GAINS, w.BASELINES))
        form = BatchFormat(has_signal_reasons=False)
        rows = []
        for what, target in TARGETS.items():
            share = None if what == "in the page cache" else THROTTLED_BYTES_PER_S / WORKERS

            def ours(share: float | None = share) -> Any:
                fetch: Fetch = LocalFetch(store.folder)
                if share is not None:
                    fetch = ThrottledFetch(fetch, Throttle(share))
                return TorchLoader(store.training(fetch), BATCH, workers=WORKERS, form=form)

            def peer(share: float | None = share) -> Any:
                throttle = None if share is None else Throttle(share)
                windows = NpyWindows(npy, len(numbers), gains, baselines, throttle)
                return torch.utils.data.DataLoader(windows, batch_size=BATCH, shuffle=True, num_workers=WORKERS)

            _compare(ours(), NpyWindows(npy, len(numbers), gains, baselines))
            ours_s, ours_cpu, ours_first = _best(ours, repeats)
            peer_s, peer_cpu, peer_first = _best(peer, repeats)
            rows.append(
                {
                    "work": f"{len(numbers)} windows of 60 s -> float32 batches of {BATCH}, {WORKERS} workers, {what}",
                    "peer": ".npy files, plain torch Dataset",
                    "equal": True,
                    "peer_s": round(peer_s, 3),
                    "ours_s": round(ours_s, 3),
                    "ratio": round(peer_s / ours_s, 2),
                    "target": target,
                    "ratio_to_target": round(peer_s / ours_s / target, 2),
                    "ours_cpu_s": round(ours_cpu, 2),
                    "peer_cpu_s": round(peer_cpu, 2),
                    "ours_first_batch_s": round(ours_first, 2),
                    "peer_first_batch_s": round(peer_first, 2),
                    "peer_bytes_to_ours": round(_size(npy) / store.byte_count, 2),
                }
            )
    return rows


def _compare(loader: Iterable[dict[str, Any]], windows: NpyWindows) -> None:
    for batch in loader:
        joined = np.concatenate([batch["signals"][name].numpy() for name in w.SIGNALS], axis=1)
        for row, place in enumerate(batch["place"].tolist()):
            if not np.array_equal(joined[row], windows[place].numpy()):
                raise AssertionError(f"window {place} is not the same from shards and from .npy")


def _best(make: Callable[[], Iterable[Any]], repeats: int) -> tuple[float, float, float]:
    """Return wall seconds from first to last batch, CPU seconds of all, and wall seconds to the first batch."""
    results = []
    for _ in range(repeats):
        loader, busy, began, first = make(), _cpu(), time.perf_counter(), 0.0
        for batch in loader:
            first = first or time.perf_counter()
            del batch
        ended = time.perf_counter()
        del loader
        results.append((ended - first, _cpu() - busy, first - began))
    return min(results)


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


if __name__ == "__main__":
    main()
