"""Episodes in the monitor's numerics: values of one parameter beyond a limit for long enough.

Belongs here: runs of such values and what bounds their onset. Does not belong here: whether a value is usable
(`numerics` flags it), the limits (`definitions/*.toml`), or what follow-up a negative needs (`windows`).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl

from mimic_assets.events.definition import Rule
from mimic_assets.events.findings import NO_FINDINGS, as_findings
from mimic_assets.events.whereabouts import Whereabouts, place_class
from mimic_assets.schemas.fields import TIME
from mimic_assets.schemas.judged import Rows
from mimic_assets.schemas.vocabulary import Flag

EPISODE_COLUMNS = ("subject_id", "record_id", "event_time", "lower_time", "event_end_time", "first_row", "last_row")
_RUNS: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "subject_id": pl.Int64, "record_id": pl.Int64, "is_beyond": pl.Boolean, "event_time": TIME, "event_end_time": TIME,
    "first_row": pl.Int64, "last_row": pl.Int64,
}  # fmt: skip
"""Maximal runs of values that are all beyond the limit, or all not."""


def find_runs(rules: Sequence[Rule], cleaned_numerics: Iterable[Rows]) -> list[pl.DataFrame]:
    """Return for each rule the episodes of each record: maximal runs of values beyond its limit that last long enough.

    Usable values of the rule's parameter (flag `ok`) are taken record by record in order of (tick, source row,
    source column). A run ends at a value that is not beyond the limit and where consecutive values lie further apart
    than `continuous_s`; it is an episode if its last value comes at least `lasting_s` after its first. Unusable cells
    between usable ones do not end a run.

    Args:
        rules: parameter, limit and lengths.
        cleaned_numerics: rows in pieces: records ascending, and ticks within a record (`stretches`). Each is read once
            for all rules; what is kept of it is its runs, on both sides of the limits.

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
    found: list[list[pl.DataFrame]] = [[pl.DataFrame(schema=_RUNS)] for _ in rules]
    for piece in cleaned_numerics if rules else ():
        values = _values([rule.parameters[0] for rule in rules], piece)
        for rule, runs in zip(rules, found, strict=True):
            runs.append(_runs(rule, _singly(rule, values)))
    return [_episodes(rule, runs) for rule, runs in zip(rules, found, strict=True)]


def _values(parameters: Sequence[str], cleaned_numerics: Rows) -> pl.DataFrame:
    """Return usable values of some parameters, in their order within each record."""
    names = list(dict.fromkeys(parameters))
    is_usable = pl.col("parameter").is_in(names) & (pl.col("flag") == Flag.OK.value)
    # a scan is in stored order, which a stable sort keeps within one tick
    ties = ("source_row", "source_column") if isinstance(cleaned_numerics, pl.DataFrame) else ()
    columns = dict.fromkeys(("subject_id", "record_id", "tick", "source_row", "time", "value", *ties))
    values = cleaned_numerics.lazy().filter(is_usable).select(*columns, pl.col("parameter").cast(pl.Enum(names)))
    return values.sort("record_id", "tick", *ties, maintain_order=True).collect()


def _singly(rule: Rule, values: pl.DataFrame) -> pl.DataFrame:
    """Return the values of the rule's parameter, each a run of its own."""
    return values.filter(pl.col("parameter") == rule.parameters[0]).select(
        "subject_id", "record_id", is_beyond=_beyond(rule), event_time="time", event_end_time="time",
        first_row="source_row", last_row="source_row",
    )  # fmt: skip


def _runs(rule: Rule, parts: pl.DataFrame) -> pl.DataFrame:
    """Return maximal runs of what may be parts of runs, in order of time within each record."""
    starts = (
        (pl.col("is_beyond") != pl.col("is_beyond").shift(1))
        | (pl.col("record_id") != pl.col("record_id").shift(1))
        | (pl.col("event_time") - pl.col("event_end_time").shift(1) > pl.duration(seconds=rule.continuous_s))
    )
    numbered = parts.lazy().with_columns(run=starts.fill_null(True).cum_sum())
    runs = numbered.group_by("run").agg(
        pl.col("subject_id", "record_id", "is_beyond", "event_time").first(),
        pl.col("event_end_time").last(),
        pl.col("first_row").min(),
        pl.col("last_row").max(),
    )
    return runs.sort("run").select(*_RUNS).collect()


def _episodes(rule: Rule, runs: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the runs beyond the limit that last long enough, with the last value before each that is not."""
    whole = _runs(rule, pl.concat(runs))
    is_long = pl.col("event_end_time") - pl.col("event_time") >= pl.duration(seconds=rule.lasting_s)
    good_time = pl.when(~pl.col("is_beyond")).then("event_end_time")
    bounded = whole.with_columns(lower_time=good_time.forward_fill().over("record_id"))
    return bounded.filter(pl.col("is_beyond") & is_long).select(EPISODE_COLUMNS)


def find_episodes(
    rule: Rule,
    runs: pl.DataFrame,
    cleaned_numerics: Sequence[Rows],
    record_stays: pl.DataFrame,
    whereabouts: Whereabouts,
) -> pl.DataFrame:
    """Return the episodes of the subjects' records as findings, given those `find_runs` found in these pieces.

    Time:
        The event is the onset: its time and upper bound are the first value beyond the limit, its lower bound the last
        value before it that is not. Where the record has no such value it may have begun before the record, also in an
        earlier ICU stay of the admission. The lower bound is then the start of the admission (of the ICU stay where the
        admission's is not known) or, if later, the last usable value that is not beyond the limit of the subject's
        other records between that start and the onset. Outside both it is the record's first cell.
    """
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


def _bound(rule: Rule, row: dict[str, Any], cleaned_numerics: Sequence[Rows], whereabouts: Whereabouts) -> datetime:
    """Return the lower bound of an onset whose record has no value before it that is not beyond the limit."""
    time: datetime = row["event_time"]
    start = _start(row, whereabouts)
    own = pl.col("subject_id") == row["subject_id"]
    if start is None:
        inside = (pl.col("tick") >= 0) & (pl.col("flag") != Flag.OUTSIDE_RECORD.value)
        return min(_times(cleaned_numerics, own & (pl.col("record_id") == row["record_id"]) & inside, pl.Expr.min))
    good = (
        own
        & (pl.col("record_id") != row["record_id"])
        & (pl.col("parameter") == rule.parameters[0])
        & (pl.col("flag") == Flag.OK.value)
        & ~_beyond(rule)
        & pl.col("time").is_between(start, time, closed="left")
    )
    return max(_times(cleaned_numerics, good, pl.Expr.max), default=start)


def _times(cleaned_numerics: Sequence[Rows], where: pl.Expr, which: Callable[[pl.Expr], pl.Expr]) -> list[datetime]:
    """Return the first or last time of the rows of each piece that meet a condition; of pieces without one, none."""
    found = [piece.lazy().filter(where).select(which(pl.col("time"))).collect().item() for piece in cleaned_numerics]
    return [time for time in found if time is not None]


def _start(row: dict[str, Any], whereabouts: Whereabouts) -> datetime | None:
    """Return the start of the admission, else of the ICU stay; None where neither is known to lie before the onset."""
    is_mine = pl.col("subject_id") == row["subject_id"]
    admissions = whereabouts.admissions.filter(is_mine & (pl.col("hadm_id") == pl.lit(row["hadm_id"], pl.Int64)))
    stays = whereabouts.stays.filter(is_mine & (pl.col("stay_id") == pl.lit(row["stay_id"], pl.Int64)))
    starts: list[datetime | None] = [*admissions["start"].head(1), *stays["start"]]
    return next((start for start in starts if start is not None and start <= row["event_time"]), None)
