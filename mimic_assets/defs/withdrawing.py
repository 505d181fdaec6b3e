"""What is taken away where a key cannot be made: the objects made from it, so that nothing old passes for new.

A batch that is stopped, or a run over other patients, would otherwise leave windows of such a key to a manifest. Not
here: the key's own object, and why it could not be made (`making`).
"""

from collections.abc import Sequence

from mimic_assets.schemas.model import Partitioning, Table
from mimic_assets.schemas.tables import TABLES
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import Task

_PER_PATIENT = (Partitioning.PATIENT, Partitioning.PATIENT_TASK)


def withdraw(lake: Lake, table: Table, place: Key, tasks: Sequence[Task], in_lake: Sequence[str]) -> None:
    """Remove every patient object that is made from one of a table, directly or not, the furthest first.

    Args:
        lake: Where they lie.
        table: The table whose key cannot be made.
        place: The key; with a task, only that task's objects go.
        tasks: The tasks of this run; one without waveforms keeps its objects where a table of waveforms fails.
        in_lake: Names of all tasks that the lake may hold objects of.
    """
    spared = {task.name for task in tasks if task.waveforms is None} if "waveforms" in table.code else set()
    of_tasks = [place.task] if place.task else [name for name in in_lake if name not in spared]
    for name in reversed(_downstream_of(table.name)):
        for task in of_tasks if "task" in TABLES[name].partitioning.value else [None]:
            lake.remove(TABLES[name], Key(place.partition, task))


def _downstream_of(name: str) -> list[str]:
    """Return the patient tables made from a table, in the order of the journey."""
    found = [name]
    for table in TABLES.values():
        if table.partitioning in _PER_PATIENT and set(table.upstream) & set(found):
            found.append(table.name)
    return found[1:]
