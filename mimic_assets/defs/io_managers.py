"""The IO manager of every table: carries out what an asset body describes, key by key, and tells Dagster what stands.

Reading: an upstream table is handed on as its name; rows are loaded where a key is made. Writing: whole objects only,
through `storage`, on disk or on S3. Keys that were quarantined or blocked do not become materialised.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import dagster as dg
import polars as pl

from mimic_assets import windows
from mimic_assets.defs.consort import attrition_picture
from mimic_assets.defs.crew import Crew
from mimic_assets.defs.derivation import (
    Derivation,
    FromAllPatients,
    FromClinicalTree,
    FromDecisions,
    FromTables,
    FromTree,
    TableHandle,
)
from mimic_assets.defs.describing import column_lineage
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.outcomes import Outcome, add_tallies, write_outcomes
from mimic_assets.defs.partitions import PATIENTS
from mimic_assets.defs.pictures import picture
from mimic_assets.defs.tallies import ATTRITION_TALLY
from mimic_assets.defs.task_tables import make_for_all_patients
from mimic_assets.defs.whole_tables import make_from_clinical_tree, make_from_decisions
from mimic_assets.defs.window_pictures import signals_of_run
from mimic_assets.errors import InternalError
from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import TABLES, WINDOWED_SAMPLES

Progress = Callable[[str, int, int], None]
"""Called with (what, done, of)."""

SELECTION_TAG = "mimic_assets/patients"
"""Run tag: the keys wanted out of a range, joined by spaces; a range alone would take those between, too."""


class TableIO(dg.IOManager):
    """Streams the keys of a run through the crew."""

    def __init__(self, workshop: Workshop, crew: Crew, progress: Progress | None = None) -> None:
        """Take the places, the hands, and whom to tell."""
        self._workshop = workshop
        self._crew = crew
        self._progress = progress
        self._surveyed: set[str] = set()

    def load_input(self, context: dg.InputContext) -> TableHandle:
        """Return the name of the upstream table."""
        return TableHandle(context.asset_key.path[-1])

    def handle_output(self, context: dg.OutputContext, obj: Derivation) -> None:
        """Make every key of the run and report what became of each."""
        table = TABLES[context.asset_key.path[-1]]
        keys = self._keys(context)
        outcomes = []
        for outcome in self._outcomes(table, obj, keys):
            outcomes.append(outcome)
            if not outcome.is_stored:
                context.log.warning(f"{table.name} {outcome.key}: {outcome.status} - {'; '.join(outcome.reasons)}")
            if self._progress:
                self._progress(table.name, len(outcomes), max(len(keys), len(outcomes)))
        write_outcomes(self._workshop.home, context.run_id, table.name, outcomes)
        self._conclude(context, table, outcomes)

    def _keys(self, context: dg.OutputContext) -> Sequence[str]:
        if not context.has_asset_partitions:
            return []
        keys = sorted(context.asset_partition_keys)
        selection = context.step_context.run_tags.get(SELECTION_TAG)
        if selection is None or context.asset_partitions_def.name != PATIENTS.name:  # type: ignore[attr-defined]
            return keys
        wanted = set(selection.split())
        return [key for key in keys if key in wanted]

    def _outcomes(self, table: Table, derivation: Derivation, keys: Sequence[str]) -> Iterator[Outcome]:
        if isinstance(derivation, FromClinicalTree):
            return make_from_clinical_tree(self._workshop, table, derivation, keys, self._progress)
        if isinstance(derivation, FromDecisions):
            return make_from_decisions(self._workshop, table, derivation)
        if isinstance(derivation, FromAllPatients):
            return make_for_all_patients(self._workshop, table, derivation, self._progress, self._crew)
        if isinstance(derivation, FromTree):
            self._survey(table, derivation)
        if isinstance(derivation, FromTree | FromTables):
            return self._crew.make(table.name, derivation, keys)
        raise InternalError(f"{table.name} returned {type(derivation).__name__}, a Derivation expected")

    def _survey(self, table: Table, derivation: FromTree) -> None:
        """Store what the source as a whole has to answer for, once per process: it looks at every patient's folder."""
        if derivation.survey is not None and table.name not in self._surveyed:
            self._surveyed.add(table.name)
            self._workshop.lake.write_source_rejections(table, derivation.survey(self._workshop.waveforms)[1])

    def _conclude(self, context: dg.OutputContext, table: Table, outcomes: list[Outcome]) -> None:
        stored = [outcome for outcome in outcomes if outcome.is_stored]
        summary: dict[str, Any] = {"dagster/column_lineage": column_lineage(table)}
        tallies = add_tallies(stored)
        if flows := _attritions(tallies):
            summary["attrition"] = attrition_picture(flows)
        image = picture(table, tallies)
        if image is not None:
            summary["this run"] = image
        if table is WINDOWED_SAMPLES:
            subjects = [int(outcome.key) for outcome in stored]
            summary |= signals_of_run(self._workshop.lake, self._workshop.tasks, subjects)
        if not context.has_asset_partitions:
            summary["dagster/row_count"] = sum(outcome.row_count for outcome in stored)
            for outcome in stored:
                summary |= {f"{outcome.key}: {name}": value for name, value in _metadata(outcome).items()}
            context.add_output_metadata(summary)
            return
        # Private, and guarded by a contract test: only keys that were written become materialised. The public way marks
        # every key of the run, quarantined ones too.
        context._asset_partitions_subset = context.asset_partitions_def.subset_with_partition_keys(
            [outcome.key for outcome in stored]
        )
        for outcome in stored:
            _describe(context, outcome.key, _metadata(outcome))
        if stored:  # events follow the order of the subset: the last one is what the asset's page shows
            _describe(context, context.asset_partition_keys[-1], summary)


def _describe(context: dg.OutputContext, key: str, metadata: dict[str, Any]) -> None:
    """Attach metadata to the event of one key.

    What `add_asset_metadata` does, without reading every partition of the instance from its database for each key.
    Private, and guarded by a contract test.
    """
    step = context.step_context
    step._metadata_accumulator = step._metadata_accumulator.with_additional_asset_metadata(
        asset_key=context.asset_key, partition_key=key, metadata=metadata
    )


def _attritions(tallies: dict[str, dict[str, int]]) -> dict[str, pl.DataFrame]:
    """Return the attrition of each task of a run, where its labels were tallied."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for name, counted in tallies.items():
        task, _, column = name.partition(":")
        if column.startswith(ATTRITION_TALLY):
            counts.setdefault(task, {})[column.removeprefix(ATTRITION_TALLY)] = counted
    return {task: windows.attrition_of(columns) for task, columns in counts.items()}


def _metadata(outcome: Outcome) -> dict[str, Any]:
    notes = {"notes": dg.MetadataValue.md("\n".join(f"- {note}" for note in outcome.notes))} if outcome.notes else {}
    return notes | {
        "dagster/row_count": outcome.row_count,
        "bytes": outcome.byte_count,
        "rejected inputs": outcome.rejected_count,
        "sha256": dg.MetadataValue.json(outcome.sha256),
        "status": str(outcome.status),
    }
