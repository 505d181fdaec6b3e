"""Random streams: one independent generator per (seed, subject, purpose), so that no draw depends on another subject.

Belongs here: naming the streams. Does not belong here: what is drawn from them.
"""

from enum import IntEnum

import numpy as np

RECORDS_PER_SUBJECT = 8
"""Streams are spaced so that each record of a subject has its own copy of every purpose."""


class Stream(IntEnum):
    """Purposes that draw independently: changing one leaves the others' draws as they were."""

    COURSE = 0
    PRESSURE = 1
    TICKS = 2
    STATE = 3
    BEATS = 4
    SEGMENTS = 5
    SAMPLES = 6
    NUMERICS = 7
    CHART = 8
    ORDERS = 9
    CODES = 10
    ACUTE = 11
    EDGES = 12
    VITALS = 13
    INFARCTION = 14


def generator(seed: int, subject_index: int, stream: Stream, record_number: int = 0) -> np.random.Generator:
    """Return the generator of one purpose of one subject (of one of its records)."""
    number = int(stream) * RECORDS_PER_SUBJECT + record_number
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, subject_index, number])))
