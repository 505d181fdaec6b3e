"""Episodes in the monitor's numerics: values of one parameter beyond a limit for long enough.

Belongs here: runs of such values and what bounds their onset. Does not belong here: whether a value is usable
(`numerics` flags it), the limits (`definitions/*.toml`), or what follow-up a negative needs (`windows`).
"""

from datetime import datetime
from typing import Any

import polars as pl

from mimic_assets.events.definition import Rule
from mimic_assets.events.findings import NO_FINDINGS, as_findings
from mimic_assets.events.whereabouts import Whereabouts, place_class
from mimic_assets.schemas.vocabulary import Flag

EPISODE_COLUMNS = ("subject_id", "record_id", "event_time", "lower_time", "event_end_time", "first_row", "last_row")


def find_runs(rule: Rule, cleaned_numerics: pl.DataFrame) -> pl.DataFrame:
    """Return the episodes of each record: maximal runs of consecutive values beyond the limit that last long enough.

    Usable values of the rule's parameter (flag `ok`) are taken record by record in order of (tick, source row,
    source column). A run ends at a value that is not beyond the limit and where consecutive values lie further apart
    than `continuous_s`; it is an episode if its last value comes at least `lasting_s` after its first. Unusable cells
    between usable ones do not end a run.

    Returns:
        `subject_id`, `record_id`; `event_time`, `event_end_time`: times of the first and last value of the run;
        `lower_time`: time of the last value before the run that is not beyond the limit, however far back, null where
        the record has none; `first_row`, `last_row`: lowest and highest source row of the run. Sorted by record and
        event time.

    Time:
        Both distances are closed: 60 s apart is continuous where `continuous_s` is 60, 300 s long is an episode where
        `lasting_s` is 300. Nothing after a run's end changes it, so rows later than `continuous_s` after the end of an
        episode can be deleted without a trace.
    """
    order = ("record_id", "tick", "source_row", "source_column")
    values = (
        cleaned_numerics.lazy()
        .filter((pl.col("parameter") == rule.parameters[0]) & (pl.col("flag") == Flag.OK.value))
        .select("subject_id", *order, "time", is_beyond=_beyond(rule))
        .sort(order)
    )
    starts = (
        (pl.col("is_beyond") != pl.col("is_beyond").shift(1))
        | (pl.col("record_id") != pl.col("record_id").shift(1))
        | (pl.col("time") - pl.col("time").shift(1) > pl.duration(seconds=rule.continuous_s))
    )
    runs = (
        values.with_columns(
            run=starts.fill_null(True).cum_sum(),
            lower_time=pl.when(~pl.col("is_beyond")).then("time").forward_fill().over("record_id"),
        )
        .filter("is_beyond")
        .group_by("run")
        .agg(
            pl.col("subject_id", "record_id").first(),
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


def find_episodes(
    rule: Rule, cleaned_numerics: pl.DataFrame, record_stays: pl.DataFrame, whereabouts: Whereabouts
) -> pl.DataFrame:
    """Return the episodes of the subjects' records as findings.

    Time:
        The event is the onset: its time and upper bound are the first value beyond the limit, its lower bound the last
        value before it that is not. Where the record has no such value it may have begun before the record, also in an
        earlier ICU stay of the admission. The lower bound is then the start of the admission (of the ICU stay where the
        admission's is not known) or, if later, the last usable value that is not beyond the limit of the subject's
        other records between that start and the onset. Outside both it is the record's first cell.
    """
    runs = find_runs(rule, cleaned_numerics) if cleaned_numerics.height else NO_FINDINGS
    if runs.is_empty():
        return NO_FINDINGS
    placed = _placed(runs, record_stays, whereabouts)
    lower = [
        row["lower_time"] if row["lower_time"] is not None else _bound(rule, row, cleaned_numerics, whereabouts)
        for row in placed.iter_rows(named=True)
    ]
    name = pl.format("cleaned_numerics:{}:{}-{}", "record_id", "first_row", "last_row")
    return as_findings(
        placed.with_columns(
            pl.Series("lower_time", lower, dtype=placed.schema["event_time"]),
            upper_time="event_time",
            event_class=place_class(),
            sources=pl.concat_list(name),
        ),
        rule,
    )


def _beyond(rule: Rule) -> pl.Expr:
    return pl.col("value") < rule.below if rule.below is not None else pl.col("value") > rule.above


def _placed(runs: pl.DataFrame, record_stays: pl.DataFrame, whereabouts: Whereabouts) -> pl.DataFrame:
    """Return episodes with admission and stay: of the record's link that holds the onset, else the admission by
    time."""
    numbered = runs.with_row_index("_row")
    links = record_stays.select(
        "record_id", "stay_start_time", "stay_id", "hadm_id", "overlap_start_time", "overlap_end_time"
    )
    held = (
        numbered.select("_row", "record_id", "event_time")
        .join(links, on="record_id")
        .filter(
            (pl.col("overlap_start_time") < pl.col("event_time")) & (pl.col("event_time") <= pl.col("overlap_end_time"))
        )
        .sort("_row", "stay_start_time", "stay_id")
        .unique("_row", keep="last", maintain_order=True)
        .select("_row", "hadm_id", "stay_id", is_linked=pl.lit(True))
    )
    joined = numbered.join(held, on="_row", how="left").sort("_row").drop("_row")
    by_time = whereabouts.placed(joined, "event_time")
    # outside every link of its record an onset has an admission at most: no record vouches for the stay
    return joined.with_columns(
        hadm_id=pl.when(pl.col("is_linked")).then("hadm_id").otherwise(by_time["hadm_id"]),
    ).drop("is_linked")


def _bound(rule: Rule, row: dict[str, Any], cleaned_numerics: pl.DataFrame, whereabouts: Whereabouts) -> datetime:
    """Return the lower bound of an onset whose record has no value before it that is not beyond the limit."""
    time: datetime = row["event_time"]
    start = _start(row, whereabouts)
    own = pl.col("subject_id") == row["subject_id"]
    if start is None:
        inside = (pl.col("tick") >= 0) & (pl.col("flag") != Flag.OUTSIDE_RECORD.value)
        cells = cleaned_numerics.lazy().filter(own & (pl.col("record_id") == row["record_id"]) & inside)
        first: datetime = cells.select(pl.col("time").min()).collect().item()
        return first
    good = cleaned_numerics.lazy().filter(
        own
        & (pl.col("record_id") != row["record_id"])
        & (pl.col("parameter") == rule.parameters[0])
        & (pl.col("flag") == Flag.OK.value)
        & ~_beyond(rule)
        & pl.col("time").is_between(start, time, closed="left")
    )
    last: datetime | None = good.select(pl.col("time").max()).collect().item()
    return start if last is None else last


def _start(row: dict[str, Any], whereabouts: Whereabouts) -> datetime | None:
    """Return the start of the admission, else of the ICU stay; None where neither is known to lie before the onset."""
    is_mine = pl.col("subject_id") == row["subject_id"]
    admissions = whereabouts.admissions.filter(is_mine & (pl.col("hadm_id") == pl.lit(row["hadm_id"], pl.Int64)))
    stays = whereabouts.stays.filter(is_mine & (pl.col("stay_id") == pl.lit(row["stay_id"], pl.Int64)))
    starts: list[datetime | None] = [*admissions["start"].head(1), *stays["start"]]
    return next((start for start in starts if start is not None and start <= row["event_time"]), None)
