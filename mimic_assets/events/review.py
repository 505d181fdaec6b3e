"""The worklist of events that a person should look at, and why.

Belongs here: which events are uncertain or in conflict, and the columns a reviewer fills in. Does not belong here: what
becomes of the decisions (`adjudication`).
"""

from typing import Final

import polars as pl

from mimic_assets.schemas.tables import CLINICAL_EVENTS

WIDE_MIN: Final = 10
"""Bounds further apart than this leave it open which windows see the event coming."""
TO_FILL_IN: Final = ("decision", "new_event_time", "new_lower_time", "new_upper_time", "reviewer", "reason")
"""Columns left empty for the reviewer; `adjudication.read_adjudications` reads them."""


def worklist(clinical_events: pl.DataFrame, adjudications: pl.DataFrame) -> pl.DataFrame:
    """Return the events worth a look, most doubtful first, with empty columns for the decision.

    An event is on it when its sources contradict each other, it has no time (tier C or D), its bounds lie more than
    WIDE_MIN minutes apart, or its time rests on one charted, indirect row (tier B). Each reason counts once; events
    without any are left out. Decisions that stand come last, as they were made, those whose event is gone included: the
    list takes the place of the one before it.

    Args:
        clinical_events: of any number of subjects.
        adjudications: rows of `event_adjudications`; may be empty.

    Returns:
        `event_id subject_id hadm_id stay_id event event_class tier event_time lower_time upper_time uncertainty_min
        reasons sources contradictions` and `TO_FILL_IN`; lists are joined by spaces, so that it can be a CSV.
    """
    uncertainty = (pl.col("upper_time") - pl.col("lower_time")).dt.total_seconds() / 60
    is_of_the_monitor = pl.col("sources").list.first().str.starts_with("cleaned_numerics")
    reasons = {
        "sources_disagree": pl.col("contradictions").list.len() > 0,
        "no_time": pl.col("tier").is_in(["C", "D"]),
        "wide_bounds": (pl.col("tier").is_in(["A", "B"])) & (uncertainty > WIDE_MIN).fill_null(True),
        "one_indirect_source": (pl.col("tier") == "B") & (pl.col("sources").list.len() == 1) & ~is_of_the_monitor,
    }
    named = [pl.when(holds).then(pl.lit(name)) for name, holds in reasons.items()]
    listed = clinical_events.filter(pl.col("adjudication").is_null()).with_columns(
        uncertainty_min=uncertainty, reasons=pl.concat_list(named).list.drop_nulls()
    )
    columns = [
        name
        for name in CLINICAL_EVENTS.schema
        if name not in ("event_end_time", "rule", "rule_version", "sources", "contradictions", "rules", "adjudication")
    ]
    doubtful = (
        listed.filter(pl.col("reasons").list.len() > 0)
        .sort(pl.col("reasons").list.len() * -1, "subject_id", "event", "lower_time", "event_id")
        .select(
            *columns,
            "uncertainty_min",
            *(pl.col(name).list.join(" ") for name in ("reasons", "sources", "contradictions")),
            *(pl.lit(None, pl.String).alias(name) for name in TO_FILL_IN),
        )
    )
    return pl.concat([doubtful, _standing(clinical_events, adjudications, doubtful)])


def _standing(clinical_events: pl.DataFrame, adjudications: pl.DataFrame, like: pl.DataFrame) -> pl.DataFrame:
    """Return a row per decision, with what is left to say of its event."""
    times = [pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S%.f") for name in TO_FILL_IN if name.endswith("_time")]
    rows = adjudications.sort("source_row").with_columns(times).drop("source_row")
    known = clinical_events.with_columns(pl.col("sources", "contradictions").list.join(" "))
    found = rows.join(known, on=["subject_id", "event_id"], how="left", maintain_order="left")
    missing = {"reasons": pl.lit("reviewed"), "uncertainty_min": pl.lit(None)}
    return found.with_columns(**missing).select(pl.col(name).cast(dtype) for name, dtype in like.schema.items())
