"""Clinical rows as they were known at an index time; whatever a hospital wrote down later is hindsight.

One rule per kind of row, none per value. What a row without any time says, and when it was said, nobody can tell: it is
hindsight, unless it hangs on a row that was known.
"""

from datetime import datetime, timedelta
from typing import Final

import polars as pl

WRITTEN_AT_DISCHARGE: Final = ("diagnoses_icd", "procedures_icd")
"""Coded for billing after discharge; procedures carry the day they were done, not the day they were coded."""
STORED: Final = ("chartevents", "labevents", "inputevents", "procedureevents")
"""Rows with a storetime of their own; where it is empty they are known a task's parameter after they were charted."""
KNOWN_AT_START: Final = ("admissions", "icustays", "transfers", "poe")
"""Rows without a storetime that exist from their start. A table that is named nowhere here is hindsight."""
_GROWING: Final = ("admissions", "icustays", "transfers", "procedureevents", "inputevents")
"""Rows that exist from their start and are completed at their end."""
_COMPLETED: Final = ("value", "value_text")
"""What their end fills in: discharge location, last unit, amount, status."""


def known_rows(clinical_extract: pl.DataFrame, index_time: datetime, charted_known_after_s: int) -> pl.DataFrame:
    """Return the rows of clinical_extract of one patient that were known at `index_time`, same columns and order.

    A row is known when it was charted and stored, whichever is later (a storetime may lie before the charttime); one
    without store_time counts as known `charted_known_after_s` after it was charted where its table has storetimes, else
    at its start. Order details are known with their order, demographics always, codes never, and so is a table nobody
    classified. Ends after the index time are not known: a stay lasts up to it, other rows have none. Deaths after it
    have not happened; a date of death is known when its day is over, since midnight is no time of death.

    Args:
        clinical_extract: rows of one patient.
        index_time: the index time, included.
        charted_known_after_s: as in the task's `care`.
    """
    table = pl.col("source_table")
    delay = pl.when(table.is_in(STORED)).then(timedelta(seconds=charted_known_after_s)).otherwise(timedelta(0))
    is_stored = pl.col("store_time").is_not_null()
    known_time = (
        pl.when(is_stored).then(pl.max_horizontal("start_time", "store_time")).otherwise(pl.col("start_time") + delay)
    )
    is_timed = ((known_time <= index_time) & table.is_in([*STORED, *KNOWN_AT_START])).fill_null(False)
    orders = clinical_extract.filter(is_timed & (table == "poe"))["source_id"].implode()
    is_detail = (table == "poe_detail") & pl.col("source_id").is_in(orders)
    ends_later = (pl.col("end_time") > index_time).fill_null(False)
    end = pl.when(~ends_later).then("end_time").when(table == "icustays").then(pl.lit(index_time))
    is_open = ends_later & table.is_in(_GROWING)
    day = pl.when(table == "patients").then(timedelta(days=1)).otherwise(timedelta(0))
    death = pl.when(pl.col("death_time") + day <= index_time).then("death_time")
    return clinical_extract.filter(is_timed | is_detail.fill_null(False) | (table == "patients")).with_columns(
        end.cast(pl.Datetime("us")).alias("end_time"),
        death.alias("death_time"),
        *(pl.when(~is_open).then(name).alias(name) for name in _COMPLETED),
    )
