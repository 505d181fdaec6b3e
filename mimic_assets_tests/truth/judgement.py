"""A finished lake of a generated demo beside the truth about its source: what the tests of this folder look at."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from mimic_assets.defs.making import Workshop
from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import CLEANED_NUMERICS, CLINICAL_EXTRACT, RECORD_STAYS
from mimic_assets.settings import Settings
from mimic_assets.storage.keys import Key
from mimic_assets_tests.truth.planted import Planted

READ = ("abp_mean", "abp_systolic", "nbp_mean", "heart_rate", "spo2", "pulse_spo2", "pulse_abp")
"""Parameters that rules, or rules with a mistake, look at."""


@dataclass(frozen=True)
class Judgement:
    """A finished lake beside the truth about its source."""

    planted: Planted
    settings: Settings

    def rows(self, table: Table, *conditions: pl.Expr, task: str | None = None) -> list[dict[str, Any]]:
        """Return the rows of a table of the lake that meet all conditions, as dictionaries."""
        return self.scan(table, task).filter(*conditions).collect().to_dicts()

    def scan(self, table: Table, task: str | None = None) -> pl.LazyFrame:
        """Return the rows of a table of the lake, unread."""
        return Workshop(self.settings).lake.scan(table, task)

    def frames(self, subject_id: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """Return what events are found in: the extract, what rules read of cleaned numerics, and record stays."""
        workshop = Workshop(self.settings)
        extract = workshop.lake.read(CLINICAL_EXTRACT, workshop.bucket(subject_id), subject_id=subject_id)
        numerics = workshop.lake.read(CLEANED_NUMERICS, Key(subject_id))
        read = numerics.filter(pl.col("parameter").is_in(READ))
        return extract, read, workshop.lake.read(RECORD_STAYS, Key(subject_id))
