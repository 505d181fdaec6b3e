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

from mimic_assets.schemas.vocabulary import Flag

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


def displays(cleaned_numerics: pl.DataFrame, held_s: Mapping[str, int]) -> dict[str, Display]:
    """Return the display of each parameter of one record; parameters without a usable value are absent.

    Args:
        cleaned_numerics: rows of one record; cells with flag ok and a time count.
        held_s: parameter -> how long a value stays shown.
    """
    usable = cleaned_numerics.lazy().filter(
        pl.col("parameter").is_in(list(held_s)) & (pl.col("flag") == Flag.OK.value) & pl.col("time").is_not_null()
    )
    columns = usable.select("parameter", "time", "source_row", "value").collect()
    return {
        str(rows["parameter"][0]): _display(rows, held_s[str(rows["parameter"][0])])
        for rows in columns.partition_by("parameter", maintain_order=True)
    }


def _display(rows: pl.DataFrame, held_s: int) -> Display:
    own = rows.sort("time", "source_row", "value")
    times = own["time"].to_physical().to_numpy()
    first, last = -(-int(times[0]) // SLOT), (int(times[-1]) + held_s * 1_000_000) // SLOT
    at = np.arange(first, last + 1, dtype=np.int64) * SLOT
    place = np.searchsorted(times, at, side="right") - 1
    is_fresh = at - times[place] < held_s * 1_000_000
    return Display(first, np.where(is_fresh, own["value"].to_numpy()[place], np.nan))
