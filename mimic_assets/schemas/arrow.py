"""Arrow schemas derived from `tables`: what the Parquet files of a table hold."""

import pyarrow as pa

from mimic_assets.schemas.model import Table


def arrow_schema(table: Table) -> pa.Schema:
    """Return the Arrow schema of a table; unit and meaning travel as field metadata, nullability as declared."""
    plain: pa.Schema = table.empty().to_arrow().schema
    fields = []
    for column in table.columns:
        metadata = {"meaning": column.meaning} | ({"unit": column.unit} if column.unit else {})
        field = plain.field(column.name).with_nullable(column.name in table.optional)
        fields.append(field.with_metadata(metadata))
    return pa.schema(fields, metadata={"table": table.name})
