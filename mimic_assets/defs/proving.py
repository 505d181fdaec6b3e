"""Windows of a run drawn by name and made again by a crew, whose processes import this: no Dagster here.

Belongs here: which and how many, and what the differences count up to. Does not belong here: how a window is made again
(`rebuilding`), and what Dagster is told (`proof`).
"""

from collections import Counter

import polars as pl

from mimic_assets.defs.crew import Crew
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.outcomes import read_outcomes
from mimic_assets.defs.rebuilding import NAMES, Rebuilt, choose_windows, rebuild_windows
from mimic_assets.schemas.tables import WINDOWED_SAMPLES

AT_MOST = 20
"""Windows of a run."""
PER_PATIENT = 2
"""Windows of one patient."""


def prove_run(workshop: Workshop, crew: Crew, run_id: str) -> list[Rebuilt]:
    """Return what became of the windows drawn from a run's keys."""
    outcomes = read_outcomes(workshop.home, run_id, WINDOWED_SAMPLES.name)
    subjects = [int(outcome.key) for outcome in outcomes if outcome.is_stored]
    scans = [workshop.lake.scan(WINDOWED_SAMPLES, task.name, subjects).select(NAMES) for task in workshop.tasks]
    names = pl.concat([scan.collect() for scan in scans])
    of_patients = choose_windows(names, AT_MOST, PER_PATIENT).partition_by("subject_id", maintain_order=True)
    return [window for rebuilt in crew.work(_prove, of_patients, _unproven) for window in rebuilt]


def _prove(workshop: Workshop, chosen: pl.DataFrame) -> list[Rebuilt]:
    places = workshop.lake, workshop.tasks, workshop.definitions, workshop.bucket, workshop.open_signals
    return list(rebuild_windows(*places, chosen))


def _unproven(chosen: pl.DataFrame) -> list[Rebuilt]:
    problem = "the worker process died while making it again, twice (out of memory?)"
    return [
        Rebuilt(task, subject, sample, problem=problem) for task, subject, sample in chosen.select(NAMES).iter_rows()
    ]


def count_columns(rebuilt: list[Rebuilt]) -> dict[str, int]:
    """Return input column -> windows in which it differed, most first."""
    counted = Counter(column for window in rebuilt for column in window.differing)
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))
