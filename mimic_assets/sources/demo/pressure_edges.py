"""Near-misses of sustained low pressure: one step too short, at the limit, or with too long a silence inside.

Belongs here: which subject's line shows which near-miss, and for how long. Does not belong here: usual disturbances
(`pressure`) and which message is the last low one (`message_times`). Low pressure here is a mean below 65 mmHg for five
minutes without a silence of more than a minute, as the definition of hypotension says in words; a rule that says
something near it finds too much or too little.
"""

from collections.abc import Iterator

import numpy as np

from mimic_assets.sources.demo.disturbance import Disturbance, Interval
from mimic_assets.sources.demo.places import FreePlaces

TRIES = 60
EARLY_S = 1560.0
"""Silences lie in a record's first minutes: nobody can say that nothing happened in one, and later they would cost
the demo its negatives."""

AT_LIMIT = frozenset({1, 8, 17, 24, 28, 35})
ONE_STEP_SHORT = frozenset({0, 10, 13, 24, 25, 38})
LONG_DIPS = frozenset({7, 22, 27, 32})
LONG_SILENCE = frozenset({27, 34})
SHORT_SILENCE = frozenset({21, 32})


def place_edges(rng: np.random.Generator, slot: int, places: FreePlaces) -> Iterator[Interval]:
    """Yield the near-misses of one record's arterial line, but for silences; those that do not fit are left out."""
    if slot in ONE_STEP_SHORT and (start := places.place(rng, 302.0, tries=TRIES)) is not None:
        yield Interval(Disturbance.DIP_ONE_STEP_SHORT, start, start + 302.0)
    if slot in LONG_DIPS:
        length = float(rng.uniform(250, 290))
        if (start := places.place(rng, length, tries=TRIES)) is not None:
            yield Interval(Disturbance.LONG_DIP, start, start + length)
    if slot in AT_LIMIT:
        length = float(rng.uniform(330, 600))
        if (start := places.place(rng, length, tries=TRIES)) is not None:
            yield Interval(Disturbance.PRESSURE_AT_LIMIT, start, start + length)


def place_silences(rng: np.random.Generator, slot: int, places: FreePlaces) -> Iterator[Interval]:
    """Yield the silences of one record's arterial line with the dips beside them."""
    if slot in LONG_SILENCE:
        yield from _around_silence(rng, 480.0, places)
    if slot in SHORT_SILENCE:
        yield from _around_silence(rng, float(rng.uniform(64, 86)), places)


def _around_silence(rng: np.random.Generator, silence_s: float, places: FreePlaces) -> Iterator[Interval]:
    """Yield two dips, neither of them five minutes, with a silence between them that nobody can call low."""
    first, second = (float(rng.uniform(170, 220)) for _ in range(2))
    start = places.place(rng, first + silence_s + second, margin=60.0, tries=TRIES, before_s=EARLY_S)
    if start is not None:
        yield Interval(Disturbance.DIP_BESIDE_SILENCE, start, start + first)
        yield Interval(Disturbance.SILENCE_BETWEEN_DIPS, start + first, start + first + silence_s)
        yield Interval(Disturbance.DIP_BESIDE_SILENCE, start + first + silence_s, start + first + silence_s + second)
