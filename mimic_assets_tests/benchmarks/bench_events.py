"""csv.gz -> events and labels of 100,000 ICU stays, beside MIMIC-IV-MEDS and ACES on the same files.

Both sides read the same generated tables, whose 50 million chartevents rows the extract keeps to the last. Outputs are
compared first (`compare_events`); then wall time, CPU and peak memory of every process of each side are told. The
smaller sizes are run by our side alone: memory has to stay as it is when stays grow.

The generated files go to `--folder`, else `MIMIC_ASSETS_BENCH_DATA`, else a folder in the system's temporary one.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from mimic_assets_tests.benchmarks.compare_events import compare
from mimic_assets_tests.benchmarks.events_by_peer import extract_by_meds, label_by_aces
from mimic_assets_tests.benchmarks.many_stays import Plan, generated_source
from mimic_assets_tests.benchmarks.watched import Watched, watch

SIZES = (25_000, 100_000)
STAYS_PER_BUCKET = 500
"""What our side holds in memory at once grows with this alone."""


def main() -> None:
    """Run the benchmark and print its rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="ICU stays; the peer runs the last")
    parser.add_argument("--peer-sizes", type=int, nargs="*", default=None, help="sizes that the peer runs, too")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, default=None)
    chosen = parser.parse_args()
    for row in run(tuple(chosen.sizes), chosen.peer_sizes, chosen.workers, chosen.folder):
        print(json.dumps(row, indent=2))


def run(
    sizes: tuple[int, ...] = SIZES,
    peer_sizes: list[int] | None = None,
    workers: int | None = None,
    folder: Path | None = None,
) -> list[dict[str, Any]]:
    """Return one row per size: what was compared, seconds, CPU seconds, peak MiB and rows per second of both sides.

    Args:
        sizes: ICU stays, multiples of 5.
        peer_sizes: those that MIMIC-IV-MEDS and ACES run too; the last where not given, none where empty.
        workers: processes that find events and label; every core where not given.
        folder: where generated files and outputs go; outputs are removed.

    Raises:
        AssertionError: the two sides do not agree.
        RuntimeError: a program failed.
    """
    folder = folder or _default_folder()
    with_peer = set(sizes[-1:] if peer_sizes is None else peer_sizes)
    folder.mkdir(parents=True, exist_ok=True)
    return [_measured(Plan(stays), stays in with_peer, workers or os.cpu_count() or 1, folder) for stays in sizes]


def run_compared(sizes: tuple[int, ...] = SIZES) -> list[dict[str, Any]]:
    """Return the row of the largest size, run by both sides, with our peak memory at the smallest size beside it."""
    rows = run(sizes)
    return [rows[-1] | {"ours_peak_mib_at_the_smallest_size": rows[0]["ours_peak_mib"]}]


def _measured(plan: Plan, has_peer: bool, workers: int, folder: Path) -> dict[str, Any]:
    source = generated_source(folder, plan)
    with tempfile.TemporaryDirectory(prefix=f"events-{plan.stays}-", dir=folder) as scratch:
        ours, peer = Path(scratch) / "ours", Path(scratch) / "peer"
        ours.mkdir()
        peer.mkdir()
        buckets = -(-plan.stays // STAYS_PER_BUCKET)
        sizes = ["--buckets", str(buckets), "--workers", str(workers)]
        program = [sys.executable, "-m", "mimic_assets_tests.benchmarks.events_by_us", source, ours, *sizes]
        mine = _said("ours", watch(program, ours / "log.txt"), plan)
        stages = json.loads((ours / "log.txt").read_text().splitlines()[-1])
        row = {
            "work": f"{plan.stays:,} ICU stays, {plan.chart_rows:,} chartevents rows -> events and labels",
            "peer": "none",
            "stays": plan.stays,
            "workers": workers,
            "buckets": buckets,
            **_told("ours", mine, plan),
            **{f"ours_{name}": value for name, value in sorted(stages.items())},
        }
        if has_peer:
            extracted = _said("meds", extract_by_meds(source, peer), plan)
            _remove_intermediates(peer)
            labelled = _said("aces", label_by_aces(peer), plan)
            theirs = extracted + labelled
            row |= {
                "peer": "MIMIC-IV-MEDS 0.2.0 + ACES 0.7.3",
                "equal": True,
                **compare(ours, peer).told(),
                **_told("peer", theirs, plan),
                "meds_s": round(extracted.seconds, 1),
                "meds_cpu_s": round(extracted.cpu_seconds, 1),
                "meds_peak_mib": round(extracted.peak_mib),
                "aces_s": round(labelled.seconds, 1),
                "aces_cpu_s": round(labelled.cpu_seconds, 1),
                "aces_peak_mib": round(labelled.peak_mib),
                "ratio": round(theirs.seconds / mine.seconds, 2),
                "cpu_ratio": round(theirs.cpu_seconds / mine.cpu_seconds, 2),
                "memory_ratio": round(theirs.peak_mib / mine.peak_mib, 2),
                "resident_ratio": round(theirs.peak_resident_mib / mine.peak_resident_mib, 2),
            }
        return row


def _said(side: str, run: Watched, plan: Plan) -> Watched:
    """Say at once what a side took: the rest of a run of hours may be lost, its first part should not be."""
    print(json.dumps(_told(side, run, plan)), file=sys.stderr, flush=True)
    return run


def _told(side: str, run: Watched, plan: Plan) -> dict[str, float]:
    return {
        f"{side}_s": round(run.seconds, 1),
        f"{side}_cpu_s": round(run.cpu_seconds, 1),
        f"{side}_peak_mib": round(run.peak_mib),
        f"{side}_peak_resident_mib": round(run.peak_resident_mib),
        f"{side}_rows_per_s": round(plan.chart_rows / run.seconds),
    }


def _remove_intermediates(peer: Path) -> None:
    """Give back the disk of what MIMIC-IV-MEDS keeps beside its data."""
    for path in (peer / "meds").iterdir():
        if path.is_dir() and path.name not in ("data", "metadata"):
            shutil.rmtree(path)


def _default_folder() -> Path:
    return Path(os.environ.get("MIMIC_ASSETS_BENCH_DATA", Path(tempfile.gettempdir()) / "mimic-assets-bench"))


if __name__ == "__main__":
    main()
