"""Clinical rows as they were known at an index time; whatever a hospital wrote down later is hindsight.

One rule per kind of row, none per value. What a row without any time says, and when it was said, nobody can tell: it is
hindsight, unless it hangs on a row that was known.
"""

from datetime import datetime, timedelta
from typing import Final

import polars as pl

_WRITTEN_AT_DISCHARGE: Final = ("diagnoses_icd", "procedures_icd")
"""Coded for billing after discharge; procedures carry the day they were done, not the day they were coded."""
_GROWING: Final = ("admissions", "icustays", "transfers", "procedureevents", "inputevents")
"""Rows that exist from their start and are completed at their end."""
_COMPLETED: Final = ("value", "value_text")
"""What their end fills in: discharge location, last unit, amount, status."""


def known_rows(clinical_extract: pl.DataFrame, index_time: datetime, charted_known_after_s: int) -> pl.DataFrame:
    """Return the rows of clinical_extract of one patient that were known at `index_time`, same columns and order.

    A row is known at its store_time, else at its start_time; a charted value without store_time counts as known
    `charted_known_after_s` later. Order details are known with their order, demographics always, codes never. Ends
    after the index time are not known: a stay lasts up to it, other rows have none. Deaths after it have not happened.

    Args:
        clinical_extract: rows of one patient.
        index_time: the index time, included.
        charted_known_after_s: as in the task's `care`.
    """
    table = pl.col("source_table")
    delay = pl.when(table == "chartevents").then(timedelta(seconds=charted_known_after_s)).otherwise(timedelta(0))
    known_time = pl.coalesce("store_time", pl.col("start_time") + delay)
    is_timed = ((known_time <= index_time) & ~table.is_in(_WRITTEN_AT_DISCHARGE)).fill_null(False)
    orders = clinical_extract.filter(is_timed & (table == "poe"))["source_id"].implode()
    is_detail = (table == "poe_detail") & pl.col("source_id").is_in(orders)
    ends_later = (pl.col("end_time") > index_time).fill_null(False)
    end = pl.when(~ends_later).then("end_time").when(table == "icustays").then(pl.lit(index_time))
    is_open = ends_later & table.is_in(_GROWING)
    death = pl.when(pl.col("death_time") <= index_time).then("death_time")
    return clinical_extract.filter(is_timed | is_detail.fill_null(False) | (table == "patients")).with_columns(
        end.cast(pl.Datetime("us")).alias("end_time"),
        death.alias("death_time"),
        *(pl.when(~is_open).then(name).alias(name) for name in _COMPLETED),
    )
