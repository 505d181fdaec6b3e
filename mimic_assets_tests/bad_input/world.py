"""A source and the lake that a whole journey made of it, as the tests look at them.

Belongs here: running the journey as `mimic-assets run` does, and reading rows back. What must be true is in the tests.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mimic_assets.cli.run import run_journey
from mimic_assets.schemas.tables import TABLES
from mimic_assets.storage.lake import Lake
from mimic_assets_tests.bad_input.source import Source
from mimic_assets_tests.defs.journeys import Place, rows
from mimic_assets_tests.defs.kept_engines import keep_engines

TASK = "in_hospital_death"


@dataclass(frozen=True, slots=True)
class World:
    """A finished journey."""

    place: Place
    summary: dict[str, Any]

    @property
    def source(self) -> Source:
        """Its source."""
        return Source(self.place.source)

    def frame(self, table: str, subject_id: int | None = None, record_id: int | None = None) -> pl.DataFrame:
        """Return the rows of a table, of one subject or record where one is named, in stored order."""
        lake = Lake.open(str(self.place.lake), self.place.settings().s3)
        frame = lake.scan(TABLES[table])
        if subject_id is not None:
            frame = frame.filter(pl.col("subject_id") == subject_id)
        if record_id is not None:
            frame = frame.filter(pl.col("record_id") == record_id)
        return frame.collect()

    def rejected(self, condition: str = "true") -> list[dict[str, Any]]:
        """Return rows of rejected_inputs through SQL, in a fixed order."""
        return rows(self.place.settings(), f"SELECT * FROM rejected_inputs WHERE {condition} ORDER BY ALL")


def travelled(source: Path, lake: Path) -> World:
    """Run the whole journey, as the command line does, with one worker and one task."""
    place = Place(source, lake)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", "")  # remembered here, set by the journey
        keep_engines(patch)
        summary = run_journey(place.settings(tasks=(TASK,)), "recorded", quiet=True)
    return World(place, summary)
