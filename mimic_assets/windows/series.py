"""Cleaned numerics of a patient as sorted arrays, one series per record and parameter.

A value is usable when its flag is ok; rows without a time lie nowhere and are left out. At one time, the row that
comes last in the source stands last. Nothing is resampled here. A window uses nothing that lies at or before its start
or after its end, so that of a long record the stretch around some windows is all they need.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.schemas.judged import Rows
from mimic_assets.schemas.vocabulary import Flag
from mimic_assets.timeline import at_microseconds
from mimic_assets.windows.microseconds import BEFORE_ALL, SECOND, Microseconds, to_microseconds

SPAN: Final = 6 * 3600 * SECOND
"""How much of a scanned record lies in memory at once, in microseconds."""
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


class Numerics:
    """Cleaned numerics of a patient, of which series are read: of a frame once, of a scan as far as windows ask."""

    def __init__(
        self,
        cleaned_numerics: Rows,
        record_ids: Collection[int],
        parameters: Collection[str],
        read: "Callable[[Rows, Collection[int], Collection[str]], dict[int, RecordSeries]] | None" = None,
    ) -> None:
        """Nothing is read before it is asked for.

        Args:
            cleaned_numerics: rows of the patient; a scan gives them in stored order.
            record_ids: records that may be asked for.
            parameters: what series are of.
            read: `read_series`, or another way to read them.
        """
        self._rows = cleaned_numerics
        self._record_ids = record_ids
        self._parameters = parameters
        self._read = read or read_series
        self._last = RecordSeries()
        self._last_range: tuple[int | None, int, int] = (None, 0, 0)

    def between(self, record_id: int, after: int, until: int) -> RecordSeries:
        """Return what a record delivered in `(after, until]` and possibly beside it; microseconds.

        Of a scan nothing at or before `after` is read, and up to `SPAN` more than asked for is kept for who asks next.
        """
        if isinstance(self._rows, pl.DataFrame):
            return self._whole[record_id]
        own, start, end = self._last_range
        if own != record_id or not start <= after <= until <= end:
            start, end = after, max(until, after + SPAN)
            time = pl.col("time")
            is_asked = (
                (pl.col("record_id") == record_id) & (time > at_microseconds(start)) & (time <= at_microseconds(end))
            )
            self._last = self._read(self._rows.filter(is_asked), [record_id], self._parameters)[record_id]
            self._last_range = (record_id, start, end)
        return self._last

    @cached_property
    def _whole(self) -> dict[int, RecordSeries]:
        return self._read(self._rows, self._record_ids, self._parameters)


def spans(edges: npt.NDArray[np.int64]) -> Iterator[slice]:
    """Yield consecutive windows that lie within about `SPAN`, at least one at a time.

    Args:
        edges: [window, cell + 1], boundaries of cells; windows ascend, but where a clock is corrected.
    """
    first = 0
    while first < len(edges):
        count = int(np.searchsorted(edges[first:, -1], edges[first, 0] + SPAN, side="right"))
        yield slice(first, first + max(count, 1))
        first += max(count, 1)


def read_series(
    cleaned_numerics: Rows, record_ids: Collection[int], parameters: Collection[str]
) -> dict[int, RecordSeries]:
    """Return the series of some records and parameters; a record without a row has empty ones."""
    timed = cleaned_numerics.lazy().filter(pl.col("record_id").is_in(list(record_ids)) & pl.col("time").is_not_null())
    # a scan is in stored order, which a stable sort keeps within one time
    ties = ("source_row", "source_column") if isinstance(cleaned_numerics, pl.DataFrame) else ()
    wanted = timed.filter(pl.col("parameter").is_in(list(parameters))).select(
        "record_id", pl.col("parameter").cast(pl.Enum(list(dict.fromkeys(parameters)))), "time", *ties, "value",
        is_usable=(pl.col("flag") == Flag.OK.value) & pl.col("value").is_finite(),
    )  # fmt: skip
    series = {record_id: RecordSeries() for record_id in sorted(record_ids)}
    for rows in timed.select("record_id", "time").collect().partition_by("record_id", maintain_order=True):
        record_id = int(rows["record_id"][0])
        series[record_id] = RecordSeries(any_times=np.sort(to_microseconds(rows["time"], BEFORE_ALL)))
    for rows in wanted.collect().partition_by("record_id", "parameter", maintain_order=True):
        record_id, parameter = rows.row(0)[:2]
        own = rows.sort("time", *ties, maintain_order=True)
        usable = own.filter(pl.col("is_usable"))
        series[record_id].row_times[parameter] = to_microseconds(own["time"], BEFORE_ALL)
        series[record_id].usable_times[parameter] = to_microseconds(usable["time"], BEFORE_ALL)
        series[record_id].usable_values[parameter] = usable["value"].to_numpy()
    return series


def read_usable_times(
    cleaned_numerics: Rows, record_ids: Collection[int], parameters: Collection[str]
) -> dict[int, RecordSeries]:
    """Return series that hold nothing but the times of usable rows: what coverage is judged by."""
    names = list(dict.fromkeys(parameters))
    is_usable = (pl.col("flag") == Flag.OK.value) & pl.col("value").is_finite() & pl.col("time").is_not_null()
    wanted = pl.col("record_id").is_in(list(record_ids)) & pl.col("parameter").is_in(names) & is_usable
    found = cleaned_numerics.lazy().filter(wanted).select("record_id", pl.col("parameter").cast(pl.Enum(names)), "time")
    series = {record_id: RecordSeries() for record_id in record_ids}
    for (record_id, parameter), rows in found.collect().partition_by("record_id", "parameter", as_dict=True).items():
        series[int(record_id)].usable_times[str(parameter)] = np.sort(to_microseconds(rows["time"], BEFORE_ALL))
    return series
