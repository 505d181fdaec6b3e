"""Every leak is found by what the check of a run calls and by the command, in the lake alone and still in the code.

The lake holds one patient's raw rows and the windows that leaky stages made of them; no Dagster run is needed for that.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mimic_assets.cli.app import app
from mimic_assets.clinical import bucket_of
from mimic_assets.defs.crew import Crew
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.outcomes import Outcome, Status, write_outcomes
from mimic_assets.defs.proving import PER_PATIENT, count_columns, prove_run
from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.tables import CLINICAL_EXTRACT, RAW_NUMERICS, RAW_RECORDS, WINDOWED_SAMPLES
from mimic_assets.settings import S3Settings, Settings
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import Task
from mimic_assets_tests.leaks import COLUMNS, Leak
from mimic_assets_tests.raw_patient import small_task, steady_patient, windows_of
from mimic_assets_tests.unit.windows.patient_frames import SUBJECT

OF = small_task()
BUCKETS = 1
RUN = "a-run"


def write_task(of: Task, file: Path) -> None:
    """Write a task as TOML: sections of numbers, texts and lists, which JSON writes the same way."""
    values: dict[str, Any] = of.model_dump(mode="json", exclude_none=True)
    sections = {name: part for name, part in values.items() if isinstance(part, dict)}
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items() if name not in sections]
    for name, part in sections.items():
        lines += ["", f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in part.items())]
    file.write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def raw_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with the raw rows of the steady patient, and the file of its task beside it."""
    folder = tmp_path_factory.mktemp("raw")
    lake, who = Lake.open(str(folder / "lake"), S3Settings()), steady_patient()
    tables = {RAW_NUMERICS: who.raw_numerics, RAW_RECORDS: who.raw_records}
    for table, rows in tables.items():
        lake.write(table, Key(SUBJECT), Judged(rows, rejected_frame([])), "f")
    lake.write(
        CLINICAL_EXTRACT, Key(bucket_of(SUBJECT, BUCKETS)), Judged(who.clinical_extract, rejected_frame([])), "f"
    )
    write_task(OF, folder / "task.toml")
    return folder


@pytest.fixture
def place(raw_lake: Path, tmp_path: Path) -> Path:
    """A copy of this test's own."""
    shutil.copytree(raw_lake, tmp_path / "place")
    return tmp_path / "place"


def store_windows(place: Path) -> None:
    """Store the windows that the stages, as they are now, make of the patient."""
    lake = Lake.open(str(place / "lake"), S3Settings())
    lake.write(
        WINDOWED_SAMPLES, Key(SUBJECT, OF.name), Judged(windows_of(OF, steady_patient()), rejected_frame([])), "f"
    )


def check(place: Path) -> tuple[int, dict[str, int]]:
    """Return how many windows the check of a run made again, and the columns it names."""
    settings = Settings(lake=str(place / "lake"), tasks=(str(place / "task.toml"),), buckets=BUCKETS, workers=1)
    workshop = Workshop(settings)
    write_outcomes(workshop.home, RUN, WINDOWED_SAMPLES.name, [Outcome(str(SUBJECT), Status.MADE)])
    rebuilt = prove_run(workshop, Crew(settings, workshop), RUN)
    assert all(window.problem is None for window in rebuilt)
    return len(rebuilt), count_columns(rebuilt)


def prove(place: Path) -> tuple[int, dict[str, Any]]:
    """Return the exit code of the command over all windows, and its claims by name."""
    arguments = [
        "prove",
        "--lake",
        str(place / "lake"),
        "--task",
        str(place / "task.toml"),
        "--windows",
        "all",
        "--json",
    ]
    result = CliRunner().invoke(app, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, {claim["name"]: claim for claim in json.loads(result.stdout)["claims"]}


def test_sound_windows_pass_both(place: Path) -> None:
    store_windows(place)
    assert check(place) == (PER_PATIENT, {})
    code, claims = prove(place)
    assert code == 0, claims
    assert claims["truncation"]["checked"] > 15


@pytest.mark.parametrize("leak", COLUMNS, ids=lambda leak: leak.__name__)
def test_the_command_finds_every_leak(leak: Leak, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leak(monkeypatch)
    store_windows(place)
    code, claims = prove(place)  # the leak is still in the code, as it is in a run
    assert code == 1
    assert COLUMNS[leak] <= claims["truncation"]["columns"].keys()
    monkeypatch.undo()
    code, claims = prove(place)  # it is in the lake alone
    assert code == 1
    assert COLUMNS[leak] <= claims["truncation"]["columns"].keys()


@pytest.mark.parametrize("leak", COLUMNS, ids=lambda leak: leak.__name__)
def test_the_check_of_a_run_finds_every_leak_where_it_draws_enough(
    leak: Leak, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two windows of a patient are few: of one patient they may miss a leak, of 24 the check sees all it needs."""
    monkeypatch.setattr("mimic_assets.defs.proving.PER_PATIENT", 24)
    monkeypatch.setattr("mimic_assets.defs.proving.AT_MOST", 24)
    leak(monkeypatch)
    store_windows(place)
    _, columns = check(place)
    assert COLUMNS[leak] <= columns.keys()
