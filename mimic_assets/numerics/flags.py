"""One flag per cell: the first of the vocabulary's list that applies.

Belongs here: the order of the flags and the rule behind each. Does not belong here: the catalogue (`parameters`), the
triples (`pressure`), tables (`clean`). Every rule looks at the cell itself, at its own tick, or at earlier source rows
of the same tick: deleting what comes after a tick changes no flag at or before it.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mimic_assets.numerics.pressure import judge_triples
from mimic_assets.schemas.vocabulary import Flag

_NAMES = pl.Series([flag.value for flag in Flag], dtype=pl.String)
_NUMBER = {flag: number for number, flag in enumerate(Flag)}
_OK = _NUMBER[Flag.OK]
_NEVER = 2**62
"""Later than any tick; the end of a record that is not known."""


def flag_cells(cells: pl.DataFrame, meanings: pl.DataFrame) -> pl.Series:
    """Return the flag of each cell, in order, as text.

    Args:
        cells: in source order: `record_id`, `tick`, `value` (canonical; null for a text), `code` (row of `meanings`),
            `record_last_tick` (null where the record is not known: then only ticks below 0 are outside).
        meanings: one row per source column: `name` (null where unknown), `is_unit_known`, `low`, `high`,
            `includes_low`, `includes_high`, `is_zero_no_signal`, `site`, `role`.

    Returns:
        Column `flag`. A cell repeats or contradicts an earlier one when record, tick and parameter are the same and
        both are numbers of a known parameter inside the record; the first of them is judged as if alone.
    """
    value = cells["value"].to_numpy()
    tick = cells["tick"].fill_null(0).to_numpy()
    code = cells["code"].to_numpy()
    flags = np.full(len(value), _OK, np.uint8)

    def flag_where(flag: Flag, is_so: NDArray[np.bool_]) -> None:
        flags[is_so & (flags == _OK)] = _NUMBER[flag]

    flag_where(Flag.NOT_A_NUMBER, np.isnan(value))
    flag_where(Flag.BAD_TICK, cells["tick"].is_null().to_numpy())
    flag_where(Flag.UNKNOWN_PARAMETER, meanings["name"].is_null().to_numpy()[code])
    flag_where(Flag.UNKNOWN_UNIT, ~meanings["is_unit_known"].to_numpy()[code])
    flag_where(Flag.OUTSIDE_RECORD, (tick < 0) | (tick > cells["record_last_tick"].fill_null(_NEVER).to_numpy()))
    later, is_equal = _later_cells(cells, meanings, flags == _OK)
    flags[later] = np.where(is_equal, _NUMBER[Flag.REPEAT], _NUMBER[Flag.CONFLICT])
    is_in_triple = (flags == _OK) & meanings["site"].is_not_null().to_numpy()[code]
    flag_where(Flag.OUT_OF_RANGE, _is_out_of_range(value, code, meanings))
    flag_where(Flag.NO_SIGNAL, (value == 0) & meanings["is_zero_no_signal"].to_numpy()[code])
    for cell, flag in _triple_flags(cells, meanings, np.flatnonzero(is_in_triple)):
        flags[cell[flags[cell] == _OK]] = _NUMBER[flag]
    return _NAMES[pl.Series(flags)].alias("flag")


def _is_out_of_range(value: NDArray[np.float64], code: NDArray[np.uint32], meanings: pl.DataFrame) -> NDArray[np.bool_]:
    """Return whether each value lies beyond its bounds; a bound that is not included lies beyond."""
    bound = meanings["low"].to_numpy()[code]
    is_out = (value < bound) | ((value == bound) & ~meanings["includes_low"].to_numpy()[code])
    bound = meanings["high"].to_numpy()[code]
    return np.asarray(is_out | (value > bound) | ((value == bound) & ~meanings["includes_high"].to_numpy()[code]))


def _later_cells(
    cells: pl.DataFrame, meanings: pl.DataFrame, is_sound: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the cells that come after one of the same record, tick and parameter, and whether the first is as large.

    Ticks of one parameter rise almost everywhere, so most parameters are settled by one look at their differences.
    """
    numbers = meanings["name"].rank("dense").fill_null(0).cast(pl.Int16).to_numpy()[cells["code"].to_numpy()]
    record = cells["record_id"].to_numpy()
    tick, value = cells["tick"].fill_null(0).to_numpy(), cells["value"].to_numpy()
    later: list[NDArray[np.int64]] = []
    is_equal: list[NDArray[np.bool_]] = []
    for name in np.unique(numbers):
        places = np.flatnonzero((numbers == name) & is_sound)
        same_record = record[places][1:] == record[places][:-1]
        if not (same_record & (np.diff(tick[places]) <= 0)).any():
            continue
        order = places[np.lexsort((places, tick[places], record[places]))]
        is_new = np.ones(len(order), np.bool_)
        is_new[1:] = (np.diff(tick[order]) != 0) | (np.diff(record[order]) != 0)
        first = order[np.maximum.accumulate(np.where(is_new, np.arange(len(order)), 0))]
        later.append(order[~is_new])
        is_equal.append((value[order] == value[first])[~is_new])
    if not later:
        return np.empty(0, np.int64), np.empty(0, np.bool_)
    return np.concatenate(later), np.concatenate(is_equal)


def _triple_flags(
    cells: pl.DataFrame, meanings: pl.DataFrame, places: NDArray[np.int64]
) -> list[tuple[NDArray[np.int64], Flag]]:
    """Return the cells of each flag that the rules over triples give."""
    if not len(places):
        return []
    pressures = cells[places].select("record_id", "tick", "value", "code").with_columns(cell=places)
    pressures = pressures.with_columns(
        site=meanings["site"][pressures["code"]], role=meanings["role"][pressures["code"]]
    )
    judged = judge_triples(pressures)
    return [
        (judged.filter(pl.col("pressure_flag") == flag.value)["cell"].to_numpy(), flag)
        for flag in (Flag.PRESSURE_ORDER, Flag.ARTEFACT)
    ]
