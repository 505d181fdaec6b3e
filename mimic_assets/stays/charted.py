"""Charted vitals as looks at the monitor: which chart row shows which number, and when it may be used.

Belongs here: the pairs of chart item and monitor parameter, and the grouping of rows into looks. Not here: comparing
them with the monitor (`votes`).

A nurse writes down several numbers of one glance, so rows charted within ten minutes are one look: they agree or
disagree together. `charttime` is a whole minute; `storetime`, often minutes later, is when a row became known.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from mimic_assets.stays.grid import LOOK_SLOTS, NEAR, SLOT, WIDEST_LAG, slot_of
from mimic_assets.timeline import at_microseconds, microseconds

CHARTED_KNOWN_AFTER_S: Final = 3600
"""Where `storetime` is empty, a row counts as known this long after its charttime: the default of tasks (`care`)."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A charted item and the monitor's parameter it is copied from."""

    item_id: int
    parameter: str
    scale: float
    """Typical difference between what is charted and what was shown within half a minute, in the parameter's unit."""
    held_s: int
    """How long the monitor goes on showing a value; a cuff pressure stays on the screen until the next."""
    share: float
    """Weight in a look: pressures of one site say nearly the same, so the three share one and a half votes."""


PAIRS: Final = tuple(
    Pair(*values)
    for values in (
        (220045, "heart_rate", 1.0, 60, 1.0),
        (220277, "spo2", 0.7, 60, 1.0),
        (220179, "nbp_systolic", 1.5, 1800, 0.5),
        (220180, "nbp_diastolic", 1.5, 1800, 0.5),
        (220181, "nbp_mean", 1.5, 1800, 0.5),
        (220050, "abp_systolic", 2.0, 60, 0.5),
        (220051, "abp_diastolic", 1.5, 60, 0.5),
        (220052, "abp_mean", 1.5, 60, 0.5),
    )
)
"""Items: MIMIC-IV 2.2 d_items."""
_BY_ITEM: Final = {pair.item_id: place for place, pair in enumerate(PAIRS)}


@dataclass(frozen=True, slots=True)
class Look:
    """Rows charted within the same ten minutes that may be used from the same time on."""

    usable_from: int
    """Microseconds since 1970."""
    slots: tuple[int, ...]
    """When each row was charted, on the grid."""
    values: tuple[float, ...]
    pairs: tuple[Pair, ...]
    shares: tuple[float, ...]
    """Weight of each row; repeated values of one parameter share its weight."""


def find_looks(clinical_extract: pl.DataFrame, start: int, end: int) -> list[Look]:
    """Return the looks charted in `(start, end]` of one subject, in the order in which they may be used.

    A row may be used once it is known and once the monitor has passed the last time it could stand for, whatever the
    lag: its search window ends `WIDEST_LAG` (and half a minute) after it on the monitor's clock, which may itself be
    `WIDEST_LAG` behind. So what is used at a time T was stamped by the monitor at or before T - WIDEST_LAG, which even
    the slowest clock has passed at T.

    Args:
        clinical_extract: rows of one subject; vitals that are no number, or lie beyond 1000, are left out.
        start: microseconds; open end.
        end: microseconds; closed end.
    """
    rows = (
        clinical_extract.filter(
            (pl.col("source_table") == "chartevents")
            & pl.col("item_id").is_in(list(_BY_ITEM))
            & pl.col("value").is_between(0, 1000, closed="right")
            & (pl.col("start_time") > at_microseconds(start))
            & (pl.col("start_time") <= at_microseconds(end))
        )
        .select("start_time", "store_time", "item_id", "value")
        .unique()
        .sort("start_time", "item_id", "value", "store_time")
    )
    looks: dict[tuple[int, int], list[tuple[int, Pair, float]]] = {}
    for charted_time, store_time, item_id, value in rows.iter_rows():
        charted = microseconds(charted_time)
        known = charted + CHARTED_KNOWN_AFTER_S * 1_000_000
        if store_time is not None:
            known = max(charted, microseconds(store_time))
        slot = slot_of(charted)
        group = slot // LOOK_SLOTS
        usable_from = max(known, ((group + 1) * LOOK_SLOTS + NEAR) * SLOT + 2 * WIDEST_LAG)
        looks.setdefault((usable_from, group), []).append((slot, PAIRS[_BY_ITEM[item_id]], value))
    return [_look(usable_from, rows) for (usable_from, _), rows in sorted(looks.items(), key=lambda item: item[0])]


def _look(usable_from: int, rows: list[tuple[int, Pair, float]]) -> Look:
    slots, pairs, values = zip(*rows, strict=True)
    counts = dict(zip(*np.unique([pair.item_id for pair in pairs], return_counts=True), strict=True))
    return Look(usable_from, slots, values, pairs, tuple(pair.share / int(counts[pair.item_id]) for pair in pairs))
