"""Our labels beside those of ACES on the MEDS export of the same lake, index time by index time.

Belongs here: running ACES in its own environment, and the table of what agrees and what differs for which reason. Run
`python -m mimic_assets_tests.comparisons.aces LAKE` to print it for a lake of your own.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from mimic_assets.cli.meds_export import write_meds
from mimic_assets.schemas.tables import CLINICAL_LABELS
from mimic_assets.settings import Settings
from mimic_assets.storage.lake import Lake

HERE = Path(__file__).parent
TASKS = ("in_hospital_death", "cardiac_arrest")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What both say about every index time of a task."""

    task: str
    rows: pl.DataFrame
    """`subject_id index_time label exclusion aces`: `aces` is null where ACES leaves the index time out."""

    @property
    def labelled(self) -> pl.DataFrame:
        """Index times that we label."""
        return self.rows.filter(pl.col("label").is_not_null())

    @property
    def disagreements(self) -> pl.DataFrame:
        """Index times that we label and ACES labels otherwise, or not at all."""
        return self.labelled.filter(pl.col("label").ne_missing(pl.col("aces")))

    @property
    def table(self) -> pl.DataFrame:
        """How many index times for each pair of answers; every difference has our reason beside it."""
        ours = pl.coalesce(pl.col("label").cast(pl.String), pl.format("excluded: {}", "exclusion"))
        aces = pl.col("aces").cast(pl.String).fill_null("left out")
        return self.rows.group_by(ours.alias("ours"), aces.alias("aces")).len("index_times").sort("ours", "aces")


def compare(settings: Settings, python: Path, folder: Path) -> list[Comparison]:
    """Export a lake as MEDS, let ACES label it, and put both side by side.

    Args:
        settings: lake and tasks.
        python: of the environment `aces`.
        folder: an empty folder for export and answers.
    """
    export = folder / "meds"
    write_meds(settings, export, are_named=True, progress=lambda *_: None)
    lake = Lake.open(settings.lake, settings.s3, create=False)
    found = []
    for task in settings.tasks:
        answers = folder / f"{task}.parquet"
        command = [
            str(python),
            str(HERE / "query_labels.py"),
            str(HERE / f"{task}.yaml"),
            str(export / "data"),
            str(answers),
        ]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        if finished.returncode:
            raise RuntimeError(f"ACES ended with {finished.returncode}: {finished.stderr[-2000:]}")
        ours = lake.scan(CLINICAL_LABELS, task).select("subject_id", "index_time", "label", "exclusion").collect()
        theirs = pl.read_parquet(answers).rename({"prediction_time": "index_time", "boolean_value": "aces"})
        both = ours.join(theirs, on=["subject_id", "index_time"], how="full", coalesce=True, maintain_order="left")
        found.append(Comparison(task, both))
    return found
