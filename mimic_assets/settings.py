"""What a deployment may set, typed and read once: environment (`MIMIC_ASSETS_*`), or arguments that win over it.

Belongs here: names, defaults and checks of settings. Not here: opening what they name (`storage`, `sources`).
"""

import hashlib
import os
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mimic_assets.errors import RequestError
from mimic_assets.tasks import shipped_tasks


def _either(name: str, *standard: str) -> AliasChoices:
    """Our own variable first, then the AWS standard ones (a bare REGION means nothing)."""
    return AliasChoices(f"MIMIC_ASSETS_S3_{name.upper()}", *standard)


class S3Settings(BaseSettings):
    """An S3 endpoint and how to sign; each part falls back to the standard AWS variable."""

    model_config = SettingsConfigDict(
        env_prefix="MIMIC_ASSETS_S3_", frozen=True, extra="forbid", env_ignore_empty=True, populate_by_name=True
    )

    endpoint: str | None = Field(
        default=None, validation_alias=_either("endpoint", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    )
    """URL of the server; None means AWS."""
    region: str = Field(default="us-east-1", validation_alias=_either("region", "AWS_REGION", "AWS_DEFAULT_REGION"))
    access_key_id: SecretStr | None = Field(
        default=None, validation_alias=_either("access_key_id", "AWS_ACCESS_KEY_ID")
    )
    """None, here or below: the machine's own role is asked."""
    secret_access_key: SecretStr | None = Field(
        default=None, validation_alias=_either("secret_access_key", "AWS_SECRET_ACCESS_KEY")
    )
    session_token: SecretStr | None = Field(
        default=None, validation_alias=_either("session_token", "AWS_SESSION_TOKEN")
    )
    allow_http: bool = Field(default=False, validation_alias=_either("allow_http", "AWS_ALLOW_HTTP"))
    """Whether an endpoint without encryption is meant."""


class BigQuerySettings(BaseSettings):
    """Clinical tables in BigQuery: what an address `bq://...` does not say."""

    model_config = SettingsConfigDict(
        env_prefix="MIMIC_ASSETS_BIGQUERY_", frozen=True, extra="forbid", env_ignore_empty=True
    )

    hosp: str = "physionet-data.mimiciv_3_1_hosp"
    """Data set of the hospital tables, with its project."""
    icu: str = "physionet-data.mimiciv_3_1_icu"
    """Data set of the ICU tables, with its project."""
    location: str | None = None
    """Where queries run; None: where the data sets lie."""
    maximum_bytes_billed: int = Field(default=100_000_000_000, ge=10_485_760)
    """Limit of each query, in bytes (BigQuery bills at least 10 MiB); the largest table's columns are about 30 GB."""
    storage_api: bool = True
    """Whether results stream through the Storage Read API (needs bigquery.readsessions.create); else through REST."""


class Settings(BaseSettings):
    """Everything `definitions.build_definitions` and the command line need to know."""

    model_config = SettingsConfigDict(env_prefix="MIMIC_ASSETS_", frozen=True, extra="forbid", env_ignore_empty=True)

    waveforms: str = ".demo/source/waveforms"
    """Folder in the layout of the MIMIC-IV Waveform Database."""
    clinical: str = ".demo/source/clinical"
    """Folder in the layout of MIMIC-IV (`hosp/`, `icu/`), or bq://BILLING_PROJECT?hosp=...&icu=... in BigQuery."""
    lake: str = ".demo/lake"
    """Folder or s3://bucket/prefix that the tables live in."""
    tasks: Annotated[tuple[str, ...], NoDecode] = Field(default_factory=shipped_tasks, min_length=1)
    """Names of shipped tasks or paths of task files; in the environment separated by commas."""
    events: Annotated[tuple[str, ...], NoDecode] = ()
    """Files or folders of event definitions, in place of shipped ones of the same name or beside them."""
    adjudications: str | None = None
    """CSV of reviewers' decisions about events; a lake that holds some is not made again without it."""
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=1024)
    """Processes that work on keys side by side."""
    buckets: int = Field(default=16, ge=1, le=9999)
    """Objects that `clinical_extract` is cut into; a lake keeps the number it was made with."""
    quarantine_share: float = Field(default=0.5, ge=0, le=1)
    """Largest share of a run's keys that may fail before the blocking check stops the rest."""
    s3: S3Settings = Field(default_factory=S3Settings)
    bigquery: BigQuerySettings = Field(default_factory=BigQuerySettings)

    @field_validator("tasks", "events", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, (list, tuple)):
            return tuple(dict.fromkeys(value))
        return value


def load_settings(**given: Any) -> Settings:
    """Return the settings: arguments first (None means not given), then the environment, then the defaults.

    Raises:
        RequestError: values that cannot be; all problems at once, by name, without the values.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problems = "\n".join(
            f"  {'.'.join(str(part) for part in e['loc']) or 'settings'}: {e['msg']}"
            for e in error.errors(include_input=False, include_url=False, include_context=False)
        )
        raise RequestError(
            f"{error.error_count()} setting(s) cannot be used; each is an option or a variable MIMIC_ASSETS_<NAME>:\n"
            f"{problems}"
        ) from None


def dagster_home_for(lake: str) -> Path:
    """Return the folder of the Dagster instance that belongs to a lake: one instance never serves two lakes.

    A local lake has it inside (`<lake>/.dagster`). For a lake on S3 it is a folder named by the lake below
    `$DAGSTER_HOME`, or below `~/.mimic-assets`; a `$DAGSTER_HOME` that already is that folder is kept.
    """
    if not lake.startswith("s3://"):
        return Path(lake.removeprefix("file://")).expanduser().absolute() / ".dagster"
    address = lake.rstrip("/")
    readable = re.sub(r"[^a-z0-9]+", "-", address.removeprefix("s3://").lower()).strip("-")[:60]
    name = f"{readable}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"
    given = os.environ.get("DAGSTER_HOME")
    base = Path(given).expanduser().absolute() if given else Path.home() / ".mimic-assets"
    return base if base.name == name else base / name
