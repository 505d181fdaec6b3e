"""Which ICU stay and admission of the subject a time lies in.

Belongs here: looking a time, a day or an admission up among the subject's stays. Does not belong here: whether an
event counts (`rules`), or links between records and stays (`record_stays` brings them).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from mimic_assets.schemas.vocabulary import EventClass
from mimic_assets.timeline import Interval


@dataclass(frozen=True, slots=True)
class Period:
    """An admission, or an ICU stay of one; null where the source gives none."""

    hadm_id: int | None
    stay_id: int | None
    """Null for an admission."""
    start: datetime | None
    end: datetime | None
    """Of an admission: the later of dischtime and deathtime, because dischtime may lie hours before death."""

    @property
    def interval(self) -> Interval | None:
        """`(start, end]`, or None where an end is missing or nothing lies between."""
        if self.start is None or self.end is None or self.end <= self.start:
            return None
        return Interval(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The admissions and ICU stays of one subject."""

    admissions: tuple[Period, ...]
    stays: tuple[Period, ...]

    @classmethod
    def of(cls, clinical_extract: pl.DataFrame) -> "Whereabouts":
        """Return the whereabouts a subject's rows of `clinical_extract` tell, in the order of source rows."""
        rows = clinical_extract.sort("source_table", "source_row")
        admissions = rows.filter(source_table="admissions").iter_rows(named=True)
        stays = rows.filter(source_table="icustays").iter_rows(named=True)
        return cls(
            tuple(
                Period(row["hadm_id"], None, row["start_time"], _latest(row["end_time"], row["death_time"]))
                for row in admissions
            ),
            tuple(Period(row["hadm_id"], row["stay_id"], row["start_time"], row["end_time"]) for row in stays),
        )

    def stay_at(self, time: datetime) -> Period | None:
        """Return the ICU stay whose `(intime, outtime]` holds a time; the last to start where several do.

        No slack is given around a stay: in the demo death lies 1-5 h before the outtime of a patient who died in the
        unit, and a day or more after that of one who did not, so an outtime before death means the patient had left.
        """
        return _last_to_start(stay for stay in self.stays if stay.interval is not None and time in stay.interval)

    def admission_at(self, time: datetime) -> Period | None:
        """Return the admission whose `(admittime, end]` holds a time; the last to start where several do."""
        return _last_to_start(stay for stay in self.admissions if stay.interval is not None and time in stay.interval)

    def admission_on(self, start: datetime, end: datetime) -> Period | None:
        """Return the admission that shares time with the day `[start, end)`; the last to start where several do."""
        return _last_to_start(
            stay
            for stay in self.admissions
            if stay.interval is not None and stay.interval.start < end and start <= stay.interval.end
        )

    def bounds(self, hadm_id: int | None) -> tuple[datetime | None, datetime | None]:
        """Return start and end of an admission; None where they, or the admission, are unknown."""
        found = [stay for stay in self.admissions if hadm_id is not None and stay.hadm_id == hadm_id]
        return (found[0].start, found[0].end) if found else (None, None)

    def place(self, row: dict[str, Any], time: datetime) -> tuple[int | None, int | None, EventClass]:
        """Return admission, ICU stay and class of a charted row: what the row says, else what its time says."""
        hadm_id: int | None = row["hadm_id"]
        stay_id: int | None = row["stay_id"]
        if stay_id is None:
            stay = self.stay_at(time)
            stay_id = stay.stay_id if stay is not None and hadm_id in (None, stay.hadm_id) else None
        if hadm_id is None:
            named = next((stay for stay in self.stays if stay_id is not None and stay.stay_id == stay_id), None)
            known = named or self.admission_at(time)
            hadm_id = known.hadm_id if known is not None else None
        return hadm_id, stay_id, EventClass.IN_HOSPITAL if stay_id is None else EventClass.IN_UNIT


def _latest(first: datetime | None, second: datetime | None) -> datetime | None:
    return max((time for time in (first, second) if time is not None), default=None)


def _last_to_start(periods: Iterable[Period]) -> Period | None:
    found = sorted(
        (period for period in periods if period.start is not None),
        key=lambda period: (period.start, period.stay_id or 0, period.hadm_id or 0),
    )
    return found[-1] if found else None
