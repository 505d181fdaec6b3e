"""Columns of numerics that the catalogue does not know, gathered part by part: one rejected row per record and column.

Belongs here: counting and wording. Does not belong here: the catalogue (`parameters`) and the flags (`flags`).
"""

import difflib

import polars as pl

from mimic_assets.numerics.parameters import PARAMETERS, find_parameter
from mimic_assets.schemas.judged import Rejection, rejected_frame
from mimic_assets.schemas.tables import CLEANED_NUMERICS
from mimic_assets.schemas.vocabulary import Flag

_TABLE = CLEANED_NUMERICS.name
_ADVICE = "Add it to numerics.parameters with bounds and their source; the values were kept as read, flagged."
_COLUMN = ["subject_id", "record_id", "source_column", "parameter", "unit"]


class UnknownColumns:
    """What was found so far."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._found: pl.DataFrame | None = None

    def add(self, raw_numerics: pl.DataFrame, flags: pl.Series) -> None:
        """Look at the flags of some rows."""
        found = (
            raw_numerics.select(*_COLUMN, "source_row")
            .filter(flags.is_in([Flag.UNKNOWN_PARAMETER.value, Flag.UNKNOWN_UNIT.value]))
            .group_by(_COLUMN)
            .agg(pl.col("source_row").min(), pl.len().alias("count"))
        )
        if found.height:
            both = [found] if self._found is None else [self._found, found]
            self._found = pl.concat(both).group_by(_COLUMN).agg(pl.col("source_row").min(), pl.col("count").sum())

    def rejected(self, raw_records: pl.DataFrame) -> pl.DataFrame:
        """Return one rejected row per record and column; a file is named where its record is known."""
        if self._found is None:
            return rejected_frame([])
        folders = dict(
            raw_records.group_by("record_id").agg(pl.col("file").min().str.replace(r"[^/]*$", "")).iter_rows()
        )
        rejections = []
        found = self._found.sort("record_id", "source_column")
        for subject_id, record_id, column, source, unit, row, count in found.iter_rows():
            file = f"{folders.get(record_id, '')}{record_id}n.csv.gz"
            parameter = find_parameter(source)
            if parameter is None:
                near = difflib.get_close_matches(source, [name for p in PARAMETERS for name in p.sources], n=1)
                hint = f" Did the source mean {near[0]!r}?" if near else ""
                rule, message = (
                    "unknown_parameter",
                    f"found parameter {source!r}, expected one of the catalogue in numerics.parameters.{hint}",
                )
            else:
                rule = "unknown_unit"
                message = f"found unit {unit!r} of {source!r}, expected one of {', '.join(sorted(parameter.units))}"
            rejections.append(
                Rejection(
                    _TABLE,
                    file,
                    f"line {row + 1}, column {column}",
                    rule,
                    message,
                    _ADVICE,
                    subject_id,
                    count,
                )
            )
        return rejected_frame(rejections)
