"""The check on every run and the command over a lake: sound windows pass, leaky stages fail both by column."""

import json
import shutil
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from mimic_assets.cli.app import app
from mimic_assets.cli.summary import summarise
from mimic_assets.defs.crew import Crew
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.proof import PROOF
from mimic_assets.defs.proving import AT_MOST, PER_PATIENT, prove_run
from mimic_assets.defs.rebuilding import Rebuilt
from mimic_assets.errors import RequestError
from mimic_assets.schemas.tables import TRAINING_MANIFEST, TRAINING_NORMALISATION, WINDOWED_SAMPLES
from mimic_assets.sources.demo import DemoPlan, generate_demo
from mimic_assets.storage.keys import Key, data_path
from mimic_assets.storage.lake import Lake
from mimic_assets.storage.parquet import footer_bytes
from mimic_assets_tests.defs.journeys import Place, Travelled, states_of, travel_in_process, with_instance
from mimic_assets_tests.leaks import interpolation_across_the_index

PATIENTS = 3


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Travelled:
    """The journey of three generated patients whose records are long enough for windows."""
    folder = tmp_path_factory.mktemp("proven")
    generate_demo(folder / "source", DemoPlan(patients=PATIENTS, hours=1.5, waveform_minutes=1))
    place = Place(folder / "source", folder / "lake")
    return Travelled(place, travel_in_process(place.settings()))


@pytest.fixture(scope="module")
def leaky(sound: Travelled, tmp_path_factory: pytest.TempPathFactory) -> Travelled:
    """The same lake after windows were made again by a stage that interpolates across the index time."""
    lake = tmp_path_factory.mktemp("leaky") / "lake"
    shutil.copytree(sound.place.lake, lake)
    shutil.rmtree(lake / "windowed_samples")
    place = Place(sound.place.source, lake)
    with pytest.MonkeyPatch.context() as patch:
        interpolation_across_the_index(patch)
        return Travelled(place, travel_in_process(place.settings()))


def _evaluations(travelled: Travelled) -> list[tuple[dg.DagsterRunStatus, dg.AssetCheckEvaluation]]:
    """Return the proofs that the instance remembers of the journey's runs, with how each run ended."""

    def look(instance: dg.DagsterInstance) -> list[tuple[dg.DagsterRunStatus, dg.AssetCheckEvaluation]]:
        found = []
        for run_id in travelled.journey.runs:
            run = instance.get_run_by_id(run_id)
            assert run is not None
            records = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
            proofs = [r.dagster_event.event_specific_data for r in records if r.dagster_event is not None]
            found += [(run.status, proof) for proof in proofs if proof.check_name == PROOF]
        return found

    found: list[tuple[dg.DagsterRunStatus, dg.AssetCheckEvaluation]] = with_instance(travelled.place.settings(), look)
    return found


def _prove(place: Place, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["prove", "--lake", str(place.lake), "--task", "hypotension", *arguments])
    return result.exit_code, result.stdout


def test_every_run_proves_some_windows_and_says_how_many(sound: Travelled) -> None:
    [(status, proof)] = _evaluations(sound)
    assert status is dg.DagsterRunStatus.SUCCESS
    assert proof.passed
    assert not proof.blocking
    assert 0 < proof.metadata["windows rebuilt"].value <= PER_PATIENT * PATIENTS
    assert proof.metadata["differences by column"].value == {}
    assert sound.journey.has_manifest


def _windows_proven(travelled: Travelled, workers: int) -> list[Rebuilt]:
    settings = travelled.place.settings().model_copy(update={"workers": workers})
    workshop = Workshop(settings)
    crew = Crew(settings, workshop)
    try:
        return [window for run in travelled.journey.runs for window in prove_run(workshop, crew, run)]
    finally:
        crew.close()


def test_the_windows_proven_are_the_same_with_any_workers_and_few(sound: Travelled) -> None:
    rebuilt = _windows_proven(sound, workers=1)
    assert rebuilt == _windows_proven(sound, workers=2)
    assert 0 < len(rebuilt) <= AT_MOST
    assert all(window.is_identical for window in rebuilt)


def test_damaged_windows_are_named_by_the_worker_that_makes_the_manifest(sound: Travelled, tmp_path: Path) -> None:
    """A request error that comes from another process stays one: the sentence reaches the reader, not its traceback."""
    shutil.copytree(sound.place.lake, tmp_path / "lake")
    place = Place(sound.place.source, tmp_path / "lake")
    lake = Lake.open(str(place.lake))
    victim = next(key for key in lake.keys(WINDOWED_SAMPLES) if lake.read(WINDOWED_SAMPLES, key).height)
    file = place.lake / data_path(WINDOWED_SAMPLES, victim)
    whole = file.read_bytes()
    rows = len(whole) - footer_bytes(whole)
    file.write_bytes(whole[:4] + bytes(rows - 4) + whole[rows:])
    for table in (TRAINING_NORMALISATION, TRAINING_MANIFEST):
        lake.remove(table, Key(task=victim.task))  # so that windows are asked for
    two = place.settings(workers=2, tasks=("hypotension", "in_hospital_death"))  # the second is made right here
    with pytest.raises(RequestError, match=f"patient {victim.partition}, task {victim.task}, was damaged"):
        travel_in_process(two)
    assert travel_in_process(two).has_manifest
    assert file.read_bytes() == whole


def test_a_leak_fails_the_check_by_column_and_the_run_in_the_end(leaky: Travelled) -> None:
    [(status, proof)] = _evaluations(leaky)
    assert status is dg.DagsterRunStatus.FAILURE
    assert not proof.passed
    assert proof.severity is dg.AssetCheckSeverity.ERROR
    assert proof.metadata["differences by column"].value["cell_values"] > 0


def test_no_manifest_is_made_of_leaky_windows_and_the_summary_says_so(leaky: Travelled) -> None:
    assert leaky.journey.has_leak
    assert len(leaky.journey.runs) == 2  # no manifest job
    summary = summarise(leaky.place.settings(), leaky.journey, 0)
    assert summary["has_leak"]
    assert not summary["manifest_stands"]
    assert summary["quarantined_patients"] == []  # it is nobody's data that is bad


def test_the_command_passes_over_the_sound_lake_and_writes_nothing(sound: Travelled) -> None:
    before = states_of(sound.place.lake)
    code, said = _prove(sound.place, "--windows", "all", "--json")
    report = json.loads(said)
    assert code == 0, report
    assert report["holds"]
    claims = {claim["name"]: claim for claim in report["claims"]}
    assert len(claims) == 10
    assert all(claim["failed"] == 0 for claim in claims.values())
    # three patients are no split yet: theirs are provisional
    assert [name for name, claim in claims.items() if not claim["checked"]] == ["own_split"]
    assert claims["truncation"]["checked"] == claims["window_end"]["checked"]
    assert states_of(sound.place.lake) == before


def test_the_command_fails_over_the_leaky_lake_and_names_the_column(leaky: Travelled) -> None:
    code, said = _prove(leaky.place, "--json")
    claims = {claim["name"]: claim for claim in json.loads(said)["claims"]}
    assert code == 1
    assert claims["truncation"]["failed"] > 0
    assert claims["truncation"]["columns"]["cell_values"] > 0
    assert claims["window_end"]["failed"] == 0  # the window's times are right: only its content is not
    code, text = _prove(leaky.place)
    assert code == 1
    assert "columns that differ" in text
    assert "cell_values" in text


def test_a_leak_still_in_the_code_fails_too(leaky: Travelled, monkeypatch: pytest.MonkeyPatch) -> None:
    interpolation_across_the_index(monkeypatch)
    code, said = _prove(leaky.place, "--json")
    assert code == 1
    assert "cell_values" in json.loads(said)["claims"][0]["columns"]


def test_only_the_patients_asked_for_are_rebuilt(sound: Travelled) -> None:
    _, said = _prove(sound.place, "--json", "--windows", "all")
    everybody = json.loads(said)["claims"][0]["checked"]
    counts = []
    for folder in sorted(Path(sound.place.lake, "windowed_samples/task=hypotension").iterdir()):
        code, said = _prove(
            sound.place, "--windows", "all", "--patients", folder.name.removeprefix("patient="), "--json"
        )
        counts += [json.loads(said)["claims"][0]["checked"]] if code == 0 else []
    assert len(counts) > 1
    assert sum(counts) == everybody
