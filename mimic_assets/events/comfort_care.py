"""Whether comfort care was in force at a time, as orders and charted code status say.

Belongs here: the latest statement of an admission at a time after the fact, for the class of a death. Does not
belong here: what was known at an index time (`windows`, which waits for storetime). DNR is not comfort care;
palliative consults and the diagnosis Z515 are not orders.
"""

import re
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Statements:
    """What was said of comfort care, by subject and admission; read once, since deaths ask one after the other."""

    said: dict[tuple[int, int], list[tuple[datetime, bool]]]
    """(subject, admission) -> when, and whether it is comfort care (else it lifts it)."""

    @classmethod
    def of(cls, sources: Sources, subjects: pl.Series) -> "Statements":
        """Return the readable statements of these subjects.

        A statement is a code-status or comfort order (at its ordertime), or a charted code status (at its charttime).
        Texts that say nothing readable, and orders that end or hold another, lift no comfort care, as in the labels'
        `care_limitation`. What names no admission or has no time counts for none.
        """
        text = pl.col("value_text").str
        is_theirs = pl.col("subject_id").is_in(subjects.unique().implode())
        is_placed = is_theirs & pl.col("hadm_id").is_not_null() & pl.col("start_time").is_not_null()
        poe = sources.tables["poe"].filter(is_placed, text.contains(rf"(?i)\bcode\s*status\b|{COMFORT}"))
        is_status = pl.col("item_id") == CODE_STATUS_ITEM
        charted = sources.tables["chartevents"].filter(is_status, is_placed, text.len_chars() > 0)
        details = _details(sources.tables["poe_detail"].filter(is_theirs)) if poe.height else {}
        said: dict[tuple[int, int], list[tuple[datetime, bool]]] = {}
        wanted = ("source_table", "subject_id", "hadm_id", "start_time", "code", "source_id", "value_text")
        for table, subject_id, hadm_id, time, code, order, words in (
            pl.concat([poe, charted]).select(wanted).iter_rows()
        ):
            if table == "poe" and (code or "").strip().upper() in _ENDED:
                continue
            whole = f"{words} {details.get((subject_id, order), '')}"
            is_comfort = re.search(COMFORT, whole, re.IGNORECASE) is not None
            if is_comfort or re.search(LIFTING, whole, re.IGNORECASE):
                said.setdefault((subject_id, hadm_id), []).append((time, is_comfort))
        return cls(said)

    def comfort_is_in_force(self, subject_id: int, hadm_id: int | None, time: datetime) -> bool:
        """Return whether the latest statement of a subject's admission at or before a time is comfort care.

        Of statements of one time comfort care stands. Nothing carries over from another admission.
        """
        if hadm_id is None:
            return False
        until = (each for each in self.said.get((subject_id, hadm_id), []) if each[0] <= time)
        return max(until, default=(time, False))[1]


def _details(rows: pl.DataFrame) -> dict[tuple[int, str], str]:
    """Return the field values of each subject's orders, joined."""
    details: dict[tuple[int, str], str] = {}
    named = rows.filter(pl.col("source_id").is_not_null()).select("subject_id", "source_id", "value_text")
    for subject_id, order, text in named.iter_rows():
        details[subject_id, order] = f"{details.get((subject_id, order), '')} {text or ''}"
    return details
