"""Settings: where values come from, what is refused, and that no secret is shown."""

import os
import pickle
from pathlib import Path

import pytest
from pydantic import SecretStr

from mimic_assets.errors import RequestError
from mimic_assets.settings import S3Settings, Settings, dagster_home_for, load_settings
from mimic_assets.tasks import shipped_tasks


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:

    for name in os.environ:
        if name.startswith(("MIMIC_ASSETS_", "AWS_")) or name == "DAGSTER_HOME":
            monkeypatch.delenv(name)


def test_defaults_are_the_demo() -> None:
    settings = load_settings()
    assert (settings.waveforms, settings.clinical, settings.lake) == (
        ".demo/source/waveforms",
        ".demo/source/clinical",
        ".demo/lake",
    )
    assert settings.tasks == shipped_tasks()
    assert (settings.buckets, settings.quarantine_share) == (16, 0.5)
    assert settings.workers >= 1
    assert settings.s3 == S3Settings()
    assert (settings.s3.endpoint, settings.s3.region, settings.s3.access_key_id) == (None, "us-east-1", None)


def test_the_environment_and_then_arguments_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIMIC_ASSETS_LAKE", "s3://from-environment/lake")
    monkeypatch.setenv("MIMIC_ASSETS_TASKS", " hypotension, my/task.toml ,hypotension")
    monkeypatch.setenv("MIMIC_ASSETS_WORKERS", "3")
    monkeypatch.setenv("MIMIC_ASSETS_BUCKETS", "")
    monkeypatch.setenv("MIMIC_ASSETS_TEST_DATA", "not a setting")
    settings = load_settings(workers=5, lake=None)
    assert settings.lake == "s3://from-environment/lake"
    assert settings.tasks == ("hypotension", "my/task.toml")
    assert (settings.workers, settings.buckets) == (5, 16)
    assert load_settings(tasks=["a", "b"]).tasks == ("a", "b")


def test_s3_falls_back_to_the_standard_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "https://standard", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "standard-id",
        "AWS_SECRET_ACCESS_KEY": "standard-secret", "REGION": "nonsense", "ENDPOINT": "nonsense",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    s3 = load_settings().s3
    assert (s3.endpoint, s3.region) == ("https://standard", "eu-west-1")
    assert s3.secret_access_key == SecretStr("standard-secret")
    monkeypatch.setenv("MIMIC_ASSETS_S3_ENDPOINT", "http://own")
    monkeypatch.setenv("MIMIC_ASSETS_S3_ALLOW_HTTP", "1")
    s3 = load_settings().s3
    assert (s3.endpoint, s3.region, s3.allow_http) == ("http://own", "eu-west-1", True)
    given = S3Settings(endpoint="http://argument", region="argument", access_key_id=SecretStr("argument"))
    assert (given.endpoint, given.region) == ("http://argument", "argument")
    assert given.access_key_id == SecretStr("argument")


def test_secrets_are_not_shown_but_travel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    settings = load_settings()
    assert "very-secret" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_every_problem_is_told_by_name_and_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIMIC_ASSETS_WORKERS", "many-values")
    with pytest.raises(RequestError) as refused:
        load_settings(buckets=0, quarantine_share=1.5, lakes="x", tasks="")
    message = str(refused.value)
    assert message.startswith("5 setting(s) cannot be used")
    for name in ("workers", "buckets", "quarantine_share", "lakes", "tasks"):
        assert f"  {name}: " in message
    assert "many-values" not in message
    assert refused.value.__suppress_context__


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().lake = "elsewhere"


def test_an_instance_belongs_to_one_lake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert dagster_home_for("lake") == tmp_path / "lake" / ".dagster"
    assert dagster_home_for(f"file://{tmp_path}/lake") == tmp_path / "lake" / ".dagster"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    one, other = dagster_home_for("s3://Bucket/a/lake"), dagster_home_for("s3://Bucket/a-lake")
    assert one.parent == other.parent == tmp_path / "home" / ".mimic-assets"
    assert one.name.startswith("bucket-a-lake-")
    assert one != other
    assert dagster_home_for("s3://Bucket/a/lake/") == one
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "given"))
    inside = dagster_home_for("s3://Bucket/a/lake")
    assert inside == tmp_path / "given" / one.name
    monkeypatch.setenv("DAGSTER_HOME", str(inside))
    assert dagster_home_for("s3://Bucket/a/lake") == inside  # a process started under it finds the same
