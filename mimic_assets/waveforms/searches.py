"""What is searched for beats, with which detector, and the times that go with it.

Belongs here: one value per kind of signal, and the order of preference among signals of one kind. Does not belong here:
the detectors (`qrs`, `pleth_pulses`, `pressure_pulses`, `breaths`) and walking a record (`beats`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mimic_assets.schemas.vocabulary import BeatKind
from mimic_assets.waveforms import breaths, pleth_pulses, pressure_pulses, qrs
from mimic_assets.waveforms.signal_kinds import SignalKind

Floats = npt.NDArray[np.float64]
Finder = Callable[[Floats, float], npt.NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Search:
    """How beats of one kind of signal are found."""

    signal_kind: SignalKind
    beat_kind: BeatKind
    find: Finder
    """Given stretches of one length, [stretch, sample], and samples per second: places in them laid end to end."""
    shortest_s: float
    """Shorter stretches are not searched."""
    context_tiles: int
    """Whole tiles before the one in question that the detector is shown."""
    guard_ticks: int
    """A beat counts as found when so many later ticks were there to see; if not, the next tile finds it."""
    interval_s: tuple[float, float]
    """Plausible time between two; the shorter one also tells a beat found twice from two beats."""
    least_spread: float
    """A tile whose samples differ by less holds no signal; in mV, mmHg, NU or ohm."""
    preference: tuple[str, ...]
    """Names in the order they are taken, upper case; others follow by name."""
    rows_at_once: int
    """Stretches that the detector is given at a time: few enough to stay, with what it makes of them, in a core's own
    cache; many where it goes along all of them together."""
    has_cycles: bool = False
    """Whether the values between two onsets mean something."""


SEARCHES = (
    Search(
        SignalKind.ECG, BeatKind.QRS, qrs.qrs_in_rows, qrs.SHORTEST_S, context_tiles=1, guard_ticks=150,
        interval_s=(0.2, 3.0), least_spread=0.05,
        preference=(
            "II", "MLII", "V", "I", "AVF", "MCL", "MCL1", "III", "V5", "V4", "V3", "V6", "V2", "V1", "AVL", "AVR",
        ), rows_at_once=8,
    ),
    Search(
        SignalKind.PPG, BeatKind.PULSE_ONSET, pleth_pulses.pleth_onsets_in_rows,
        pleth_pulses.SHORTEST_S, context_tiles=1, guard_ticks=500, interval_s=(0.25, 3.0), least_spread=0.01,
        preference=("PLETH",), rows_at_once=16, has_cycles=True,
    ),
    Search(
        SignalKind.ARTERIAL_PRESSURE, BeatKind.PULSE_ONSET, pressure_pulses.pressure_onsets_in_rows,
        pressure_pulses.SHORTEST_S, context_tiles=1, guard_ticks=500,
        interval_s=(0.25, 3.0), least_spread=5.0, preference=("ABP", "ART", "AO"), rows_at_once=64, has_cycles=True,
    ),
    Search(
        SignalKind.BREATH, BeatKind.BREATH, breaths.breaths_in_rows, breaths.SHORTEST_S,
        context_tiles=3,
        guard_ticks=2000, interval_s=(1.0, 12.0), least_spread=0.01, preference=("RESP",), rows_at_once=16,
    ),
)  # fmt: skip
"""Lead II first: the monitors' own choice, and the largest R in most; aVR last. A fixed order, so that the lead of a
tile depends on nothing but which leads are there in it."""


def in_order(names: list[str], search: Search) -> list[str]:
    """Return names by preference, then by name."""
    place = {name: number for number, name in enumerate(search.preference)}
    return sorted(names, key=lambda name: (place.get(name.upper(), len(place)), name))
