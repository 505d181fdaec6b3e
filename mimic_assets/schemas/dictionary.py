"""The data dictionary as Markdown, generated from the schemas: `python -m mimic_assets.schemas.dictionary FILE`."""

import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from mimic_assets.schemas import vocabulary
from mimic_assets.schemas.model import Field, Table
from mimic_assets.schemas.tables import REJECTED_INPUTS, TABLES


def _type(dtype: pl.DataType | type[pl.DataType]) -> str:
    return str(dtype if isinstance(dtype, pl.DataType) else dtype()).replace(
        "Datetime(time_unit='us', time_zone=None)", "Datetime(us)"
    )


def _limits(column: Field) -> str:
    if column.values is not None:
        return f"one of [{column.values.__name__}](#{column.values.__name__.lower()})"
    if column.minimum is None and column.maximum is None:
        return ""
    low = "" if column.minimum is None else f"{column.minimum:g} ≤ "
    high = "" if column.maximum is None else f" ≤ {column.maximum:g}"
    return f"{low}x{high} ({column.limit_source})"


def _table(table: Table) -> Iterator[str]:
    yield f"## {table.name}"
    yield f"Stage *{table.stage}*. One row per {table.one_row_per}."
    made = f" Made from {', '.join(f'`{name}`' for name in table.upstream)}." if table.upstream else ""
    stored = f"Stored per {table.partitioning.value.replace('_', ' and ')}"
    yield f"{stored}; key `{', '.join(table.key)}`; sorted by `{', '.join(table.order)}`.{made}"
    rows = ["| column | type | unit | null | meaning | limits |", "|---|---|---|---|---|---|"]
    for c in table.columns:
        null = "yes" if c.name in table.optional else "no"
        rows.append(f"| `{c.name}` | {_type(c.dtype)} | {c.unit or ''} | {null} | {c.meaning} | {_limits(c)} |")
    yield "\n".join(rows)
    if table.invariants:
        yield "Promises checked on every object:\n\n" + "\n".join(
            f"- **{i.name}**: {i.sentence}" for i in table.invariants
        )


def _vocabularies() -> Iterator[str]:
    yield "# Closed lists"
    for item in vars(vocabulary).values():
        if isinstance(item, type) and issubclass(item, vocabulary.Vocabulary) and item is not vocabulary.Vocabulary:
            yield f"## {item.__name__}"
            yield (item.__doc__ or "").strip()
            yield "\n".join(
                ["| value | means |", "|---|---|", *(f"| `{member.value}` | {member.sentence} |" for member in item)]
            )


def data_dictionary() -> str:
    """Return the whole dictionary: every table in the order of the journey, then every closed list."""
    parts = [
        "# Data dictionary",
        "Generated from `mimic_assets/schemas`; edit there, then run `make dictionary`. Times are UTC-naive "
        "de-identified wall times, ticks count from the record's first sample, intervals are `(start, end]`, missing "
        "is null.",
        *(part for table in [*TABLES.values(), REJECTED_INPUTS] for part in _table(table)),
        *_vocabularies(),
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(data_dictionary(), encoding="utf-8")
