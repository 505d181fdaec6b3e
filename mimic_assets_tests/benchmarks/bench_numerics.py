"""numerics csv.gz -> typed long frame, against pandas; outputs compared first, then wall time.

Both read record 85594648 (438,250 rows, 2.7 million cells) from the real data and end with source row, source
column, tick and value of every non-empty cell, sorted. Ours also has times, units, texts and tests for defects. Both
run in this process, in turns; the ratio is of medians.
"""

import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl

from mimic_assets.records import read_numerics
from mimic_assets.sources.folder import FolderTree

SUBJECT, RECORD = 10079700, 85594648
_REPOSITORY = Path(__file__).parents[2]


def main() -> None:
    """Run the benchmark and print its rows."""
    for row in run():
        print(json.dumps(row, indent=2))


def run(repeats: int = 5) -> list[dict[str, Any]]:
    """Return one row: seconds of both sides (medians), their ratio, and that the outputs are equal.

    Raises:
        AssertionError: the two sides do not give the same cells.
        FileNotFoundError: the real data is absent.
    """
    root = Path(os.environ.get("MIMIC_ASSETS_TEST_DATA", _REPOSITORY.parent / "shared" / "data")) / "mimic4wdb"
    path = next(root.glob(f"**/{RECORD}n.csv.gz"), None)
    if path is None:
        raise FileNotFoundError(
            f"no {RECORD}n.csv.gz below {root}; set MIMIC_ASSETS_TEST_DATA (README says where from)"
        )
    tree = FolderTree(root)
    sides = {"ours": lambda: read_numerics(tree, SUBJECT).whole().frame, "pandas": lambda: _by_pandas(path)}
    ours, peer = sides["ours"](), sides["pandas"]()
    if not ours.select("source_row", "source_column", "tick", "value").equals(pl.from_pandas(peer)):
        raise AssertionError("read_numerics and pandas do not give the same cells")
    cells = ours.height
    del ours, peer
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    cpu: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(repeats):
        for side, read in sides.items():
            wall, busy = time.perf_counter(), time.process_time()
            read()
            cpu[side].append(time.process_time() - busy)
            seconds[side].append(time.perf_counter() - wall)
    ours_s, peer_s = statistics.median(seconds["ours"]), statistics.median(seconds["pandas"])
    return [
        {
            "work": f"numerics csv.gz of record {RECORD}, {cells:,} cells -> typed long frame",
            "peer": "pandas read_csv, stack, sort",
            "equal": True,
            "ours_s": round(ours_s, 3),
            "peer_s": round(peer_s, 3),
            "ratio": round(peer_s / ours_s, 2),
            "ours_cpu_s": round(statistics.median(cpu["ours"]), 3),
            "peer_cpu_s": round(statistics.median(cpu["pandas"]), 3),
        }
    ]


def _by_pandas(path: Path) -> pd.DataFrame:
    """Return the cells as one would with pandas: the wide frame, its columns in order, made long by their positions."""
    wide = pd.read_csv(path)
    tick = wide.pop("time")
    wide = wide[sorted(wide.columns)].astype("float64")
    wide.index = pd.RangeIndex(1, len(wide) + 1, name="source_row")
    long = (
        wide.stack(future_stack=True)
        .dropna()
        .rename_axis(["source_row", "source_column"])
        .rename("value")
        .reset_index()
    )
    long.insert(2, "tick", tick.to_numpy()[long["source_row"].to_numpy() - 1])
    return long


if __name__ == "__main__":
    main()
