"""Whether both sides say the same: charted rows, deaths, and labels at every time that both may predict at.

Rows are compared by number and by a sum of hashes, so that 50 million need no join. What MIMIC-IV-MEDS drops by design
(rows that are equal in all it keeps, the text of a row that has a number) is dropped on our side too before comparing.
Where our label is null and ACES gives one, the reason is counted: those are the differences that are meant.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from mimic_assets.clinical.needed import CHARTED
from mimic_assets_tests.benchmarks.events_by_peer import COHORT, MEDS

_MASK = 2**64
_HASHED = ("subject_id", "time", "code", "numeric_value", "text_value", "hadm_id", "icustay_id")


@dataclass(slots=True)
class Rows:
    """A set of rows, as number and hash."""

    count: int = 0
    hash_sum: int = 0

    def add(self, rows: pl.DataFrame) -> None:
        """Count the distinct rows of some subjects; no subject may come twice."""
        distinct = rows.select(_HASHED).unique()
        hashes = distinct.hash_rows(seed=17).to_numpy()
        self.count += distinct.height
        self.hash_sum = (self.hash_sum + int(np.add.reduce(hashes, dtype=np.uint64))) % _MASK


@dataclass(slots=True)
class Comparison:
    """What was compared, and what only one side labels."""

    charted_rows: int = 0
    """Distinct rows of chartevents on both sides."""
    deaths: int = 0
    labels: int = 0
    """Index times that both sides label, all alike."""
    positives: int = 0
    aces_alone: Counter[str] = field(default_factory=Counter)
    """Our reason not to label -> index times that ACES labels."""

    def told(self) -> dict[str, int]:
        """Return the figures by name."""
        alone = {f"only_aces_{reason}": count for reason, count in sorted(self.aces_alone.items())}
        return {
            "equal_charted_rows": self.charted_rows, "equal_deaths": self.deaths, "equal_labels": self.labels,
            "equal_positives": self.positives, **alone,
        }  # fmt: skip


def compare(ours: Path, peer: Path) -> Comparison:
    """Return what both sides agree on.

    Raises:
        AssertionError: they disagree; says in what and how often, never with whose rows.
    """
    result = Comparison()
    mine, theirs = Rows(), Rows()
    for path in sorted((ours / "clinical_extract").glob("*.parquet")):
        mine.add(_charted(pl.scan_parquet(path)))
    for path in sorted((peer / MEDS / "data").rglob("*.parquet")):
        rows = pl.scan_parquet(path).filter(pl.col("source_block").str.starts_with("icu/chartevents"))
        theirs.add(rows.select(_typed()).collect())
    if (mine.count, mine.hash_sum) != (theirs.count, theirs.hash_sum):
        raise AssertionError(f"{mine.count} distinct charted rows found here, {theirs.count} in MEDS, or not the same")
    result.charted_rows = mine.count
    result.deaths = _compare_deaths(ours, peer)
    _compare_labels(ours, peer, result)
    return result


def _typed() -> list[pl.Expr]:
    types = (pl.Int64, pl.Datetime("us"), pl.String, pl.Float32, pl.String, pl.Int64, pl.Int64)
    return [pl.col(name).cast(dtype) for name, dtype in zip(_HASHED, types, strict=True)]


def _charted(rows: pl.LazyFrame) -> pl.DataFrame:
    """Return the charted rows of a bucket as MIMIC-IV-MEDS writes them."""
    kept = (pl.col("source_table") == "chartevents") & pl.col("item_id").is_in(list(CHARTED))
    code = pl.format("LAB//{}//{}", "item_id", pl.col("unit").fill_null("UNK"))
    names = {"time": "start_time", "numeric_value": "value", "icustay_id": "stay_id"}
    text = pl.when(pl.col("value").is_null()).then("value_text").alias("text_value")
    columns = [*(pl.col(name).alias(new) for new, name in names.items()), text]
    return rows.filter(kept).select("subject_id", code.alias("code"), *columns, "hadm_id").select(_typed()).collect()


def _compare_deaths(ours: Path, peer: Path) -> int:
    """Compare each subject's death: to the minute, or the midnight of its date."""
    events = pl.scan_parquet(ours / "clinical_events" / "*.parquet").filter(
        (pl.col("event") == "death") & pl.col("tier").is_in(["A", "C"])
    )
    time = pl.coalesce("event_time", "lower_time").alias("time")
    mine = events.select("subject_id", time).collect()
    data = pl.scan_parquet(peer / MEDS / "data" / "**" / "*.parquet").filter(pl.col("code") == "MEDS_DEATH")
    theirs = data.select("subject_id", "time").collect()
    if not mine.sort("subject_id").equals(theirs.sort("subject_id").select(mine.columns)):
        differing = mine.join(theirs, on=["subject_id", "time"], how="anti").height
        raise AssertionError(f"{mine.height} deaths found here, {theirs.height} in MEDS; {differing} are not the same")
    return mine.height


def _compare_labels(ours: Path, peer: Path, result: Comparison) -> None:
    """Compare at every time that ACES labels; each of them, and each that we label, has to be on both sides."""
    names = {"prediction_time": "index_time", "boolean_value": "aces"}
    found = pl.scan_parquet(peer / COHORT / "**" / "*.parquet").rename(names).select("subject_id", *names.values())
    aces = found.collect()
    met = 0
    for path in sorted((ours / "clinical_labels").glob("*.parquet")):
        labels = pl.read_parquet(path, columns=["subject_id", "index_time", "label", "exclusion"])
        both = labels.join(aces, on=["subject_id", "index_time"], how="left", maintain_order="left")
        lost = both.filter(pl.col("label").is_not_null() & pl.col("aces").is_null()).height
        unequal = both.filter(pl.col("label") != pl.col("aces")).height
        if lost or unequal:
            raise AssertionError(f"{lost} labels are missing in ACES, {unequal} are not the same")
        agreed = both.filter(pl.col("label").is_not_null())
        result.labels += agreed.height
        result.positives += agreed["label"].sum()
        alone = both.filter(pl.col("label").is_null() & pl.col("aces").is_not_null())
        result.aces_alone.update(dict(alone.group_by("exclusion").len().iter_rows()))
        met += both["aces"].count()
    if met != aces.height:
        raise AssertionError(f"{aces.height - met} labels of ACES are at no index time of ours")
