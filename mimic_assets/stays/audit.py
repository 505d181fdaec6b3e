"""The clock audit: `lag_s` of each overlap from all that is known today, and what was known of it hour by hour.

The first is for people. What a window may use is the second: an estimate at an hour of the stay comes from chart rows
known by then and from numerics that the monitor, whatever its lag, had stamped by then (`charted.find_looks`). Deleting
later rows and auditing again therefore gives the same estimates up to that hour, digit for digit.
"""

from typing import Any, Final

import polars as pl

from mimic_assets.schemas.judged import Judged, Rejection, Rows, rejected_frame
from mimic_assets.schemas.tables import RECORD_STAYS
from mimic_assets.stays.charted import PAIRS, Look, find_looks
from mimic_assets.stays.estimate import Estimate, estimate
from mimic_assets.stays.grid import WIDEST_LAG, Display, displays
from mimic_assets.stays.link import link_stays
from mimic_assets.stays.votes import Vote, silence, vote
from mimic_assets.timeline import at_microseconds, microseconds

LARGE_LAG_S: Final = 120
"""Beyond two minutes a lag is no matter of rounding: charted times are whole minutes."""
HOUR: Final = 3600 * 1_000_000
_HELD_S: Final = {pair.parameter: pair.held_s for pair in PAIRS}


def find_record_stays(raw_records: pl.DataFrame, cleaned_numerics: Rows, clinical_extract: pl.DataFrame) -> Judged:
    """Return `record_stays` of one subject: overlaps of records with ICU stays, with the audit of the clocks.

    Args:
        raw_records: rows of one subject.
        cleaned_numerics: the same subject's rows; cells with flag ok count.
        clinical_extract: the same subject's rows; `icustays`, and of `chartevents` heart rate, oxygen saturation and
            cuff and arterial pressures charted within the stay.

    Returns:
        One row per record and stay that share time. `has_large_lag` where the lag is beyond LARGE_LAG_S; each such row
        is also reported as `large_clock_lag` (it is kept: what to do about it is the task's choice). The rest of the
        rejections is `link_stays`'s.

    Time:
        A lag is monitor clock minus chart clock: what was charted at c was on the screen when the monitor said c + lag.

    Missing:
        Where charts and monitor do not settle the lag, `lag_s`, `lag_confidence` and `has_large_lag` are null, never 0,
        and so are the estimates of hours at which it was not, or no longer, known.
    """
    linked = link_stays(raw_records, clinical_extract)
    rows: list[dict[str, Any]] = []
    for of_record in linked.frame.partition_by("record_id", maintain_order=True):
        shown = displays(cleaned_numerics.filter(pl.col("record_id") == of_record["record_id"][0]), _HELD_S)
        rows.extend(row | _audit(row, shown, clinical_extract) for row in of_record.iter_rows(named=True))
    folders = dict(raw_records.group_by("record_id").agg(pl.col("file").min().str.replace(r"[^/]*$", "")).iter_rows())
    large = [_large_clock_lag(row, folders.get(row["record_id"], "")) for row in rows if row["has_large_lag"]]
    rejected = pl.concat([linked.rejected, rejected_frame(large)])
    return Judged(
        pl.DataFrame(rows, schema=RECORD_STAYS.schema).sort(RECORD_STAYS.order),
        rejected.sort("subject_id", "table", "file", "rule", "place"),
    )


def _audit(row: dict[str, Any], shown: dict[str, Display], clinical_extract: pl.DataFrame) -> dict[str, Any]:
    """Return the audit's columns for one overlap."""
    start, end = microseconds(row["stay_start_time"]), microseconds(row["stay_end_time"])
    votes = [
        (look, said) for look in find_looks(clinical_extract, start, end) if (said := vote(look, shown)) is not None
    ]
    last = min(end, microseconds(row["record_end_time"]) + 2 * WIDEST_LAG)
    times, steps, found = _hour_by_hour(votes, start, last)
    return {
        "lag_s": None if found is None else found.lag_s,
        "lag_confidence": None if found is None else found.confidence,
        "has_large_lag": None if found is None else abs(found.lag_s) > LARGE_LAG_S,
        "lag_known_times": [at_microseconds(time) for time in times],
        "lag_steps_s": [None if step is None else step.lag_s for step in steps],
        "lag_step_confidences": [None if step is None else step.confidence for step in steps],
    }


def _hour_by_hour(
    votes: list[tuple[Look, Vote]], start: int, last: int
) -> tuple[list[int], list[Estimate | None], Estimate | None]:
    """Return the hours `start + k h <= last` at which the estimate changed, what it became, and the one of all votes.

    It is unknown before the first hour that is returned.
    """
    times: list[int] = []
    steps: list[Estimate | None] = []
    total, found = silence(), None
    for place, (look, said) in enumerate(votes):
        total += said
        hour = _hour_from(look.usable_from, start)
        is_last_of_hour = place + 1 == len(votes) or _hour_from(votes[place + 1][0].usable_from, start) > hour
        if not is_last_of_hour:
            continue
        found = estimate(total)
        if hour <= last and found != (steps[-1] if steps else None):
            times.append(hour)
            steps.append(found)
    return times, steps, found


def _hour_from(time: int, start: int) -> int:
    """Return the first `start + k h` at or after a time."""
    return start + -(-(time - start) // HOUR) * HOUR


def _large_clock_lag(row: dict[str, Any], folder: str) -> Rejection:
    return Rejection(
        table=RECORD_STAYS.name,
        file=f"{folder}{row['record_id']}.hea",
        place=f"record line, stay {row['stay_id']}",
        rule="large_clock_lag",
        message=f"found a monitor clock more than {LARGE_LAG_S} s from the chart's, expected at most that; it is kept",
        advice="See lag_s and lag_confidence in record_stays; [clock] of a task says what becomes of windows.",
        subject_id=row["subject_id"],
    )
