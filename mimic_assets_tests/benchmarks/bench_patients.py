"""Many patients through the whole journey: memory at 100 and at 1,000 generated patients, and the cost of one.

Both runs are the real command line on lakes of their own. First the objects of the patients they share are compared,
byte by byte. Memory is the resident memory of the command and its workers, summed four times a second: pages they share
count for each, so it is an upper bound.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from mimic_assets.schemas.model import Partitioning
from mimic_assets.schemas.tables import TABLES
from mimic_assets.sources.demo import DemoPlan, generate_demo

SIZES = (100, 1000)
COMMAND = (sys.executable, "-c", "from mimic_assets.cli.app import main; main()")
_PER_PATIENT = tuple(
    t.name for t in TABLES.values() if t.partitioning in (Partitioning.PATIENT, Partitioning.PATIENT_TASK)
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of the command line."""

    seconds: float
    cpu_seconds: float
    """User and system, workers included."""
    peak_mib: float
    """Of the command and its workers together."""
    peak_main_mib: float
    peak_worker_mib: float
    """The largest worker."""


def main() -> None:
    """Run the benchmark and print its rows."""
    for row in run():
        print(json.dumps(row, indent=2))


def run(sizes: tuple[int, int] = SIZES, hours: float = 1.0, folder: Path | None = None) -> list[dict[str, Any]]:
    """Return one row: peak memory and cost per patient of both sizes, and that shared patients have equal objects.

    Raises:
        AssertionError: a patient's objects depend on how many others there are.
        RuntimeError: the command line failed.
    """
    folder = folder or Path(
        os.environ.get("MIMIC_ASSETS_BENCH_DATA", Path(tempfile.gettempdir()) / "mimic-assets-bench")
    )
    measured: dict[int, Measured] = {}
    objects: dict[int, dict[str, str]] = {}
    for size in sizes:
        source = folder / f"patients-{size}-{hours:g}h"
        plan = DemoPlan(patients=size, hours=hours, waveform_minutes=1)
        generate_demo(source, plan, workers=os.cpu_count() or 1, on_patient=_tell(f"patients generated of {size}"))
        with tempfile.TemporaryDirectory(prefix="mimic-assets-bench-") as scratch:
            lake = Path(scratch) / "lake"
            measured[size] = _travel(source, lake)
            objects[size] = objects_per_patient(lake)
    small, large = sizes
    shared = objects[small]
    if not shared or any(objects[large].get(path) != digest for path, digest in shared.items()):
        raise AssertionError("the objects of one patient depend on how many other patients there are")
    few, many = measured[small], measured[large]
    return [
        {
            "work": f"the whole journey of {large:,} generated patients ({hours:g} h each, both tasks)",
            "peer": f"the same of {small:,}",
            "equal": True,
            "objects_compared": len(shared),
            "ours_s": round(many.seconds, 1),
            "ours_cpu_s": round(many.cpu_seconds, 1),
            "ratio": round(many.peak_mib / few.peak_mib, 2),
            "ours_peak_mib": round(many.peak_mib),
            "peer_peak_mib": round(few.peak_mib),
            "ours_peak_main_mib": round(many.peak_main_mib),
            "peer_peak_main_mib": round(few.peak_main_mib),
            "ours_peak_worker_mib": round(many.peak_worker_mib),
            "peer_peak_worker_mib": round(few.peak_worker_mib),
            "ours_cpu_s_per_patient": round(many.cpu_seconds / large, 3),
            "peer_cpu_s_per_patient": round(few.cpu_seconds / small, 3),
            "ours_wall_s_per_patient": round(many.seconds / large, 3),
            "peer_wall_s_per_patient": round(few.seconds / small, 3),
        }
    ]


def objects_per_patient(lake: Path) -> dict[str, str]:
    """Return path -> SHA-256 of every object that belongs to one patient."""
    found = {}
    for name in _PER_PATIENT:
        for path in sorted((lake / name).rglob("*.parquet")):
            found[path.relative_to(lake).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _travel(source: Path, lake: Path) -> Measured:
    """Run the command line to its end and watch it."""
    places = ["--waveforms", str(source / "waveforms"), "--clinical", str(source / "clinical"), "--lake", str(lake)]
    log = lake.parent / "log.txt"
    started, before = time.monotonic(), os.times()
    with log.open("wb") as output:
        command = subprocess.Popen([*COMMAND, "run", *places, "--json"], stdout=output, stderr=subprocess.STDOUT)
        peaks = _watch(command)
    after = os.times()
    if command.returncode != 0:
        raise RuntimeError(f"the run of {source.name} failed: {log.read_text(errors='replace')[-2000:]}")
    shutil.rmtree(lake / ".dagster", ignore_errors=True)
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return Measured(time.monotonic() - started, cpu, *peaks)


def _watch(command: "subprocess.Popen[bytes]") -> tuple[float, float, float]:
    """Return the peaks in MiB of all processes together, of the command itself, and of its largest worker."""
    together = own = worker = 0.0
    process = psutil.Process(command.pid)
    while command.poll() is None:
        try:
            mine = process.memory_info().rss / 2**20
            others = [_resident(child) for child in process.children(recursive=True)]
        except psutil.Error:
            continue
        together, own = max(together, mine + sum(others)), max(own, mine)
        worker = max([worker, *others])
        time.sleep(0.25)
    return together, own, worker


def _resident(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / 2**20
    except psutil.Error:
        return 0.0


def _tell(what: str) -> Any:
    def tell(done: int, of: int) -> None:
        if done % 50 == 0 or done == of:
            print(f"    {what}: {done}", file=sys.stderr, flush=True)

    return tell


if __name__ == "__main__":
    main()
