"""Does nearness to the end of the record tell the classes apart? Then a model can learn that the monitor comes off.

Belongs here: the label rate by time from index time to the record's end, and one number for how well that time alone
separates the classes. The rule against it (a negative needs the task's own follow-up) is in `windows`.
"""

from dataclasses import dataclass

import polars as pl

BINS_H = (1, 2, 4, 8, 24, 72)
"""Upper, closed ends of the bins in hours; a last bin holds the rest."""
WARN_AT = 0.75
"""Separation from which a person should look: many clinical scores do not reach an AUROC of 0.75."""
FEWEST = 20
"""Below this many windows of either class the separation is noise and gives no warning."""


@dataclass(frozen=True, slots=True)
class RecordEndReport:
    """The label rate by time to the record's end."""

    bins: pl.DataFrame
    """`hours_to_record_end` (text such as `(1, 2]`), `positive_count`, `negative_count`, `positive_share`."""
    separation: float | None
    """Probability that a positive is nearer to the record's end than a negative (or the other way round, whichever is
    larger; ties count half): 0.5 is none, 1 is complete. Null where a class is empty."""
    is_suspicious: bool
    """Whether both classes are large enough and the separation is at least WARN_AT."""


def report_record_end(samples: pl.DataFrame) -> RecordEndReport:
    """Return how the labels of windows lie relative to the end of their records.

    Args:
        samples: `label index_time record_end_time`, one row per window.

    Examples:
        >>> from datetime import datetime
        >>> end = datetime(2150, 1, 1, 12)
        >>> frame = pl.DataFrame({
        ...     "label": [True, False],
        ...     "index_time": [datetime(2150, 1, 1, 11, 30), datetime(2150, 1, 1, 6)],
        ...     "record_end_time": [end, end],
        ... })
        >>> report = report_record_end(frame)
        >>> report.separation, report.is_suspicious
        (1.0, False)
        >>> report.bins["hours_to_record_end"].to_list()
        ['(0, 1]', '(4, 8]']
    """
    hours = (pl.col("record_end_time") - pl.col("index_time")).dt.total_microseconds() / 3.6e9
    timed = samples.select("label", hours=hours)
    positive, negative = int(timed["label"].sum()), int((~timed["label"]).sum())
    separation = _separation(timed, positive, negative)
    enough = min(positive, negative) >= FEWEST
    return RecordEndReport(_bins(timed), separation, enough and separation is not None and separation >= WARN_AT)


def _bins(timed: pl.DataFrame) -> pl.DataFrame:
    edges = [0, *BINS_H]
    names = [f"({low}, {high}]" for low, high in zip(edges, BINS_H, strict=False)] + [f"> {BINS_H[-1]}"]
    place = sum(((pl.col("hours") > high).cast(pl.Int32) for high in BINS_H), pl.lit(0, pl.Int32))
    counted = (
        timed.group_by(place.alias("place"))
        .agg(
            positive_count=pl.col("label").sum().cast(pl.Int64),
            negative_count=(~pl.col("label")).sum().cast(pl.Int64),
        )
        .sort("place")
    )
    share = pl.col("positive_count") / (pl.col("positive_count") + pl.col("negative_count"))
    return counted.with_columns(positive_share=share).select(
        pl.col("place").replace_strict(dict(enumerate(names)), return_dtype=pl.String).alias("hours_to_record_end"),
        "positive_count",
        "negative_count",
        "positive_share",
    )


def _separation(timed: pl.DataFrame, positive: int, negative: int) -> float | None:
    if not positive or not negative:
        return None
    ranks = timed.select("label", rank=pl.col("hours").rank("average"))
    later = float(ranks.filter("label")["rank"].sum()) - positive * (positive + 1) / 2
    share = later / (positive * negative)
    return max(share, 1 - share)
