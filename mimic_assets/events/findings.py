"""What rules find, before it is merged: a frame with one row per finding, of any number of subjects.

Belongs here: the columns, and how source rows are named. Does not belong here: how a finding is made (`row_rules`,
`episodes`), or what several of them become (`merging`).
"""

from typing import Final

import polars as pl

from mimic_assets.events.definition import Rule
from mimic_assets.schemas.vocabulary import Tier

_COLUMNS: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "subject_id": pl.Int64,
    "rule": pl.String,
    "rule_version": pl.Int32,
    "tier": pl.String,
    "native_tier": pl.String,  # the rule's own; a finding whose row lacks its time is of tier D
    "event_class": pl.String,
    "hadm_id": pl.Int64,
    "stay_id": pl.Int64,
    "event_time": pl.Datetime("us"),
    "lower_time": pl.Datetime("us"),
    "upper_time": pl.Datetime("us"),
    "event_end_time": pl.Datetime("us"),
    "sources": pl.List(pl.String),
    "contradictions": pl.List(pl.String),
}
FINDINGS: Final = pl.Schema(_COLUMNS)
"""Tiers A and B have `event_time`; C has the day as `[lower, upper]`; D the admission's ends, null where unknown."""
NO_FINDINGS: Final = pl.DataFrame(schema=FINDINGS)


def as_findings(frame: pl.DataFrame, rule: Rule, tier: Tier | None = None) -> pl.DataFrame:
    """Return a frame that has the other columns as findings of a rule; columns it lacks are null."""
    said = {
        "rule": pl.lit(rule.name),
        "rule_version": pl.lit(rule.version),
        "tier": pl.lit((tier or rule.tier).value),
        "native_tier": pl.lit(rule.tier.value),
    }
    if "contradictions" not in frame.columns:
        said["contradictions"] = pl.lit([], pl.List(pl.String))
    missing = {name: pl.lit(None) for name in FINDINGS if name not in frame.columns and name not in said}
    return frame.with_columns(**said, **missing).select(pl.col(n).cast(dtype) for n, dtype in FINDINGS.items())


def row_name() -> pl.Expr:
    """Return the name of a row of `clinical_extract`, as `sources` gives it."""
    return pl.format("{}:{}", "source_table", "source_row")
