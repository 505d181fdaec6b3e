"""Rules over rows of clinical tables: charted to the minute, dated, known to the admission, or first seen in a series.

Belongs here: which findings a `Rule` makes of its rows, and what bounds their time. Does not belong here: selecting
rows (`selection`), monitor episodes (`episodes`), several findings becoming one event (`merging`).
"""

import polars as pl

from mimic_assets.events.definition import Rule, TimeKind
from mimic_assets.events.evidence import names_near
from mimic_assets.events.findings import NO_FINDINGS, as_findings, row_name
from mimic_assets.events.selection import Sources, is_within
from mimic_assets.events.whereabouts import Whereabouts, place_class
from mimic_assets.schemas.vocabulary import EventClass, Tier

_DAY = pl.duration(days=1)
_ROW = "_row"


def find_rows(rule: Rule, sources: Sources, whereabouts: Whereabouts) -> pl.DataFrame:
    """Return the findings of a rule over clinical rows.

    Time:
        charted_minute: a point at the row's time, begun in `[time - before_s, time + after_s]`; rows of one minute of a
            subject are one finding, at the earliest of their times, bounded by all.
        first_evidence: per admission, the first row beyond the limit; begun after the last earlier row of the same
            items that says it is not beyond it (the admission's start where there is none), up to `after_s` after the
            first that is. A row that names no admission is of the one that holds its time; one of none is passed over.
        date: `[day 00:00, next 00:00]`, one finding per admission and day.
        stay: the admission, one finding per admission.

    Missing:
        A charted or dated row without its time, or one more than a day outside its admission (a wrong year), proves
        the event, not when: it becomes a finding of tier D, bounded by its admission, so that its stay is no negative.
        What it `needs` cannot be near it, and is not asked for. A death's time is taken as it is.
        Bounds are null where the admission is not known.
    """
    rows = sources.select(rule)
    column = rule.column
    if rule.unless_column is not None:
        rows = rows.filter(pl.col(rule.unless_column).is_null())
    if rule.column == "death_time":
        rows = rows.filter(pl.col(column).is_not_null())
    if rows.is_empty():
        return NO_FINDINGS
    rows = rows.with_columns(name=row_name(), at=column)
    if rule.time is TimeKind.STAY:
        return _known_to_the_stay(rule, rows, whereabouts)
    if rule.time is TimeKind.FIRST_EVIDENCE:
        return _first_seen(rule, rows, sources, whereabouts)
    has_time = pl.col("at").is_not_null() & ~_is_far_outside(rule)
    bounded = whereabouts.bounded(rows)
    timed, untimed = (bounded.filter(where).drop("lower_time", "upper_time") for where in (has_time, ~has_time))
    found = _dated(rule, timed, whereabouts) if rule.time is TimeKind.DATE else _charted(rule, timed, whereabouts)
    found = _with_needed(rule, found, sources)
    return pl.concat([found, _without_time(rule, untimed, whereabouts)]) if untimed.height else found


def _is_far_outside(rule: Rule) -> pl.Expr:
    """Return whether a row's time lies more than a day outside its admission; a death may, and is judged elsewhere."""
    if rule.column == "death_time":
        return pl.lit(False)
    is_before = pl.col("at") < pl.col("lower_time") - _DAY
    return (is_before | (pl.col("at") > pl.col("upper_time") + _DAY)).fill_null(False)


def _charted(rule: Rule, rows: pl.DataFrame, whereabouts: Whereabouts) -> pl.DataFrame:
    groups = (
        rows.sort("subject_id", "at", "source_row")
        .group_by("subject_id", minute=pl.col("at").dt.truncate("1m"), maintain_order=True)
        .agg(
            pl.col("hadm_id", "stay_id").first(),
            event_time=pl.col("at").first(),
            last=pl.col("at").last(),
            sources=pl.col("name").sort_by("source_row"),
        )
    )
    placed = whereabouts.placed(groups, "event_time")
    return as_findings(
        _classed(rule, placed).with_columns(
            lower_time=pl.col("event_time") - pl.duration(seconds=rule.before_s),
            upper_time=pl.col("last") + pl.duration(seconds=rule.after_s),
        ),
        rule,
    )


def _first_seen(rule: Rule, rows: pl.DataFrame, sources: Sources, whereabouts: Whereabouts) -> pl.DataFrame:
    per_admission = ["subject_id", "hadm_id"]
    dated = whereabouts.placed(rows, "at").filter(pl.col("at").is_not_null() & pl.col("hadm_id").is_not_null())
    first = (
        dated.sort("subject_id", "at", "source_row")
        .group_by(per_admission, maintain_order=True)
        .agg(event_time=pl.col("at").first(), sources=pl.col("name").head(1))
    )
    of_items = sources.tables[rule.table].filter(
        pl.col("item_id").is_in(rule.items)
        & pl.col("subject_id").is_in(first["subject_id"].implode())
        & is_within(rule)
    )
    earlier = (
        whereabouts.placed(of_items, "start_time")
        .select(*per_admission, at="start_time")
        .join(first, on=per_admission)
        .filter(pl.col("at") < pl.col("event_time"))
        .group_by(per_admission)
        .agg(before=pl.col("at").max())
    )
    bounded = whereabouts.bounded(first.join(earlier, on=per_admission, how="left", maintain_order="left"))
    start = pl.when(pl.col("lower_time") <= pl.col("event_time")).then("lower_time")
    placed = whereabouts.placed(
        bounded.with_columns(
            stay_id=pl.lit(None, pl.Int64),
            lower_time=pl.coalesce("before", start, pl.col("event_time") - pl.duration(seconds=rule.before_s)),
            upper_time=pl.col("event_time") + pl.duration(seconds=rule.after_s),
        ),
        "event_time",
    )
    return _with_needed(rule, as_findings(_classed(rule, placed), rule), sources)


def _dated(rule: Rule, rows: pl.DataFrame, whereabouts: Whereabouts) -> pl.DataFrame:
    days = rows.with_columns(day=pl.col("at").dt.truncate("1d"))
    groups = days.group_by("subject_id", "hadm_id", "day", maintain_order=True).agg(sources=pl.col("name"))
    if rule.table == "patients":  # a register names no admission: the day does
        groups = whereabouts.on_day(groups, "day").with_columns(
            event_class=pl.when(pl.col("hadm_id").is_null())
            .then(pl.lit(EventClass.OUT_OF_HOSPITAL.value))
            .otherwise(pl.lit(EventClass.IN_HOSPITAL.value))
        )
    bounded = groups.with_columns(stay_id=pl.lit(None, pl.Int64), lower_time="day", upper_time=pl.col("day") + _DAY)
    return as_findings(bounded if "event_class" in bounded.columns else _classed(rule, bounded), rule)


def _known_to_the_stay(rule: Rule, rows: pl.DataFrame, whereabouts: Whereabouts) -> pl.DataFrame:
    groups = rows.group_by("subject_id", "hadm_id", maintain_order=True).agg(
        sources=pl.col("name"), left=pl.col("end_time").first()
    )
    bounded = whereabouts.bounded(groups).with_columns(stay_id=pl.lit(None, pl.Int64))
    if rule.table == "admissions":  # dischtime is often the midnight of the day on which the patient left
        bounded = bounded.with_columns(upper_time=pl.col("left").dt.truncate("1d") + _DAY)
    return as_findings(_classed(rule, bounded), rule)


def _without_time(rule: Rule, rows: pl.DataFrame, whereabouts: Whereabouts) -> pl.DataFrame:
    groups = rows.group_by("subject_id", "hadm_id", "stay_id", maintain_order=True).agg(sources=pl.col("name"))
    return as_findings(_classed(rule, whereabouts.bounded(groups)), rule, Tier.D)


def _with_needed(rule: Rule, findings: pl.DataFrame, sources: Sources) -> pl.DataFrame:
    """Return the findings that have what the rule needs near them, with those rows among their sources."""
    if not rule.needs or findings.is_empty():
        return findings
    numbered = findings.with_row_index(_ROW)
    near = names_near(numbered, rule.needs, sources, _ROW)
    both = numbered.join(near, on=_ROW, how="inner", maintain_order="left")
    return both.with_columns(sources=pl.concat_list("sources", "names").list.unique(maintain_order=True)).select(
        findings.columns
    )


def _classed(rule: Rule, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(event_class=place_class() if rule.event_class is None else pl.lit(rule.event_class.value))
