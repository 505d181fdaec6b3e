"""The grid on which chart and monitor are compared, and what the monitor showed at each of its times.

A slot is 15 s of wall time counted from 1970, so it moves neither with the record nor with the chart. Belongs here:
slots, lags in slots, the monitor's display per slot. Not here: chart rows (`charted`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.schemas.judged import Rows
from mimic_assets.schemas.vocabulary import Flag
from mimic_assets.stretches import stretches

SLOT_S: Final = 15
SLOT: Final = SLOT_S * 1_000_000
"""Microseconds."""
WIDEST_LAG_S: Final = 4500
"""75 min: an hour of daylight saving forgotten on one side, and a quarter of an hour of ordinary error beside it."""
WIDEST_LAG: Final = WIDEST_LAG_S * 1_000_000
WIDEST: Final = WIDEST_LAG_S // SLOT_S
LAG_COUNT: Final = 2 * WIDEST + 1
NEAR: Final = 2
"""Slots around a time that a charted whole minute may stand for: half a minute on both sides."""
LOOK_SLOTS: Final = 600 // SLOT_S

Values = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]
"""Microseconds since 1970."""


def slot_of(time: int) -> int:
    """Return the slot that a time in microseconds lies in."""
    return time // SLOT


@dataclass(frozen=True, slots=True)
class Display:
    """What the monitor showed of one parameter at the start of each slot; NaN where nothing."""

    first_slot: int
    values: Values

    def around(self, slot: int) -> Values | None:
        """Return what was shown from WIDEST + NEAR slots before to as many after a slot; None where nothing was."""
        start = slot - WIDEST - NEAR - self.first_slot
        length = LAG_COUNT + 2 * NEAR
        if start + length <= 0 or start >= len(self.values):
            return None
        shown = np.full(length, np.nan)
        here = self.values[max(start, 0) : start + length]
        shown[max(-start, 0) : max(-start, 0) + len(here)] = here
        return None if np.isnan(shown).all() else shown


def displays(cleaned_numerics: Rows, held_s: Mapping[str, int]) -> dict[str, Display]:
    """Return the display of each parameter of one record; parameters without a usable value are absent.

    Args:
        cleaned_numerics: rows of one record; cells with flag ok and a time count. Of a scan a stretch is read at a
            time, and of each the values that were shown at a slot are kept.
        held_s: parameter -> how long a value stays shown.
    """
    is_usable = (
        pl.col("parameter").is_in(list(held_s)) & (pl.col("flag") == Flag.OK.value) & pl.col("time").is_not_null()
    )
    names = pl.Enum(list(held_s))
    shown: dict[str, list[tuple[Times, Values]]] = {}
    for stretch in stretches(cleaned_numerics):
        usable = stretch.lazy().filter(is_usable)
        columns = usable.select(pl.col("parameter").cast(names), "time", "source_row", "value").collect()
        for (parameter,), rows in columns.partition_by("parameter", as_dict=True).items():
            shown.setdefault(str(parameter), []).append(_last_by_slot(rows))
    return {parameter: _display(parts, held_s[parameter]) for parameter, parts in shown.items()}


def _last_by_slot(rows: pl.DataFrame) -> tuple[Times, Values]:
    """Return the values that are the last at some slot, ascending; no other is ever shown."""
    own = rows.sort("time", "source_row", "value")
    times = own["time"].to_physical().to_numpy()
    is_last = np.append(np.diff(-(-times // SLOT)) != 0, True)
    return times[is_last], own["value"].to_numpy()[is_last]


def _display(parts: list[tuple[Times, Values]], held_s: int) -> Display:
    times, values = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    first, last = -(-int(times[0]) // SLOT), (int(times[-1]) + held_s * 1_000_000) // SLOT
    at = np.arange(first, last + 1, dtype=np.int64) * SLOT
    place = np.searchsorted(times, at, side="right") - 1
    is_fresh = at - times[place] < held_s * 1_000_000
    return Display(first, np.where(is_fresh, values[place], np.nan))
