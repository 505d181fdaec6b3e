"""The ledger by the shipped definitions, without reviewers' decisions: what most tests of events ask for."""

from functools import cache

import polars as pl

from mimic_assets import events
from mimic_assets.events.definition import Rule
from mimic_assets.schemas.judged import Judged, Rows
from mimic_assets.schemas.tables import EVENT_ADJUDICATIONS


@cache
def shipped() -> tuple[events.Definition, ...]:
    """Return the definitions that come with the package."""
    return events.load_definitions()


def rule(name: str) -> Rule:
    """Return a shipped rule by its name."""
    return next(each for definition in shipped() for each in definition.rules if each.name == name)


def find_events(clinical_extract: pl.DataFrame, cleaned_numerics: Rows, record_stays: pl.DataFrame) -> Judged:
    """Return the events of these rows."""
    return events.find_events(shipped(), EVENT_ADJUDICATIONS.empty(), clinical_extract, cleaned_numerics, record_stays)
