"""A lake on S3 holds the bytes of a local one; with wrong credentials nothing happens but one clear sentence."""

import hashlib
import time
from pathlib import Path

import pytest

from mimic_assets.storage.lake import Lake
from mimic_assets_tests.defs.journeys import (
    RealJourney,
    assert_every_table_has_objects,
    linked_arguments,
    run_command,
    summary_of,
)
from mimic_assets_tests.servers.seaweedfs import S3Server

pytestmark = [pytest.mark.s3, pytest.mark.real_data, pytest.mark.slow]

REFUSED_WITHIN_S = 60
"""CPU and network together, Python's start included."""


def test_the_linked_records_give_the_same_objects_on_s3(
    real_data: Path, linked_journey: RealJourney, s3_server: S3Server, s3_lake_uri: str, tmp_path: Path
) -> None:
    environment = {"DAGSTER_HOME": str(tmp_path / "instances"), "TMPDIR": str(tmp_path)}
    arguments = ["run", *linked_arguments(real_data), "--lake", s3_lake_uri, "--json"]
    summary = summary_of(run_command(*arguments, environment=environment | s3_server.environment))
    lake = Lake.open(s3_lake_uri, s3_server.settings)
    listed = [info.path for info in lake.list_files("")]
    found = {path: hashlib.sha256(lake.root.get(path)).hexdigest() for path in listed}
    assert_every_table_has_objects(found)
    assert set(found) == set(linked_journey.objects)
    assert [path for path in found if found[path] != linked_journey.objects[path]] == []
    assert summary["tables"] == linked_journey.summary["tables"]
    assert summary["tasks"] == linked_journey.summary["tasks"]
    homes = list((tmp_path / "instances").iterdir())
    assert len(homes) == 1  # one instance, named by the lake
    secret = s3_server.environment["MIMIC_ASSETS_S3_SECRET_ACCESS_KEY"].encode()
    assert not any(secret in path.read_bytes() for path in homes[0].rglob("*") if path.is_file())


def test_wrong_credentials_say_so_once_and_leave_nothing(
    real_data: Path, s3_server: S3Server, s3_lake_uri: str, tmp_path: Path
) -> None:
    environment = s3_server.environment | {
        "MIMIC_ASSETS_S3_SECRET_ACCESS_KEY": "not-the-secret",
        "DAGSTER_HOME": str(tmp_path / "instances"),
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path),
    }
    started = time.monotonic()
    refused = run_command("run", *linked_arguments(real_data), "--lake", s3_lake_uri, "--json", environment=environment)
    assert time.monotonic() - started < REFUSED_WITHIN_S
    assert refused.returncode == 2
    assert refused.stdout == ""
    said = refused.stderr.splitlines()
    assert len(said) == 1, refused.stderr
    assert said[0].startswith("Error: ")
    assert "the credentials were refused" in said[0]
    assert "MIMIC_ASSETS_S3_SECRET_ACCESS_KEY" in said[0]  # what to check
    assert "not-the-secret" not in said[0]
    assert list(tmp_path.iterdir()) == []
    assert Lake.open(s3_lake_uri, s3_server.settings).list_files("") == []
