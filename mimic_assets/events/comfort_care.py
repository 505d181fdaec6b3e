"""Whether comfort care was in force at a time, as orders and charted code status say.

Belongs here: the latest statement of an admission at a time after the fact, for the class of a death. Does not
belong here: what was known at an index time (`windows`, which waits for storetime). DNR is not comfort care;
palliative consults and the diagnosis Z515 are not orders.
"""

import re
from datetime import datetime

import polars as pl

COMFORT = r"\bcomfort\b|\bCMO\b"
"""Regular expression, case ignored, of order subtypes and code-status texts that mean comfort care."""
_STATEMENT = rf"\bcode\s*status\b|{COMFORT}"
"""Order subtypes that state anything about it; a palliative consult does not."""
_CODE_STATUS_ITEM = 223758
_ENDED, _OTHER, _COMFORT = range(3)


def is_comfort_in_force(clinical_extract: pl.DataFrame, hadm_id: int | None, time: datetime) -> bool:
    """Return whether the admission's latest statement at or before a time is comfort care.

    A statement is a code-status or comfort order (at its ordertime), or a charted code status (at its charttime). A
    discontinuation (`D/C`) ends what stood before; an order of the same time, its replacement, stands. Where
    statements of one time differ, comfort care stands. Nothing carries over from another admission.
    """
    text_of_row = pl.col("value_text")
    orders = (pl.col("source_table") == "poe") & text_of_row.str.contains(f"(?i){_STATEMENT}")
    charted = (pl.col("source_table") == "chartevents") & (pl.col("item_id") == _CODE_STATUS_ITEM)
    rows = clinical_extract.filter(
        pl.col("hadm_id") == pl.lit(hadm_id, pl.Int64),
        pl.col("start_time") <= time,
        orders | (charted & text_of_row.is_not_null()),
    )
    details = _details(clinical_extract)
    latest: tuple[datetime, int] | None = None
    for row in rows.iter_rows(named=True):
        if row["source_table"] == "poe":
            text = f"{row['value_text']} {details.get(row['source_id'], '')}"
            ended = (row["code"] or "").strip().upper() == "D/C"
        else:
            text, ended = row["value_text"], False
        kind = _ENDED if ended else _COMFORT if re.search(COMFORT, text, re.IGNORECASE) else _OTHER
        latest = max(latest, (row["start_time"], kind)) if latest is not None else (row["start_time"], kind)
    return latest is not None and latest[1] == _COMFORT


def _details(clinical_extract: pl.DataFrame) -> dict[str, str]:
    """Return the field values of each order, joined."""
    rows = clinical_extract.filter((pl.col("source_table") == "poe_detail") & pl.col("source_id").is_not_null())
    details: dict[str, str] = {}
    for order, text in rows.sort("source_row").select("source_id", "value_text").iter_rows():
        details[order] = f"{details.get(order, '')} {text or ''}"
    return details
