"""ICU stays of a patient and their index times: `intime + k * stride`, k = 1, 2, ..., or one anchored.

The grid hangs on the stay alone: only an index time anchored on an event moves, with that event. Whether a label is
possible at one of them is not decided here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from mimic_assets.schemas.fields import LONGEST_STAY
from mimic_assets.schemas.judged import Rejection
from mimic_assets.tasks.model import IndexRule
from mimic_assets.windows.microseconds import AFTER_ALL, SECOND, Microseconds, to_microseconds
from mimic_assets.windows.targets import KnownEvent

_ABSENT = -(2**61)


@dataclass(frozen=True, slots=True)
class Stay:
    """An ICU stay with the admission it belongs to; times in microseconds since 1970."""

    subject_id: int
    stay_id: int
    hadm_id: int | None
    start: int
    """ICU intime."""
    end: int
    """ICU outtime."""
    care_unit: str | None
    """First ICU of the stay."""
    admission_start: int | None
    """admittime; None where the admission is not in the extract."""
    admission_end: int | None
    """dischtime; it may lie hours before a death, so it is never taken for the end when there was one."""


def find_stays(clinical_extract: pl.DataFrame) -> tuple[list[Stay], list[Rejection]]:
    """Return the ICU stays of some patients, ascending by stay_id, and the rows that cannot be used.

    A row without stay_id, intime or outtime has no grid and is refused. A stay that ends before it starts is returned:
    it has no index time, and `clinical` has already refused it. Of rows with the same stay_id the first stands.
    """
    admissions = {
        hadm_id: (_or_none(start), _or_none(end))
        for hadm_id, start, end in _rows(clinical_extract, "admissions", "hadm_id")
        if hadm_id is not None
    }
    stays: dict[int, Stay] = {}
    refused: dict[int, list[int]] = {}
    table = clinical_extract.filter(pl.col("source_table") == "icustays").sort("subject_id", "source_row")
    starts, ends = to_microseconds(table["start_time"], _ABSENT), to_microseconds(table["end_time"], _ABSENT)
    for row, start, end in zip(table.iter_rows(named=True), starts.tolist(), ends.tolist(), strict=True):
        if row["stay_id"] is None or _ABSENT in (start, end):
            refused.setdefault(row["subject_id"], []).append(row["source_row"])
            continue
        admission_start, admission_end = admissions.get(row["hadm_id"], (None, None))
        stay = Stay(
            subject_id=row["subject_id"],
            stay_id=row["stay_id"],
            hadm_id=row["hadm_id"],
            start=start,
            end=end,
            care_unit=row["category"],
            admission_start=admission_start,
            admission_end=admission_end,
        )
        stays.setdefault(stay.stay_id, stay)
    rejections = [
        Rejection(
            table="clinical_labels",
            file="icustays",
            place=f"icustays:{rows[0]}",
            rule="stay_without_times",
            message="found an ICU stay without stay_id, intime or outtime, expected all three: it has no index times",
            advice="Complete the row in icu/icustays.csv.gz, or leave the stay out.",
            subject_id=subject_id,
            count=len(rows),
        )
        for subject_id, rows in refused.items()
    ]
    return [stays[stay_id] for stay_id in sorted(stays)], rejections


def index_times(stay: Stay, stride: int) -> Microseconds:
    """Return `start + k * stride` for k = 1, 2, ... up to and including the stay's end.

    None for a stay that ends before it starts or lasts longer than any can; `clinical` has refused both.

    Args:
        stay: the stay.
        stride: microseconds between index times.
    """
    length = stay.end - stay.start
    count = 0 if length > LONGEST_STAY // timedelta(microseconds=1) else max(length, 0) // stride
    return stay.start + stride * np.arange(1, count + 1, dtype=np.int64)


def anchored_index_times(
    stay: Stay, rule: IndexRule, events: list[KnownEvent], known: Mapping[str, int]
) -> Microseconds:
    """Return the one index time `anchor + offset` of a stay, where it lies in `(intime, outtime]`; else none.

    An event counts from its upper bound, so that it surely lies before the index time; of several in the stay that of
    the first upper bound is taken. Where it was not known by then (`known_events`) there is no index time.
    """
    if stay.end - stay.start > LONGEST_STAY // timedelta(microseconds=1):
        return np.empty(0, dtype=np.int64)
    if rule.anchor == "intime":
        anchor: int | None = stay.start
    elif rule.anchor == "admittime":
        anchor = stay.admission_start
    else:
        candidates = sorted(
            (event.upper, known.get(event.event_id, AFTER_ALL))
            for event in events
            if event.kind == rule.anchor
            and event.is_timed
            and event.tier <= rule.anchor_minimum_tier.value
            and stay.start < event.upper <= stay.end
            and event.hadm_id in (None, stay.hadm_id)
        )
        is_known = bool(candidates) and candidates[0][1] <= candidates[0][0] + (rule.offset_s or 0) * SECOND
        anchor = candidates[0][0] if is_known else None
    times = [] if anchor is None else [anchor + (rule.offset_s or 0) * SECOND]
    return np.array([time for time in times if stay.start < time <= stay.end], dtype=np.int64)


def _rows(clinical_extract: pl.DataFrame, source_table: str, key: str) -> list[tuple[int | None, int, int]]:
    table = clinical_extract.filter(pl.col("source_table") == source_table).sort("source_row", descending=True)
    starts, ends = to_microseconds(table["start_time"], _ABSENT), to_microseconds(table["end_time"], _ABSENT)
    return list(zip(table[key].to_list(), starts.tolist(), ends.tolist(), strict=True))


def _or_none(value: int) -> int | None:
    return None if value == _ABSENT else value
