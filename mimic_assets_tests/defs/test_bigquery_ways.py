"""Which way results of BigQuery come: streams of the Storage Read API, or pages through REST where that is said."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import NoneType

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.bigquery import Client

from mimic_assets.defs import bigquery
from mimic_assets.settings import load_settings
from mimic_assets.sources.bigquery.streams import ResultStreams


@contextmanager
def _client(_: object) -> Iterator[Client]:
    yield Client("billing", AnonymousCredentials())


@pytest.mark.parametrize(
    ("variables", "way"),
    [
        ({}, ResultStreams),
        ({"MIMIC_ASSETS_BIGQUERY_STORAGE_API": "0"}, NoneType),
        ({bigquery.EMULATOR: "http://127.0.0.1:1"}, NoneType),
    ],
    ids=["usual", "switched off", "emulator"],
)
def test_results_stream_unless_it_is_switched_off_or_an_emulator_is_asked(
    variables: dict[str, str], way: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bigquery.ClinicalBigQuery, "get_client", _client)
    monkeypatch.delenv(bigquery.EMULATOR, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    source = bigquery.open_source(load_settings(clinical="bq://billing"), list)
    storage = source.open_storage(source.client)
    with storage or nullcontext():
        assert type(storage) is way
