"""What runs by itself, once somebody switches it on: arriving patients, the nightly run, the manifest after it.

Everything here is off by default. Jobs are named by what they do.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import dagster as dg

from mimic_assets import records
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.partitions import PATIENTS, PATIENTS_PER_RUN, bucket_key
from mimic_assets.schemas.model import Partitioning
from mimic_assets.schemas.tables import TABLES

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"

PATIENT_TABLES = [
    t.name for t in TABLES.values() if t.partitioning in (Partitioning.PATIENT, Partitioning.PATIENT_TASK)
]
WAVEFORM_TABLES = [t.name for t in TABLES.values() if "waveforms" in t.code]
"""What only tasks with waveforms need."""
MANIFEST_TABLES = [t.name for t in TABLES.values() if t.partitioning is Partitioning.TASK]


def _selection(names: Sequence[str]) -> dg.AssetSelection:
    return dg.AssetSelection.assets(*names)


EXTRACT_CLINICAL_ROWS = dg.define_asset_job(
    "extract_clinical_rows",
    _selection(["clinical_extract", "event_adjudications"]),
    description="One pass over the clinical tables; keeps what events, stays and features need, bucketed by subject. "
    "Reviewers' decisions are read with it.",
)
MAKE_PATIENTS = dg.define_asset_job(
    "make_patients",
    _selection(PATIENT_TABLES),
    description="From raw records to labelled windows, patient by patient.",
)
MAKE_MANIFEST = dg.define_asset_job(
    "make_manifest",
    _selection(MANIFEST_TABLES) | dg.AssetSelection.groups("previews"),
    description="Split, match, normalise and shard the windows of every patient, task by task; then the previews.",
)
JOBS = [EXTRACT_CLINICAL_ROWS, MAKE_PATIENTS, MAKE_MANIFEST]


def runs_of(
    ordered: Sequence[str], wanted: Sequence[str], at_most: int = PATIENTS_PER_RUN
) -> Iterator[tuple[str, str]]:
    """Yield (first, last) of the ranges of `ordered` keys that hold exactly the wanted ones, each at most so long.

    Examples:
        >>> list(runs_of(["a", "b", "c", "d", "e"], ["a", "b", "d"]))
        [('a', 'b'), ('d', 'd')]
    """
    place_of = {key: place for place, key in enumerate(ordered)}
    places = sorted({place_of[key] for key in wanted})
    if not places:
        return
    start = places[0]
    for here, following in pairwise([*places, -1]):
        if following != here + 1 or here - start + 1 == at_most:
            yield ordered[start], ordered[here]
            start = following


def arriving_patients_sensor(workshop: Workshop) -> dg.SensorDefinition:
    """Return the sensor that registers patients as their folders appear; the cursor is how many it has seen."""

    @dg.sensor(
        name="arriving_patients",
        description="Looks for patient folders in the waveform source and registers new ones as partitions.",
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.STOPPED,
        target=MAKE_PATIENTS,
    )
    def arriving_patients(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        found, _ = records.find_patients(workshop.waveforms)
        known = set(context.instance.get_dynamic_partitions(PATIENTS.name or ""))
        new = [str(subject_id) for subject_id in sorted(found) if str(subject_id) not in known]
        if not new:
            return dg.SkipReason(f"{len(found)} patients in the source, all of them registered")
        return dg.SensorResult(dynamic_partitions_requests=[PATIENTS.build_add_request(new)], cursor=str(len(found)))

    return arriving_patients


def nightly_extract_schedule(buckets: int) -> dg.ScheduleDefinition:
    """Return the schedule that looks at the clinical tables before `nightly`; unchanged files are only hashed."""

    @dg.schedule(
        name="nightly_extract",
        job=EXTRACT_CLINICAL_ROWS,
        cron_schedule="0 1 * * *",
        description="Extracts clinical rows anew where the clinical tables changed, an hour before patients are made.",
        default_status=dg.DefaultScheduleStatus.STOPPED,
    )
    def nightly_extract() -> dg.RunRequest:
        return dg.RunRequest(tags={RANGE_START: bucket_key(0), RANGE_END: bucket_key(buckets - 1)})

    return nightly_extract


@dg.schedule(
    name="nightly",
    job=MAKE_PATIENTS,
    cron_schedule="0 2 * * *",
    description="Makes patients that are new or failed last time; everything else keeps its objects.",
    default_status=dg.DefaultScheduleStatus.STOPPED,
)
def nightly(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Ask for runs over the keys whose last table is missing or failed, in ranges."""
    ordered = context.instance.get_dynamic_partitions(PATIENTS.name or "")
    table = dg.AssetKey(PATIENT_TABLES[-1])
    statuses = context.instance.get_status_by_partition(table, ordered, PATIENTS) or {}
    standing = ("MATERIALIZED", "IN_PROGRESS")  # a key that was made once and failed since is FAILED
    wanted = [key for key in ordered if (status := statuses.get(key)) is None or status.value not in standing]
    if not wanted:
        yield dg.SkipReason(f"all {len(ordered)} patients stand")
    for first, last in runs_of(ordered, wanted):
        yield dg.RunRequest(run_key=None, tags={RANGE_START: first, RANGE_END: last})


@dg.run_status_sensor(
    name="manifest_after_patients",
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[MAKE_PATIENTS],
    request_job=MAKE_MANIFEST,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Makes the manifests again when a batch of patients has ended.",
)
def manifest_after_patients(context: dg.RunStatusSensorContext) -> dg.RunRequest:
    """Ask for one manifest run per finished batch."""
    return dg.RunRequest(run_key=context.dagster_run.run_id)


@dg.run_status_sensor(
    name="manifest_after_partial_patients",
    run_status=dg.DagsterRunStatus.FAILURE,
    monitored_jobs=[MAKE_PATIENTS],
    request_job=MAKE_MANIFEST,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Makes the manifests again when a batch ended with some patients quarantined and the others made.",
)
def manifest_after_partial_patients(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for a manifest run where nothing failed but the checks that name single keys."""
    steps = context.instance.get_run_step_stats(context.dagster_run.run_id)
    failed = sorted(s.step_key for s in steps if s.status is not None and s.status.value == "FAILURE")
    if not failed or not all(step.endswith("_every_key") for step in failed):
        return dg.SkipReason(f"the batch was stopped: {', '.join(failed) or 'before its first step'}")
    return dg.RunRequest(run_key=context.dagster_run.run_id)
