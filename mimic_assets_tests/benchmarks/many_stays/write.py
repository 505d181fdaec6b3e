"""Parts drawn one after the other and appended to csv.gz files: one part is in memory at a time."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import polars as pl
from isal import igzip

from mimic_assets_tests.benchmarks.many_stays.charting import chart_rows
from mimic_assets_tests.benchmarks.many_stays.cohort import Plan, draw_cohort
from mimic_assets_tests.benchmarks.many_stays.published import published_files
from mimic_assets_tests.benchmarks.many_stays.tables import TABLES

_VERSION = 1
"""Raised with every change of what is drawn, so that an older source is not taken for this one."""
_LEVEL = 2


def generated_source(folder: Path, plan: Plan) -> Path:
    """Return the clinical source of a plan below a folder; made once, the same bytes each time."""
    source = folder / f"stays-{plan.stays}-{plan.stays_per_part}-{plan.chart_rows_per_stay}-{plan.seed}-v{_VERSION}"
    if source.is_dir():
        return source
    half = source.with_name(f"{source.name}.{os.getpid()}.part")
    try:
        _write(half, plan)
        half.replace(source)
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return source


def _write(folder: Path, plan: Plan) -> None:
    for name in ("hosp", "icu"):
        (folder / name).mkdir(parents=True)
    for path, text in published_files().items():
        data = text.encode()
        (folder / path).write_bytes(igzip.compress(data, _LEVEL, mtime=0) if path.endswith(".gz") else data)
    names = [*TABLES, "icu/chartevents"]
    with ExitStack() as context:
        files = {name: context.enter_context(_packed(folder / f"{name}.csv.gz", context)) for name in names}
        for part in range(plan.parts):
            for name, frame in _frames(plan, part):
                files[name].write(
                    frame.write_csv(include_header=part == 0, datetime_format="%Y-%m-%d %H:%M:%S").encode()
                )
            if part % 10 == 9:
                print(f"    stays generated: {(part + 1) * plan.stays_per_part:,}", file=sys.stderr, flush=True)


def _packed(path: Path, context: ExitStack) -> igzip.GzipFile:
    raw = context.enter_context(path.open("wb"))
    return igzip.GzipFile(fileobj=raw, mode="wb", compresslevel=_LEVEL, mtime=0, filename="")


def _frames(plan: Plan, part: int) -> Iterator[tuple[str, pl.DataFrame]]:
    cohort = draw_cohort(plan, part, np.random.Generator(np.random.PCG64([plan.seed, part, 0])))
    for number, (name, table) in enumerate(TABLES.items(), start=1):
        yield name, table(cohort, np.random.Generator(np.random.PCG64([plan.seed, part, number])))
    draw = np.random.Generator(np.random.PCG64([plan.seed, part, len(TABLES) + 1]))
    yield "icu/chartevents", chart_rows(cohort, plan.chart_rows_per_stay, draw)
