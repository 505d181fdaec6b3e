"""`doctor` on clinical tables in BigQuery: what is missing is named; the real client against the emulator."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mimic_assets.cli.app import app
from mimic_assets.cli.examination import Finding, Status
from mimic_assets.defs import bigquery
from mimic_assets.sources.bigquery.address import BigQueryAddress
from mimic_assets_tests.servers.answering_proxy import answering_proxy
from mimic_assets_tests.servers.bqemulator import BigQueryServer
from mimic_assets_tests.unit.clinical.clinical_source import write_source
from mimic_assets_tests.unit.sources.bigquery.bigquery_tables import client_of, load
from mimic_assets_tests.unit.sources.bigquery.documented_errors import QUOTED, refused

pytestmark = pytest.mark.bigquery


@pytest.fixture(autouse=True)
def _asked(bigquery_server: BigQueryServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(bigquery.EMULATOR, bigquery_server.endpoint)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)


def _clinical_source(address: BigQueryAddress, folder: Path) -> Finding:
    clinical = f"bq://billing?hosp={address.hosp}&icu={address.icu}"
    asked = ["doctor", "--json", "--lake", str(folder / "lake"), "--clinical", clinical, "--waveforms", str(folder)]
    result = CliRunner().invoke(app, asked, catch_exceptions=False)
    [entry] = [entry for entry in json.loads(result.stdout) if entry["name"] == "clinical source"]
    return Finding(**entry | {"status": Status(entry["status"])})


def _looked(server: BigQueryServer, folder: Path, *without: str) -> Finding:
    write_source(folder / "source")
    return _clinical_source(load(client_of(server.endpoint), folder / "source", without=without), folder)


def test_whole_data_sets_are_well(bigquery_server: BigQueryServer, tmp_path: Path) -> None:
    finding = _looked(bigquery_server, tmp_path)
    assert (finding.status, finding.advice) == (Status.OK, "")
    assert finding.found.startswith("12 of 12 tables can be read in data.hosp_")


@pytest.mark.real_data
def test_the_published_demo_which_is_edition_2_2_has_every_column(
    bigquery_server: BigQueryServer, real_data: Path, tmp_path: Path
) -> None:
    address = load(client_of(bigquery_server.endpoint), real_data / "mimic-iv-demo")
    assert _clinical_source(address, tmp_path).status is Status.OK


def test_missing_tables_and_columns_are_named(bigquery_server: BigQueryServer, tmp_path: Path) -> None:
    finding = _looked(bigquery_server, tmp_path, "labevents", "chartevents.storetime", "chartevents.valuenum")
    assert finding.status is Status.WARNING
    said = "chartevents: found no column storetime, valuenum; no table labevents"
    assert finding.found.startswith("10 of 12 tables can be read in ")
    assert sorted(finding.found.partition(": ")[2].split("; ")) == said.split("; ")
    assert "stays have no negatives" in finding.advice


def test_without_what_makes_a_stay_it_is_a_problem(bigquery_server: BigQueryServer, tmp_path: Path) -> None:
    finding = _looked(bigquery_server, tmp_path, "icustays.stay_id", "patients")
    assert finding.status is Status.PROBLEM
    assert "icustays: found no column stay_id" in finding.found
    assert "no table patients" in finding.found
    assert finding.advice.endswith("without patients, icustays no stay is known.")


def test_a_data_set_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    finding = _clinical_source(BigQueryAddress("billing", "data.mimiciv_9_9_hosp", "data.mimiciv_9_9_icu"), tmp_path)
    assert (finding.status, "no data set data.mimiciv_9_9_hosp" in finding.found) == (Status.PROBLEM, True)


def test_a_refusal_is_a_problem_and_quotes_nothing(
    bigquery_server: BigQueryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering_proxy(bigquery_server.port, lambda _: refused(403, "accessDenied")) as proxy:
        monkeypatch.setenv(bigquery.EMULATOR, proxy.endpoint)
        finding = _clinical_source(BigQueryAddress("billing", "data.h", "data.i"), tmp_path)
    assert finding.status is Status.PROBLEM
    assert "(Forbidden, accessDenied)" in finding.found
    assert "rights" in finding.found + finding.advice
    assert QUOTED.split()[1] not in finding.found + finding.advice
