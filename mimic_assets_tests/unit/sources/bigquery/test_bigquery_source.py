"""The extract from BigQuery is the extract from csv.gz, byte for byte; the real client against an emulator."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from google.cloud import bigquery

from mimic_assets.clinical import extract, subjects
from mimic_assets.clinical.source_tables import SOURCE_TABLES
from mimic_assets.errors import RequestError
from mimic_assets.schemas.judged import Judged
from mimic_assets.schemas.tables import CLINICAL_EXTRACT
from mimic_assets.sources.bigquery.source import query_of
from mimic_assets.sources.demo import DemoPlan, generate_demo
from mimic_assets.sources.folder import FolderTree
from mimic_assets.storage.parquet import encode
from mimic_assets_tests.servers.bqemulator import BigQueryServer
from mimic_assets_tests.unit.clinical.clinical_source import LINES, write_source
from mimic_assets_tests.unit.sources.bigquery.bigquery_tables import client_of, load, losing_proxy, source_of

pytestmark = pytest.mark.bigquery


@pytest.fixture(scope="module")
def client(bigquery_server: BigQueryServer) -> bigquery.Client:
    return client_of(bigquery_server.endpoint)


def _demo(folder: Path) -> Path:
    """Generate a small source; return its clinical folder."""
    generate_demo(folder / "demo", DemoPlan(patients=4, hours=0.5, waveform_minutes=1))
    return folder / "demo" / "clinical"


def _bytes(made: dict[int, Judged]) -> dict[int, bytes]:
    return {bucket: encode(CLINICAL_EXTRACT, judged.frame, {}).data for bucket, judged in made.items()}


def _assert_parity(client: bigquery.Client, root: Path, spool: Path) -> None:
    files = dict(extract(FolderTree(root), 4, range(4), spool))
    source = source_of(client, load(client, root))
    queried = dict(extract(source, 4, range(4), spool))
    assert sum(judged.frame.height for judged in files.values()) > 100
    assert _bytes(queried) == _bytes(files)
    told = ["subject_id", "rule", "message", "defect_count"]
    for bucket, judged in files.items():
        assert queried[bucket].rejected.select(told).sort(told).equals(judged.rejected.select(told).sort(told))
    assert subjects(source) == subjects(FolderTree(root))


def test_the_generated_demo_gives_the_same_bytes(client: bigquery.Client, tmp_path: Path) -> None:
    _assert_parity(client, _demo(tmp_path), tmp_path / "spool")


@pytest.mark.real_data
def test_the_real_demo_gives_the_same_bytes(client: bigquery.Client, real_data: Path, tmp_path: Path) -> None:
    _assert_parity(client, real_data / "mimic-iv-demo", tmp_path / "spool")


def _one(source: Any, spool: Path) -> Judged:
    return next(judged for _, judged in extract(source, 1, [0], spool))


def test_codes_with_dots_and_spaces_are_the_same_codes(client: bigquery.Client, tmp_path: Path) -> None:
    write_source(tmp_path / "source")  # its diagnosis is written `i46.2 `
    judged = _one(source_of(client, load(client, tmp_path / "source")), tmp_path)
    assert judged.frame.filter(pl.col("source_table") == "diagnoses_icd").get_column("code").to_list() == ["I462"]


def test_a_missing_table_or_column_is_told_and_the_others_are_read(client: bigquery.Client, tmp_path: Path) -> None:
    write_source(tmp_path / "source")
    address = load(client, tmp_path / "source", without=("labevents", "chartevents.storetime"))
    judged = _one(source_of(client, address), tmp_path)
    told = dict(judged.rejected.select("file", "rule").iter_rows())
    assert told[f"bq://{address.hosp}/labevents"] == "missing_table"
    assert told[f"bq://{address.icu}/chartevents"] == "missing_column"
    assert "found no column storetime" in " ".join(judged.rejected.get_column("message"))
    assert set(judged.frame.get_column("source_table")) == set(SOURCE_TABLES) - {"labevents", "chartevents"}


def test_a_data_set_that_is_not_there_is_a_wrong_request(client: bigquery.Client, tmp_path: Path) -> None:
    write_source(tmp_path / "source")
    address = load(client, tmp_path / "source")
    wrong = replace(address, hosp="data.mimiciv_9_9_hosp")
    with pytest.raises(RequestError, match=r"no data set data\.mimiciv_9_9_hosp found"):
        _one(source_of(client, wrong), tmp_path)


def _sent_jobs(client: bigquery.Client, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return the configurations of the jobs that a client sends from now on."""
    jobs: list[dict[str, Any]] = []
    ask = client._connection.api_request

    def recorded(*args: Any, **named: Any) -> Any:
        if named.get("method") == "POST" and "configuration" in (named.get("data") or {}):
            jobs.append(named["data"]["configuration"])
        return ask(*args, **named)

    monkeypatch.setattr(client._connection, "api_request", recorded)
    return jobs


def test_every_query_is_estimated_first_limited_and_narrowed(
    client: bigquery.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_source(tmp_path / "source")
    source = source_of(client, load(client, tmp_path / "source"), subjects=(10000001,))
    jobs = _sent_jobs(client, monkeypatch)
    assert _one(source, tmp_path).frame.height == 13
    dry = [job.get("dryRun", False) for job in jobs]
    assert dry == [True] * 12 + [False] * 12
    assert {job["query"]["maximumBytesBilled"] for job in jobs} == {str(10**9)}
    charted = next(job["query"] for job in jobs if "FROM chartevents" in job["query"]["query"])
    assert charted["query"] == query_of(SOURCE_TABLES["chartevents"])
    asked = {p["name"]: p["parameterValue"] for p in charted["queryParameters"]}
    assert {v["value"] for v in asked["items"]["arrayValues"]} == {
        str(i) for i in SOURCE_TABLES["chartevents"].items or ()
    }
    assert asked["subjects"]["arrayValues"] == [{"value": "10000001"}]
    assert asked["wanted_buckets"]["arrayValues"] == [{"value": "0"}]


def test_subjects_that_are_not_asked_for_do_not_arrive(client: bigquery.Client, tmp_path: Path) -> None:
    write_source(tmp_path / "source", patients=[*LINES["hosp/patients"], "10000009,M,60,2134,2011 - 2013,"])
    address = load(client, tmp_path / "source")
    assert subjects(source_of(client, address)) == [10000001, 10000009]
    assert subjects(source_of(client, address, subjects=(10000009,))) == [10000009]
    rows = _one(source_of(client, address, subjects=(10000009,)), tmp_path / "spool").frame
    assert rows["subject_id"].unique().to_list() == [10000009]  # every other table holds rows of 10000001 alone


def test_an_estimate_above_the_limit_stops_before_any_query(
    client: bigquery.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_source(tmp_path / "source")
    source = source_of(client, load(client, tmp_path / "source"))
    source.maximum_bytes_billed = -1  # the emulator estimates every query at 0 bytes
    jobs = _sent_jobs(client, monkeypatch)
    with pytest.raises(RequestError, match=r"would read 0 bytes, at most -1 expected .* nothing was queried"):
        _one(source, tmp_path)
    assert [job.get("dryRun") for job in jobs] == [True] * len(SOURCE_TABLES)


def test_a_lost_connection_is_a_clear_error_without_a_bucket(
    client: bigquery.Client, bigquery_server: BigQueryServer, tmp_path: Path
) -> None:
    address = load(client, _demo(tmp_path))
    with losing_proxy(bigquery_server.port, after=150_000) as endpoint:
        buckets = extract(source_of(client_of(endpoint), address, page_rows=500), 2, [0, 1], tmp_path / "spool")
        with pytest.raises(RequestError, match=r"BigQuery stopped while reading .* resumes"):
            next(buckets)
    assert list((tmp_path / "spool").iterdir()) == []
    assert len(dict(extract(source_of(client, address), 2, [0, 1], tmp_path / "spool"))) == 2


def test_fingerprints_follow_the_tables(client: bigquery.Client, tmp_path: Path) -> None:
    write_source(tmp_path / "source")
    source = source_of(client, load(client, tmp_path / "source"))
    before = source.inputs()
    assert before == source.inputs()
    assert len(before) == 14  # twelve tables, who is asked for, and the queries
    client.delete_table(f"{source.address.hosp}.poe")
    assert before.keys() - source.inputs().keys() == {f"bq://{source.address.hosp}/poe"}
