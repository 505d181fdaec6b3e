"""The attrition of a task over a lake: labels made on the fly, patient by patient, nothing written.

Belongs here: composing upstream tables with the labels' core function for a task that may not be in the lake yet. Does
not belong here: what is counted (`windows.attrition`).
"""

from collections.abc import Callable, Iterator

import polars as pl

from mimic_assets import windows
from mimic_assets.defs.derivation import FromTables
from mimic_assets.defs.making import Workshop
from mimic_assets.schemas.tables import CLINICAL_EVENTS, CLINICAL_LABELS, WAVEFORM_QUALITY
from mimic_assets.storage.keys import Key
from mimic_assets.tasks import Task

_LABELS = FromTables(
    windows.label_stays,
    tuple(name for name in CLINICAL_LABELS.upstream if name != WAVEFORM_QUALITY.name),
    per_task=True,
    needs_completeness=True,
    waveform_inputs=(WAVEFORM_QUALITY.name,),
)


def count_task(workshop: Workshop, task: Task, progress: Callable[[str, int, int], None]) -> pl.DataFrame:
    """Return the attrition of a task over every patient whose events are in the lake; empty where there is none."""

    def tables() -> Iterator[pl.DataFrame]:
        places = workshop.lake.keys(CLINICAL_EVENTS)
        for number, place in enumerate(places):
            labels = workshop.compute(_LABELS, Key(place.partition, task.name), task)
            yield windows.attrition(labels.whole().frame)
            progress(f"labels of {task.name}", number + 1, len(places))

    return windows.add_attritions(tables())
