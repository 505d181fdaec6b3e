"""One asset of one lake made in this process, and the memory that this took: `python -m ... '{"table": ...}'`.

Belongs here: what a measured process does. Does not belong here: which lakes, and what is made of the figures
(`bench_record_length`). The body of the asset is what Dagster calls, and the key is made as a worker makes it: inputs
read, computed, judged, written. Memory is resident memory of this process above what it had when everything was
imported and opened, at its highest (`VmHWM`, counted by Linux and not sampled).
"""

import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl

from mimic_assets.definitions import build_definitions
from mimic_assets.defs.derivation import Derivation, FromClinicalTree, FromTables, FromTree, TableHandle
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.partitions import bucket_key
from mimic_assets.defs.whole_tables import make_from_clinical_tree
from mimic_assets.schemas.tables import TABLES
from mimic_assets.settings import load_settings

BUCKETS = 1
_AWAY = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


def main() -> None:
    """Make the asset that the first argument asks for and print what it took."""
    print(json.dumps(make(**json.loads(sys.argv[1]))))


def make(
    table: str, waveforms: str, clinical: str, lake: str, task: str | None = None, subject_id: int | None = None
) -> dict[str, Any]:
    """Return peak memory in MiB above the imports, CPU seconds and rows of the object.

    Raises:
        RuntimeError: the key was not made.
    """
    settings = load_settings(
        waveforms=waveforms, clinical=clinical, lake=lake, tasks=[task] if task else None, workers=1, buckets=BUCKETS
    )
    workshop = Workshop(settings)
    derivation = derivation_of(table, workshop)
    _ = workshop.lake, workshop.tasks, workshop.definitions, workshop.waveforms
    # Threads and allocators of the libraries start with their first work, whatever its size.
    pl.DataFrame({"a": [2, 1]}).sort("a").lazy().filter(pl.col("a") > 0).collect()
    before, busy = _restart(), time.process_time()
    if isinstance(derivation, FromClinicalTree):
        keys = [bucket_key(number) for number in range(BUCKETS)]
        outcomes = list(make_from_clinical_tree(workshop, TABLES[table], derivation, keys, None))
    else:
        assert isinstance(derivation, FromTree | FromTables)
        outcomes = [workshop.make(TABLES[table], derivation, str(subject_id))]
    peak, cpu = _kib("VmHWM") - before, time.process_time() - busy
    if not all(outcome.is_stored for outcome in outcomes):
        raise RuntimeError(f"{table}: {[(outcome.status, outcome.reasons) for outcome in outcomes]}")
    return {
        "peak_mib": peak / 1024,
        "cpu_s": cpu,
        "rows": sum(outcome.row_count for outcome in outcomes),
    }


def derivation_of(table: str, workshop: Workshop) -> Derivation:
    """Return what the body of an asset returns when Dagster calls it."""
    graph = build_definitions(workshop.settings)
    (asset,) = [each for each in graph.assets or [] if each.key.path[-1] == table]
    handles = {name: TableHandle(name) for name, place in asset.op.ins.items() if not place.dagster_type.is_nothing}
    found = asset(**handles).value
    assert isinstance(found, Derivation)
    return found


def _restart() -> int:
    """Let the highest memory be counted from now on, and return what there is in KiB."""
    _AWAY.write_text("5")
    return _kib("VmRSS")


def _kib(field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"{_STATUS} of process {os.getpid()} says nothing of {field}")
    return int(found[1])


if __name__ == "__main__":
    main()
