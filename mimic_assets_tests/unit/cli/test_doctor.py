"""`doctor` on healthy and on broken places; every finding is provoked once."""

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import pytest
from dagster._core.test_utils import create_run_for_test
from typer.testing import CliRunner

from mimic_assets.cli.app import app
from mimic_assets.cli.examination import Finding, Status, examine
from mimic_assets.cli.instance import PROCESS_TAG, prepare_home, this_process
from mimic_assets.cli.place_examinations import PROBE
from mimic_assets.clinical.source_tables import SOURCE_TABLES
from mimic_assets.errors import RequestError
from mimic_assets.schemas.judged import Judged, Rejection, rejected_frame
from mimic_assets.schemas.tables import CLINICAL_EXTRACT, RAW_RECORDS, TABLES
from mimic_assets.settings import dagster_home_for
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets.storage.local import LocalRoot
from mimic_assets_tests.servers.seaweedfs import SECRET_ACCESS_KEY, S3Server


class Place:
    """Two sources in the published layout, and a lake that is not there yet."""

    def __init__(self, root: Path) -> None:
        self.lake, self.waveforms, self.clinical = str(root / "lake"), root / "waveforms", root / "clinical"
        self.add_patient(10000001)
        (self.waveforms / "SHA256SUMS.txt").touch()
        for table in SOURCE_TABLES.values():
            (self.clinical / table.folder).mkdir(parents=True, exist_ok=True)
            (self.clinical / table.file).touch()

    def add_patient(self, subject_id: int) -> None:
        patient = f"waves/p{subject_id // 100_000}/p{subject_id}"
        record = self.waveforms / patient / "81000001"
        record.mkdir(parents=True)
        (record / "81000001.hea").touch()
        (self.waveforms / patient / "RECORDS").write_text("81000001/81000001\n")
        with (self.waveforms / "RECORDS").open("a") as lists:
            lists.write(f"{patient}/\n")

    def ask(self, *more: str) -> tuple[int, dict[str, dict[str, Any]]]:
        places = ["--lake", self.lake, "--waveforms", str(self.waveforms), "--clinical", str(self.clinical)]
        result = CliRunner().invoke(app, ["doctor", *places, "--json", *more], catch_exceptions=False)
        return result.exit_code, {entry["name"]: entry for entry in json.loads(result.stdout)}

    def status(self, name: str) -> tuple[str, str, str]:
        entry = self.ask()[1][name]
        return entry["status"], entry["found"], entry["advice"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return Place(tmp_path)


@pytest.fixture
def instance(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_HOME", "restored by monkeypatch")
    home = prepare_home(dagster_home_for(place.lake))
    with dg.DagsterInstance.from_config(str(home)) as opened:
        yield opened


def everything_below(folder: str) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*"))


def test_a_healthy_place_has_no_problem_and_nothing_is_left_behind(place: Place) -> None:
    lake = Lake.open(place.lake)
    lake.write(RAW_RECORDS, Key(10000001), Judged(RAW_RECORDS.empty(), rejected_frame([])), "f")
    before = everything_below(place.lake)
    code, findings = place.ask()
    assert code == 0, findings
    assert "problem" not in {entry["status"] for entry in findings.values()}
    assert {"python", "packages", "libsndfile", "settings", "disk", "tasks", "quarantine"} <= set(findings)
    assert set(findings["lake"]) == {"name", "status", "found", "advice"}
    assert findings["waveform source"]["found"].startswith("1 patients, 1 records")
    assert f"1 objects in 1 of {len(TABLES)} tables" in findings["lake"]["found"]
    assert everything_below(place.lake) == before


def test_a_lake_that_is_not_there_is_not_made(place: Place) -> None:
    code, findings = place.ask()
    assert (code, findings["lake"]["status"]) == (0, "warning")
    assert not Path(place.lake).exists()


def test_the_terminal_shows_problems_with_what_to_do(place: Place) -> None:
    result = CliRunner().invoke(app, ["doctor", "--lake", place.lake, "--waveforms", "nowhere"], env={"COLUMNS": "200"})
    assert result.exit_code == 1
    assert "✗ problem  waveform source" in result.stdout
    assert "→ Name the folder with --waveforms" in result.stdout
    assert "✓ ok       python" in result.stdout


def test_settings_that_cannot_be_are_the_last_finding(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIMIC_ASSETS_WORKERS", "none")
    code, findings = place.ask()
    assert code == 1
    assert "workers" in findings["settings"]["found"]
    assert "lake" not in findings


def test_a_task_that_cannot_be_loaded_is_a_problem_and_the_rest_is_still_examined(place: Place) -> None:
    code, findings = place.ask("--task", "hypertension")
    assert code == 1
    assert findings["tasks"]["status"] == "problem"
    assert "Did you mean 'hypotension'?" in findings["tasks"]["found"]
    assert findings["clinical source"]["status"] == "ok"


def test_the_waveform_source_is_told_apart(place: Place) -> None:
    (place.waveforms / "SHA256SUMS.txt").unlink()
    status, found, _ = place.status("waveform source")
    assert (status, "no SHA256SUMS.txt" in found) == ("warning", True)
    with (place.waveforms / "RECORDS").open("a") as lists:
        lists.write("nonsense\n")
    assert "malformed_path 1" in place.status("waveform source")[1]
    place.waveforms = place.clinical
    assert place.status("waveform source")[0] == "problem"


def test_missing_clinical_tables_are_named(place: Place) -> None:
    (place.clinical / "icu" / "procedureevents.csv.gz").unlink()
    status, found, advice = place.status("clinical source")
    assert (status, "missing: procedureevents" in found) == ("warning", True)
    assert "source_incomplete" in advice
    (place.clinical / "icu" / "icustays.csv.gz").unlink()
    assert place.status("clinical source")[0] == "problem"


def test_a_lake_that_is_a_file_is_a_problem(place: Place) -> None:
    Path(place.lake).touch()
    status, found, _ = place.status("lake")
    assert status == "problem"
    assert place.lake in found


def test_a_lake_that_gives_back_other_bytes_is_a_problem_and_is_cleaned(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    Lake.open(place.lake)
    monkeypatch.setattr(LocalRoot, "get", lambda self, path: b"other")
    assert "gave back other bytes" in place.status("lake")[1]
    assert not (Path(place.lake) / PROBE).exists()


def test_a_lake_that_loses_what_is_put_is_a_problem(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    Lake.open(place.lake)
    monkeypatch.setattr(LocalRoot, "put", lambda self, path, data: 0)
    assert "does not give back" in place.status("lake")[1]


def test_an_unfinished_lake_and_other_buckets_are_told(place: Place) -> None:
    nothing = Judged(CLINICAL_EXTRACT.empty(), rejected_frame([]))
    Lake.open(place.lake).write(CLINICAL_EXTRACT, Key(31), nothing, "f")
    findings = place.ask()[1]
    assert findings["lake"]["status"] == "warning"
    assert "none of raw_records" in findings["lake"]["found"]
    assert findings["buckets"]["status"] == "problem"
    assert "MIMIC_ASSETS_BUCKETS=32" in findings["buckets"]["advice"]


def test_quarantined_keys_are_counted_once_each(place: Place) -> None:
    lake = Lake.open(place.lake)
    for subject_id in (10000001, 10000002):
        row = Rejection("raw_records", f"patient {subject_id}", "raw_records", "quarantined", "m", "a", subject_id)
        other = Rejection("raw_records", "x.hea", "line 1", "bad_header", "m", "a", subject_id)
        lake.quarantine(RAW_RECORDS, Key(subject_id), rejected_frame([row, other]))
    status, found, _ = place.status("quarantine")
    assert (status, found) == ("warning", "2 quarantined keys of 2 patients: raw_records 2")


def _process_that_ended() -> str:
    process = subprocess.Popen(["sleep", "30"])
    name = f"{socket.gethostname()}/{process.pid}/{int(psutil.Process(process.pid).create_time())}"
    process.kill()
    process.wait()
    return name


def test_dead_runs_are_failed_and_living_ones_left(place: Place, instance: dg.DagsterInstance) -> None:
    tags = {"dead": {PROCESS_TAG: _process_that_ended()}, "alive": {PROCESS_TAG: this_process()}, "of_the_ui": {}}
    runs = {
        name: create_run_for_test(instance, job_name="j", status=dg.DagsterRunStatus.STARTED, tags=own).run_id
        for name, own in tags.items()
    }
    status, found, _ = place.status("runs")
    assert status == "warning"
    assert found == "1 of 3 runs had died with their process and are marked failed now, 2 under way"
    states = {name: run.status for name, run_id in runs.items() if (run := instance.get_run_by_id(run_id))}
    assert states == {
        "dead": dg.DagsterRunStatus.FAILURE,
        "alive": dg.DagsterRunStatus.STARTED,
        "of_the_ui": dg.DagsterRunStatus.STARTED,
    }
    assert place.status("runs")[:2] == ("ok", "3 runs, 2 under way, none dead")


def test_telemetry_that_is_on_is_a_problem(place: Place, instance: dg.DagsterInstance) -> None:
    assert place.status("Dagster instance")[0] == "ok"
    settings = dagster_home_for(place.lake) / "dagster.yaml"
    settings.write_text(settings.read_text().replace("telemetry:\n  enabled: false", "telemetry:\n  enabled: true"))
    assert place.status("Dagster instance")[0] == "problem"


def test_another_dagster_home_is_a_warning(
    place: Place, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "elsewhere"))
    assert place.status("Dagster instance")[0] == "warning"


def test_patients_of_the_source_that_are_not_registered_are_named(place: Place, instance: dg.DagsterInstance) -> None:
    place.add_patient(10000002)
    instance.add_dynamic_partitions("patients", ["10000001", "10000099"])
    status, found, _ = place.status("registered patients")
    assert (status, found) == ("warning", "1 of 2 patients of the source are not registered: 10000002")
    instance.add_dynamic_partitions("patients", ["10000002"])
    status, found, _ = place.status("registered patients")
    assert (status, found) == (
        "ok", "3 registered, all 2 of the source among them; 1 registered have no recordings in this source",
    )  # fmt: skip


def test_an_examination_that_breaks_is_a_finding() -> None:
    def breaks() -> Iterator[Finding]:
        yield Finding("first", Status.OK, "good")
        raise ZeroDivisionError("oops")

    def refuses() -> Iterator[Finding]:
        raise RequestError("It is wrong: 3 found. Mend it.")
        yield

    assert examine("broken", breaks)[-1].status is Status.PROBLEM
    assert examine("refused", refuses) == [Finding("refused", Status.PROBLEM, "It is wrong: 3 found.", "Mend it.")]


@pytest.mark.s3
def test_s3_is_probed_and_wrong_credentials_are_one_clear_problem(
    place: Place, s3_server: S3Server, s3_lake_uri: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    place.lake = s3_lake_uri
    status, found, _ = place.status("lake")
    assert (status, "can be read and written" in found) == ("ok", True)
    assert Lake.open(s3_lake_uri, s3_server.settings).list_files("") == []
    monkeypatch.setenv("MIMIC_ASSETS_S3_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY + "-wrong")
    code, findings = place.ask()
    assert (code, findings["lake"]["status"]) == (1, "problem")
    assert "credentials were refused" in findings["lake"]["found"]
    assert SECRET_ACCESS_KEY not in json.dumps(findings)
