"""Which record lies in which ICU stay, by time alone.

Belongs here: the overlap of records with the subject's stays, and what does not fit. Not here: the clocks (`audit`).
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import polars as pl

from mimic_assets.schemas.judged import Judged, Rejection, rejected_frame
from mimic_assets.schemas.tables import RAW_RECORDS, RECORD_STAYS
from mimic_assets.timeline import Interval, RecordClock

_Row = dict[str, Any]


def link_stays(raw_records: pl.DataFrame, clinical_extract: pl.DataFrame) -> Judged:
    """Return the overlaps of one subject's records with that subject's ICU stays.

    Args:
        raw_records: rows of `raw_records`; everything but a record's clock, admission and place of files is ignored.
        clinical_extract: the same subject's rows of `clinical_extract`; only `icustays` is read.

    Returns:
        Rows of `record_stays`, one per record and stay that share time. `hadm_id` is the stay's; `care_unit` its
        first unit. Rejected: `record_without_stay`, `admission_mismatch` (the row is kept: time decides, the
        header's admission may be the one before a transfer), `subject_without_clinical_rows` and
        `stay_without_times`.

    Time:
        A record covers `(clock(-1), last tick]` and a stay `(intime, outtime]`; so does the overlap: `(start, end]`.
        A stay that ends before it starts links nothing; `clinical_extract` reports it.

    Missing:
        The lag's columns are null, and what was known of it empty: nothing has measured it, and 0 would be a claim.
    """
    records = list(_records(raw_records))
    stays = list(_stays(clinical_extract))
    usable = [stay for stay in stays if stay["start_time"] is not None and stay["end_time"] is not None]
    rejections: list[Rejection] = []
    rows: list[_Row] = []
    if records and clinical_extract.is_empty():
        rejections.append(_subject_without_clinical_rows(records))
    for record in records:
        overlaps = [row for stay in usable if (row := _overlap(record, stay)) is not None]
        rows.extend(overlaps)
        if not overlaps and not clinical_extract.is_empty():
            rejections.append(_record_without_stay(record, len(usable)))
        rejections.extend(_admission_mismatch(record, overlaps))
    rejections.extend(_stays_without_times(stays))
    frame = pl.DataFrame(rows, schema=RECORD_STAYS.schema).sort(RECORD_STAYS.order)
    return Judged(frame, rejected_frame(rejections))


def _records(raw_records: pl.DataFrame) -> Iterator[_Row]:
    """Yield one row per record, in the order of record ids."""
    first = raw_records.sort(RAW_RECORDS.order).unique("record_id", keep="first", maintain_order=True)
    yield from first.iter_rows(named=True)


def _stays(clinical_extract: pl.DataFrame) -> Iterator[_Row]:
    """Yield one row per ICU stay; where a stay occurs twice, its first row stands."""
    stays = clinical_extract.filter((pl.col("source_table") == "icustays") & pl.col("stay_id").is_not_null())
    yield from (
        stays.sort("stay_id", "source_row").unique("stay_id", keep="first", maintain_order=True).iter_rows(named=True)
    )


def _overlap(record: _Row, stay: _Row) -> _Row | None:
    """Return the row of a record and a stay, or None where they share no time."""
    clock = RecordClock.of(record["record_start_time"], record["counter_frequency_hz"])
    covered = Interval(clock.time_at(-1), clock.time_at(record["record_last_tick"]))
    shared = covered.intersection(Interval(stay["start_time"], stay["end_time"]))
    if shared.is_empty:
        return None
    return {
        "subject_id": record["subject_id"],
        "record_id": record["record_id"],
        "hadm_id": stay["hadm_id"],
        "stay_id": stay["stay_id"],
        "overlap_start_time": shared.start,
        "overlap_end_time": shared.end,
        "lag_s": None,
        "lag_confidence": None,
        "has_large_lag": None,
        "lag_known_times": [],
        "lag_steps_s": [],
        "lag_step_confidences": [],
        "record_start_time": record["record_start_time"],
        "record_end_time": record["record_end_time"],
        "record_last_tick": record["record_last_tick"],
        "counter_frequency_hz": record["counter_frequency_hz"],
        "stay_start_time": stay["start_time"],
        "stay_end_time": stay["end_time"],
        "care_unit": stay["category"],
    }


def _header(record: _Row) -> str:
    """Return the path of a record's master header, which lies beside its signal files."""
    folder, slash, _ = record["file"].rpartition("/")
    return f"{folder}{slash}{record['record_id']}.hea"


def _subject_without_clinical_rows(records: list[_Row]) -> Rejection:
    return Rejection(
        table=RECORD_STAYS.name,
        file=_header(records[0]),
        place="comment subject_id",
        rule="subject_without_clinical_rows",
        message=f"found {len(records)} record(s) of a subject without any clinical row, expected rows of the subject",
        advice="Check that records and clinical tables are of one release; the records stay available, without labels.",
        subject_id=records[0]["subject_id"],
        count=len(records),
    )


def _record_without_stay(record: _Row, stay_count: int) -> Rejection:
    return Rejection(
        table=RECORD_STAYS.name,
        file=_header(record),
        place="record line",
        rule="record_without_stay",
        message=f"found no time shared with the subject's {stay_count} usable ICU stay(s), expected some",
        advice="Check the record's base time and the subject's icustays; the record stays available, without labels.",
        subject_id=record["subject_id"],
    )


def _admission_mismatch(record: _Row, overlaps: list[_Row]) -> Iterator[Rejection]:
    other = [
        row
        for row in overlaps
        if None not in (record["hadm_id"], row["hadm_id"]) and row["hadm_id"] != record["hadm_id"]
    ]
    if other:
        yield Rejection(
            table=RECORD_STAYS.name,
            file=_header(record),
            place=f"comment hadm_id, stay {other[0]['stay_id']}",
            rule="admission_mismatch",
            message=f"found admission {record['hadm_id']}, expected {other[0]['hadm_id']}, that of the ICU stay",
            advice="Check which admission the record belongs to; the link by time is kept.",
            subject_id=record["subject_id"],
            count=len(other),
        )


def _stays_without_times(stays: list[_Row]) -> Iterator[Rejection]:
    missing = Counter(column for stay in stays for column in ("start_time", "end_time") if stay[column] is None)
    for column, count in sorted(missing.items()):
        first = next(stay for stay in stays if stay[column] is None)
        source = {"start_time": "intime", "end_time": "outtime"}[column]
        yield Rejection(
            table=RECORD_STAYS.name,
            file="clinical_extract",
            place=f"icustays:{first['source_row']}, column {source}",
            rule="stay_without_times",
            message=f"found an ICU stay without {source}, expected both ends; nothing is linked to it",
            advice=f"Complete {source} of the stay in icustays.",
            subject_id=first["subject_id"],
            count=count,
        )
