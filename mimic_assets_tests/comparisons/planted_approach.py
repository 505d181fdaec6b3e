"""The demo's generator without what it plants before an episode, to tell what a model could learn from a leak.

The generator lets pressure, perfusion and other signs drift for 30 to 90 minutes up to the onset of an episode. Here
they begin with it; everything else, and the windows and labels with it, is drawn as before.
"""

import numpy as np
import numpy.typing as npt
import pytest

from mimic_assets.sources.demo import physiology

_Series = npt.NDArray[np.float64]
_PLANTED = physiology._ramp


def remove_approach(patch: pytest.MonkeyPatch) -> None:
    """Let no sign of an episode come before its onset."""

    def step(seconds: _Series, onset: float, end: float, before_s: float, after_s: float) -> _Series:
        return np.where(seconds < onset, 0.0, _PLANTED(seconds, onset, end, before_s, after_s))

    patch.setattr(physiology, "_ramp", step)
