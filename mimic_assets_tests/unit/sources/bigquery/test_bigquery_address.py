"""Addresses in BigQuery, the near misses of their parts, and the SQL that is shipped."""

import re
from pathlib import Path

import pytest

from mimic_assets.clinical.source_tables import SOURCE_TABLES, SourceTable
from mimic_assets.defs.making import Workshop
from mimic_assets.errors import RequestError
from mimic_assets.settings import Settings, load_settings
from mimic_assets.sources.bigquery.address import BigQueryAddress, parse_address
from mimic_assets.sources.bigquery.source import query_of


def _parsed(text: str) -> BigQueryAddress:
    return parse_address(text, "data.hosp", "data.icu")


def test_an_address_names_who_pays_and_the_data_sets() -> None:
    assert _parsed("bq://my-bill") == BigQueryAddress("my-bill", "data.hosp", "data.icu")
    given = _parsed("bq://my-bill?hosp=other.h_1&icu=physionet-data.mimiciv_2_2_icu&subjects=recorded")
    assert given == BigQueryAddress("my-bill", "other.h_1", "physionet-data.mimiciv_2_2_icu", True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bq://", "PROJECT"),
        ("bq://my-bill/hosp", "Name the billing project"),
        ("bq://my-bill?hops=a.b", "Did you mean hosp"),
        ("bq://my-bill?hosp=a1.b&hosp=a1.c", "twice"),
        ("bq://my-bill?icu=mimiciv_3_1_icu", "PROJECT.DATASET expected"),
        ("bq://my-bill?subjects=record", "Did you mean recorded"),
    ],
)
def test_a_wrong_address_says_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(RequestError, match=re.escape(said)):
        _parsed(text)


def test_the_limit_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIMIC_ASSETS_BIGQUERY_MAXIMUM_BYTES_BILLED", "20000000")
    assert load_settings().bigquery.maximum_bytes_billed == 20_000_000
    assert load_settings().bigquery.hosp == "physionet-data.mimiciv_3_1_hosp"


@pytest.mark.parametrize("table", SOURCE_TABLES.values(), ids=lambda table: table.name)
def test_each_query_names_exactly_the_columns_that_are_read(table: SourceTable) -> None:
    query = query_of(table)
    selected = re.search(r"SELECT\n(.*?)\nFROM (\w+)\n", query, re.DOTALL)
    assert selected is not None
    assert [name.strip() for name in selected[1].split(",")] == list(table.columns)
    assert selected[2] == table.name
    assert ("itemid IN UNNEST(@items)" in query) == (table.items is not None)
    pattern = re.search(r"REGEXP_CONTAINS\((\w+), @matching\)", query)
    assert (pattern and pattern[1]) == (table.matching and table.cells[table.matching[0]].column)


def test_without_credentials_the_request_is_refused_and_says_how_to_log_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BIGQUERY_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    with pytest.raises(RequestError, match=r"no credentials for BigQuery found .*gcloud auth") as refusal:
        _ = Workshop(Settings(clinical="bq://my-bill", waveforms=str(tmp_path), lake=str(tmp_path / "lake"))).clinical
    assert "key.json" not in str(refusal.value)
