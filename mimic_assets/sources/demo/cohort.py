"""Who the subjects are: a designed cohort of 40 roles that repeats, so that every kind of case keeps its share.

Belongs here: which role has which condition. Does not belong here: any time or value (they are drawn in `course` and
later). A design instead of coin flips means that the 40-patient demo is guaranteed to hold each rare case, and 1,000
patients hold 25 of each.
"""

from dataclasses import dataclass
from enum import StrEnum

COHORT_SIZE = 40

DIES = frozenset({0, 2, 4, 7, 9, 11, 13, 16, 19, 20, 22, 24, 26, 28, 30, 33, 35, 37, 39})
ARTERIAL_LINE = frozenset(
    {0, 1, 2, 5, 7, 8, 10, 11, 13, 14, 17, 18, 19, 21, 22, 24, 25, 27, 28, 30, 32, 34, 35, 38, 39}
)
STEADY_PRESSURE = frozenset({17, 24, 38})
TERMINAL_HYPOTENSION = frozenset({0, 2, 7, 13, 22, 39})
CUFF_HYPOTENSION = frozenset({3, 15, 26, 37})
ATRIAL_FIBRILLATION = frozenset({12, 19, 31})
DISCHARGED_BEFORE_DEATH = frozenset({11, 16, 30})
DOD_ONLY = frozenset({5, 23, 25})
DNR = frozenset({0, 4, 7, 11, 13, 16, 19, 20, 22, 24, 26, 30, 33, 35, 39, 29, 6})
COMFORT_CARE = frozenset({4, 13, 35})
ICD_9 = frozenset({1, 3, 24, 26, 29, 32, 36})
FLUSH_IN_EPISODE = frozenset({1, 21})
SHORTEST_EPISODE = frozenset({5, 10, 11, 18, 27, 34})

ARREST_CODES = {15: "I469", 26: "4275", 4: "I462", 21: "I469"}
"""Diagnosis codes of an arrest; role 21's arrest is also timed, so there the code is a decoy."""
PROCEDURE_CODES = {27: "5A12012", 29: "9960", 32: "9962"}
HISTORY_CODES = {3: "V1253", 17: "Z8674", 22: "Z8241", 24: "V1741", 34: "P2981", 36: "77985"}
ATRIAL_SHOCK_CODES = {1: "9961"}


class Arrest(StrEnum):
    """Where a charted cardiac arrest lies."""

    NONE = "none"
    TERMINAL = "terminal"
    SURVIVED = "survived"
    AFTER_RECORD = "after_record"


class Shock(StrEnum):
    """Where a charted cardioversion or defibrillation lies."""

    NONE = "none"
    WITH_ARREST = "with_arrest"
    ELECTIVE = "elective"
    OUTSIDE_RECORD = "outside_record"


class SecondRecord(StrEnum):
    """A second waveform record of the same subject."""

    NONE = "none"
    SAME_STAY = "same_stay"
    ON_WARD = "on_ward"
    EARLIER_ADMISSION = "earlier_admission"


class Defect(StrEnum):
    """A defect planted once per demo, so that the rejected inputs have something to show."""

    NONE = "none"
    MISSING_DAT = "missing_dat"
    TEXT_CELL = "text_cell"
    UNKNOWN_COLUMN = "unknown_column"


ARRESTS = {
    2: Arrest.TERMINAL, 9: Arrest.TERMINAL, 37: Arrest.TERMINAL, 21: Arrest.SURVIVED, 28: Arrest.AFTER_RECORD
}  # fmt: skip
SHOCKS = {2: Shock.WITH_ARREST, 21: Shock.WITH_ARREST, 12: Shock.ELECTIVE, 38: Shock.OUTSIDE_RECORD}
SECOND_RECORDS = {5: SecondRecord.SAME_STAY, 18: SecondRecord.ON_WARD, 31: SecondRecord.EARLIER_ADMISSION}
CLOCK_LAGS_S = {17: -420, 23: 420, 38: 3600}
"""The monitor's clock minus the hospital's: seven minutes either way, and an hour of daylight saving not followed."""
DEFECTS = {8: Defect.MISSING_DAT, 36: Defect.TEXT_CELL, 34: Defect.UNKNOWN_COLUMN}


@dataclass(frozen=True, slots=True)
class Role:
    """One subject's conditions, without times."""

    slot: int
    """Position in the design, 0 to 39."""
    dies: bool
    """Dies in hospital."""
    dies_on_ward: bool
    """Dies more than a day after the last ICU stay ended."""
    has_arterial_line: bool
    """The first record carries arterial pressure."""
    has_episodes: bool
    """Hypotension episodes are planted in the first record."""
    has_terminal_episode: bool
    """The last episode lasts to the end of the record."""
    has_cuff_hypotension: bool
    """Consecutive low cuff pressures without an arterial line: never an event."""
    has_atrial_fibrillation: bool
    """Irregular beats without P waves."""
    has_two_stays: bool
    """One record covers two consecutive ICU stays."""
    outlasts_stay: bool
    """The record goes on after the stay's outtime."""
    starts_before_stay: bool
    """The record begins minutes before the stay's intime."""
    starts_with_stay: bool
    """The record begins minutes after the stay's intime (otherwise hours or days later)."""
    is_discharged_before_death: bool
    """`dischtime` precedes `deathtime`, as in three subjects of the published demo."""
    dies_after_discharge: bool
    """Only `dod`, a date, tells of the death."""
    has_dnr: bool
    """A DNR order is written."""
    has_comfort_care: bool
    """A comfort-care order is written."""
    has_slow_clock: bool
    """The record's clock is the documented 999.52 per second, not 999.56."""
    has_respiratory_arrest: bool
    """A charted respiratory arrest lies inside the record."""
    icd_version: int
    """9 or 10; one admission uses one version."""
    clock_lag_s: int
    """How far the monitor's clock is ahead of the hospital's, in all records of the subject."""
    is_charted_closely: bool
    """Vitals are charted every quarter of an hour instead of every hour."""
    arrest: Arrest
    shock: Shock
    second_record: SecondRecord
    defect: Defect


def role_of(subject_index: int) -> Role:
    """Return the role of subject `subject_index`; defects are planted only among the first 40."""
    slot = subject_index % COHORT_SIZE
    return Role(
        slot=slot,
        dies=slot in DIES,
        dies_on_ward=slot == 33,
        has_arterial_line=slot in ARTERIAL_LINE,
        has_episodes=slot in ARTERIAL_LINE - STEADY_PRESSURE,
        has_terminal_episode=slot in TERMINAL_HYPOTENSION,
        has_cuff_hypotension=slot in CUFF_HYPOTENSION,
        has_atrial_fibrillation=slot in ATRIAL_FIBRILLATION,
        has_two_stays=slot == 10,
        outlasts_stay=slot == 14,
        starts_before_stay=slot in {6, 29},
        starts_with_stay=slot % 3 == 0,
        is_discharged_before_death=slot in DISCHARGED_BEFORE_DEATH,
        dies_after_discharge=slot in DOD_ONLY,
        has_dnr=slot in DNR,
        has_comfort_care=slot in COMFORT_CARE,
        has_slow_clock=slot == 12,
        has_respiratory_arrest=slot in {6, 20},
        icd_version=9 if slot in ICD_9 else 10,
        clock_lag_s=CLOCK_LAGS_S.get(slot, 0),
        is_charted_closely=slot in CLOCK_LAGS_S,
        arrest=ARRESTS.get(slot, Arrest.NONE),
        shock=SHOCKS.get(slot, Shock.NONE),
        second_record=SECOND_RECORDS.get(slot, SecondRecord.NONE),
        defect=DEFECTS.get(slot, Defect.NONE) if subject_index < COHORT_SIZE else Defect.NONE,
    )
