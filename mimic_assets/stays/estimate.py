"""From votes to a lag: the belief in each candidate, and in 'no lag within range makes these two fit'.

Before any look, half of the belief is on a lag somewhere within the range, evenly, and half on none. Votes multiply
(Bayes). The confidence of a lag is the belief within a minute of it. Since a look's ratios average to 1, a single look,
however striking, never makes a lag more likely than not.

Independence is what this arithmetic assumes and charts do not quite have: an unrelated chart that is long enough
gathers many small agreements. Looks that belong to the monitor agree well, not a little: so a lag also needs looks that
say, together, at least half of what they would say at the lag that fits each of them best.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mimic_assets.stays.grid import LAG_COUNT, SLOT_S, WIDEST
from mimic_assets.stays.votes import Vote

KNOWN_FROM: Final = 0.8
"""A lag less likely than this to be right within a minute is unknown."""
AGREEMENT: Final = 0.5
"""Set on generated charts; what comes of it on real numerics is in docs/adr/0006."""
WITHIN: Final = 60 // SLOT_S
"""Slots on both sides of a lag that count as the same: charted times are whole minutes."""
_SAME: Final = np.ones(2 * WITHIN + 1)
_SIZES: Final = np.abs(np.arange(LAG_COUNT) - WIDEST)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A lag and how sure it is."""

    lag_s: float
    """Monitor clock minus chart clock, a whole number of seconds."""
    confidence: float
    """Belief that the lag is within a minute of it, to four digits."""


def estimate(votes: Vote) -> Estimate | None:
    """Return the lag that votes point at; None while it is unknown. Of equal ones, the smaller lag."""
    highest = max(float(votes.ratios.max()), 0.0)
    belief = np.exp(votes.ratios - highest)
    none = np.exp(-highest) * LAG_COUNT
    best = int(np.lexsort((_SIZES, -np.convolve(belief, _SAME, mode="same")))[0])
    places = np.arange(max(best - WITHIN, 0), min(best + WITHIN + 1, LAG_COUNT))
    inside = belief[places]
    confidence = float(inside.sum() / (belief.sum() + none))
    lag = float((inside * (places - WIDEST)).sum() / inside.sum())
    middle = round(lag) + WIDEST
    if confidence < KNOWN_FROM or votes.ratios[middle] < AGREEMENT * votes.most[middle]:
        return None
    return Estimate(float(round(lag * SLOT_S)), round(min(confidence, 1.0), 4))
