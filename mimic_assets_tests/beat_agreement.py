"""How well found beats agree with reference beats, as AAMI EC57 counts: one to one, within 150 ms.

Belongs here: matching and the two figures. Does not belong here: whose beats they are. `wfdb.processing` matches alike;
this one is linear in the number of beats.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

TOLERANCE_S = 0.15
BEAT_SYMBOLS = tuple("NLRBAaJSVrFejnE/fQ?")
"""Annotations of MIT-BIH that mark a beat."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Counts of matched and unmatched beats."""

    matched: int
    reference: int
    found: int

    @property
    def sensitivity_pct(self) -> float:
        """Share of reference beats that were found."""
        return 100 * self.matched / max(self.reference, 1)

    @property
    def precision_pct(self) -> float:
        """Share of found beats that are reference beats (PPV)."""
        return 100 * self.matched / max(self.found, 1)

    def __add__(self, other: "Agreement") -> "Agreement":
        """Return both counted together."""
        return Agreement(self.matched + other.matched, self.reference + other.reference, self.found + other.found)


def agree(found: npt.ArrayLike, reference: npt.ArrayLike, tolerance: float) -> Agreement:
    """Return the agreement of two ascending sequences of beats; units of all three are the same."""
    ours, theirs = np.asarray(found), np.asarray(reference)
    matched = i = j = 0
    while i < len(theirs) and j < len(ours):
        if abs(theirs[i] - ours[j]) <= tolerance:
            matched, i, j = matched + 1, i + 1, j + 1
        elif ours[j] < theirs[i]:
            j += 1
        else:
            i += 1
    return Agreement(matched, len(theirs), len(ours))
