"""The places and tasks that keys are made with: settings, and what they name, opened once per process.

Belongs here: opening. Does not belong here: what is made of it (`making`).
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from mimic_assets import clinical, events, records
from mimic_assets.numerics.parameters import PARAMETERS
from mimic_assets.settings import Settings, dagster_home_for
from mimic_assets.signals import SignalReader
from mimic_assets.sources.bigquery.address import is_bigquery
from mimic_assets.sources.folder import FolderTree
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import Task, check_against, load_task


@dataclass
class Places:
    """What the settings name."""

    settings: Settings

    @cached_property
    def lake(self) -> Lake:
        """The lake that tables are read from and written to."""
        return Lake.open(self.settings.lake, self.settings.s3)

    @cached_property
    def waveforms(self) -> FolderTree:
        """The waveform source."""
        return FolderTree(Path(self.settings.waveforms), self._hash_cache)

    @cached_property
    def clinical(self) -> clinical.ClinicalSource:
        """The clinical source."""
        if is_bigquery(self.settings.clinical):
            from mimic_assets.defs.bigquery import open_source  # five seconds to import, for those who ask for it

            return open_source(self.settings, lambda: sorted(records.find_patients(self.waveforms)[0]))
        return clinical.CsvFiles(FolderTree(Path(self.settings.clinical), self._hash_cache))

    @cached_property
    def home(self) -> Path:
        """The folder of this lake's Dagster instance."""
        return dagster_home_for(self.settings.lake)

    @property
    def _hash_cache(self) -> Path:
        return self.home / "file_hashes.sqlite"

    @cached_property
    def tasks(self) -> list[Task]:
        """The tasks of this lake, in the order they were asked for; each event and parameter they name exists."""
        tasks = [load_task(name) for name in self.settings.tasks]
        kinds = [definition.name for definition in self.definitions]
        for task in tasks:
            check_against(task, kinds, [parameter.name for parameter in PARAMETERS])
        return tasks

    @cached_property
    def definitions(self) -> tuple[events.Definition, ...]:
        """What counts as an event: the shipped definitions, and those of the settings."""
        return events.load_definitions(self.settings.events)

    def open_signals(self, rows: pl.DataFrame) -> SignalReader:
        """Return the samples of one record, given its rows of raw_records."""
        return records.open_signals(self.waveforms, rows)

    def bucket(self, subject_id: int) -> Key:
        """Return where the clinical rows of a subject lie."""
        return Key(clinical.bucket_of(subject_id, self.settings.buckets))

    def open_existing_lake(self) -> None:
        """Open the lake for reading only.

        Raises:
            RequestError: there is none.
        """
        self.lake = Lake.open(self.settings.lake, self.settings.s3, create=False)
