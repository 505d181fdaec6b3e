"""Until when an event would have been seen: what a negative needs to reach the end of its target.

Follow-up is the task's own, never "the monitor was on": otherwise nearness to the end of a record tells the classes
apart. It looks into the future by design, and touches no input.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from mimic_assets.schemas.judged import Rows
from mimic_assets.schemas.vocabulary import Flag
from mimic_assets.stretches import stretches
from mimic_assets.tasks.model import FollowUp, Task
from mimic_assets.windows.index_times import Stay
from mimic_assets.windows.microseconds import AFTER_ALL, BEFORE_ALL, SECOND, Microseconds, to_microseconds
from mimic_assets.windows.targets import KnownEvent, competing_events, timed_deaths

LONGEST_SILENCE: Final = 60 * SECOND
"""Usable pressures further apart than this do not follow each other."""
CONFIRMATION: Final = 300 * SECOND
"""An episode of hypotension is one after five continuous minutes below 65 mmHg."""


def follow_up_ends(
    index: Microseconds,
    task: Task,
    stay: Stay,
    events: list[KnownEvent],
    runs: list[tuple[int, int]],
    limited: Microseconds,
) -> Microseconds:
    """Return for each index time until when an event of the task would have been seen; BEFORE_ALL where never.

    hospital_discharge: dischtime. Where the admission has a timed death, its upper bound instead: dischtime may lie
        hours before the death. BEFORE_ALL without a known end.
    pressure_signal: see `pressure_follow_up`.
    icu_out: outtime, or dischtime where that is earlier and no death in the admission says otherwise.
    icu_out_or_care_limit: as icu_out, or `limited` (`care_limitation.limited_from`) where that is earlier.
    Follow-up also ends at the earliest lower bound of any competing event, whatever its tier; death competes with every
    event but itself.
    """
    if task.target.follow_up is FollowUp.PRESSURE_SIGNAL:
        ends = pressure_follow_up(index, runs)
    elif task.target.follow_up is FollowUp.HOSPITAL_DISCHARGE:
        ends = np.full(index.shape, _end_of_hospital(stay, events), dtype=np.int64)
    else:
        ends = icu_follow_up(index, task, stay, events, limited)
    competitors = competing_events(events, task.competing, stay.hadm_id)
    return np.minimum(ends, min((event.lower for event in competitors), default=AFTER_ALL))


def icu_follow_up(
    index: Microseconds, task: Task, stay: Stay, events: list[KnownEvent], limited: Microseconds
) -> Microseconds:
    """Return the end of the ICU stay, or of full care where the task says so; an event after it is no positive.

    Without this, the last hours of a stay could hold positives and no negative, and nearness to its end would tell the
    classes apart.
    """
    end = stay.end
    if stay.admission_end is not None and not deaths_in_admission(stay, events):
        end = min(end, stay.admission_end)
    ends = np.full(index.shape, end, dtype=np.int64)
    return np.minimum(ends, limited) if task.target.follow_up is FollowUp.ICU_OUT_OR_CARE_LIMIT else ends


def deaths_in_admission(stay: Stay, events: list[KnownEvent]) -> list[KnownEvent]:
    """Return the timed deaths of the stay's admission: by its id, or by time where the death names no admission."""
    return [death for death in timed_deaths(events) if _is_of_admission(death, stay)]


def pressure_runs(cleaned_numerics: Rows) -> dict[int, list[tuple[int, int]]]:
    """Return (first, last) of every maximal run of usable mean arterial pressure in one record, ascending, by subject.

    In a run, successive values are at most LONGEST_SILENCE apart. Intermittent cuff values are not arterial pressure.
    """
    is_usable = (pl.col("parameter") == "abp_mean") & (pl.col("flag") == Flag.OK.value) & pl.col("time").is_not_null()
    runs: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for stretch in stretches(cleaned_numerics):
        usable = stretch.lazy().filter(is_usable).select("subject_id", "record_id", "time").collect()
        for (subject_id, record_id), rows in usable.partition_by("subject_id", "record_id", as_dict=True).items():
            own = runs.setdefault((int(subject_id), int(record_id)), [])
            for first, last in _runs_of(np.sort(to_microseconds(rows["time"], BEFORE_ALL))):
                if own and first - own[-1][1] <= LONGEST_SILENCE:  # goes on from the stretch before
                    first = own.pop()[0]
                own.append((first, last))
    of_subjects: dict[int, list[tuple[int, int]]] = {}
    for (subject_id, _), own in runs.items():
        of_subjects[subject_id] = sorted([*of_subjects.get(subject_id, []), *own])
    return of_subjects


def _runs_of(times: Microseconds) -> Iterator[tuple[int, int]]:
    breaks = np.flatnonzero(np.diff(times) > LONGEST_SILENCE)
    firsts, lasts = times[np.concatenate(([0], breaks + 1))], times[np.concatenate((breaks, [len(times) - 1]))]
    return zip(firsts.tolist(), lasts.tolist(), strict=True)


def pressure_follow_up(index: Microseconds, runs: list[tuple[int, int]]) -> Microseconds:
    """Return the last onset that could have been confirmed in a run of pressure that contains the index time.

    A run contains first <= index <= last; follow-up ends CONFIRMATION before its last value, because an episode that
    begins later could not be told from a shorter one. Of the runs of two records the longer counts. BEFORE_ALL where
    no run contains the index time.
    """
    ends = np.full(index.shape, BEFORE_ALL, dtype=np.int64)
    for first, last in runs:
        where = slice(*np.searchsorted(index, (first, last + 1)))
        ends[where] = np.maximum(ends[where], last - CONFIRMATION)
    return ends


def _end_of_hospital(stay: Stay, events: list[KnownEvent]) -> int:
    deaths = deaths_in_admission(stay, events)
    if deaths:
        last = max(death.upper for death in deaths)
        return BEFORE_ALL if last == AFTER_ALL else last
    return BEFORE_ALL if stay.admission_end is None else stay.admission_end


def _is_of_admission(death: KnownEvent, stay: Stay) -> bool:
    if death.hadm_id is not None:
        return death.hadm_id == stay.hadm_id
    start = stay.start if stay.admission_start is None else stay.admission_start
    end = stay.end if stay.admission_end is None else max(stay.end, stay.admission_end)
    return start <= death.upper and death.lower <= end
