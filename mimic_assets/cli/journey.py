"""The whole journey headless: register patients, extract, make patients batch by batch, make the manifest.

Each step is a job of the same graph that the UI shows, run in this process on the lake's own instance; fingerprints in
the objects decide what is redone, so the same command after a kill continues.
"""

from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg

from mimic_assets import clinical, records
from mimic_assets.cli.full_disk import full_disk, says_full_disk
from mimic_assets.cli.instance import PROCESS_TAG, fail_dead_runs, this_process
from mimic_assets.definitions import build_definitions
from mimic_assets.defs.automation import (
    EXTRACT_CLINICAL_ROWS,
    MAKE_MANIFEST,
    MAKE_PATIENTS,
    MANIFEST_TABLES,
    PATIENT_TABLES,
    RANGE_END,
    RANGE_START,
    WAVEFORM_TABLES,
)
from mimic_assets.defs.checked_definitions import check_against_source
from mimic_assets.defs.io_managers import SELECTION_TAG, Progress
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.outcomes import Outcome, Status, read_outcomes
from mimic_assets.defs.partitions import PATIENTS, PATIENTS_PER_RUN, bucket_key
from mimic_assets.defs.proof import PROOF
from mimic_assets.errors import InternalError, RequestError
from mimic_assets.schemas.tables import TABLES
from mimic_assets.settings import Settings, dagster_home_for

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""The console shows our own progress; the event log in the instance keeps everything."""


_IN_A_WORKER = "_RemoteTraceback"
"""What `concurrent.futures` gives as the cause of an exception that came from another process: where it was raised."""
_LOCATION_TAG = ".dagster/repository"
"""With it the UI shows a run from here among the runs of its job."""


@dataclass(slots=True)
class Journey:
    """What a run did."""

    patients: list[str] = field(default_factory=list)
    """Keys of the run, ascending."""
    dead_runs: int = 0
    """Runs found dead and failed before this one."""
    runs: list[str] = field(default_factory=list)
    """Dagster run ids."""
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    """Table -> what became of each key."""

    stopped: list[str] = field(default_factory=list)
    """Tables whose batch could not be trusted: nothing downstream of them was made."""

    has_leak: bool = False
    """Whether windows changed when their future was deleted: no manifest was made of them."""

    @property
    def quarantined(self) -> list[str]:
        """Patients with a quarantined key in some table, ascending."""
        keys = {
            o.key for table in PATIENT_TABLES for o in self.outcomes.get(table, []) if o.status is Status.QUARANTINED
        }
        return sorted(keys, key=int)

    @property
    def has_manifest(self) -> bool:
        """Whether the manifest of every task stands."""
        made = self.outcomes.get(MANIFEST_TABLES[-1], [])
        return bool(made) and all(outcome.is_stored for outcome in made)


def choose_patients(workshop: Workshop, wanted: str) -> list[str]:
    """Return the keys of a run, ascending: `recorded`, `all` (clinical subjects too), or ids separated by commas.

    Raises:
        RequestError: an id is no number or in neither source, or there is no patient at all.
    """
    found, _ = records.find_patients(workshop.waveforms)
    if wanted == "recorded":
        chosen = sorted(found)
    else:
        known = sorted({*found, *clinical.subjects(workshop.clinical)})
        if wanted == "all":
            chosen = known
        else:
            parts = [part.strip().removeprefix("p") for part in wanted.split(",") if part.strip()]
            strange = [part for part in parts if not part.isdecimal() or int(part) not in set(known)]
            if strange:
                raise RequestError(
                    f"--patients names {', '.join(strange)}, which neither source knows. "
                    f"Say `recorded`, `all`, or ids such as {known[0] if known else 10000032}."
                )
            chosen = sorted({int(part) for part in parts})
    if not chosen:
        raise RequestError(
            f"No patient found below {workshop.settings.waveforms}: folders waves/pNNN/pNNNNNNNN expected."
        )
    return [str(subject_id) for subject_id in chosen]


def travel(settings: Settings, instance: dg.DagsterInstance, patients: str, progress: Progress | None) -> Journey:
    """Run every step and return what became of every key."""
    workshop = Workshop(settings)
    journey = Journey(choose_patients(workshop, patients), fail_dead_runs(instance))
    graph = build_definitions(settings, progress=progress)
    _register(instance, journey.patients)
    last = bucket_key(settings.buckets - 1)
    _execute(
        graph, EXTRACT_CLINICAL_ROWS.name, instance, settings, journey, {RANGE_START: bucket_key(0), RANGE_END: last}
    )
    ordered = instance.get_dynamic_partitions(PATIENTS.name or "")
    places = {key: place for place, key in enumerate(ordered)}
    keys = sorted(journey.patients, key=places.__getitem__)
    has_waveforms = any(task.waveforms for task in workshop.tasks)
    wanted = [name for name in PATIENT_TABLES if has_waveforms or name not in WAVEFORM_TABLES]
    for start in range(0, len(keys), PATIENTS_PER_RUN):
        batch = keys[start : start + PATIENTS_PER_RUN]
        tags = {RANGE_START: batch[0], RANGE_END: batch[-1], SELECTION_TAG: " ".join(batch)}
        _execute(graph, MAKE_PATIENTS.name, instance, settings, journey, tags, wanted)
    # Windows of a batch that was stopped are older than what they should be made from; leaky ones train no model.
    if not journey.stopped and not journey.has_leak:
        _execute(graph, MAKE_MANIFEST.name, instance, settings, journey, {})
    return journey


def _register(instance: dg.DagsterInstance, keys: list[str]) -> None:
    known = set(instance.get_dynamic_partitions(PATIENTS.name or ""))
    new = [key for key in keys if key not in known]
    if new:
        instance.add_dynamic_partitions(PATIENTS.name or "", new)


def _execute(
    graph: dg.Definitions,
    job: str,
    instance: dg.DagsterInstance,
    settings: Settings,
    journey: Journey,
    tags: dict[str, str],
    tables: list[str] | None = None,
) -> None:
    """Run a job, or of it only what makes some tables."""
    tags = tags | {PROCESS_TAG: this_process(), _LOCATION_TAG: "__repository__@mimic_assets.definitions"}
    wanted = None if tables is None else [dg.AssetKey(name) for name in tables]
    result = graph.resolve_job_def(job).execute_in_process(
        _QUIET, instance=instance, tags=tags, raise_on_error=False, asset_selection=wanted
    )
    journey.runs.append(result.run_id)
    home = dagster_home_for(settings.lake)
    for table in TABLES:
        journey.outcomes.setdefault(table, []).extend(read_outcomes(home, result.run_id, table))
    checks = result.get_asset_check_evaluations()
    journey.stopped += [c.asset_key.path[-1] for c in checks if not c.passed and c.check_name.endswith("_batch")]
    journey.has_leak |= any(not c.passed and c.check_name == PROOF for c in checks)
    _raise_what_was_not_data(result, home)


def _raise_what_was_not_data(result: dg.ExecuteInProcessResult, home: Path) -> None:
    """Re-raise a failure that no check explains: a wrong credential or a full disk, not a patient's data."""
    for event in result.all_events:
        if (
            event.is_step_failure
            and event.step_key is not None
            and not event.step_key.endswith(("_every_key", "_batch", PROOF))
        ):
            error = event.step_failure_data.error
            while error is not None and error.cause is not None and error.cause.cls_name != _IN_A_WORKER:
                error = error.cause
            if error is not None and error.cls_name == RequestError.__name__:
                raise RequestError(f"{event.step_key} stopped: {error.message.strip()}")
            if error is not None and says_full_disk(error.message, home):
                raise full_disk(home)
            kind = error.cls_name if error is not None else "an unknown error"
            raise InternalError(
                f"{event.step_key} stopped with {kind}, which no patient's data explains. The Dagster run "
                f"{result.run_id} has the details; what was made stands, and the same command resumes."
            )


def check_request(settings: Settings) -> None:
    """Look at everything a run needs before it starts.

    Raises:
        RequestError: a source folder, a task, or the lake cannot be used; the first such is named.
    """
    workshop = Workshop(settings)
    _ = workshop.tasks, workshop.waveforms, workshop.clinical, workshop.lake
    check_against_source(workshop)
