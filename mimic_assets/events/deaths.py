"""The death of the subject: to the minute, to the day, or known without either.

Belongs here: what deathtime, date of death and discharge location say together, and the class of a death. Does not
belong here: a time taken from dischtime or an ICU outtime, which are never times of death.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import polars as pl

from mimic_assets.events.comfort_care import is_comfort_in_force
from mimic_assets.events.finding import CHARTED_WITHIN, DAY, Finding
from mimic_assets.events.rules import BRAIN_DEATH_ITEM, DEATH_CHARTED, DEATH_DATED, DEATH_DISCHARGED
from mimic_assets.events.whereabouts import Whereabouts
from mimic_assets.schemas.judged import Rejection
from mimic_assets.schemas.tables import CLINICAL_EVENTS
from mimic_assets.schemas.vocabulary import EventClass

_Row = dict[str, Any]


def find_deaths(clinical_extract: pl.DataFrame, whereabouts: Whereabouts) -> tuple[list[Finding], list[Rejection]]:
    """Return what is known of the subject's death, and where its sources contradict each other.

    - `deathtime` of an admission: tier A, 60 s before to 60 s after. Where admissions give different deathtimes
      there is one event at the earliest, bounded by all of them, and a rejection `death_times_disagree`.
    - `dod` without any deathtime: tier C, `[that day 00:00, next 00:00]`. With a deathtime on that day it is one
      more source of the tier A event; with a deathtime on another day it is only the rejection.
    - discharge location DIED, no deathtime in that admission, and no death above placed in it: tier D, from
      admittime to the end of the day of dischtime (dischtime is often midnight of the day of death), so that the
      stay is no negative.

    Class of a timed death: `brain_death` if charted, else `expected` under comfort care, else `in_unit` inside an
    ICU stay, else `in_hospital`. Of a dated one: `in_hospital` where the day touches an admission, else
    `out_of_hospital`.
    """
    rows = clinical_extract.sort("source_table", "source_row")
    admissions = list(rows.filter(source_table="admissions").iter_rows(named=True))
    dated = [row for row in rows.filter(source_table="patients").iter_rows(named=True) if row["death_time"] is not None]
    charted = [row for row in admissions if row["death_time"] is not None]
    found = [_charted(charted, dated, clinical_extract, whereabouts)] if charted else _dated(dated, whereabouts)
    placed = {row["hadm_id"] for row in charted} | {finding.hadm_id for finding in found}
    found.extend(_discharged(row) for row in admissions if _left_dead(row) and row["hadm_id"] not in placed)
    return found, list(_disagreements(charted, dated))


def _charted(
    charted: list[_Row], dated: list[_Row], clinical_extract: pl.DataFrame, whereabouts: Whereabouts
) -> Finding:
    """Return the tier A death of admissions with a deathtime."""
    first = min(charted, key=lambda row: (row["death_time"], row["source_row"]))
    time: datetime = first["death_time"]
    hadm_id: int | None = first["hadm_id"]
    stay = whereabouts.stay_at(time)
    inside = stay is not None and stay.hadm_id in (None, hadm_id)
    if _is_brain_death_charted(clinical_extract, hadm_id):
        event_class = EventClass.BRAIN_DEATH
    elif is_comfort_in_force(clinical_extract, hadm_id, time):
        event_class = EventClass.EXPECTED
    else:
        event_class = EventClass.IN_UNIT if inside else EventClass.IN_HOSPITAL
    same_day = [row for row in dated if row["death_time"].date() in {other["death_time"].date() for other in charted}]
    return Finding(
        rule=DEATH_CHARTED,
        tier=DEATH_CHARTED.tier,
        event_class=event_class,
        hadm_id=hadm_id,
        stay_id=stay.stay_id if stay is not None and inside else None,
        event_time=time,
        lower_time=time - CHARTED_WITHIN,
        upper_time=max(row["death_time"] for row in charted) + CHARTED_WITHIN,
        sources=tuple(_name(row) for row in [*charted, *same_day]),
    )


def _dated(dated: list[_Row], whereabouts: Whereabouts) -> list[Finding]:
    """Return the tier C death of each date of death (one, unless the source contradicts itself)."""
    findings = []
    for day in sorted({row["death_time"].replace(hour=0, minute=0, second=0, microsecond=0) for row in dated}):
        admission = whereabouts.admission_on(day, day + DAY)
        findings.append(
            Finding(
                rule=DEATH_DATED,
                tier=DEATH_DATED.tier,
                event_class=EventClass.OUT_OF_HOSPITAL if admission is None else EventClass.IN_HOSPITAL,
                hadm_id=None if admission is None else admission.hadm_id,
                stay_id=None,
                event_time=None,
                lower_time=day,
                upper_time=day + DAY,
                sources=tuple(_name(row) for row in dated if day <= row["death_time"] < day + DAY),
            )
        )
    return findings


def _left_dead(admission: _Row) -> bool:
    """Return whether an admission says that the patient left it dead, without a time of death."""
    text = admission["value_text"]
    return admission["death_time"] is None and text is not None and text.strip().upper() in ("DIED", "DEAD/EXPIRED")


def _discharged(admission: _Row) -> Finding:
    """Return the tier D death of an admission that ended with death at an unknown time."""
    end: datetime | None = admission["end_time"]
    return Finding(
        rule=DEATH_DISCHARGED,
        tier=DEATH_DISCHARGED.tier,
        event_class=EventClass.IN_HOSPITAL,
        hadm_id=admission["hadm_id"],
        stay_id=None,
        event_time=None,
        lower_time=admission["start_time"],
        upper_time=None if end is None else end.replace(hour=0, minute=0, second=0, microsecond=0) + DAY,
        sources=(_name(admission),),
    )


def _is_brain_death_charted(clinical_extract: pl.DataFrame, hadm_id: int | None) -> bool:
    """Return whether brain death is charted in the admission, or in none that is named."""
    rows = clinical_extract.filter(
        (pl.col("source_table") == "procedureevents") & (pl.col("item_id") == BRAIN_DEATH_ITEM)
    )
    return any(charted in (None, hadm_id) for charted in rows["hadm_id"])


def _disagreements(charted: list[_Row], dated: list[_Row]) -> Iterator[Rejection]:
    times = sorted({row["death_time"] for row in charted})
    other_times = [row for row in charted if row["death_time"] != times[0]]
    if other_times:
        yield _disagreement(
            other_times,
            f"found {len(times)} different deathtimes in the subject's admissions, expected one; "
            "the earliest is the event's time, and its bounds span all",
            "Check deathtime of these admissions; only one can be right.",
        )
    days = {time.date() for time in times} or {row["death_time"].date() for row in dated[:1]}
    other_days = [row for row in dated if row["death_time"].date() not in days]
    if other_days:
        yield _disagreement(
            other_days,
            "found a date of death on another day than other evidence, expected the same day; a deathtime stands",
            "Check dod in patients against deathtime in admissions.",
        )


def _disagreement(rows: list[_Row], message: str, advice: str) -> Rejection:
    return Rejection(
        table=CLINICAL_EVENTS.name,
        file="clinical_extract",
        place=f"{_name(rows[0])}, column death_time",
        rule="death_times_disagree",
        message=message,
        advice=advice,
        subject_id=rows[0]["subject_id"],
        count=len(rows),
    )


def _name(row: _Row) -> str:
    return f"{row['source_table']}:{row['source_row']}"
