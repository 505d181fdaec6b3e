"""Findings of one kind become events: one row per event, with everything that speaks of it.

Belongs here: which findings are the same event, its best time and bounds. Does not belong here: how findings are made,
reviewers' decisions (`adjudication`), the shape of the table (`ledger`).

Timed findings within the merge window of each other are one event. Its tier, time and upper bound are those of the
best finding (the highest tier, then the earliest); its lower bound is the earliest any of them allows. A dated finding
joins the first timed event that touches its day, a coded one the first event of its admission; otherwise it is an event
of its own. Classes that stand apart (`definition.APART`) never join another class, and a row that lacks the time its
rule needs joins nothing: it may tell of another event.
"""

import polars as pl

from mimic_assets.events.definition import APART, Definition
from mimic_assets.events.findings import FINDINGS

EVENTS = pl.Schema({**FINDINGS, "rules": pl.List(pl.String)})
_DAY = pl.duration(days=1)
_GROUP = "_event"


def merge(definition: Definition, findings: pl.DataFrame) -> pl.DataFrame:
    """Return the events of one kind: columns of findings (those of the best one) and `rules`, every contributing one.

    Args:
        definition: gives the merge window.
        findings: of any number of subjects.
    """
    rows = findings.with_columns(
        is_apart=pl.col("event_class").is_in([name.value for name in APART]),
        has_lost_its_time=pl.col("tier") != pl.col("native_tier"),
    )
    timed = _timed_groups(rows.filter(pl.col("tier").is_in(["A", "B"])), definition.merge_window_s)
    parts = [timed]
    if (on_a_day := rows.filter(tier="C")).height:
        parts.append(_dated_groups(on_a_day, timed))
    if (in_a_stay := rows.filter(tier="D")).height:
        parts.append(_coded_groups(in_a_stay, pl.concat(parts)))
    return as_events(pl.concat(parts))


def as_events(grouped: pl.DataFrame) -> pl.DataFrame:
    """Return one row per group (`_event`) of findings: that of the best one, with the bounds and sources of all."""
    best_first = grouped.sort(_GROUP, "tier", "event_time", "lower_time", "rule", "hadm_id", "stay_id", nulls_last=True)
    best = [name for name in FINDINGS if name not in ("lower_time", "event_end_time", "sources", "contradictions")]
    is_timed = pl.col("event_time").is_not_null()
    reach = pl.max_horizontal("event_end_time", "event_time")
    merged = best_first.group_by(_GROUP, maintain_order=True).agg(
        pl.col(best).first(),
        # untimed findings that joined a timed event bound nothing
        lower_time=pl.when(is_timed.first())
        .then(pl.col("lower_time").filter(is_timed).min())
        .otherwise(pl.col("lower_time").first()),
        event_end_time=pl.when((is_timed.sum() > 1) | pl.col("event_end_time").is_not_null().any())
        .then(reach.max())
        .otherwise(None),
        sources=pl.col("sources").explode().unique(maintain_order=True),
        contradictions=pl.col("contradictions").explode().drop_nulls().unique(maintain_order=True),
        rules=pl.format("{}:{}", "rule", "rule_version").unique(maintain_order=True),
    )
    ended = pl.when(pl.col("event_end_time") > pl.col("event_time")).then("event_end_time")
    return merged.with_columns(event_end_time=ended).select(pl.col(n).cast(d) for n, d in EVENTS.items())


def _timed_groups(rows: pl.DataFrame, merge_window_s: int) -> pl.DataFrame:
    """Return timed findings with their group: subject and class of its own, chained by the merge window."""
    own_class = pl.when("is_apart").then("event_class").otherwise(pl.lit("-"))
    of_same = ["subject_id", "_class"]
    ordered = rows.with_columns(_class=own_class, reach=pl.max_horizontal("event_end_time", "event_time")).sort(
        "subject_id", "_class", "event_time", "rule", "hadm_id"
    )
    reached = pl.col("reach").cum_max().shift(1).over(of_same)
    is_new = (pl.col("event_time") > reached + pl.duration(seconds=merge_window_s)).fill_null(True)
    return (
        ordered.with_columns(number=is_new.cum_sum().over(of_same))
        .with_columns(pl.format("{}|{}|t{}", "subject_id", "_class", "number").alias(_GROUP))
        .drop("_class", "reach", "number")
    )


def _dated_groups(rows: pl.DataFrame, timed: pl.DataFrame) -> pl.DataFrame:
    """Return dated findings with the group of the first timed event of their day, else one per admission and day."""
    numbered = rows.with_row_index("_row")
    spans = (
        timed.filter(~pl.col("is_apart"))
        .group_by(_GROUP, "subject_id")
        .agg(
            of=pl.col("hadm_id").drop_nulls().first(),
            first=pl.col("lower_time").min(),
            last=pl.max_horizontal(pl.col("upper_time").max(), pl.col("event_end_time").max()),
            at=pl.col("event_time").min(),
        )
    )
    touches = (pl.col("first") < pl.col("day") + _DAY) & (pl.col("day") <= pl.col("last"))
    is_of_same = pl.col("of").is_null() | pl.col("hadm_id").is_null() | (pl.col("of") == pl.col("hadm_id"))
    joined = (
        numbered.filter(~pl.col("is_apart"))
        .select("_row", "subject_id", "hadm_id", day="lower_time")
        .join(spans, on="subject_id")
        .filter(touches & is_of_same)
        .sort("_row", "at", _GROUP)
        .unique("_row", keep="first", maintain_order=True)
        .select("_row", found=_GROUP)
    )
    own = pl.format(
        "{}|{}|c{}|{}",
        "subject_id",
        pl.when("is_apart").then("event_class").otherwise(pl.lit("-")),
        pl.col("hadm_id").cast(pl.String).fill_null("-"),
        pl.col("lower_time").cast(pl.Int64),
    )
    return (
        numbered.join(joined, on="_row", how="left", maintain_order="left")
        .with_columns(pl.coalesce("found", own).alias(_GROUP))
        .drop("_row", "found")
    )


def _coded_groups(rows: pl.DataFrame, grouped: pl.DataFrame) -> pl.DataFrame:
    """Return untimed findings with the group of the first event of their admission, else one of their own."""
    events = (
        grouped.filter(~pl.col("is_apart") & pl.col("hadm_id").is_not_null())
        .sort(pl.col("event_time").is_null(), "event_time", "lower_time", _GROUP)
        .unique(["subject_id", "hadm_id"], keep="first", maintain_order=True)
        .select("subject_id", "hadm_id", found=_GROUP)
    )
    # a group says once who it is: two codes of one admission are one event, a code and a row without a time are two
    own = pl.format(
        "{}|{}|d{}|{}|{}",
        "subject_id",
        pl.when("is_apart").then("event_class").otherwise(pl.lit("-")),
        pl.col("hadm_id").cast(pl.String).fill_null("-"),
        pl.col("stay_id").cast(pl.String).fill_null("-"),
        pl.col("has_lost_its_time").cast(pl.Int8),
    )
    may_join = ~pl.col("is_apart") & ~pl.col("has_lost_its_time")
    return (
        rows.join(events, on=["subject_id", "hadm_id"], how="left", maintain_order="left")
        .with_columns(pl.coalesce(pl.when(may_join).then("found"), own).alias(_GROUP))
        .drop("found")
    )
