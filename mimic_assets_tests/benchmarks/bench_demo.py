"""`mimic-assets demo` with its defaults: how long it takes, and what is in it.

There is no peer; the target is the time a stranger is asked to wait. Counted first: every event of the truth is in the
ledger by kind and tier, and the windows of both tasks in each split.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl

from mimic_assets.schemas.tables import CLINICAL_EVENTS, TRAINING_MANIFEST
from mimic_assets.storage.lake import Lake
from mimic_assets_tests.truth.ledger import differences
from mimic_assets_tests.truth.planted import Planted

TASKS = ("hypotension", "in_hospital_death")
"""What the demo's size is chosen for: arrests and dangerous rhythms have fewer than twenty windows in some split."""
COMMAND = (sys.executable, "-c", "from mimic_assets.cli.app import main; main()")


def main() -> None:
    """Run the benchmark and print its rows."""
    for row in run():
        print(json.dumps(row, indent=2))


def run(patients: int | None = None, hours: float | None = None) -> list[dict[str, Any]]:
    """Return one row: wall and CPU seconds, and the fewest windows of a label in any split of two tasks.

    Raises:
        AssertionError: the ledger does not hold what was planted.
        RuntimeError: the command line failed.
    """
    with tempfile.TemporaryDirectory(prefix="mimic-assets-bench-") as scratch:
        folder = Path(scratch) / "demo"
        size = [*(["--patients", str(patients)] if patients else []), *(["--hours", str(hours)] if hours else [])]
        started, before = time.monotonic(), os.times()
        done = subprocess.run([*COMMAND, "demo", "--folder", str(folder), *size], capture_output=True, text=True)
        seconds, after = time.monotonic() - started, os.times()
        if done.returncode != 0:
            raise RuntimeError(f"mimic-assets demo failed: {done.stderr[-2000:]}")
        lake = Lake.open(str(folder / "lake"))
        planted = Planted(folder / "source")
        if wrong := differences(planted, lake.scan(CLINICAL_EVENTS).collect().to_dicts()):
            raise AssertionError(f"the ledger of the demo is not what was planted: {wrong[0]}")
        windows = fewest_windows(lake.scan(TRAINING_MANIFEST).filter(pl.col("task").is_in(TASKS)))
        records = len(list((folder / "source").glob("waveforms/waves/*/*/*/")))
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    subjects = {row["subject_id"] for row in planted.events}
    return [
        {
            "work": f"mimic-assets demo, {len(subjects)} subjects with events, {records} records",
            "peer": "the time a stranger waits",
            "equal": True,
            "ours_s": round(seconds, 1),
            "ours_cpu_s": round(cpu, 1),
            "fewest_windows": windows,
        }
    ]


def fewest_windows(manifest: pl.LazyFrame) -> int:
    """Return the fewest windows of either label in any split of either task; 0 where a combination has none."""
    counts = {tuple(row[:3]): row[3] for row in manifest.group_by("task", "split", "label").len().collect().iter_rows()}
    tasks = {task for task, _, _ in counts} or {""}
    return min(
        counts.get((task, split, label), 0)
        for task in tasks
        for split in ("train", "tuning", "held_out")
        for label in (True, False)
    )


if __name__ == "__main__":
    main()
