"""The words the UI shows, derived from the schemas: descriptions, column schemas, column lineage, kinds, owners."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from mimic_assets.schemas.model import Field, Table
from mimic_assets.schemas.tables import TABLES

OWNERS = ["team:mimic-assets"]
_SPECIAL_KINDS = {
    "raw_records": {"wfdb"},
    "raw_numerics": {"csv"},
    "clinical_extract": {"csv"},
    "training_manifest": {"binary"},
}


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
                type=str(column.dtype),
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
        "description": f"One row per {table.one_row_per}.",
        "kinds": {"polars", "parquet", *_SPECIAL_KINDS.get(table.name, ())},
        "owners": OWNERS,
        "metadata": {
            "dagster/column_schema": table_schema(table),
            "key": ", ".join(table.key),
            "sorted by": ", ".join(table.order),
            "stored per": table.partitioning.value,
        },
        "io_manager_key": "tables",
    }
