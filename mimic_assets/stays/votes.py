"""How one look votes on the lag: at each candidate, how much better than by chance the monitor showed what is charted.

A row's weight at a lag falls with the absolute difference between the charted value and the nearest value shown within
half a minute, and is divided by its own mean over all lags. A value the monitor shows all the time is thereby worth
nothing, a rare one much, and no knowledge of the signal is needed. Rows of a look are multiplied, then mixed with
indifference, because a look may be written from memory or from another patient's screen: no look can veto a lag.

Source: nurses' entries follow the monitor, with errors of their own (Hu et al., J Clin Monit Comput 2009: 7.5 % of
charted systolic pressures more than 20 mmHg off); clocks that are not synchronised, and how far apart: Goodwin et al.,
Timing errors and temporal uncertainty in clinical databases, Front Digit Health 2022.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from mimic_assets.stays.charted import Look, Pair
from mimic_assets.stays.grid import LAG_COUNT, NEAR, Display, Values

STRAY: Final = 0.3
"""Share of looks that are taken to say nothing of the lag."""
ROUNDING: Final = 0.5
"""Charted values are whole numbers; a difference up to this is none."""
FARTHEST: Final = 4.0
"""Differences beyond this many scales are all the same: one mistyped value must not speak for its whole look."""


@dataclass(frozen=True, slots=True)
class Vote:
    """What a look, or several together, say of each lag, from the most negative up."""

    ratios: Values
    """Log ratio of the lag to chance; 0 where the monitor showed nothing."""
    most: Values
    """What the ratio would be at the lag that fits best; 0 where the monitor showed nothing."""

    def __add__(self, other: "Vote") -> "Vote":
        """Return what both say together."""
        return Vote(self.ratios + other.ratios, self.most + other.most)


def silence() -> Vote:
    """Return the vote of no look."""
    return Vote(np.zeros(LAG_COUNT), np.zeros(LAG_COUNT))


def vote(look: Look, shown: Mapping[str, Display]) -> Vote | None:
    """Return the vote of a look; None where nothing can be compared. The ratio's mean over all lags is 1.

    Args:
        look: what was charted.
        shown: what the monitor showed, by parameter.
    """
    total, is_seen = np.zeros(LAG_COUNT), np.zeros(LAG_COUNT, dtype=np.bool_)
    for slot, value, pair, share in zip(look.slots, look.values, look.pairs, look.shares, strict=True):
        display = shown.get(pair.parameter)
        around = None if display is None else display.around(slot)
        if around is None:
            continue
        ratios = _row(value, pair, around)
        here = ~np.isnan(ratios)
        total[here] += share * ratios[here]
        is_seen |= here
    if not is_seen.any():
        return None
    likely = np.exp(total)
    ratios = np.log(STRAY + (1 - STRAY) * likely / likely[is_seen].mean())
    return Vote(np.where(is_seen, ratios, 0.0), np.where(is_seen, ratios[is_seen].max(), 0.0))


def _row(value: float, pair: Pair, around: Values) -> Values:
    """Return the log ratios of one row; NaN where the monitor showed nothing within half a minute."""
    away = np.abs(around - value)
    nearest = away[:LAG_COUNT]
    for offset in range(1, 2 * NEAR + 1):
        nearest = np.fmin(nearest, away[offset : offset + LAG_COUNT])
    scales: Values = np.minimum(np.maximum(nearest - ROUNDING, 0.0) / pair.scale, FARTHEST)
    is_seen = ~np.isnan(scales)
    return -scales - np.log(np.exp(-scales[is_seen]).mean()) if is_seen.any() else scales
