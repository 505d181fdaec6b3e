"""Identifiers of the demo: eight digits in the ranges of MIMIC-IV, distinct for every subject, scattered over folders.

Belongs here: numbering. A multiplication modulo a prime is a permutation, so no table of used numbers is needed and
subject k's identifiers do not depend on how many subjects there are.
"""

SPAN = 9_999_991
"""The largest prime below ten million: numbers run over SPAN values above each range's start."""
STEP = 7_368_787
PER_SUBJECT = 16
"""Identifiers of one kind that a subject may use (admissions, stays, transfers, records)."""


def _scatter(position: int, seed: int, start: int) -> int:
    return start + (position * STEP + seed * 2_654_435_761) % SPAN


def subject_id(index: int, seed: int) -> int:
    """Return the subject's id, 10000001 to 19999991."""
    return _scatter(index, seed, 10_000_001)


def hadm_id(index: int, number: int, seed: int) -> int:
    """Return the id of the subject's admission `number`."""
    return _scatter(index * PER_SUBJECT + number, seed + 1, 20_000_001)


def transfer_id(index: int, number: int, seed: int) -> int:
    """Return the id of the subject's ward or unit stay `number`; a stay_id is one of these, as in MIMIC-IV."""
    return _scatter(index * PER_SUBJECT + number, seed + 2, 30_000_001)


def record_id(index: int, number: int, seed: int) -> int:
    """Return the id of the subject's waveform record `number`, 80000001 to 89999991."""
    return _scatter(index * PER_SUBJECT + number, seed + 3, 80_000_001)
