"""What must be true of our labels beside those of ACES, whatever lake they were made from."""

from datetime import timedelta

import polars as pl

from mimic_assets.schemas.tables import CLINICAL_EVENTS
from mimic_assets.settings import Settings
from mimic_assets.storage.lake import Lake
from mimic_assets_tests.comparisons.aces import Comparison

GAPS = {"in_hospital_death": timedelta(0), "cardiac_arrest": timedelta(minutes=5)}


def judge(comparison: Comparison, settings: Settings) -> None:
    """Fail unless every label is the same, no index time is unknown to us, and what ACES leaves out has its reason."""
    assert comparison.disagreements.is_empty()
    unknown_to_us = comparison.rows.filter(pl.col("label").is_null() & pl.col("exclusion").is_null())
    assert unknown_to_us.is_empty()
    left_out = comparison.rows.filter(pl.col("aces").is_null())
    assert left_out["label"].null_count() == left_out.height
    timed = Lake.open(settings.lake).scan(CLINICAL_EVENTS).filter(pl.col("tier").is_in(["A", "B"])).collect()
    deaths = timed.filter(event="death").select("subject_id", died="event_time")
    after_death = left_out.join(deaths, on="subject_id").filter(pl.col("died") <= pl.col("index_time"))
    of_kind = timed.filter(event=comparison.task).select("subject_id", began="event_time")
    gap_end = pl.col("index_time") + GAPS[comparison.task]
    in_gap = left_out.join(of_kind, on="subject_id").filter(
        (pl.col("index_time") < pl.col("began")) & (pl.col("began") <= gap_end)
    )
    keys = ["subject_id", "index_time"]
    explained = pl.concat([after_death.select(keys), in_gap.select(keys)])
    assert left_out.join(explained, on=keys, how="anti").is_empty()  # a death before it, or an event in the gap
