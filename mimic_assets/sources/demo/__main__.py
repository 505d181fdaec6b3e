"""`python -m mimic_assets.sources.demo OUT`: write a demo source without anything else of the package.

Belongs here: reading the command line. Does not belong here: the work (`write`).
"""

import argparse
import sys
from pathlib import Path

from mimic_assets.sources.demo import DemoPlan, generate_demo


def main() -> int:
    """Return 0 when the demo stands, 2 when the request is wrong."""
    usual = DemoPlan()
    parser = argparse.ArgumentParser(prog="python -m mimic_assets.sources.demo", description="Write a demo source.")
    parser.add_argument("out", type=Path, help="folder to make")
    parser.add_argument("--patients", type=int, default=usual.patients, help="subjects (default %(default)s)")
    parser.add_argument("--hours", type=float, default=usual.hours, help="typical record length (default %(default)s)")
    parser.add_argument("--seed", type=int, default=usual.seed, help="seed of every draw (default %(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="worker processes (default %(default)s)")
    parser.add_argument("--waveform-minutes", type=float, default=None, help="waveform per record (default: all of it)")
    request = parser.parse_args()

    def show(done: int, total: int) -> None:
        print(f"\r{done}/{total} subjects", end="", file=sys.stderr, flush=True)

    try:
        plan = DemoPlan(request.patients, request.hours, request.seed, request.waveform_minutes)
        summary = generate_demo(request.out, plan, request.workers, show)
    except ValueError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    print(file=sys.stderr)
    verb = "already stands" if summary.is_reused else "written"
    size = f"{summary.patients} subjects, {summary.records} records, {summary.bytes_written / 1e6:.0f} MB"
    print(f"{summary.root}: {size}, {verb}")
    print("events: " + ", ".join(f"{name} {count}" for name, count in summary.events.items()))
    print("decoys: " + ", ".join(f"{name} {count}" for name, count in summary.decoys.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
