"""Which edition of MIMIC-IV the columns of a source look like: one sentence, for `doctor` and the extract's notes.

Columns alone cannot tell 2.2 from 3.x: the tables that are read have the same ones in both (2.2 demo and 3.1 compared).
Editions before them lack the columns of providers and caregivers; nothing that is read depends on those.
"""

from collections.abc import Iterable

from mimic_assets.clinical.source import ClinicalSource
from mimic_assets.clinical.source_tables import SOURCE_TABLES

_SINCE_2_2 = {
    "admissions": "admit_provider_id",
    "chartevents": "caregiver_id",
    "inputevents": "caregiver_id",
    "labevents": "order_provider_id",
    "poe": "order_provider_id",
    "procedureevents": "caregiver_id",
}
"""Table -> a column that it has since 2.2."""


def describe_edition(source: ClinicalSource) -> str:
    """Return which edition the columns look like, which tables are not there and which columns that are read lack."""
    seen = {name: source.columns(table) for name, table in SOURCE_TABLES.items()}
    columns = {name: {column.lower() for column in found} for name, found in seen.items() if found is not None}
    votes = {marker in columns[name] for name, marker in _SINCE_2_2.items() if name in columns}
    looks = {
        frozenset({True}): "MIMIC-IV 2.2 or 3.x (the same columns)",
        frozenset({False}): "MIMIC-IV before 2.2",
        frozenset({True, False}): "more than one edition of MIMIC-IV",
    }.get(frozenset(votes), "no edition of MIMIC-IV that can be told")
    lacking = [
        f"{name}.{column}"
        for name, table in SOURCE_TABLES.items()
        for column in table.columns
        if name in columns and column not in columns[name]
    ]
    absent = [name for name in SOURCE_TABLES if name not in columns]
    return f"columns look like {looks}{_listed('tables missing', absent)}{_listed('columns missing', lacking)}"


def _listed(what: str, names: Iterable[str]) -> str:
    joined = ", ".join(names)
    return f"; {what}: {joined}" if joined else ""
