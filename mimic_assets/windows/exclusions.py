"""Why a label is null: the first reason that applies, in the order of the `Exclusion` vocabulary.

Only the order, and whether a missing table could hide the event, live here; each reason is found by its own module.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from mimic_assets.schemas.vocabulary import Exclusion
from mimic_assets.tasks.model import FollowUp, Task
from mimic_assets.windows.targets import DEATH

Mask = npt.NDArray[np.bool_]

_MONITOR: Final = frozenset({"cleaned_numerics"})
NO_TABLES: Final[Mapping[str, frozenset[str]]] = {}
"""No event's tables are known: each could stand in any."""
_BY_PLACE: Final[tuple[Exclusion | None, ...]] = (*Exclusion, None)
"""By place in the vocabulary; -1, the last, is no reason."""
CARE_TABLES: Final = frozenset({"poe", "poe_detail", "chartevents"})
"""Where a limitation of care could stand."""


def evidence_is_incomplete(
    task: Task, incomplete_tables: frozenset[str], event_tables: Mapping[str, frozenset[str]] = NO_TABLES
) -> bool:
    """Return whether a table that could hold the task's event, or its follow-up, did not arrive whole.

    Absence of evidence must then not become a negative. Where the monitor alone tells of the events, and follow-up is
    its signal, that signal says that the patient lives: deaths are not needed.

    Args:
        task: its event, what competes with it, and its follow-up.
        incomplete_tables: tables that did not arrive whole.
        event_tables: where events of each kind are found; a kind that is not named could stand in any table.
    """
    kinds = {*task.event.names, *task.competing}
    follow_up = task.target.follow_up
    if follow_up is FollowUp.PRESSURE_SIGNAL and all(event_tables.get(kind) == _MONITOR for kind in kinds - {DEATH}):
        kinds -= {DEATH} - {*task.event.names}
    needed = {"admissions"}.union(*(event_tables.get(kind, incomplete_tables) for kind in kinds))
    if follow_up is not FollowUp.HOSPITAL_DISCHARGE:
        needed.add("icustays")
    if follow_up is FollowUp.ICU_OUT_OR_CARE_LIMIT:
        needed |= CARE_TABLES
    return not needed.isdisjoint(incomplete_tables)


def first_exclusion(reasons: Mapping[Exclusion, Mask], count: int) -> list[Exclusion | None]:
    """Return for each index time the first reason that applies, or None.

    Args:
        reasons: for each reason, where it applies; a reason left out applies nowhere.
        count: number of index times.
    """
    chosen = np.full(count, -1, dtype=np.int64)
    for place, reason in enumerate(Exclusion):
        if reason in reasons:
            chosen[reasons[reason] & (chosen < 0)] = place
    return [_BY_PLACE[place] for place in chosen.tolist()]
