"""What an asset body returns: a description of how one key's object is made from the objects of other tables.

The IO manager carries it out key by key, in this process or in a pool of them, so a batch of a thousand patients never
lies in memory and a bad patient never stops the others. A pool's processes import this, and they import no Dagster: it
costs more than all else they need.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import polars as pl

from mimic_assets.schemas.judged import Judged, JudgedParts
from mimic_assets.schemas.model import Partitioning
from mimic_assets.schemas.tables import TABLES


@dataclass(frozen=True, slots=True)
class TableHandle:
    """What an asset body gets for an upstream table: its name, nothing loaded yet."""

    table: str


class Derivation:
    """How the objects of a table are made; one of the kinds below."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class FromTree(Derivation):
    """`function(tree, subject_id) -> Judged`, over the waveform source; or its rows in parts."""

    function: Callable[..., Judged | JudgedParts]
    survey: Callable[..., tuple[object, pl.DataFrame]] | None = None
    """`survey(tree)` also says what the source as a whole has to answer for, as rows of rejected_inputs."""


@dataclass(frozen=True, slots=True)
class FromTables(Derivation):
    """`function([task,] *inputs of one patient[, incomplete_tables, event_tables][, waveforms]) -> Judged`.

    An input is a frame; where the function's parameter takes a LazyFrame too (`schemas.judged.Rows`), it is a scan of
    which the function reads what it needs at once.
    """

    function: Callable[..., Judged | JudgedParts]
    inputs: tuple[str, ...]
    per_task: bool = False
    needs_completeness: bool = False
    """Whether it also takes the clinical tables that did not arrive whole, and those that each event is found in."""
    needs_definitions: bool = False
    """Whether the function first takes the event definitions."""
    waveform_inputs: tuple[str, ...] = ()
    """Further inputs, for tasks with waveforms alone; given by the table's name."""
    needs_signals: bool = False
    """Whether it is given `open_signals`, which opens a record's samples; for tasks, those with waveforms alone."""

    @property
    def scanned(self) -> frozenset[str]:
        """The inputs that are given as scans: of tables with one object per patient."""
        parameters = inspect.signature(self.function).parameters
        before = 1 if self.needs_definitions or self.per_task else 0
        places = dict(zip(self.inputs, list(parameters.values())[before:], strict=False))
        places |= {name: parameters[name] for name in self.waveform_inputs if name in parameters}
        return frozenset(
            name
            for name, place in places.items()
            if pl.LazyFrame in get_args(place.annotation) and TABLES[name].partitioning is Partitioning.PATIENT
        )


@dataclass(frozen=True, slots=True)
class FromClinicalTree(Derivation):
    """One streaming pass over the clinical source that yields (bucket, Judged)."""

    function: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class FromDecisions(Derivation):
    """`function(content, file) -> Judged` over the CSV of reviewers' decisions; without a CSV the table is empty."""

    function: Callable[..., Judged]


@dataclass(frozen=True, slots=True)
class FromAllPatients(Derivation):
    """`function(task, ...)` over every patient's samples of a task; the whole table is one object per task."""

    function: Callable[..., Any]
    inputs: tuple[str, ...]
