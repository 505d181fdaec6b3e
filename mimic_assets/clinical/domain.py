"""Defects that show only across cells or rows: they are told, and the rows are kept as charted.

The one exception is a stay listed twice: its second row is dropped, since every stage takes a stay for one row. What
such rows are worth (is a stay that ends before it starts a stay?) is decided by the stages that read them.
"""

from collections.abc import Iterator

import polars as pl

from mimic_assets.clinical.defects import TABLE
from mimic_assets.schemas.fields import LONGEST_STAY
from mimic_assets.schemas.judged import Rejection

_SUBJECT = "subject_id"


def without_repeated_stays(rows: pl.DataFrame, file: str) -> tuple[pl.DataFrame, list[Rejection]]:
    """Return sorted rows with each subject's `stay_id` of icustays once, the first kept, and what was dropped."""
    stays = (pl.col("source_table") == "icustays") & pl.col("stay_id").is_not_null()
    of_stays = rows.lazy().filter(stays).select(_SUBJECT, "stay_id").collect()
    if not of_stays.is_duplicated().any():
        return rows, []
    repeated = stays & ~pl.struct(_SUBJECT, "source_table", "stay_id").is_first_distinct()
    dropped = rows.filter(repeated)
    if not dropped.height:
        return rows, []
    told = _told(
        dropped,
        "stay_id",
        file,
        "duplicate_stay",
        "more than one row for a stay",
        "one; the first is used",
        "Remove the repeated row from the source.",
    )
    return rows.filter(~repeated), list(told)


def domain_defects(rows: pl.DataFrame, files: dict[str, str], has_admissions: bool) -> Iterator[Rejection]:
    """Yield a rejection per subject and rule.

    Args:
        rows: of `clinical_extract`, one bucket.
        files: table name -> its file, for the rejection.
        has_admissions: False where the admissions are incomplete: then a stay without its admission says nothing.
    """
    stays = rows.filter(pl.col("source_table") == "icustays")
    admissions = rows.filter(pl.col("source_table") == "admissions")
    yield from _told(
        stays.filter(pl.col("end_time") <= pl.col("start_time")),
        "stay_id",
        files["icustays"],
        "stay_ends_before_start",
        "outtime not after intime",
        "outtime after intime",
        "Correct the times in the source; the stay gives no labels.",
    )
    yield from _told(
        stays.filter(pl.col("end_time") - pl.col("start_time") > LONGEST_STAY),
        "stay_id",
        files["icustays"],
        "stay_too_long",
        f"outtime more than {LONGEST_STAY.days} days after intime",
        "an ICU stay of less than a year",
        "Correct the times in the source; the stay gives no labels.",
    )
    yield from _told(
        admissions.filter(pl.col("death_time") < pl.col("start_time")),
        "hadm_id",
        files["admissions"],
        "death_before_admission",
        "deathtime before admittime",
        "deathtime at or after admittime",
        "Correct the times in the source; the row is kept as charted.",
    )
    died = rows.filter((pl.col("source_table") == "patients") & pl.col("death_time").is_not_null())
    later = admissions.join(died.select(_SUBJECT, dod="death_time"), on=_SUBJECT, maintain_order="left")
    yield from _told(
        later.filter(pl.col("dod") < pl.col("start_time").dt.truncate("1d")),
        "hadm_id",
        files["patients"],
        "death_before_admission",
        "dod on a day before an admission",
        "dod on or after the day of every admission",
        "Correct the dates in the source; the row is kept as charted.",
    )
    if has_admissions:
        orphans = stays.join(admissions, on=[_SUBJECT, "hadm_id"], how="anti", maintain_order="left")
        yield from _told(
            orphans,
            "stay_id",
            files["icustays"],
            "stay_without_admission",
            "a stay whose hadm_id the subject has not",
            "an admission of the subject with that hadm_id",
            "Complete admissions; discharge and death of that stay are unknown.",
        )


def _told(
    rows: pl.DataFrame, name: str, file: str, rule: str, found: str, expected: str, advice: str
) -> Iterator[Rejection]:
    firsts = rows.group_by(_SUBJECT, maintain_order=True).agg(pl.col(name).first(), pl.len())
    for subject, identifier, count in firsts.iter_rows():
        place = f"{name} {'unknown' if identifier is None else identifier}"
        yield Rejection(TABLE, file, place, rule, f"found {found}, expected {expected}", advice, subject, count)
