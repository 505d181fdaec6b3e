"""A long signal reduced to what a picture of so many columns can show, without losing an extreme or bridging a gap.

Belongs here: which samples are kept. Not here: what they mean or how they are drawn. First, lowest, highest and last
sample of every column are kept: a line through those paints the pixels that a line through all samples paints.

Source: U. Jugel, Z. Jerzak, G. Hackenbroich, V. Markl, "M4: a visualization-oriented time series data aggregation",
Proceedings of the VLDB Endowment 7(10), 2014.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Envelope:
    """The points of a line that breaks wherever a sample is missing."""

    places: npt.NDArray[np.float64]
    """Index of the sample, ascending; NaN between two points that no line may join."""
    values: npt.NDArray[np.float64]
    """Its value; NaN where `places` is."""
    alone: npt.NDArray[np.int64]
    """Index of every sample without a neighbour: a line cannot show it, a dot can. They are in `places` too."""


def envelope(values: npt.NDArray[np.floating], columns: int) -> Envelope:
    """Return first, lowest, highest and last of the samples of every column and unbroken run.

    Args:
        values: samples at equal distances, NaN where missing; sample i of n lies in column `i * columns // n`.
        columns: of the picture, at least 1.
    """
    present = np.flatnonzero(~np.isnan(values))
    if not present.size:
        nothing = np.empty(0)
        return Envelope(nothing, nothing, np.empty(0, dtype=np.int64))
    breaks = np.diff(present) > 1
    is_new_column = np.diff(_column(present, len(values), columns)) > 0
    starts = np.flatnonzero(np.concatenate([[True], breaks | is_new_column]))
    group = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(present)))
    known = values[present]
    kept = np.unique(
        np.concatenate(
            [
                starts,
                _first_equal(known, np.minimum.reduceat(known, starts), group),
                _first_equal(known, np.maximum.reduceat(known, starts), group),
                np.append(starts[1:], len(present)) - 1,
            ]
        )
    )
    run = np.concatenate([[0], np.cumsum(breaks)])
    cuts = np.flatnonzero(np.diff(run[kept])) + 1
    lengths = np.bincount(run)
    return Envelope(
        places=np.insert(present[kept].astype(np.float64), cuts, np.nan),
        values=np.insert(known[kept].astype(np.float64), cuts, np.nan),
        alone=present[lengths[run] == 1],
    )


def column_ranges(
    values: npt.NDArray[np.floating], columns: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return lowest and highest sample of each column, NaN where it has none, and whether it misses any sample.

    A column that no sample falls into (more columns than samples) is NaN and misses none.
    """
    low, high = np.full(columns, np.nan), np.full(columns, np.nan)
    column = _column(np.arange(len(values)), len(values), columns)
    missing = np.isnan(values)
    np.fmin.at(low, column[~missing], values[~missing])
    np.fmax.at(high, column[~missing], values[~missing])
    has_missing = np.zeros(columns, dtype=bool)
    has_missing[column[missing]] = True
    return low, high, has_missing


def _column(index: npt.NDArray[np.int64], count: int, columns: int) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = index * columns // max(count, 1)
    return found


def _first_equal(
    known: npt.NDArray[np.floating], wanted: npt.NDArray[np.floating], group: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return for each group the place of the first value that equals the wanted one."""
    hits = np.flatnonzero(known == wanted[group])
    first: npt.NDArray[np.int64] = hits[np.concatenate([[True], np.diff(group[hits]) > 0])]
    return first
