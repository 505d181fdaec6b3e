"""Why a label is null: the first reason that applies, in the order of the `Exclusion` vocabulary.

Only the order and the tables a kind of event could be missing from live here; each reason is found by its own module.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from mimic_assets.schemas.vocabulary import Event, Exclusion
from mimic_assets.tasks.model import FollowUp, Task

Mask = npt.NDArray[np.bool_]

_DEATH_TABLES: Final = frozenset({"admissions", "patients"})
_EVENT_TABLES: Final[Mapping[Event, frozenset[str]]] = {
    Event.DEATH: _DEATH_TABLES,
    Event.CARDIAC_ARREST: _DEATH_TABLES | {"procedureevents", "chartevents", "diagnoses_icd", "procedures_icd"},
    Event.SHOCK: _DEATH_TABLES | {"procedureevents", "procedures_icd"},
    Event.RESPIRATORY_ARREST: _DEATH_TABLES | {"procedureevents"},
    Event.HYPOTENSION: frozenset({"admissions", "icustays"}),
}
"""Where an event of a kind, or a death that competes with it, could stand; hypotension comes from the monitor."""

CARE_TABLES: Final = frozenset({"poe", "poe_detail", "chartevents"})
"""Where a limitation of care could stand."""


def evidence_is_incomplete(task: Task, incomplete_tables: frozenset[str]) -> bool:
    """Return whether a table that could hold the task's event, or its follow-up, did not arrive whole.

    Absence of evidence must then not become a negative.
    """
    needed = _EVENT_TABLES[task.event.kind]
    if task.target.follow_up is FollowUp.HOSPITAL_DISCHARGE:
        needed = needed | {"admissions"}
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
