"""What is redone: what changed and what is made from it, nothing else; what is kept still counts as made in Dagster."""

import gzip
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import dagster as dg

from mimic_assets import clinical
from mimic_assets.cli.journey import Journey
from mimic_assets.defs.automation import PATIENT_TABLES, WAVEFORM_TABLES
from mimic_assets.defs.outcomes import Status
from mimic_assets.defs.partitions import bucket_key
from mimic_assets.schemas.tables import TABLES
from mimic_assets_tests.defs.journeys import (
    BUCKETS,
    Place,
    Travelled,
    drop_last_numerics_row,
    objects_of,
    states_of,
    travel_in_process,
    with_instance,
)

OF_CLINICAL_ROWS = {"record_stays", "clinical_events", "clinical_labels", "windowed_samples"}
OF_NUMERICS = OF_CLINICAL_ROWS | {"raw_numerics", "cleaned_numerics"}


def _redone(journey: Journey) -> dict[str, set[str]]:
    """Return patient -> patient tables that were made anew; nothing may have failed."""
    found: dict[str, set[str]] = {}
    for table in PATIENT_TABLES:
        for outcome in journey.outcomes[table]:
            assert outcome.is_stored, outcome
            if outcome.status is Status.MADE:
                found.setdefault(outcome.key, set()).add(table)
    return found


def _edit_csv(path: Path, edit: Callable[[list[str]], list[str]]) -> None:
    """Change the lines of a csv.gz file."""
    lines = gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)
    path.write_bytes(gzip.compress("".join(edit(lines)).encode(), mtime=0))


def test_a_second_run_over_a_copy_with_other_times_keeps_everything_and_says_so_for_every_key(
    copy_of_finished: Place,
) -> None:
    """The copy lies elsewhere and every source file has another modification time: only bytes decide."""
    place = copy_of_finished
    for path in place.source.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    before = states_of(place.lake)
    journey = travel_in_process(place.settings())
    statuses = {table: Counter(outcome.status for outcome in outcomes) for table, outcomes in journey.outcomes.items()}
    keys = dict.fromkeys(TABLES, 1) | {table: len(journey.patients) for table in PATIENT_TABLES}
    keys["clinical_extract"] = BUCKETS
    kept = {table: {Status.KEPT: count} for table, count in keys.items()}
    assert statuses == kept | {table: {} for table in WAVEFORM_TABLES}  # its task has no waveforms
    assert states_of(place.lake) == before  # not one file was touched

    def events(instance: dg.DagsterInstance) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for run_id in journey.runs:
            for record in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
                event = record.get_dagster_event()
                found.setdefault(event.asset_key.path[-1], []).append(str(event.partition))
                metadata = event.step_materialization_data.materialization.metadata
                if event.asset_key.path[-1] in PATIENT_TABLES:
                    assert metadata["status"].value == "kept"
                    assert set(metadata) >= {"dagster/row_count", "bytes", "sha256", "rejected inputs"}
        return found

    said = with_instance(place.settings(), events)
    for table in set(PATIENT_TABLES) - set(WAVEFORM_TABLES):
        assert sorted(said[table]) == sorted(journey.patients), table
    assert sorted(said["clinical_extract"]) == [bucket_key(bucket) for bucket in range(BUCKETS)]


def test_a_changed_numerics_file_redoes_its_patient_alone(copy_of_finished: Place, finished: Travelled) -> None:
    place, changed = copy_of_finished, finished.journey.patients[2]
    before = objects_of(place.lake)
    drop_last_numerics_row(place.source, changed)
    redone = _redone(travel_in_process(place.settings()))
    assert set(redone) == {changed}
    assert redone[changed] >= OF_NUMERICS
    after = objects_of(place.lake)
    differing = {path for path in after if after[path] != before.get(path) and path.split("/")[0] in PATIENT_TABLES}
    assert differing
    assert all(f"patient={changed}/" in path for path in differing)


def test_a_changed_clinical_row_redoes_what_is_made_from_it_for_its_subject_alone(
    copy_of_finished: Place, finished: Travelled
) -> None:
    place, changed = copy_of_finished, finished.journey.patients[1]
    before = objects_of(place.lake)
    seen = 0

    def other_unit(lines: list[str]) -> list[str]:
        nonlocal seen
        unit = lines[0].rstrip("\n").split(",").index("last_careunit")
        edited = []
        for line in lines:
            cells = line.rstrip("\n").split(",")
            if cells[0] == changed:
                seen += 1
                cells[unit] = "Neuro Stepdown"
            edited.append(",".join(cells) + "\n")
        return edited

    _edit_csv(place.source / "clinical" / "icu" / "icustays.csv.gz", other_unit)
    assert seen
    journey = travel_in_process(place.settings())
    redone = _redone(journey)
    assert set(redone) == {changed}
    assert redone[changed] == OF_CLINICAL_ROWS
    # One pass over the tables makes every bucket anew; only the subject's bucket says something else.
    assert {outcome.status for outcome in journey.outcomes["clinical_extract"]} == {Status.MADE}
    new = {outcome.key: outcome.sha256 for outcome in journey.outcomes["clinical_extract"]}
    old = {outcome.key: outcome.sha256 for outcome in finished.journey.outcomes["clinical_extract"]}
    assert {key for key in new if new[key] != old[key]} == {bucket_key(clinical.bucket_of(int(changed), BUCKETS))}
    after = objects_of(place.lake)
    others = [path for path in before if path.split("/")[0] in PATIENT_TABLES and f"patient={changed}/" not in path]
    assert others
    assert all(after[path] == before[path] for path in others)


def test_another_task_leaves_the_objects_of_the_first_untouched(copy_of_finished: Place) -> None:
    place = copy_of_finished
    before = states_of(place.lake)
    journey = travel_in_process(place.settings(tasks=("hypotension", "in_hospital_death")))
    of_tasks = {"clinical_labels", "windowed_samples"}
    assert _redone(journey) == dict.fromkeys(journey.patients, of_tasks)
    after = states_of(place.lake)
    assert {path: after.get(path) for path in before} == before
    new = set(after) - set(before)
    assert new
    assert all("/task=in_hospital_death/" in path for path in new)
    only_second = travel_in_process(place.settings(tasks=("in_hospital_death",)))
    assert _redone(only_second) == {}
    assert states_of(place.lake) == after  # a run for one task never removes another's
