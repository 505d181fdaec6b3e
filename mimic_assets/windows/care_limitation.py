"""The limitation of care in force and known at an index time, from code-status orders and charted code status.

An order (poe with its poe_detail) is said and known at its ordertime. A charted status (223758) is said at its
charttime and known at its storetime, but not before it is said; where the storetime is empty, a task parameter after
the charttime. Among the statements of the same admission known at the index time, the one said last decides; of those
said at one time, the most limiting. A status does not carry over from an earlier admission.

What says nothing readable - an order discontinued or held, an order without text, a text not in `code_status`, "do not
intubate" alone - lifts an earlier full code to unknown. It lifts no DNR or comfort statement: which order it ended is
not in the extract, and time that may be limited must not pass as unlimited. Empty charted texts say nothing at all.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from mimic_assets.schemas.judged import Rejection
from mimic_assets.schemas.vocabulary import CareLimitation
from mimic_assets.windows.code_status import Said, read_code_status
from mimic_assets.windows.index_times import Stay
from mimic_assets.windows.microseconds import AFTER_ALL, BEFORE_ALL, Microseconds, to_microseconds

CODE_STATUS_ITEM: Final = 223758
_ENDED: Final = frozenset({"D/C", "H"})
"""Transactions that end or hold an order (MIMIC-IV poe.transaction_type)."""
_STATUS: Final = {
    Said.FULL_CODE: CareLimitation.NONE,
    Said.DNR: CareLimitation.DNR,
    Said.COMFORT: CareLimitation.COMFORT,
}
_RANK: Final = {CareLimitation.UNKNOWN: 0, CareLimitation.NONE: 1, CareLimitation.DNR: 2, CareLimitation.COMFORT: 3}
_DECLINED: Final = frozenset({"no", "none", "n", "false", "0"})


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement on the limitation of care; UNKNOWN where it says nothing readable."""

    hadm_id: int | None
    stay_id: int | None
    said: int
    known: int
    meaning: CareLimitation


def find_statements(
    clinical_extract: pl.DataFrame, charted_known_after: int
) -> tuple[list[Statement], list[Rejection]]:
    """Return every statement of some patients, and the texts that could not be read.

    Args:
        clinical_extract: rows of the patients.
        charted_known_after: microseconds after charttime at which a charted value without storetime is known.
    """
    ordered, unread_orders = _ordered(clinical_extract)
    charted, unread_charts = _charted(clinical_extract, charted_known_after)
    rejections = _rejections("poe_detail", unread_orders) + _rejections("chartevents", unread_charts)
    return ordered + charted, rejections


def limitations_at(
    index: Microseconds, stay: Stay, statements: list[Statement], are_complete: bool
) -> list[CareLimitation]:
    """Return the limitation in force and known at each index time of a stay.

    Args:
        index: index times.
        stay: the stay; statements of its admission count, and those that name the stay.
        statements: all statements of the patient.
        are_complete: False where a table of statements did not arrive whole: full code is then unknown.
    """
    mine = [
        statement
        for statement in statements
        if (statement.hadm_id is not None and statement.hadm_id == stay.hadm_id) or statement.stay_id == stay.stay_id
    ]
    said, meaning, lapse = BEFORE_ALL, CareLimitation.UNKNOWN, BEFORE_ALL
    known_from, in_force = [BEFORE_ALL], [CareLimitation.UNKNOWN]
    for statement in sorted(mine, key=lambda s: (s.known, s.said, _RANK[s.meaning])):
        if statement.meaning is CareLimitation.UNKNOWN:
            lapse = max(lapse, statement.said)
        elif (statement.said, _RANK[statement.meaning]) > (said, _RANK[meaning]):
            said, meaning = statement.said, statement.meaning
        known_from.append(statement.known)
        has_lapsed = meaning is CareLimitation.NONE and (lapse > said or not are_complete)
        in_force.append(CareLimitation.UNKNOWN if has_lapsed else meaning)
    places = np.searchsorted(np.array(known_from, dtype=np.int64), index, side="right") - 1
    return [in_force[place] for place in places.tolist()]


def limited_from(
    index: Microseconds, stay: Stay, statements: list[Statement], excluded: Collection[CareLimitation]
) -> Microseconds:
    """Return when a limitation the task excludes was said: the next after each index time, AFTER_ALL where none was.

    This looks into the future, for follow-up only, and goes by when a statement was said, not when it became known. A
    limitation already in force at the index time, known by then or not, gives the time it was said.
    """
    mine = [
        statement
        for statement in statements
        if statement.meaning is not CareLimitation.UNKNOWN
        and ((statement.hadm_id is not None and statement.hadm_id == stay.hadm_id) or statement.stay_id == stay.stay_id)
    ]
    in_force = {s.said: s.meaning for s in sorted(mine, key=lambda s: (s.said, _RANK[s.meaning]))}
    ends = np.full(index.shape, AFTER_ALL, dtype=np.int64)
    for (said, meaning), (until, _) in reversed(
        list(pairwise([*in_force.items(), (AFTER_ALL, CareLimitation.UNKNOWN)]))
    ):
        if meaning in excluded:
            ends[index < until] = said
    return ends


def _ordered(clinical_extract: pl.DataFrame) -> tuple[list[Statement], list[tuple[int, int]]]:
    orders = clinical_extract.filter((pl.col("source_table") == "poe") & pl.col("start_time").is_not_null())
    details = clinical_extract.filter(pl.col("source_table") == "poe_detail").select(
        "source_id", field=pl.col("category"), text=pl.col("value_text"), detail_row=pl.col("source_row")
    )
    joined = orders.join(details, on="source_id", how="left").sort("source_row", "detail_row")
    statements: list[Statement] = []
    unread: list[tuple[int, int]] = []
    times = to_microseconds(joined["start_time"], BEFORE_ALL).tolist()
    for row, time in zip(joined.iter_rows(named=True), times, strict=True):
        meaning = CareLimitation.UNKNOWN
        if (row["code"] or "").strip().upper() not in _ENDED:
            said = _order_says(row["value_text"] or "", row["field"], row["text"])
            meaning = _STATUS.get(said, CareLimitation.UNKNOWN) if said is not None else CareLimitation.UNKNOWN
            if said is Said.UNREADABLE:
                unread.append((row["subject_id"], row["detail_row"]))
        statements.append(Statement(row["hadm_id"], None, time, time, meaning))
    return statements, unread


def _order_says(subtype: str, field: str | None, text: str | None) -> Said | None:
    """Return what an order with one of its details says; None where it has none and its subtype does not tell."""
    if text is None or not text.strip():
        return Said.COMFORT if read_code_status(subtype) is Said.COMFORT else None
    said = read_code_status(text)
    if said is Said.UNREADABLE and Said.COMFORT in (read_code_status(field or ""), read_code_status(subtype)):
        return None if text.strip().lower() in _DECLINED else Said.COMFORT
    return said


def _charted(clinical_extract: pl.DataFrame, charted_known_after: int) -> tuple[list[Statement], list[tuple[int, int]]]:
    rows = clinical_extract.filter(
        (pl.col("source_table") == "chartevents")
        & (pl.col("item_id") == CODE_STATUS_ITEM)
        & pl.col("start_time").is_not_null()
        & (pl.col("value_text").str.strip_chars().str.len_chars() > 0)
    ).sort("source_row")
    said_at = to_microseconds(rows["start_time"], BEFORE_ALL).tolist()
    stored_at = to_microseconds(rows["store_time"], AFTER_ALL).tolist()
    statements: list[Statement] = []
    unread: list[tuple[int, int]] = []
    told = rows.select("subject_id", "source_row", "hadm_id", "stay_id", "value_text").iter_rows()
    for (subject_id, source_row, hadm_id, stay_id, text), said_time, stored in zip(
        told, said_at, stored_at, strict=True
    ):
        said = read_code_status(text)
        if said is Said.UNREADABLE:
            unread.append((subject_id, source_row))
        known = said_time + charted_known_after if stored == AFTER_ALL else max(said_time, stored)
        meaning = _STATUS.get(said, CareLimitation.UNKNOWN)
        statements.append(Statement(hadm_id, stay_id, said_time, known, meaning))
    return statements, unread


def _rejections(source_table: str, unread: list[tuple[int, int]]) -> list[Rejection]:
    of_subject: dict[int, list[int]] = {}
    for subject_id, source_row in unread:
        of_subject.setdefault(subject_id, []).append(source_row)
    return [
        Rejection(
            table="clinical_labels",
            file=source_table,
            place=f"{source_table}:{min(rows)}",
            rule="unknown_code_status",
            message="found a code-status text that is not known, expected full code, DNR/DNAR or comfort measures",
            advice="Read the row; if the text is a code status, add its words to mimic_assets/windows/code_status.py.",
            subject_id=subject_id,
            count=len(rows),
        )
        for subject_id, rows in of_subject.items()
    ]


@dataclass(frozen=True, slots=True)
class Statements:
    """Statements looked up by the stays they may concern."""

    by_admission: dict[int, list[Statement]]
    by_stay: dict[int, list[Statement]]

    @classmethod
    def of(cls, statements: list[Statement]) -> "Statements":
        """Return them indexed."""
        found = cls({}, {})
        for statement in statements:
            if statement.hadm_id is not None:
                found.by_admission.setdefault(statement.hadm_id, []).append(statement)
            if statement.stay_id is not None:
                found.by_stay.setdefault(statement.stay_id, []).append(statement)
        return found

    def about(self, stay: Stay) -> list[Statement]:
        """Return those of the stay's admission, and those that name the stay."""
        of_admission = self.by_admission.get(stay.hadm_id, []) if stay.hadm_id is not None else []
        named = self.by_stay.get(stay.stay_id, [])
        return of_admission + [statement for statement in named if statement.hadm_id != stay.hadm_id]
