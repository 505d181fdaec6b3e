"""`make bench`: every benchmark, one table. `python -m mimic_assets_tests.benchmarks [NAMES...] [--quick] [--again]`.

Each compares outputs with its peer before anything is timed; unequal outputs end the program with 1, a missed target is
only said. Results are kept in `.bench/results.json` as they come, so that a stopped round continues where it was: what
was measured with the same code is not measured again unless it is named or `--again` is said.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from mimic_assets.defs.fingerprints import core_fingerprint
from mimic_assets_tests.benchmarks import (
    bench_chartevents,
    bench_dagster,
    bench_demo,
    bench_events,
    bench_journey,
    bench_loader,
    bench_numerics,
    bench_patients,
    bench_qrs,
    bench_reader,
    bench_record_length,
    bench_store,
    bench_tiles,
)

RESULTS = Path(".bench") / "results.json"
PACKAGES = ("polars", "pandas", "pyarrow", "numpy", "dagster", "isal")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """What one figure of a row should be."""

    figure: str
    """Key of the row."""
    bound: float
    is_most: bool
    """Whether the bound is the most (else the least)."""
    work: str = ""
    """Only for rows whose work says this."""

    def is_met(self, row: Row) -> bool:
        """Return whether the row's figure keeps the bound."""
        return bool(row[self.figure] <= self.bound if self.is_most else row[self.figure] >= self.bound)

    def __str__(self) -> str:
        """Say the target as the table shows it."""
        return f"{self.figure} {'<=' if self.is_most else '>='} {self.bound:g}"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark: whole, in a quick size, and what its rows should reach."""

    whole: Callable[[], list[Row]]
    quick: Callable[[], list[Row]]
    targets: tuple[Target, ...]


BENCHMARKS = {
    "numerics": Benchmark(
        bench_numerics.run, lambda: bench_numerics.run(repeats=1), (Target("ratio", 1.5, is_most=False),)
    ),
    "chartevents": Benchmark(
        bench_chartevents.run,
        lambda: bench_chartevents.run(rows=200_000, repeats=1),
        (Target("ratio", 2, is_most=False), Target("ours_peak_mib", 600, is_most=True)),
    ),
    "dagster": Benchmark(
        bench_dagster.run,
        lambda: bench_dagster.run(patients=4),
        (Target("overhead_cpu_s_per_key_and_table", 0.1, is_most=True),),
    ),
    "patients": Benchmark(
        bench_patients.run,
        lambda: bench_patients.run(sizes=(2, 6), hours=0.5),
        (Target("ratio", 1.25, is_most=True),),
    ),
    "demo": Benchmark(
        bench_demo.run,
        lambda: bench_demo.run(patients=6, hours=0.5),
        (Target("ours_s", 180, is_most=True), Target("fewest_windows", 20, is_most=False)),
    ),
    "events": Benchmark(
        bench_events.run_compared,
        lambda: bench_events.run_compared(sizes=(500,)),
        (Target("ratio", 5, is_most=False), Target("ours_peak_mib", 2048, is_most=True)),
    ),
    "reader": Benchmark(
        bench_reader.run,
        lambda: bench_reader.run(repeats=1, windows=10),
        (
            Target("ratio", 1.25, is_most=False, work="one core"),
            Target("ratio", 1.8, is_most=False, work="two threads"),
            Target("ratio", 2, is_most=False, work="peak memory"),
            Target("ratio", 8, is_most=False, work="windows of 60 s"),
        ),
    ),
    "tiles": Benchmark(
        bench_tiles.run, lambda: bench_tiles.run(tiles=60, repeats=1), (Target("ratio", 40, is_most=False),)
    ),
    "qrs": Benchmark(
        bench_qrs.run,
        lambda: bench_qrs.run(repeats=1, levels=(24,), seeds=(1,)),
        (Target("ratio", 50, is_most=False), Target("points_below", 0.5, is_most=True)),
    ),
    "record_length": Benchmark(
        bench_record_length.run,
        lambda: bench_record_length.run(hours=(0.5, 1.0)),
        (Target("ratio", 1.25, is_most=True),),
    ),
    "journey": Benchmark(
        bench_journey.run,
        lambda: bench_journey.run(patients=1, hours=1.0, detectors=("sleepecg",)),
        (Target("ratio", 2, is_most=False),),
    ),
    "store": Benchmark(
        bench_store.run,
        lambda: bench_store.run(repeats=1, copies=1),
        (Target("ratio_to_target", 1, is_most=False),),
    ),
    "loader": Benchmark(
        bench_loader.run,
        lambda: bench_loader.run(copies=1, repeats=1),
        (Target("ratio_to_target", 1, is_most=False),),
    ),
}
"""In the order they run; memory is flat when more patients, or hours of a record, need at most a quarter more."""


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for and print the table; 1 where outputs were not equal or a benchmark could not run."""
    parser = argparse.ArgumentParser(
        prog="make bench", description="Measure against named peers, outputs compared first."
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAMES", help=f"of {', '.join(BENCHMARKS)}; all where none is given"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that a benchmark works, not how fast")
    parser.add_argument("--again", action="store_true", help="measure what was measured with this code, too")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"{', '.join(unknown)} found, expected some of {', '.join(BENCHMARKS)}")
    console = Console(width=None if sys.stdout.isatty() else 160)
    machine = {
        "cores": os.cpu_count() or 1,
        "machine": f"{platform.machine()}, {platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {package: version(package) for package in PACKAGES},
    }
    console.print(", ".join([str(machine["machine"]), f"{machine['cores']} cores", f"Python {machine['python']}"]))
    console.print(", ".join(f"{package} {version(package)}" for package in PACKAGES))
    kept = _kept()
    failed: list[str] = []
    wanted = chosen.names or list(BENCHMARKS)
    for name in wanted:
        key = f"{name}, quick" if chosen.quick else name
        is_known = kept.get(key, {}).get("code") == core_fingerprint()
        if is_known and not chosen.names and not chosen.again:
            console.print(f"{key}: measured with this code on {kept[key]['measured']}; --again repeats it")
            continue
        console.print(f"{key} ...")
        benchmark = BENCHMARKS[name]
        try:
            rows = benchmark.quick() if chosen.quick else benchmark.whole()
        except (AssertionError, RuntimeError, FileNotFoundError) as error:
            console.print(f"{key}: {error}", style="red", markup=False)
            failed.append(name)
            kept.pop(key, None)
        else:
            measured = datetime.now().isoformat(timespec="seconds")
            kept[key] = {"code": core_fingerprint(), "measured": measured, "rows": rows} | machine
        _keep(kept)
    console.print(_table(kept, [f"{name}, quick" if chosen.quick else name for name in wanted]))
    return 1 if failed else 0


def _kept() -> dict[str, Any]:
    try:
        found = json.loads(RESULTS.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep(results: dict[str, Any]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    half = RESULTS.with_suffix(".part")
    half.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    half.replace(RESULTS)


def _table(kept: dict[str, Any], keys: list[str]) -> Table:
    table = Table(title="Benchmarks", title_justify="left")
    for heading in ("name", "work", "peer", "peer s", "ours s", "ratio", "target", "found", "ok"):
        table.add_column(heading, justify="right" if heading in ("peer s", "ours s", "ratio", "found") else "left")
    for key in keys:
        for row in kept.get(key, {}).get("rows", []):
            every = BENCHMARKS[key.removesuffix(", quick")].targets
            targets = [target for target in every if target.work in row["work"]]
            found = "\n".join(f"{row[target.figure]:g}" for target in targets)
            verdict = "\n".join("yes" if target.is_met(row) else "missed" for target in targets)
            shown = [str(row.get(name, "")) for name in ("peer_s", "ours_s", "ratio")]
            table.add_row(key, row["work"], row["peer"], *shown, "\n".join(map(str, targets)), found, verdict)
    return table


if __name__ == "__main__":
    sys.exit(main())
