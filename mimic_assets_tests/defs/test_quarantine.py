"""A bad patient is quarantined alone: it never passes for made, nothing of it stays, and its repair touches only it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from dagster._core.storage.partition_status_cache import AssetPartitionStatus
from typer.testing import CliRunner

from mimic_assets import numerics
from mimic_assets.cli.app import app
from mimic_assets.cli.journey import Journey
from mimic_assets.defs.automation import PATIENT_TABLES, WAVEFORM_TABLES
from mimic_assets.defs.outcomes import Status
from mimic_assets.defs.partitions import PATIENTS
from mimic_assets.errors import DataError
from mimic_assets.schemas.judged import Judged
from mimic_assets_tests.defs.conftest import copy_of
from mimic_assets_tests.defs.journeys import (
    Place,
    Travelled,
    drop_last_numerics_row,
    objects_of,
    rows,
    states_of,
    travel_in_process,
    with_instance,
)

NEEDED_TABLES = set(PATIENT_TABLES) - set(WAVEFORM_TABLES)
"""Of a task without waveforms."""
BLOCKED_TABLES = ("record_stays", "clinical_events", "clinical_labels", "windowed_samples")
"""What is made from cleaned_numerics, patient by patient."""
GOOD_TABLES = ("raw_records", "raw_numerics")
"""What is not."""
Clean = Callable[[pl.DataFrame, pl.DataFrame], Judged]
SOUND = numerics.clean
SECRET = "71.25 beats"
"""A value that a foreign exception could carry."""


def _breaking_rows(subject_id: str) -> Clean:
    """Return a `clean` whose rows break the schema for one subject: three flags that no vocabulary holds."""

    def clean(raw_numerics: pl.DataFrame, raw_records: pl.DataFrame) -> Judged:
        judged = SOUND(raw_numerics, raw_records).whole()
        flag = pl.when((pl.col("subject_id") == int(subject_id)) & (pl.int_range(pl.len()) < 3))
        frame = judged.frame.with_columns(flag.then(pl.lit("perfect")).otherwise(pl.col("flag")).alias("flag"))
        return Judged(frame, judged.rejected)

    return clean


def _raising(subject_ids: list[str], error: Exception) -> Clean:
    """Return a `clean` that raises for some subjects."""

    def clean(raw_numerics: pl.DataFrame, raw_records: pl.DataFrame) -> Judged:
        if str(raw_records.get_column("subject_id")[0]) in subject_ids:
            raise error
        return SOUND(raw_numerics, raw_records).whole()

    return clean


@dataclass(frozen=True, slots=True)
class Broken:
    """A finished lake whose second run met one bad patient."""

    place: Place
    bad: str
    good: list[str]
    before: dict[str, str]
    journey: Journey


@pytest.fixture(scope="module")
def broken(finished: Travelled, tmp_path_factory: pytest.TempPathFactory) -> Broken:
    """One patient's numerics change, and what is cleaned of them breaks the schema."""
    place = copy_of(finished, tmp_path_factory.mktemp("broken"))
    bad, *good = finished.journey.patients
    before = objects_of(place.lake)
    drop_last_numerics_row(place.source, bad)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numerics, "clean", _breaking_rows(bad))
        journey = travel_in_process(place.settings())
    return Broken(place, bad, good, before, journey)


def _status(broken: Broken, table: str, key: str) -> Status:
    return next(outcome.status for outcome in broken.journey.outcomes[table] if outcome.key == key)


def _stored_tables(broken: Broken) -> dict[str, set[str]]:
    """Return patient -> patient tables that hold an object of it."""
    found: dict[str, set[str]] = {}
    for path in broken.place.lake.glob("*/**/patient=*/data.parquet"):
        table = path.relative_to(broken.place.lake).parts[0]
        found.setdefault(path.parent.name.removeprefix("patient="), set()).add(table)
    return found


def _partition_statuses(place: Place, table: str, keys: list[str]) -> dict[str, AssetPartitionStatus | None]:
    def look(instance: dg.DagsterInstance) -> dict[str, AssetPartitionStatus | None]:
        return dict(instance.get_status_by_partition(dg.AssetKey(table), keys, PATIENTS) or {})

    found: dict[str, AssetPartitionStatus | None] = with_instance(place.settings(), look)
    return found


def test_the_others_flow_through_every_table(broken: Broken) -> None:
    stored = _stored_tables(broken)
    for key in broken.good:
        assert stored[key] == NEEDED_TABLES
        assert all(_status(broken, table, key) in (Status.MADE, Status.KEPT) for table in NEEDED_TABLES)


def test_the_bad_one_is_quarantined_where_it_breaks_and_blocked_downstream(broken: Broken) -> None:
    assert _status(broken, "cleaned_numerics", broken.bad) is Status.QUARANTINED
    assert {table: _status(broken, table, broken.bad) for table in BLOCKED_TABLES} == dict.fromkeys(
        BLOCKED_TABLES, Status.BLOCKED
    )
    assert all(_status(broken, table, broken.bad) in (Status.MADE, Status.KEPT) for table in GOOD_TABLES)


def test_a_stale_good_object_of_it_is_gone(broken: Broken) -> None:
    stale = [path for path in broken.before if f"patient={broken.bad}/data.parquet" in path]
    assert {path.split("/")[0] for path in stale} >= {"cleaned_numerics", *BLOCKED_TABLES}
    assert _stored_tables(broken)[broken.bad] == set(GOOD_TABLES)


def test_dagster_shows_it_failed_and_the_others_materialised(broken: Broken) -> None:
    for table in ("cleaned_numerics", *BLOCKED_TABLES):
        statuses = _partition_statuses(broken.place, table, [broken.bad, *broken.good])
        assert statuses == {broken.bad: AssetPartitionStatus.FAILED} | dict.fromkeys(
            broken.good, AssetPartitionStatus.MATERIALIZED
        ), table
    # The run failed in the end, and still what stands in it counts as made.
    good = _partition_statuses(broken.place, "raw_numerics", [broken.bad])
    assert good == {broken.bad: AssetPartitionStatus.MATERIALIZED}


def test_it_is_never_materialised_in_that_run(broken: Broken) -> None:
    def made(instance: dg.DagsterInstance) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for run_id in broken.journey.runs:
            for record in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
                event = record.get_dagster_event()
                found.setdefault(str(event.asset_key.path[-1]), []).append(str(event.partition))
        return found

    events = with_instance(broken.place.settings(), made)
    for table in ("cleaned_numerics", *BLOCKED_TABLES):
        assert sorted(events[table]) == sorted(broken.good), table
    for table in GOOD_TABLES:
        assert sorted(events[table]) == sorted([broken.bad, *broken.good]), table


def test_a_row_of_rejected_inputs_says_why(broken: Broken) -> None:
    found = rows(broken.place.settings(), "SELECT * FROM rejected_inputs WHERE rule = 'quarantined'")
    assert [(row["subject_id"], row["table"], row["message"]) for row in found] == [
        (int(broken.bad), "cleaned_numerics", "in_vocabulary(flag): 3 row(s)")
    ]
    assert found[0]["advice"].endswith(".")


def test_the_check_fails_the_run_and_names_key_rule_and_count(broken: Broken) -> None:
    def look(instance: dg.DagsterInstance) -> tuple[dg.DagsterRunStatus, dict[str, str]]:
        run = instance.get_run_by_id(broken.journey.runs[1])
        assert run is not None
        failures = {}
        for record in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
            event = record.get_dagster_event()
            user = event.step_failure_data.user_failure_data
            listing = user.metadata["failed"].value if user else ""
            failures[str(event.step_key)] = f"{user.description if user else ''}\n{listing}"
        return run.status, failures

    status, failures = with_instance(broken.place.settings(), look)
    assert status is dg.DagsterRunStatus.FAILURE
    assert set(failures) == {f"{table}_{table}_every_key" for table in ("cleaned_numerics", *BLOCKED_TABLES)}
    said = failures["cleaned_numerics_cleaned_numerics_every_key"]
    assert "1 of 4 keys" in said
    assert f"| {broken.bad} | quarantined | in_vocabulary(flag): 3 row(s) |" in said
    downstream = failures["clinical_events_clinical_events_every_key"]
    assert f"| {broken.bad} | blocked | cleaned_numerics has no object" in downstream


def test_its_repair_touches_only_it(broken: Broken, tmp_path: Path) -> None:
    place = copy_of(Travelled(broken.place, broken.journey), tmp_path)
    states = states_of(place.lake)
    journey = travel_in_process(place.settings(), broken.bad)
    after = objects_of(place.lake)
    patient_tables = [path for path in after if path.split("/")[0] in PATIENT_TABLES]
    changed = {path for path in patient_tables if states_of(place.lake)[path] != states.get(path)}
    assert changed
    assert all(f"patient={broken.bad}/" in path for path in changed)
    assert {path.split("/")[0] for path in changed} == {"cleaned_numerics", *BLOCKED_TABLES}
    assert {o.key for table in PATIENT_TABLES for o in journey.outcomes[table]} == {broken.bad}
    assert journey.quarantined == []
    assert rows(place.settings(), "SELECT * FROM rejected_inputs WHERE rule = 'quarantined'") == []
    assert _partition_statuses(place, "windowed_samples", [broken.bad])[broken.bad] is AssetPartitionStatus.MATERIALIZED


def _arguments(place: Place) -> list[str]:
    settings = place.settings()
    return [
        "run", "--waveforms", settings.waveforms, "--clinical", settings.clinical, "--lake", settings.lake,
        "--task", "hypotension", "--workers", "1", "--json",
    ]  # fmt: skip


def test_a_foreign_exception_quarantines_without_telling_its_text_and_strict_makes_it_an_error(
    copy_of_finished: Place, finished: Travelled, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, bad = copy_of_finished, finished.journey.patients[1]
    monkeypatch.setenv("MIMIC_ASSETS_BUCKETS", "4")
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setattr(numerics, "clean", _raising([bad], ZeroDivisionError(SECRET)))
    drop_last_numerics_row(place.source, bad)
    lenient = CliRunner().invoke(app, _arguments(place))
    assert lenient.exit_code == 0, lenient.output
    assert f'"quarantined_patients": ["{bad}"]' in lenient.stdout
    strict = CliRunner().invoke(app, [*_arguments(place), "--strict"])
    assert strict.exit_code == 1
    said = rows(place.settings(), "SELECT message FROM rejected_inputs WHERE rule = 'quarantined'")
    assert said == [{"message": "unexpected ZeroDivisionError"}]
    assert SECRET not in lenient.output + strict.output
    logs = [path for path in (place.lake / ".dagster").rglob("*") if path.is_file()]
    assert not any(SECRET.encode() in path.read_bytes() for path in logs)


def test_a_batch_with_too_many_bad_keys_stops_and_makes_no_manifest(
    copy_of_finished: Place, finished: Travelled
) -> None:
    place = copy_of_finished
    bad = finished.journey.patients[:3]
    before = objects_of(place.lake)
    for subject_id in bad:
        drop_last_numerics_row(place.source, subject_id)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numerics, "clean", _raising(bad, DataError("the clock runs backwards")))
        journey = travel_in_process(place.settings(quarantine_share=0.5))
    assert [outcome.status for outcome in journey.outcomes["cleaned_numerics"]].count(Status.QUARANTINED) == 3
    assert [table for table in BLOCKED_TABLES if journey.outcomes[table]] == []  # never started
    assert journey.stopped == ["cleaned_numerics"]
    assert not journey.has_manifest
    after = objects_of(place.lake)
    manifest = {path: sha for path, sha in before.items() if path.startswith("training_")}
    assert manifest
    assert {path: sha for path, sha in after.items() if path.startswith("training_")} == manifest
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numerics, "clean", _raising(bad, DataError("the clock runs backwards")))
        allowed = travel_in_process(place.settings(quarantine_share=0.75))
    assert allowed.stopped == []
    assert allowed.has_manifest


def test_a_bad_patient_asked_for_alone_is_no_doubtful_batch(copy_of_finished: Place, finished: Travelled) -> None:
    place, bad = copy_of_finished, finished.journey.patients[0]
    drop_last_numerics_row(place.source, bad)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numerics, "clean", _raising([bad], DataError("the clock runs backwards")))
        journey = travel_in_process(place.settings(), bad)
    assert journey.quarantined == [bad]
    assert journey.stopped == []
    assert journey.has_manifest
    left = rows(place.settings(), "SELECT count(*) AS n FROM training_manifest WHERE subject_id = " + bad)
    assert left == [{"n": 0}]
