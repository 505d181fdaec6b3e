"""The words the UI shows, derived from the schemas: descriptions, column schemas, column lineage, kinds, owners."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from mimic_assets.schemas.model import Field, Partitioning, Table
from mimic_assets.schemas.tables import TABLES

OWNERS = ["team:mimic-assets"]
_SPECIAL_KINDS = {
    "raw_records": {"wfdb"},
    "raw_numerics": {"csv"},
    "clinical_extract": {"csv"},
    "training_manifest": {"binary"},
}
_STORED_PER = {
    Partitioning.PATIENT: "patient",
    Partitioning.PATIENT_TASK: "patient and task",
    Partitioning.BUCKET: "bucket of subjects",
    Partitioning.TASK: "task",
    Partitioning.WHOLE: "lake",
}


def type_in_words(dtype: pl.DataType | type[pl.DataType]) -> str:
    """Return a column's type as the UI shows it, without what is the same everywhere.

    Examples:
        >>> type_in_words(pl.Int64), type_in_words(pl.Datetime("us")), type_in_words(pl.List(pl.Datetime("us")))
        ('Int64', 'Datetime', 'List(Datetime)')
    """
    return str(dtype).replace(str(pl.Datetime("us")), "Datetime")


def description(table: Table) -> str:
    """Return what a table holds, where its objects lie and what every one of them promises, as Markdown."""
    made = f" Made from {', '.join(table.upstream)}." if table.upstream else ""
    sentences = [f"One row per {table.one_row_per}.", f"One object per {_STORED_PER[table.partitioning]}.{made}"]
    promises = [f"- `{promise.name}`: {promise.sentence}" for promise in table.invariants]
    return "\n\n".join(
        [
            *sentences,
            *(["Every object promises, and is checked before it is written:", "\n".join(promises)] if promises else []),
        ]
    )


def _constraints(column: Field, table: Table) -> dg.TableColumnConstraints:
    other = []
    if column.minimum is not None:
        other.append(f">= {column.minimum:g}")
    if column.maximum is not None:
        other.append(f"<= {column.maximum:g}")
    if column.values is not None:
        other.append("one of " + ", ".join(member.value for member in column.values))
    return dg.TableColumnConstraints(
        nullable=column.name in table.optional, unique=(column.name,) == table.key, other=other
    )


def table_schema(table: Table) -> dg.TableSchema:
    """Return Dagster's column schema of a table."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=type_in_words(column.dtype),
                description=column.meaning + (f" Unit: {column.unit}." if column.unit else ""),
                constraints=_constraints(column, table),
            )
            for column in table.columns
        ],
        constraints=dg.TableConstraints(other=[f"{i.name}: {i.sentence}" for i in table.invariants]),
    )


def column_lineage(table: Table) -> dg.TableColumnLineage:
    """Return which upstream columns each column is made from."""
    lineage: dict[str, list[dg.TableColumnDep]] = {}
    for column in table.columns:
        sources = table.lineage.get(column.name) or tuple(
            (name, column.name) for name in table.upstream if column.name in TABLES[name].schema
        )
        if sources:
            lineage[column.name] = [
                dg.TableColumnDep(asset_key=dg.AssetKey(name), column_name=c) for name, c in sources
            ]
    return dg.TableColumnLineage(lineage)


def asset_arguments(table_name: str) -> Mapping[str, Any]:
    """Return what every asset of a table says about itself: `@dg.asset(**asset_arguments("raw_records"), ...)`."""
    table = TABLES[table_name]
    return {
        "name": table.name,
        "group_name": table.stage,
        "description": description(table),
        "kinds": {"polars", "parquet", *_SPECIAL_KINDS.get(table.name, ())},
        "owners": OWNERS,
        "metadata": {
            "dagster/column_schema": table_schema(table),
            "key": ", ".join(table.key),
            "sorted by": ", ".join(table.order),
            "stored per": _STORED_PER[table.partitioning],
        },
        "io_manager_key": "tables",
    }
