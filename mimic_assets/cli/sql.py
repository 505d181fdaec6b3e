"""`mimic-assets sql`: ask every table of a lake."""

import csv
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import pyarrow.parquet as pq
import typer
from rich.console import Console
from rich.table import Table

from mimic_assets.cli.options import ExistingLake
from mimic_assets.cli.output import write_whole
from mimic_assets.errors import RequestError
from mimic_assets.settings import load_settings
from mimic_assets.storage.lake import Lake
from mimic_assets.storage.query import query


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


def sql(
    statement: Annotated[
        str, typer.Argument(metavar="SELECT", help="One SELECT over the tables; each is known by its own name.")
    ],
    lake: ExistingLake = None,
    output_format: Annotated[Format, typer.Option("--format", help="How to print the rows.")] = Format.TABLE,
    output: Annotated[Path | None, typer.Option(help="File for --format parquet; default: standard output.")] = None,
) -> None:
    """Ask the lake with SQL (DuckDB, read only).

    `mimic-assets sql "SELECT event, tier, count(*) FROM clinical_events GROUP BY ALL"`

    `mimic-assets sql "SHOW TABLES"` lists the tables, `"DESCRIBE clinical_labels"` a table's columns.
    """
    settings = load_settings(lake=lake)
    rows = query(Lake.open(settings.lake, settings.s3, create=False), statement)
    if output_format is Format.PARQUET:
        _print_parquet(rows, output)
    elif output_format is Format.JSON:
        typer.echo(json.dumps(rows.to_pylist(), default=str))
    elif output_format is Format.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(rows.column_names)
        writer.writerows(row.values() for row in rows.to_pylist())
    else:
        _print_table(rows)


def _print_parquet(rows: pa.Table, output: Path | None) -> None:
    if output is None and sys.stdout.isatty():
        raise RequestError("Parquet is not for a terminal: name a file with --output, or redirect standard output.")
    if output is None:
        pq.write_table(rows, sys.stdout.buffer)
    else:
        write_whole(output, lambda draft: pq.write_table(rows, draft))


def _print_table(rows: pa.Table) -> None:
    table = Table()
    for name in rows.column_names:
        table.add_column(name, overflow="fold")
    for row in rows.to_pylist():
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    # In a pipe or a file nothing is cut: only a terminal has a width.
    Console(width=None if sys.stdout.isatty() else 10_000).print(table)
