"""The clinical source in BigQuery, through dagster-gcp's resource; without credentials where an emulator is named.

Belongs here: opening a client and the clinical source with it. Not here: what is asked (`sources.bigquery`).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dagster_gcp import BigQueryResource
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import bigquery

from mimic_assets.errors import RequestError
from mimic_assets.settings import Settings
from mimic_assets.sources.bigquery.address import BigQueryAddress, parse_address
from mimic_assets.sources.bigquery.source import BigQuerySource
from mimic_assets.sources.bigquery.streams import ResultStreams, open_streams

EMULATOR = "BIGQUERY_EMULATOR_HOST"
"""The client library's own variable: the server that is asked instead of Google's."""


class ClinicalBigQuery(BigQueryResource):
    """dagster-gcp's resource; an emulator is asked without credentials."""

    @contextmanager
    def get_client(self) -> Iterator[bigquery.Client]:
        """Give a client of the billing project."""
        if os.environ.get(EMULATOR):
            yield bigquery.Client(project=self.project, location=self.location, credentials=AnonymousCredentials())
            return
        with super().get_client() as client:
            yield client


def address_of(settings: Settings) -> BigQueryAddress:
    """Return the clinical source's address, data sets that it does not name being the settings'."""
    return parse_address(settings.clinical, settings.bigquery.hosp, settings.bigquery.icu)


def resource_of(settings: Settings) -> ClinicalBigQuery:
    """Return the resource that clients of the clinical source come from."""
    return ClinicalBigQuery(project=address_of(settings).billing_project, location=settings.bigquery.location)


def open_source(settings: Settings, recorded: Callable[[], list[int]]) -> BigQuerySource:
    """Return the clinical source; `recorded` gives the subjects of the waveform source, asked for alone if so said.

    Raises:
        RequestError: the address is wrong, or there are no credentials that can be used.
    """
    address = address_of(settings)
    try:
        with resource_of(settings).get_client() as client:
            return BigQuerySource(
                client,
                address,
                settings.bigquery.maximum_bytes_billed,
                tuple(sorted(recorded())) if address.only_recorded else None,
                open_storage=_storage
                if settings.bigquery.storage_api and not os.environ.get(EMULATOR)
                else _no_storage,
            )
    except GoogleAuthError as error:
        raise RequestError(
            f"no credentials for BigQuery found ({type(error).__name__}), those of a user or service account expected. "
            "Log in with `gcloud auth application-default login`, or name a key file in GOOGLE_APPLICATION_CREDENTIALS."
        ) from None


def _no_storage(client: bigquery.Client) -> None:
    """Results come in pages of the REST interface."""


def _storage(client: bigquery.Client) -> ResultStreams:
    return open_streams(client._credentials)  # the client has no public name for them
