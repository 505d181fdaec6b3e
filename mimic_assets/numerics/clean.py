"""`cleaned_numerics`: the cells of `raw_numerics` with canonical parameter, harmonised unit, value and flag.

Belongs here: matching columns to the catalogue, converting units. Does not belong here: the catalogue (`parameters`),
the rules (`flags`), where rows are cut (`parts`), and what is said of columns we do not know (`unknown_columns`).
"""

import math
from collections.abc import Iterator
from typing import Any

import polars as pl

from mimic_assets.numerics.flags import flag_cells
from mimic_assets.numerics.parameters import find_parameter
from mimic_assets.numerics.parts import whole_ticks
from mimic_assets.numerics.unknown_columns import UnknownColumns
from mimic_assets.schemas.judged import JudgedParts, Rows
from mimic_assets.schemas.tables import CLEANED_NUMERICS

_MEANING = {
    "parameter": pl.String,
    "unit": pl.String,
    "name": pl.String,
    "canonical_unit": pl.String,
    "is_unit_known": pl.Boolean,
    "shift": pl.Float64,
    "factor": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "includes_low": pl.Boolean,
    "includes_high": pl.Boolean,
    "is_zero_no_signal": pl.Boolean,
    "site": pl.String,
    "role": pl.String,
}
_UNKNOWN = {
    "is_unit_known": False,
    "shift": 0.0,
    "factor": 1.0,
    "low": -math.inf,
    "high": math.inf,
    "includes_low": True,
    "includes_high": True,
    "is_zero_no_signal": False,
}


def clean(raw_numerics: Rows, raw_records: pl.DataFrame) -> JudgedParts:
    """Return `cleaned_numerics` of one patient: as many rows as `raw_numerics`, in the same order.

    Args:
        raw_numerics: rows of one patient, sorted as the table says; read about 130,000 at a time (`parts`), and what is
            judged together is cut between two ticks.
        raw_records: rows of the same patient; a record that is missing there keeps its cells, but nothing tells which
            ticks lie beyond its end.

    Returns:
        `parameter` and `unit` are canonical, and `value` is in that unit, where both are known; else they are as the
        source has them. `value` is null where the cell is a text. Rejected: one row per (record, column) whose
        parameter or unit is unknown.

    Examples:
        A heart rate of 72 bpm becomes `heart_rate`, `1/min`, 72.0, `ok`; 0 becomes `no_signal`; 400 `out_of_range`; a
        second 72 at the same tick `repeat`; a temperature of 98.6 F 37.0 `degC`.
    """
    last_ticks = raw_records.group_by("record_id").agg(pl.col("record_last_tick").first())
    unknown = UnknownColumns()

    def parts() -> Iterator[pl.DataFrame]:
        for part in whole_ticks(raw_numerics.lazy(), last_ticks):
            frame = _clean_part(part, last_ticks)
            unknown.add(part, frame["flag"])
            yield frame

    return JudgedParts(CLEANED_NUMERICS, parts(), lambda: unknown.rejected(raw_records))


def _clean_part(raw_numerics: pl.DataFrame, last_ticks: pl.DataFrame) -> pl.DataFrame:
    """Return the cleaned rows of whole ticks."""
    meanings = _meanings(raw_numerics)
    by_name = meanings.select("parameter", "unit", pl.row_index("code"))
    cells = (
        raw_numerics.select("record_id", "tick", "value", "parameter", "unit")
        .join(by_name, on=["parameter", "unit"], how="left", nulls_equal=True, maintain_order="left")
        .drop("parameter", "unit")
        .join(last_ticks, on="record_id", how="left", maintain_order="left")
    )
    shift, factor = (meanings[name][cells["code"]] for name in ("shift", "factor"))
    cells = cells.with_columns(value=(pl.col("value") + shift) * factor)
    unit = pl.when("is_unit_known").then("canonical_unit").otherwise("unit").alias("unit")
    named = meanings.select(pl.coalesce("name", "parameter").alias("parameter"), unit)[cells["code"]]
    frame = raw_numerics.with_columns(named["parameter"], named["unit"], cells["value"], flag_cells(cells, meanings))
    return frame.select(pl.col(name).cast(dtype) for name, dtype in CLEANED_NUMERICS.schema.items())


def _meanings(raw_numerics: pl.DataFrame) -> pl.DataFrame:
    """Return one row per (parameter, unit) of the source with what the catalogue says of it."""
    rows: list[dict[str, Any]] = []
    for source, unit in raw_numerics.select("parameter", "unit").unique().sort("parameter", "unit").iter_rows():
        parameter = find_parameter(source)
        row: dict[str, Any] = {"parameter": source, "unit": unit} | _UNKNOWN
        if parameter is not None:
            conversion = parameter.units.get(unit or "")
            row |= {
                "name": parameter.name,
                "canonical_unit": parameter.unit,
                "is_unit_known": conversion is not None,
                "low": parameter.bounds.low,
                "high": parameter.bounds.high,
                "includes_low": parameter.bounds.includes_low,
                "includes_high": parameter.bounds.includes_high,
                "is_zero_no_signal": parameter.is_zero_no_signal,
                "site": parameter.site,
                "role": parameter.role,
            }
            if conversion is not None:
                row |= {"shift": conversion.shift, "factor": conversion.factor}
        rows.append(row)
    return pl.DataFrame(rows, schema=_MEANING)
