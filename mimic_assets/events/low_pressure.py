"""Episodes of low arterial pressure in the monitor's numerics.

Belongs here: runs of low values and what bounds their onset. Does not belong here: whether a value is usable
(`numerics` flags it), how low is low (`rules`), or what follow-up a negative needs (`windows`).
"""

from datetime import datetime
from typing import Any

import polars as pl

from mimic_assets.events.finding import Finding
from mimic_assets.events.rules import PressureRule
from mimic_assets.events.whereabouts import Whereabouts
from mimic_assets.schemas.vocabulary import EventClass, Flag

EPISODE_COLUMNS = ("record_id", "event_time", "lower_time", "event_end_time", "first_row", "last_row")


def find_episodes(rule: PressureRule, cleaned_numerics: pl.DataFrame) -> pl.DataFrame:
    """Return the episodes of each record: maximal runs of consecutive low values that last long enough.

    Usable values of the rule's parameter (flag `ok`) are taken record by record in order of (tick, source row,
    source column). A run ends at a value that is not low and where consecutive values lie further apart than
    `continuous_s`; it is an episode if its last value comes at least `lasting_s` after its first. Unusable cells
    between usable ones do not end a run.

    Returns:
        `record_id`; `event_time`, `event_end_time`: times of the first and last low value; `lower_time`: time of the
        last value before the run that is not low, however far back, null where the record has none; `first_row`,
        `last_row`: lowest and highest source row of the run. Sorted by record and event time.

    Time:
        Both distances are closed: 60 s apart is continuous, 300 s long is an episode. Nothing after a run's end
        changes it, so rows later than `continuous_s` after the end of an episode can be deleted without a trace.
    """
    order = ("record_id", "tick", "source_row", "source_column")
    values = (
        cleaned_numerics.lazy()
        .filter((pl.col("parameter") == rule.parameter) & (pl.col("flag") == Flag.OK.value))
        .select(*order, "time", is_low=pl.col("value") < rule.below_mmhg)
        .sort(order)
    )
    previous_time = pl.col("time").shift(1)
    starts = (
        (pl.col("is_low") != pl.col("is_low").shift(1))
        | (pl.col("record_id") != pl.col("record_id").shift(1))
        | (pl.col("time") - previous_time > pl.duration(seconds=rule.continuous_s))
    )
    runs = (
        values.with_columns(
            run=starts.fill_null(True).cum_sum(),
            lower_time=pl.when(~pl.col("is_low")).then("time").forward_fill().over("record_id"),
        )
        .filter("is_low")
        .group_by("run")
        .agg(
            pl.col("record_id").first(),
            pl.col("time").first().alias("event_time"),
            pl.col("lower_time").first(),
            pl.col("time").last().alias("event_end_time"),
            pl.col("source_row").min().alias("first_row"),
            pl.col("source_row").max().alias("last_row"),
        )
        .filter(pl.col("event_end_time") - pl.col("event_time") >= pl.duration(seconds=rule.lasting_s))
        .sort("run")
    )
    return runs.select(*EPISODE_COLUMNS).collect()


def find_low_pressure(
    rule: PressureRule, cleaned_numerics: pl.DataFrame, record_stays: pl.DataFrame, whereabouts: Whereabouts
) -> list[Finding]:
    """Return the episodes of a subject's records as findings.

    Time:
        The event is the onset: its time and upper bound are the first low value, its lower bound the last value
        before it that is not low. Where the record has no such value the pressure may have been low before the record
        began, also in an earlier ICU stay of the admission. The lower bound is then the start of the admission (of the
        ICU stay where the admission's is not known) or, if later, the last usable value that is not low of the
        subject's other records between that start and the onset. Outside both it is the record's first cell.

    Two records of one subject that overlap in time each tell their own episodes; they are not merged.
    """
    episodes = find_episodes(rule, cleaned_numerics)
    if episodes.is_empty():
        return []
    first_cells = _first_cells(cleaned_numerics)
    links = list(record_stays.sort("record_id", "stay_start_time", "stay_id").iter_rows(named=True))
    findings = []
    for episode in episodes.iter_rows(named=True):
        record_id, time = episode["record_id"], episode["event_time"]
        hadm_id, stay_id = _place(record_id, time, links, whereabouts)
        lower = episode["lower_time"]
        if lower is None:
            start = _start_of(stay_id, hadm_id, time, whereabouts)
            others = cleaned_numerics.lazy().filter(pl.col("record_id") != record_id)
            lower = first_cells[record_id] if start is None else _last_good(rule, others, start, time)
        findings.append(
            Finding(
                rule=rule,
                tier=rule.tier,
                event_class=EventClass.IN_HOSPITAL if stay_id is None else EventClass.IN_UNIT,
                hadm_id=hadm_id,
                stay_id=stay_id,
                event_time=time,
                lower_time=lower,
                upper_time=time,
                event_end_time=episode["event_end_time"],
                sources=(f"{rule.source_table}:{record_id}:{episode['first_row']}-{episode['last_row']}",),
            )
        )
    return findings


def _start_of(stay_id: int | None, hadm_id: int | None, time: datetime, whereabouts: Whereabouts) -> datetime | None:
    """Return the start of the admission, else of the ICU stay; None where neither is known to lie before the time."""
    stays = [stay.start for stay in whereabouts.stays if stay_id is not None and stay.stay_id == stay_id]
    starts = [whereabouts.bounds(hadm_id)[0], *stays]
    return next((start for start in starts if start is not None and start <= time), None)


def _last_good(rule: PressureRule, cells: pl.LazyFrame, start: datetime, time: datetime) -> datetime:
    """Return the last time in `[start, time)` of a usable value that is not low; else `start`."""
    good = cells.filter(
        (pl.col("parameter") == rule.parameter)
        & (pl.col("flag") == Flag.OK.value)
        & (pl.col("value") >= rule.below_mmhg)
        & pl.col("time").is_between(start, time, closed="left")
    )
    last: datetime | None = good.select(pl.col("time").max()).collect().item()
    return start if last is None else last


def _first_cells(cleaned_numerics: pl.DataFrame) -> dict[int, datetime]:
    """Return the earliest time within each record that any cell has."""
    inside = cleaned_numerics.filter((pl.col("tick") >= 0) & (pl.col("flag") != Flag.OUTSIDE_RECORD.value))
    return dict(inside.group_by("record_id").agg(pl.col("time").min()).iter_rows())


def _place(
    record_id: int, time: datetime, links: list[dict[str, Any]], whereabouts: Whereabouts
) -> tuple[int | None, int | None]:
    """Return admission and ICU stay of a time in a record; both null outside every stay and admission."""
    inside = [
        link
        for link in links
        if link["record_id"] == record_id and link["overlap_start_time"] < time <= link["overlap_end_time"]
    ]
    if inside:
        return inside[-1]["hadm_id"], inside[-1]["stay_id"]
    admission = whereabouts.admission_at(time)
    return (admission.hadm_id if admission is not None else None), None
