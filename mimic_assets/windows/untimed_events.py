"""Events without a usable time: they never make a window positive, and never let their stay serve as a negative.

Untimed means tier C (a day) or D (a stay), or timed but below the task's minimum tier or
of a class the task excludes. A stay has such an event when
- the event names the stay, or
- it names no stay but the stay's admission, or
- it names neither, and `[lower, upper]` meets `(intime, outtime + gap + horizon]`.
An event of another stay or admission still hides a negative whose `(index, target end]` meets `[lower, upper]`; and an
untimed death hides every later one too, since the patient may be dead.
"""

import numpy as np
import numpy.typing as npt

from mimic_assets.tasks.model import EventRule
from mimic_assets.windows.index_times import Stay
from mimic_assets.windows.microseconds import AFTER_ALL, BEFORE_ALL, Microseconds
from mimic_assets.windows.targets import DEATH, KnownEvent, Places


def untimed_events(events: list[KnownEvent], rule: EventRule) -> list[KnownEvent]:
    """Return the events of the task's kinds that have no time, or a class, the task may use."""
    return [event for event in events if event.kind in rule.names and not event.is_usable(rule)]


def hidden_negatives(index: Microseconds, stay: Stay, untimed: list[KnownEvent], gap: int, horizon: int) -> Places:
    """Return, for each index time, the first untimed event that forbids a negative there; -1 where none does."""
    places = np.full(index.shape, -1, dtype=np.int64)
    for place, event in enumerate(untimed):
        if _belongs_to(event, stay, stay.end + gap + horizon):
            where = np.ones(index.shape, dtype=np.bool_)
        else:
            where = _may_have_begun_by(event, index, index + gap + horizon)
        places[where & (places < 0)] = place
    return places


def _belongs_to(event: KnownEvent, stay: Stay, last_target_end: int) -> bool:
    if event.stay_id is not None:
        return event.stay_id == stay.stay_id
    if event.hadm_id is not None:
        return event.hadm_id == stay.hadm_id
    return stay.start < event.upper and event.lower <= last_target_end


def _may_have_begun_by(event: KnownEvent, index: Microseconds, target_end: Microseconds) -> npt.NDArray[np.bool_]:
    if event.lower == BEFORE_ALL and event.upper == AFTER_ALL:  # known to another stay or admission, nothing else
        return np.zeros(index.shape, dtype=np.bool_)
    begun = event.lower <= target_end
    return begun if event.kind == DEATH else begun & (index < event.upper)
