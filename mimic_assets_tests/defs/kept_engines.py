"""Dagster's databases opened with less work: what it makes anew for every connection is made once per journey.

Dagster 1.13 makes an SQLAlchemy engine, and with it a new cache of compiled statements, for each connection to SQLite,
and has Alembic read its 45 migrations several times for each new database. That is a third of the CPU time of a small
journey, and has nothing to do with what a test asks. Journeys by the command line do without this, as people's do.
"""

from types import ModuleType
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage
from sqlalchemy import Engine

_STORAGES: tuple[ModuleType, ...] = (sqlite_event_log, sqlite_run_storage, sqlite_schedule_storage)
_SCRIPTS: dict[str | None, ScriptDirectory] = {}
_READ_SCRIPTS = ScriptDirectory.from_config


def keep_engines(patch: pytest.MonkeyPatch) -> None:
    """Keep engines as long as the patch; they hold no connection (`NullPool`), so files may go and come back."""
    kept: dict[str, Engine] = {}
    make = sqlite_event_log.create_engine

    def engine(address: str, **options: Any) -> Engine:
        name = f"{address} {options}"
        if name not in kept:
            kept[name] = make(address, **options)
        return kept[name]

    def scripts(config: Config) -> ScriptDirectory:
        place = config.get_main_option("script_location")
        if place not in _SCRIPTS:
            _SCRIPTS[place] = _READ_SCRIPTS(config)
        return _SCRIPTS[place]

    for storage in _STORAGES:
        patch.setattr(storage, "create_engine", engine)
    patch.setattr(ScriptDirectory, "from_config", staticmethod(scripts))
