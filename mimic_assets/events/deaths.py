"""The death of a subject: what happens once, whatever its sources say.

Belongs here: how findings of an event that happens once become one, what contradicts it, and the class of a death under
comfort care. Does not belong here: how the findings are made (`definitions/death.toml`, `row_rules`).

- Timed findings are one event at the earliest time, bounded above by the latest: only one can be right.
- A dated finding on a day of a timed one is one more source; on another day it contradicts the event.
- Without a timed finding each date is an event.
- A finding known to the stay joins the event of its admission; otherwise it is an event of its own, so that its stay is
  no negative.
"""

import polars as pl

from mimic_assets.events.comfort_care import Statements
from mimic_assets.events.merging import as_events
from mimic_assets.events.selection import Sources
from mimic_assets.schemas.judged import Rejection
from mimic_assets.schemas.tables import CLINICAL_EVENTS
from mimic_assets.schemas.vocabulary import EventClass

_GROUP = "_event"


def merge_once(findings: pl.DataFrame) -> tuple[pl.DataFrame, list[Rejection]]:
    """Return the events of a kind that happens once, and where its sources contradict each other."""
    timed = findings.filter(pl.col("tier").is_in(["A", "B"]))
    days = timed.select("subject_id", day=pl.col("event_time").dt.truncate("1d")).unique()
    has_time = pl.col("subject_id").is_in(timed["subject_id"].unique().implode())
    dated = findings.filter(tier="C").with_columns(day="lower_time")
    on_a_day = dated.join(days, on=["subject_id", "day"], how="semi").drop("day")
    on_another = dated.filter(has_time).join(days, on=["subject_id", "day"], how="anti").drop("day")
    alone = dated.filter(~has_time).drop("day")
    contradicting = on_another.group_by("subject_id").agg(
        against=pl.col("sources").explode().unique(maintain_order=True)
    )
    one = (
        timed.join(contradicting, on="subject_id", how="left", maintain_order="left")
        .with_columns(
            contradictions=pl.col("against").fill_null([]),
            upper_time=pl.col("upper_time").max().over("subject_id"),
        )
        .drop("against")
    )
    grouped = pl.concat(
        [
            one.with_columns(pl.format("{}|t", "subject_id").alias(_GROUP)),
            on_a_day.with_columns(pl.format("{}|t", "subject_id").alias(_GROUP)),
            alone.with_columns(pl.format("{}|c{}", "subject_id", pl.col("lower_time").cast(pl.Int64)).alias(_GROUP)),
        ]
    )
    known = grouped.filter(pl.col("hadm_id").is_not_null()).unique(["subject_id", "hadm_id"], maintain_order=True)
    coded = (
        findings.filter(tier="D")
        .join(known.select("subject_id", "hadm_id", found=_GROUP), on=["subject_id", "hadm_id"], how="left")
        .with_columns(
            pl.coalesce("found", pl.format("{}|d{}", "subject_id", pl.col("hadm_id").cast(pl.String).fill_null("-")))
            .alias(_GROUP)
        )
        .drop("found")
    )  # fmt: skip
    events = as_events(pl.concat([grouped, coded])).with_columns(event_end_time=pl.lit(None, pl.Datetime("us")))
    return events, [*_two_times(timed), *_other_days(on_another), *_two_days(alone)]


def with_comfort_class(deaths: pl.DataFrame, sources: Sources) -> pl.DataFrame:
    """Return timed deaths with class `expected` where comfort care was in force, unless a mark gave another class."""
    places = (EventClass.IN_UNIT.value, EventClass.IN_HOSPITAL.value)
    statements = Statements.of(sources, deaths["subject_id"])
    classes = [
        EventClass.EXPECTED.value
        if time is not None and place in places and statements.comfort_is_in_force(subject_id, hadm_id, time)
        else place
        for subject_id, hadm_id, time, place in deaths.select(
            "subject_id", "hadm_id", "event_time", "event_class"
        ).iter_rows()
    ]
    return deaths.with_columns(pl.Series("event_class", classes, dtype=pl.String))


def _two_times(timed: pl.DataFrame) -> list[Rejection]:
    rejections = []
    several = timed.filter(pl.col("event_time").n_unique().over("subject_id") > 1)
    for rows in several.partition_by("subject_id", maintain_order=True):
        times = rows["event_time"].unique().sort()
        other = rows.filter(pl.col("event_time") != times[0])
        if other.height:
            rejections.append(
                _disagreement(
                    other,
                    f"found {len(times)} different deathtimes in the subject's admissions, expected one; "
                    "the earliest is the event's time, and its bounds span all",
                    "Check deathtime of these admissions; only one can be right.",
                )
            )
    return rejections


def _other_days(on_another: pl.DataFrame) -> list[Rejection]:
    return [
        _disagreement(
            rows,
            "found a date of death on another day than other evidence, expected the same day; a deathtime stands",
            "Check dod in patients against deathtime in admissions.",
        )
        for rows in on_another.partition_by("subject_id", maintain_order=True)
    ]


def _two_days(alone: pl.DataFrame) -> list[Rejection]:
    return [
        _disagreement(
            rows.sort("lower_time").slice(1),
            "found a date of death on another day than other evidence, expected the same day; each is an event",
            "Check dod of the subject's rows in patients; only one can be right.",
        )
        for rows in alone.filter(pl.col("lower_time").n_unique().over("subject_id") > 1).partition_by(
            "subject_id", maintain_order=True
        )
    ]


def _disagreement(rows: pl.DataFrame, message: str, advice: str) -> Rejection:
    names = rows["sources"].explode()
    return Rejection(
        table=CLINICAL_EVENTS.name,
        file="clinical_extract",
        place=f"{names[0]}, column death_time",
        rule="death_times_disagree",
        message=message,
        advice=advice,
        subject_id=int(rows["subject_id"][0]),
        count=len(names),
    )
