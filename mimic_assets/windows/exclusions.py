"""Why a label is null: the first reason that applies, in the order of the `Exclusion` vocabulary.

Only the order and the tables a kind of event could be missing from live here; each reason is found by its own module.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from mimic_assets.schemas.vocabulary import Exclusion
from mimic_assets.tasks.model import FollowUp, Task

Mask = npt.NDArray[np.bool_]

_DEATH_TABLES: Final = frozenset({"admissions", "patients"})
_EVENT_TABLES: Final[Mapping[str, frozenset[str]]] = {
    "death": _DEATH_TABLES,
    "cardiac_arrest": _DEATH_TABLES | {"procedureevents", "chartevents", "diagnoses_icd", "procedures_icd"},
    "shock": _DEATH_TABLES | {"procedureevents", "procedures_icd"},
    "respiratory_arrest": _DEATH_TABLES | {"procedureevents"},
    "hypotension": frozenset({"admissions", "icustays"}),
}
"""Where an event of a kind, or a death that competes with it, could stand; hypotension comes from the monitor."""
_ANY_TABLE: Final = _DEATH_TABLES | {
    "icustays",
    "procedureevents",
    "chartevents",
    "labevents",
    "diagnoses_icd",
    "procedures_icd",
}
"""For a kind whose definition is not known here: every table that could hold an event."""

CARE_TABLES: Final = frozenset({"poe", "poe_detail", "chartevents"})
"""Where a limitation of care could stand."""


def evidence_is_incomplete(task: Task, incomplete_tables: frozenset[str]) -> bool:
    """Return whether a table that could hold the task's event, or its follow-up, did not arrive whole.

    Absence of evidence must then not become a negative.
    """
    kinds = (*task.event.names, *task.competing)
    needed = frozenset[str]().union(*(_EVENT_TABLES.get(kind, _ANY_TABLE) for kind in kinds if kind != "death"))
    if "death" in task.event.names or set(kinds) - {"death"} - {"hypotension"}:
        needed |= _DEATH_TABLES
    if task.target.follow_up is FollowUp.HOSPITAL_DISCHARGE:
        needed = needed | {"admissions"}
    if task.target.follow_up in (FollowUp.ICU_OUT, FollowUp.ICU_OUT_OR_CARE_LIMIT):
        needed = needed | {"admissions", "icustays"}
    if task.target.follow_up is FollowUp.ICU_OUT_OR_CARE_LIMIT:
        needed = needed | CARE_TABLES
    return bool(needed & incomplete_tables)


def first_exclusion(reasons: Mapping[Exclusion, Mask], count: int) -> list[Exclusion | None]:
    """Return for each index time the first reason that applies, or None.

    Args:
        reasons: for each reason, where it applies; a reason left out applies nowhere.
        count: number of index times.
    """
    order = list(Exclusion)
    chosen = np.full(count, -1, dtype=np.int64)
    for place, reason in enumerate(order):
        if reason in reasons:
            chosen[reasons[reason] & (chosen < 0)] = place
    return [None if place < 0 else order[place] for place in chosen.tolist()]
