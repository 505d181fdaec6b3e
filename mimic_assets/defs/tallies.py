"""How often each value of an object's coded columns occurs, counted part by part.

Belongs here: what of an object's rows is told beside it, for Dagster and its pictures. Not here: the attrition itself
(`windows.attrition`), and adding up what several keys tell (`outcomes`).
"""

from collections import Counter

import polars as pl

from mimic_assets import windows
from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import CLINICAL_LABELS

ATTRITION_TALLY = "attrition "
"""Begins the names of tallies that count the steps of a task's attrition."""
Tally = dict[str, dict[str, int]]
"""Column -> value -> rows; null counts as `-`."""
_OF_INDEX_TIMES = ("label", "exclusion", "window_exclusion")


class Tallies:
    """Counts the rows of one object."""

    def __init__(self, table: Table) -> None:
        """Begin with no rows."""
        self._is_of_labels = table is CLINICAL_LABELS
        coded = [c.name for c in table.columns if c.values is not None or c.is_open_list or c.dtype == pl.Boolean]
        self._counts = {name: Counter[str]() for name in coded}
        self._steps = {"index_times": Counter[str](), "positives": Counter[str](), "negatives": Counter[str]()}
        self._seen = table.empty()
        """Of labels: rows without repeats in what the attrition asks; a stay in several parts counts once."""
        self.add(table.empty())

    def add(self, part: pl.DataFrame) -> None:
        """Count the rows of a part."""
        for name, counts in self._counts.items():
            found = part.get_column(name).cast(pl.String).fill_null("-").value_counts()
            counts.update(dict(found.iter_rows()))
        if self._is_of_labels:
            attrition = windows.attrition(part)
            for name, counts in self._steps.items():
                counts.update(dict(attrition.select("step", name).iter_rows()))
            named = ["subject_id", "stay_id", *_OF_INDEX_TIMES]
            self._seen = pl.concat([self._seen, part]).unique(named, maintain_order=True)

    def found(self) -> Tally:
        """Return the counts of all parts, values in their order."""
        tally: Tally = {name: dict(sorted(counts.items())) for name, counts in self._counts.items()}
        if self._is_of_labels:
            attrition = windows.attrition(self._seen)
            for name in attrition.columns[2:]:
                counts = dict(attrition.select("step", name).iter_rows())
                tally[f"{ATTRITION_TALLY}{name}"] = dict(self._steps.get(name, counts))
        return tally
