"""For people who take a small table to pandas: typed previews of labels and manifest.

The one place where pandas is used. The frames are checked by Dagster as pandas types built from our own schemas and are
kept as CSV beside the instance, never in run metadata, which holds column statistics only.
"""

from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import polars as pl
from dagster_pandas import PandasColumn, create_dagster_pandas_dataframe_type

from mimic_assets.defs.describing import OWNERS
from mimic_assets.defs.making import Workshop
from mimic_assets.schemas.model import Field, Table
from mimic_assets.schemas.tables import CLINICAL_LABELS, TRAINING_MANIFEST

ROWS = 1000
"""Rows a preview shows at most, the first in the order of patients."""


def _column(field: Field, table: Table) -> PandasColumn:
    nullable = field.name in table.optional
    if field.values is not None:
        return PandasColumn.categorical_column(
            field.name,
            {member.value for member in field.values},
            non_nullable=not nullable,
            ignore_missing_vals=nullable,
        )
    if field.dtype == pl.Datetime("us"):
        return PandasColumn.exists(field.name, non_nullable=not nullable)
    if field.dtype == pl.Boolean:
        return PandasColumn.exists(field.name, non_nullable=not nullable)
    if isinstance(field.dtype(), pl.Int32 | pl.Int64 | pl.Float64) and not nullable:  # type: ignore[operator]
        return PandasColumn.numeric_column(
            field.name, min_value=field.minimum if field.minimum is not None else -float("inf"), non_nullable=True
        )
    return PandasColumn.exists(field.name, non_nullable=not nullable)


def preview_type(table: Table) -> dg.DagsterType:
    """Return the pandas type of a table: column names, nullability, limits and vocabularies of our schema."""
    return create_dagster_pandas_dataframe_type(
        name=f"{''.join(word.title() for word in table.name.split('_'))}Preview",
        description=f"The first {ROWS} rows of {table.name} as pandas.",
        columns=[_column(column, table) for column in table.columns],
        metadata_fn=lambda frame: {
            "rows": len(frame),
            "missing": dg.MetadataValue.json({n: int(c) for n, c in frame.isna().sum().items()}),
        },
    )


class PreviewIO(dg.IOManager):
    """Keeps previews as CSV files beside the Dagster instance."""

    def __init__(self, folder: Path) -> None:
        """Take the folder the files go to."""
        self._folder = folder

    def handle_output(self, context: dg.OutputContext, obj: pd.DataFrame) -> None:
        """Write one preview whole."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{context.asset_key.path[-1]}.csv"
        temporary = path.with_suffix(".tmp")
        obj.to_csv(temporary, index=False)
        temporary.replace(path)
        context.add_output_metadata({"file": str(path), "dagster/row_count": len(obj)})

    def load_input(self, context: dg.InputContext) -> Any:
        """Return a preview."""
        return pd.read_csv(self._folder / f"{context.asset_key.path[-1]}.csv")


def _preview(table: Table, workshop: Workshop) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"{table.name}_preview",
        group_name="previews",
        description=f"The first {ROWS} rows of {table.name} as a typed pandas frame.",
        kinds={"pandas"},
        owners=OWNERS,
        deps=[table.name],
        dagster_type=preview_type(table),
        io_manager_key="previews",
    )
    def preview() -> pd.DataFrame:
        return workshop.lake.scan(table).head(ROWS).collect().to_pandas()

    return preview


def all_previews(workshop: Workshop) -> list[dg.AssetsDefinition]:
    """Return the previews of the tables small enough to carry to pandas."""
    return [_preview(table, workshop) for table in (CLINICAL_LABELS, TRAINING_MANIFEST)]
