"""Cleaned numerics of a patient as sorted arrays, one series per record and parameter.

A value is usable when its flag is ok; rows without a time lie nowhere and are left out. At one time, the row that
comes last in the source stands last. Nothing is resampled here.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.schemas.vocabulary import Flag
from mimic_assets.windows.microseconds import BEFORE_ALL, Microseconds, to_microseconds

Values = npt.NDArray[np.float64]
_NO_TIMES: Microseconds = np.empty(0, dtype=np.int64)
_NO_VALUES: Values = np.empty(0, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class RecordSeries:
    """What one record delivered, every array ascending in time."""

    any_times: Microseconds = field(default_factory=lambda: _NO_TIMES)
    """Times of all rows, usable or not, of any parameter."""
    row_times: dict[str, Microseconds] = field(default_factory=dict)
    """By parameter: times of its rows, usable or not."""
    usable_times: dict[str, Microseconds] = field(default_factory=dict)
    """By parameter: times of its usable rows."""
    usable_values: dict[str, Values] = field(default_factory=dict)
    """By parameter: values of its usable rows, in the order of their times."""

    def rows_of(self, parameter: str) -> Microseconds:
        """Return the times of a parameter's rows, none where the record lacks it."""
        return self.row_times.get(parameter, _NO_TIMES)

    def usable_of(self, parameter: str) -> tuple[Microseconds, Values]:
        """Return times and values of a parameter's usable rows, none where the record lacks it."""
        return self.usable_times.get(parameter, _NO_TIMES), self.usable_values.get(parameter, _NO_VALUES)


def read_series(
    cleaned_numerics: pl.DataFrame, record_ids: Collection[int], parameters: Collection[str]
) -> dict[int, RecordSeries]:
    """Return the series of some records and parameters; a record without a row has empty ones."""
    timed = cleaned_numerics.lazy().filter(pl.col("record_id").is_in(list(record_ids)) & pl.col("time").is_not_null())
    wanted = timed.filter(pl.col("parameter").is_in(list(parameters))).select(
        "record_id", "parameter", "time", "source_row", "source_column", "value",
        is_usable=(pl.col("flag") == Flag.OK.value) & pl.col("value").is_finite(),
    )  # fmt: skip
    all_times, wanted_rows = pl.collect_all([timed.select("record_id", "time"), wanted])
    series = {record_id: RecordSeries() for record_id in sorted(record_ids)}
    for rows in all_times.partition_by("record_id", maintain_order=True):
        record_id = int(rows["record_id"][0])
        series[record_id] = RecordSeries(any_times=np.sort(to_microseconds(rows["time"], BEFORE_ALL)))
    for rows in wanted_rows.partition_by("record_id", "parameter", maintain_order=True):
        record_id, parameter = rows.row(0)[:2]
        own = rows.sort("time", "source_row", "source_column")
        usable = own.filter(pl.col("is_usable"))
        series[record_id].row_times[parameter] = to_microseconds(own["time"], BEFORE_ALL)
        series[record_id].usable_times[parameter] = to_microseconds(usable["time"], BEFORE_ALL)
        series[record_id].usable_values[parameter] = usable["value"].to_numpy()
    return series
