"""Whether comfort care was in force at a time, as orders and charted code status say.

Belongs here: the latest statement of an admission at a time after the fact, for the class of a death. Does not
belong here: what was known at an index time (`windows`, which waits for storetime). DNR is not comfort care;
palliative consults and the diagnosis Z515 are not orders.
"""

import re
from datetime import datetime

import polars as pl

from mimic_assets.events.selection import Sources

COMFORT = r"\bcomfort\b|\bCMO\b"
"""Order subtypes and code-status texts that mean comfort care; regular expression, case ignored."""
LIFTING = r"\bresuscitat|\bfull code\b|\bDNA?R\b|\bCPR\b"
"""Code-status texts that take the place of comfort care: full code, and DNR without it."""
_ENDED = ("D/C", "H")
"""Transactions that end or hold an order: which order is not in the extract, so they lift nothing."""
CODE_STATUS_ITEM = 223758


def is_comfort_in_force(sources: Sources, subject_id: int, hadm_id: int | None, time: datetime) -> bool:
    """Return whether the latest readable statement of a subject's admission at or before a time is comfort care.

    A statement is a code-status or comfort order (at its ordertime), or a charted code status (at its charttime). Texts
    that say nothing readable, and orders that end or hold another, lift no comfort care, as in the labels'
    `care_limitation`. Of statements of one time comfort care stands. Nothing carries over from another admission.
    """
    text = pl.col("value_text").str
    is_mine = (
        (pl.col("subject_id") == subject_id)
        & (pl.col("hadm_id") == pl.lit(hadm_id, pl.Int64))
        & (pl.col("start_time") <= time)
    )
    orders = sources.tables["poe"].filter(is_mine, text.contains(rf"(?i)\bcode\s*status\b|{COMFORT}"))
    charted = sources.tables["chartevents"].filter(pl.col("item_id") == CODE_STATUS_ITEM, is_mine, text.len_chars() > 0)
    details = _details(sources.tables["poe_detail"].filter(subject_id=subject_id)) if orders.height else {}
    rows = pl.concat([orders, charted])
    statements: list[tuple[datetime, bool]] = []
    for row in rows.iter_rows(named=True):
        if row["source_table"] == "poe" and (row["code"] or "").strip().upper() in _ENDED:
            continue
        said = f"{row['value_text']} {details.get(row['source_id'], '')}"
        is_comfort = re.search(COMFORT, said, re.IGNORECASE) is not None
        if is_comfort or re.search(LIFTING, said, re.IGNORECASE):
            statements.append((row["start_time"], is_comfort))
    return max(statements, default=(time, False))[1]


def _details(rows: pl.DataFrame) -> dict[str, str]:
    """Return the field values of each order, joined."""
    details: dict[str, str] = {}
    for order, text in rows.filter(pl.col("source_id").is_not_null()).select("source_id", "value_text").iter_rows():
        details[order] = f"{details.get(order, '')} {text or ''}"
    return details
