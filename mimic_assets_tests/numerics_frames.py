"""Small `raw_numerics` and `raw_records` frames for tests of cleaning."""

from datetime import datetime, timedelta

import polars as pl

from mimic_assets.records.raw_numerics import split_heading
from mimic_assets.schemas.tables import RAW_NUMERICS, RAW_RECORDS

START = datetime(2148, 8, 16, 9)
Cell = tuple[int, int | None, str, float | str]
"""Source row, tick, heading, number or text."""


def raw_numerics(cells: list[Cell], record_id: int = 80000001) -> pl.DataFrame:
    """Return `raw_numerics` of one record: 1,000 ticks are one second."""
    rows = []
    for source_row, tick, heading, content in cells:
        parameter, unit = split_heading(heading)
        rows.append(
            {
                "subject_id": 10000001,
                "record_id": record_id,
                "source_row": source_row,
                "source_column": heading,
                "tick": tick,
                "time": None if tick is None else START + timedelta(milliseconds=tick),
                "parameter": parameter,
                "unit": unit,
                "value": content if isinstance(content, float) else None,
                "value_text": content if isinstance(content, str) else None,
            }
        )
    return pl.DataFrame(rows, schema=RAW_NUMERICS.schema).sort(RAW_NUMERICS.order)


def raw_records(last_tick: int, record_ids: tuple[int, ...] = (80000001,)) -> pl.DataFrame:
    """Return `raw_records` with one signal per record."""
    row = dict.fromkeys(RAW_RECORDS.schema) | {"subject_id": 10000001, "record_last_tick": last_tick}
    rows = [
        row | {"record_id": record_id, "file": f"waves/p100/p10000001/{record_id}/{record_id}_0001e.dat"}
        for record_id in record_ids
    ]
    return pl.DataFrame(rows, schema=RAW_RECORDS.schema)
