"""Subjects, admissions and ICU stays of one part of the source, as arrays; every time is a whole minute.

A fifth of the stays belong to a second admission: of four subjects, the last has two. Only a subject's last admission
can end with death. The oddities that matter to a death's time are there: a discharge up to a day before the death, a
death without `deathtime`, a death after discharge that only a date tells.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Generator = np.random.Generator

HOUR = 60
DAY = 24 * HOUR
NEVER = -1
STAYS_PER_GROUP = 5
"""Of four subjects."""
_SUBJECTS_PER_GROUP = 4
_EPOCH_2110 = int(np.datetime64("2110-01-01", "m").astype(np.int64))


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is generated."""

    stays: int
    chart_rows_per_stay: int = 500
    """On average; the total is exact."""
    seed: int = 17
    stays_per_part: int = 1_000
    """Drawn and written at once; another number gives other rows."""

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be cut into whole groups."""
        for name in ("stays", "stays_per_part"):
            if getattr(self, name) < STAYS_PER_GROUP or getattr(self, name) % STAYS_PER_GROUP:
                raise ValueError(f"{name} = {getattr(self, name)} found, a multiple of {STAYS_PER_GROUP} expected")

    @property
    def parts(self) -> int:
        """How many parts there are; the last may be smaller."""
        return -(-self.stays // self.stays_per_part)

    @property
    def chart_rows(self) -> int:
        """Rows of chartevents."""
        return self.stays * self.chart_rows_per_stay

    def stays_of(self, part: int) -> int:
        """Return how many stays a part has."""
        return min(self.stays_per_part, self.stays - part * self.stays_per_part)


@dataclass(frozen=True, slots=True)
class Cohort:
    """The stays of a part, each with its admission; minutes since 1970, NEVER where there is none."""

    subject_id: Numbers
    hadm_id: Numbers
    stay_id: Numbers
    admitted: Numbers
    entered: Numbers
    """ICU intime."""
    left: Numbers
    """ICU outtime."""
    discharged: Numbers
    died: Numbers
    """Of this admission, to the minute; also where `deathtime` is not told."""
    is_death_timed: Flags
    died_on: Numbers
    """Midnight of the date of death, of the subject's last admission."""
    is_last: Flags
    """Whether it is the subject's last admission."""

    @property
    def charted_until(self) -> Numbers:
        """Return until when somebody charts: outtime, or death before it."""
        return np.where(self.died == NEVER, self.left, np.minimum(self.left, self.died))


def draw_cohort(plan: Plan, part: int, draw: Generator) -> Cohort:
    """Return the stays of a part, ascending by subject and time."""
    count = plan.stays_of(part)
    number = part * plan.stays_per_part + np.arange(count)
    place = number % STAYS_PER_GROUP
    subject = number // STAYS_PER_GROUP * _SUBJECTS_PER_GROUP + np.minimum(place, _SUBJECTS_PER_GROUP - 1)
    is_last, is_second = place != _SUBJECTS_PER_GROUP - 1, place == STAYS_PER_GROUP - 1
    length = np.clip(draw.exponential(60, count) * HOUR + 10 * HOUR, 0, 480 * HOUR).astype(np.int64)
    admitted = _EPOCH_2110 + draw.integers(0, 80 * 365 * DAY, count)
    entered = admitted + draw.integers(0, DAY, count)
    after = draw.integers(HOUR, 10 * DAY, count)
    again = draw.integers(30 * DAY, 400 * DAY, count)
    # A second admission follows the first: the row before it.
    firsts = np.flatnonzero(is_second) - 1
    shift = entered[firsts] + length[firsts] + after[firsts] + again[firsts] - admitted[firsts + 1]
    admitted[firsts + 1] += shift
    entered[firsts + 1] += shift
    left = entered + length
    dies = is_last & (draw.random(count) < 0.1)
    in_unit = draw.random(count) < 0.7
    death = np.where(in_unit, left - draw.integers(0, 5 * HOUR, count), left + draw.integers(HOUR, 3 * DAY, count))
    is_early = draw.random(count) < 0.1
    discharged = np.where(dies, death - np.where(is_early, draw.integers(20 * HOUR, DAY, count), 0), left + after)
    later = np.where(
        is_last & (draw.random(count) < 0.08), discharged + draw.integers(2 * DAY, 365 * DAY, count), NEVER
    )
    known = np.where(dies, death, later)
    return Cohort(
        subject_id=10_000_000 + 97 * subject,
        hadm_id=20_000_000 + number,
        stay_id=30_000_000 + number,
        admitted=admitted,
        entered=entered,
        left=left,
        discharged=np.maximum(discharged, admitted + HOUR),
        died=np.where(dies, death, NEVER),
        is_death_timed=dies & (draw.random(count) < 0.98),
        died_on=np.where(known == NEVER, NEVER, known // DAY * DAY),
        is_last=is_last,
    )
