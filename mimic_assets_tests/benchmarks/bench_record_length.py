"""Memory of every patient asset against the length of the record: 12 h, 60 h and a week of one generated patient.

Each asset is made in a process of its own (`one_asset`), in the order of the graph, for one patient with one record;
the linked real record of 59.7 h beside them where the test data are there. An asset reads, makes, judges and writes in
parts, so the peak of a week has to be that of 60 h: `ratio` is one by the other, whatever rows went in and came out.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from mimic_assets import records
from mimic_assets.sources.demo import DemoPlan, generate_demo
from mimic_assets.sources.folder import FolderTree

HOURS = (12.0, 60.0, 168.0)
TASKS = ("cardiac_arrest", "vt_vf")
CHAIN = (
    "clinical_extract", "raw_records", "raw_numerics", "cleaned_numerics", "waveform_quality", "waveform_beats",
    "waveform_features", "record_stays", "clinical_events", "clinical_labels", "windowed_samples",
)  # fmt: skip
_PER_TASK = ("clinical_labels", "windowed_samples")
_REPOSITORY = Path(__file__).parents[2]
_MODULE = "mimic_assets_tests.benchmarks.one_asset"
_Made = dict[tuple[str, str | None], dict[str, float]]


def main() -> None:
    """Run the benchmark and print its rows."""
    for row in run():
        print(json.dumps(row, indent=2))


def run(hours: tuple[float, ...] = HOURS, folder: Path | None = None) -> list[dict[str, Any]]:
    """Return one row per asset and task; the last two lengths are compared.

    Raises:
        RuntimeError: an asset could not be made.
    """
    home = Path(tempfile.gettempdir()) / "mimic-assets-bench"
    folder = folder or Path(os.environ.get("MIMIC_ASSETS_BENCH_DATA", home))
    made: dict[str, _Made] = {}
    for length in hours:
        source = folder / f"one-patient-{length:g}h"
        generate_demo(source, DemoPlan(patients=1, hours=length))
        made[f"{length:g}"] = _travel(source / "waveforms", source / "clinical")
    data = Path(os.environ.get("MIMIC_ASSETS_TEST_DATA", _REPOSITORY.parent / "shared" / "data"))
    real = _travel(data / "mimic4wdb-linked", data / "mimic-iv-demo") if (data / "mimic4wdb-linked").is_dir() else {}
    short, long = made[f"{hours[-2]:g}"], made[f"{hours[-1]:g}"]
    return [
        _row(asset, hours, [each[asset] for each in made.values()], real.get(asset)) for asset in short if asset in long
    ]


def _row(
    asset: tuple[str, str | None], hours: tuple[float, ...], made: list[dict[str, float]], real: dict[str, float] | None
) -> dict[str, Any]:
    short, long = made[-2], made[-1]
    name, task = asset
    row: dict[str, Any] = {
        "work": f"{name}{f' of {task}' if task else ''}, {hours[-1]:g} h, peak memory",
        "peer": f"the same of {hours[-2]:g} h",
        "equal": True,
        "ratio": round(long["peak_mib"] / short["peak_mib"], 2),
        "ours_peak_mib": round(long["peak_mib"]),
        "peer_peak_mib": round(short["peak_mib"]),
        "growth_mib": round(long["peak_mib"] - short["peak_mib"]),
        "rows": long["rows"],
        "peer_rows": short["rows"],
        "ours_cpu_s": round(long["cpu_s"], 2),
        "peer_cpu_s": round(short["cpu_s"], 2),
    }
    row |= {f"peak_mib_{length:g}h": round(each["peak_mib"]) for length, each in zip(hours, made, strict=True)}
    return row | ({} if real is None else {"peak_mib_real": round(real["peak_mib"]), "rows_real": real["rows"]})


def _travel(waveforms: Path, clinical: Path) -> _Made:
    """Make every asset of one patient of a source: the one with the longest record."""
    subject_id = _longest(FolderTree(waveforms))
    assets: list[tuple[str, str | None]] = [(name, None) for name in CHAIN if name not in _PER_TASK]
    assets += [(name, task) for task in TASKS for name in _PER_TASK]
    with tempfile.TemporaryDirectory(prefix="mimic-assets-bench-") as scratch:
        common = {
            "waveforms": str(waveforms), "clinical": str(clinical), "lake": f"{scratch}/lake", "subject_id": subject_id,
        }  # fmt: skip
        return {(name, task): _make(common | {"table": name, "task": task}) for name, task in assets}


def _longest(tree: FolderTree) -> int:
    def last_tick(subject_id: int) -> int:
        rows = records.read_records(tree, subject_id).whole().frame
        return max(rows["record_last_tick"].to_list(), default=0)

    return max(sorted(records.find_patients(tree)[0]), key=last_tick)


def _make(asked: dict[str, Any]) -> dict[str, float]:
    environment = {**os.environ, "PYTHONPATH": str(_REPOSITORY)}
    command = [sys.executable, "-m", _MODULE, json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(f"{asked['table']} of {asked['waveforms']}: {done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    place = Path(asked["waveforms"]).parent.name
    print(f"{place}: {asked['table']} {asked['task'] or ''} {found['peak_mib']:.0f} MiB", file=sys.stderr, flush=True)
    return found


if __name__ == "__main__":
    main()
