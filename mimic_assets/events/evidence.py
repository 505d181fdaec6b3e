"""Rows near a finding that it needs, or that speak against it.

Belongs here: nearness, in seconds, on a day or in an admission. Does not belong here: which rows (`definition`), or
what an event becomes of it (`row_rules`, `merging`).
"""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from mimic_assets.events.definition import Evidence
from mimic_assets.events.findings import row_name
from mimic_assets.events.selection import Sources, is_shown
from mimic_assets.schemas.tables import CLEANED_NUMERICS

_DAY = pl.duration(days=1)


def names_near(findings: pl.DataFrame, evidence: Sequence[Evidence], sources: Sources, row: str) -> pl.DataFrame:
    """Return the names of the rows of any of these kinds of evidence that lie near each finding.

    Args:
        findings: `subject_id hadm_id event_time` and a column that identifies the finding.
        evidence: kinds of rows.
        sources: where they are looked for.
        row: name of the identifying column.

    Returns:
        That column and `names`, sorted and without repeats; findings without a row near them are not in it. Monitor
        values of one record are named as one range of source rows.

    Time:
        Both ends are closed: `event_time - within_s <= time <= event_time + within_s`. A dated row counts where its day
        touches that interval. In an admission, its id must be the same and known.
    """
    found = [_near(findings, kind, sources, row) for kind in evidence]
    names = pl.concat([pl.DataFrame(schema={row: findings.schema[row], "name": pl.String}), *found])
    return names.group_by(row, maintain_order=True).agg(names=pl.col("name").unique().sort()).sort(row)


def _near(findings: pl.DataFrame, kind: Evidence, sources: Sources, row: str) -> pl.DataFrame:
    about = findings.select(row, "subject_id", of="hadm_id", at="event_time")
    if kind.table == CLEANED_NUMERICS.name:
        return _shown_near(about, kind, sources, row)
    rows = sources.select(kind)
    if rows.is_empty() or findings.is_empty():
        return pl.DataFrame(schema={row: findings.schema[row], "name": pl.String})
    named = rows.select("subject_id", "hadm_id", time="start_time", name=row_name())
    pairs = about.join(named, on="subject_id")
    if kind.in_admission:
        return pairs.filter(pl.col("of") == pl.col("hadm_id")).select(row, "name")
    within = pl.duration(seconds=kind.within_s or 0)
    first, last = pl.col("at") - within, pl.col("at") + within
    if kind.table == "procedures_icd":
        is_near = (pl.col("time") <= last) & (first < pl.col("time") + _DAY)
    else:
        is_near = pl.col("time").is_between(first, last)
    return pairs.filter(is_near.fill_null(False)).select(row, "name")


def _shown_near(about: pl.DataFrame, kind: Evidence, sources: Sources, row: str) -> pl.DataFrame:
    """Return the names of the monitor's values near each finding; only values near some finding are kept."""
    timed = about.drop_nulls("at").sort("at")
    within = timedelta(seconds=kind.within_s or 0)
    near = [pl.DataFrame(schema={**about.schema, "record_id": pl.Int64, "source_row": pl.Int64})]
    if timed.height:
        is_meant = (
            is_shown(kind) & (pl.col("time") >= timed["at"][0] - within) & (pl.col("time") <= timed["at"][-1] + within)
        )
        for stretch in sources.numerics:
            rows = stretch.lazy().filter(is_meant).select("subject_id", "record_id", "source_row", "time").sort("time")
            closest = timed.lazy().select("subject_id", "at")
            close = rows.join_asof(
                closest, left_on="time", right_on="at", by="subject_id", strategy="nearest", tolerance=within,
                check_sortedness=False,
            ).drop_nulls("at").drop("at")  # fmt: skip
            pairs = timed.lazy().join(close, on="subject_id")
            is_near = pl.col("time").is_between(pl.col("at") - within, pl.col("at") + within)
            near.append(pairs.filter(is_near).select(near[0].columns).collect())
    ranges = (
        pl.concat(near)
        .group_by(row, "record_id")
        .agg(first=pl.col("source_row").min(), last=pl.col("source_row").max())
    )
    return ranges.select(row, pl.format("cleaned_numerics:{}:{}-{}", "record_id", "first", "last").alias("name"))
