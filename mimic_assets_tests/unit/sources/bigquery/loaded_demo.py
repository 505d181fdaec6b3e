"""A small generated source in the emulator, and what its extract has to be."""

from dataclasses import dataclass
from pathlib import Path

from google.cloud import bigquery

from mimic_assets.clinical import extract
from mimic_assets.clinical.source import ClinicalSource
from mimic_assets.schemas.tables import CLINICAL_EXTRACT
from mimic_assets.sources.bigquery.address import BigQueryAddress
from mimic_assets.sources.bigquery.source import BigQuerySource
from mimic_assets.sources.demo import DemoPlan, generate_demo
from mimic_assets.sources.folder import FolderTree
from mimic_assets.storage.parquet import encode
from mimic_assets_tests.servers.bqemulator import BigQueryServer
from mimic_assets_tests.unit.sources.bigquery.bigquery_tables import client_of, load, source_of

PAGE = 500
"""Rows of a page: chartevents is the one table with more."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A small source in the emulator."""

    address: BigQueryAddress
    server: BigQueryServer
    files: FolderTree
    """What was loaded."""
    expected: dict[int, bytes]
    """The extract of the files."""

    def source(self, client: bigquery.Client) -> BigQuerySource:
        return source_of(client, self.address, page_rows=PAGE)


def extract_bytes(source: FolderTree | ClinicalSource, spool: Path) -> dict[int, bytes]:
    made = extract(source, 2, [0, 1], spool)
    return {bucket: encode(CLINICAL_EXTRACT, judged.frame, {}).data for bucket, judged in made}


def load_demo(server: BigQueryServer, folder: Path) -> Loaded:
    generate_demo(folder, DemoPlan(patients=4, hours=0.5, waveform_minutes=1))
    root = folder / "clinical"
    files = FolderTree(root)
    return Loaded(load(client_of(server.endpoint), root), server, files, extract_bytes(files, folder / "spool"))
