"""What runs by itself asks for exactly what is due; a range of keys, or a selection out of it, is one run."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from mimic_assets import numerics
from mimic_assets.cli.instance import opened
from mimic_assets.definitions import build_definitions
from mimic_assets.defs.automation import (
    MAKE_MANIFEST,
    MAKE_PATIENTS,
    PATIENT_TABLES,
    RANGE_END,
    RANGE_START,
    manifest_after_partial_patients,
    manifest_after_patients,
    nightly,
)
from mimic_assets.defs.io_managers import SELECTION_TAG
from mimic_assets.defs.partitions import PATIENTS
from mimic_assets.errors import DataError
from mimic_assets.schemas.judged import JudgedParts
from mimic_assets.schemas.model import Partitioning
from mimic_assets.schemas.tables import TABLES
from mimic_assets.settings import dagster_home_for
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets_tests.broken_copies import write_record
from mimic_assets_tests.defs.journeys import Place
from mimic_assets_tests.defs.kept_engines import keep_engines

SUBJECTS = [str(subject_id) for subject_id in range(10000001, 10000007)]
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, slots=True)
class Ward:
    """Six tiny patients without clinical rows, the extract made, nothing else."""

    place: Place
    instance: dg.DagsterInstance
    graph: dg.Definitions

    def run(self, *wanted: str, name: str = MAKE_PATIENTS.name) -> dg.ExecuteInProcessResult:
        """Run the job over the range from the first to the last of the wanted, as the UI's backfill does."""
        tags = {RANGE_START: wanted[0], RANGE_END: wanted[-1]}
        return self.graph.resolve_job_def(name).execute_in_process(
            QUIET, instance=self.instance, tags=tags, raise_on_error=False
        )


@pytest.fixture
def ward(demo_source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ward]:
    place = Place(tmp_path / "source", tmp_path / "lake")
    shutil.copytree(demo_source / "clinical", place.source / "clinical")
    for number, subject_id in enumerate(SUBJECTS):
        write_record(place.source / "waveforms", int(subject_id), 80000001 + number)
    settings = place.settings()
    monkeypatch.setenv("DAGSTER_HOME", "")  # remembered here, set by `opened`
    keep_engines(monkeypatch)
    with opened(dagster_home_for(settings.lake)) as instance:
        ward = Ward(place, instance, build_definitions(settings))
        assert ward.run("0000", "0003", name="extract_clinical_rows").success
        yield ward


def _sense(ward: Ward, cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    sensor = ward.graph.resolve_sensor_def("arriving_patients")
    with dg.build_sensor_context(instance=ward.instance, cursor=cursor, definitions=ward.graph) as context:
        found = sensor(context)
    assert isinstance(found, dg.SensorResult | dg.SkipReason)
    return found


def _ask_nightly(ward: Ward) -> list[tuple[str, str]]:
    with dg.build_schedule_context(instance=ward.instance) as context:
        found = list(nightly(context))
    return [(r.tags[RANGE_START], r.tags[RANGE_END]) for r in found if isinstance(r, dg.RunRequest)]


def _register(ward: Ward, keys: list[str]) -> None:
    ward.instance.add_dynamic_partitions(PATIENTS.name or "", keys)


def _made(ward: Ward, run_id: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for record in ward.instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
        event = record.get_dagster_event()
        found.setdefault(event.asset_key.path[-1], set()).add(str(event.partition))
    return found


def _stored(ward: Ward) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in ward.place.lake.glob("*/**/patient=*/data.parquet"):
        table = path.relative_to(ward.place.lake).parts[0]
        found.setdefault(table, set()).add(path.parent.name.removeprefix("patient="))
    return found


def test_the_sensor_registers_arriving_patients_once_and_counts_them(ward: Ward) -> None:
    first = _sense(ward)
    assert isinstance(first, dg.SensorResult)
    assert [request.partition_keys for request in first.dynamic_partitions_requests or []] == [SUBJECTS]
    assert first.cursor == "6"
    assert not first.run_requests  # it registers; making is the schedule's or a person's decision
    _register(ward, SUBJECTS)
    assert isinstance(_sense(ward, first.cursor), dg.SkipReason)
    write_record(ward.place.source / "waveforms", 10000099, 80000099)
    later = _sense(ward, first.cursor)
    assert isinstance(later, dg.SensorResult)
    assert [request.partition_keys for request in later.dynamic_partitions_requests or []] == [["10000099"]]
    assert later.cursor == "7"


def test_the_nightly_run_asks_for_missing_and_failed_keys_in_ranges(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    _register(ward, SUBJECTS)
    assert _ask_nightly(ward) == [(SUBJECTS[0], SUBJECTS[5])]
    assert ward.run(SUBJECTS[1], SUBJECTS[2]).success
    assert ward.run(SUBJECTS[4]).success
    assert _ask_nightly(ward) == [(SUBJECTS[0], SUBJECTS[0]), (SUBJECTS[3], SUBJECTS[3]), (SUBJECTS[5], SUBJECTS[5])]
    assert ward.run(SUBJECTS[0], SUBJECTS[5]).success
    assert _ask_nightly(ward) == []
    # A key that was made once and fails today is due again tomorrow.
    sound = numerics.clean

    def clean(raw_numerics, raw_records) -> JudgedParts:
        if str(raw_records.get_column("subject_id")[0]) == SUBJECTS[3]:
            raise DataError("the clock runs backwards")
        return sound(raw_numerics, raw_records)

    record = next((ward.place.source / "waveforms").glob(f"waves/*/p{SUBJECTS[3]}/*/*n.csv.gz"))
    record.write_bytes(record.read_bytes() + record.read_bytes())  # a second gzip member: other bytes, more rows
    with monkeypatch.context() as patch:
        patch.setattr(numerics, "clean", clean)
        assert not ward.run(SUBJECTS[2], SUBJECTS[4]).success
    assert _ask_nightly(ward) == [(SUBJECTS[3], SUBJECTS[3])]
    assert ward.run(SUBJECTS[3]).success
    assert _ask_nightly(ward) == []


def test_a_range_is_one_run_that_makes_its_keys_and_no_other(ward: Ward) -> None:
    _register(ward, SUBJECTS)
    result = ward.run(SUBJECTS[1], SUBJECTS[3])
    assert result.success
    expected = {table: set(SUBJECTS[1:4]) for table in PATIENT_TABLES}
    assert _made(ward, result.run_id) == expected
    assert _stored(ward) == expected


def test_a_selection_out_of_a_range_takes_only_its_keys(ward: Ward) -> None:
    _register(ward, SUBJECTS)
    wanted = {SUBJECTS[0], SUBJECTS[2], SUBJECTS[5]}
    tags = {RANGE_START: SUBJECTS[0], RANGE_END: SUBJECTS[5], SELECTION_TAG: " ".join(sorted(wanted))}
    job = ward.graph.resolve_job_def(MAKE_PATIENTS.name)
    result = job.execute_in_process(QUIET, instance=ward.instance, tags=tags)
    assert result.success
    assert _made(ward, result.run_id) == dict.fromkeys(PATIENT_TABLES, wanted)
    assert _stored(ward) == dict.fromkeys(PATIENT_TABLES, wanted)


def test_one_key_materialises_alone_through_dagster_s_own_call(ward: Ward) -> None:
    """What a click on one partition of one asset does."""
    _register(ward, SUBJECTS)
    assets = ward.graph.resolve_asset_graph()
    raw = [d for d in assets.assets_defs if d.keys and d.key.path[-1] == "raw_records"]
    result = dg.materialize(raw, instance=ward.instance, partition_key=SUBJECTS[4], run_config=QUIET)
    assert result.success
    assert _stored(ward) == {"raw_records": {SUBJECTS[4]}}
    assert ward.instance.get_materialized_partitions(dg.AssetKey("raw_records")) == {SUBJECTS[4]}


def test_the_manifest_follows_a_finished_batch_once(ward: Ward) -> None:
    _register(ward, SUBJECTS)
    result = ward.run(SUBJECTS[0], SUBJECTS[1])
    run = ward.instance.get_run_by_id(result.run_id)
    assert run is not None
    context = dg.build_run_status_sensor_context(
        sensor_name="manifest_after_patients",
        dagster_event=result.get_run_success_event(),
        dagster_instance=ward.instance,
        dagster_run=run,
    )
    request = manifest_after_patients(context)
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == run.run_id  # the same batch asks for one manifest, however often it is looked at
    made = ward.graph.resolve_job_def(MAKE_MANIFEST.name).execute_in_process(QUIET, instance=ward.instance)
    assert made.success
    expected = {table.name for table in TABLES.values() if table.partitioning is Partitioning.TASK}
    assert set(_made(ward, made.run_id)) >= expected


def test_a_manifest_follows_a_batch_that_lost_a_patient_but_not_one_that_was_stopped(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    _register(ward, SUBJECTS)

    def ask(result: dg.ExecuteInProcessResult) -> dg.RunRequest | dg.SkipReason:
        run = ward.instance.get_run_by_id(result.run_id)
        assert run is not None
        context = dg.build_run_status_sensor_context(
            sensor_name="manifest_after_partial_patients",
            dagster_event=result.get_run_failure_event(),
            dagster_instance=ward.instance,
            dagster_run=run,
        )
        found = manifest_after_partial_patients(context)
        assert isinstance(found, dg.RunRequest | dg.SkipReason)
        return found

    lost = {SUBJECTS[3]}

    def clean(raw_numerics, raw_records) -> JudgedParts:
        if str(raw_records.get_column("subject_id")[0]) in lost:
            raise DataError("the clock runs backwards")
        return sound(raw_numerics, raw_records)

    sound = numerics.clean
    monkeypatch.setattr(numerics, "clean", clean)
    assert isinstance(ask(ward.run(SUBJECTS[0], SUBJECTS[5])), dg.RunRequest)
    lost |= {SUBJECTS[1], SUBJECTS[2]}  # all of the next batch: more than the share that is allowed
    for subject_id in lost:
        Lake.open(str(ward.place.lake)).remove(TABLES["cleaned_numerics"], Key(int(subject_id)))
    stopped = ask(ward.run(SUBJECTS[1], SUBJECTS[3]))
    assert isinstance(stopped, dg.SkipReason)
    assert "cleaned_numerics_batch" in (stopped.skip_message or "")
