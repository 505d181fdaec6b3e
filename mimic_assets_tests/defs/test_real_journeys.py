"""The acceptance lines on real data, asked of lakes that the real command line made."""

import csv
import gzip
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mimic_assets.settings import Settings
from mimic_assets.tasks import load_task
from mimic_assets_tests.defs.journeys import (
    RealJourney,
    assert_every_table_has_objects,
    rows,
    run_command,
    travel_by_command,
)

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

TASK = load_task("in_hospital_death")
DIES, SURVIVES, OTHER_DEATH = 10005817, 10020306, 10010471
DEATH = datetime(2135, 1, 19, 18, 36)
SHOCKS = [datetime(2135, 1, 14, 10, 0), datetime(2135, 1, 17, 11, 50)]


@pytest.fixture(scope="module")
def incomplete(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> RealJourney:
    """The records as downloaded: three files lack, and the clinical demo knows neither subject."""
    places = ["--waveforms", str(real_data / "mimic4wdb"), "--clinical", str(real_data / "mimic-iv-demo")]
    return travel_by_command(tmp_path_factory.mktemp("incomplete") / "lake", *places, "--task", TASK.name)


def _ask(journey: RealJourney, sql: str) -> list[dict[str, Any]]:
    return rows(Settings(lake=str(journey.lake)), sql)


def _cells(lines: Iterable[str]) -> int:
    """Count the non-empty cells of a numerics file beside its time."""
    reader = csv.reader(lines)
    next(reader)
    return sum(cell.strip() != "" for row in reader for cell in row[1:])


def test_raw_numerics_hold_every_cell_of_the_file(real_data: Path, linked_journey: RealJourney) -> None:
    file = real_data / "mimic4wdb-linked/waves/p100/p10005817/90000001/90000001n.csv.gz"
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        expected = _cells(lines)
    assert expected > 1_000_000
    statement = "SELECT count(*) AS n FROM raw_numerics WHERE record_id = 90000001"
    asked = run_command("sql", statement, "--lake", str(linked_journey.lake), "--format", "json")
    assert json.loads(asked.stdout) == [{"n": expected}]


def test_the_linked_run_stands_and_every_table_has_objects(linked_journey: RealJourney) -> None:
    summary = linked_journey.summary
    assert summary["manifest_stands"] is True
    assert summary["quarantined_patients"] == []
    assert summary["patients"] == 3
    assert_every_table_has_objects(linked_journey.objects)
    assert summary["tables"]["training_manifest"]["rows"] > 0


def test_the_death_and_the_shocks_of_the_patient_who_dies(linked_journey: RealJourney) -> None:
    found = _ask(
        linked_journey,
        f"SELECT event, tier, event_time, lower_time, upper_time, sources FROM clinical_events"
        f" WHERE subject_id = {DIES} AND event IN ('death', 'shock') ORDER BY event_time",
    )
    assert [(e["event"], e["tier"], e["event_time"]) for e in found] == [
        *(("shock", "A", time) for time in SHOCKS),
        ("death", "A", DEATH),
    ]
    assert all(e["lower_time"] <= e["event_time"] <= e["upper_time"] for e in found)
    assert all(e["sources"] for e in found)


def test_the_last_windows_before_the_death_are_positive_and_none_reaches_it(linked_journey: RealJourney) -> None:
    (death,) = _ask(linked_journey, f"SELECT * FROM clinical_events WHERE subject_id = {DIES} AND event = 'death'")
    windows = _ask(linked_journey, f"SELECT * FROM windowed_samples WHERE subject_id = {DIES} ORDER BY index_time")
    last = [w for w in windows if w["index_time"] > DEATH - timedelta(hours=20)]
    assert len(last) >= 5
    assert all(w["label"] is True and w["event_id"] == death["event_id"] for w in last)
    assert DEATH - max(w["index_time"] for w in windows) < timedelta(hours=2)  # they go on until the record ends
    for window in (w for w in windows if w["label"]):
        assert window["window_end_time"] <= death["lower_time"] - TASK.gap
        assert window["window_end_time"] == window["index_time"]
        assert window["index_time"] + TASK.gap < death["lower_time"]
        assert death["upper_time"] <= window["index_time"] + TASK.gap + TASK.horizon
    labels = _ask(linked_journey, f"SELECT * FROM clinical_labels WHERE subject_id = {DIES} AND label")
    assert all(row["target_start_time"] < death["lower_time"] for row in labels)


def test_the_survivor_gives_negatives_only(linked_journey: RealJourney) -> None:
    found = _ask(
        linked_journey,
        f"SELECT label, count(*) AS n FROM windowed_samples WHERE subject_id = {SURVIVES} GROUP BY label",
    )
    assert [row["label"] for row in found] == [False]
    assert found[0]["n"] >= 20
    assert _ask(
        linked_journey, f"SELECT count(*) AS n FROM clinical_labels WHERE subject_id = {SURVIVES} AND label"
    ) == [{"n": 0}]


@pytest.mark.parametrize("lake", ["linked_journey", "all_subjects"])
def test_no_negative_ends_its_follow_up_before_its_target(lake: str, request: pytest.FixtureRequest) -> None:
    journey: RealJourney = request.getfixturevalue(lake)
    found = _ask(
        journey,
        "SELECT count(*) AS negatives, count(*) FILTER (follow_up_end_time IS NULL"
        " OR follow_up_end_time < target_end_time) AS unseen FROM clinical_labels WHERE label = false",
    )
    assert found[0]["negatives"] > 50
    assert found[0]["unseen"] == 0


def test_missing_files_are_named_and_nothing_is_invented_without_clinical_rows(incomplete: RealJourney) -> None:
    missing = _ask(
        incomplete, "SELECT file, rule, message, advice FROM rejected_inputs WHERE rule = 'file_missing' ORDER BY file"
    )
    folder = "waves/p100/p10079700/85594648"
    assert [row["file"] for row in missing] == [f"{folder}/85594648_0003{group}.dat" for group in "epr"]
    assert all("found no file" in row["message"] and row["advice"].endswith(".") for row in missing)
    without = _ask(
        incomplete, "SELECT subject_id FROM rejected_inputs WHERE rule = 'subject_without_clinical_rows' ORDER BY ALL"
    )
    assert [row["subject_id"] for row in without] == [10079700, 16955095]
    for table in ("clinical_labels", "windowed_samples", "training_manifest"):
        assert _ask(incomplete, f"SELECT count(*) AS n FROM {table}") == [{"n": 0}], table
    seen = _ask(incomplete, "SELECT DISTINCT split_part(unnest(sources), ':', 1) AS source FROM clinical_events")
    assert seen in ([], [{"source": "cleaned_numerics"}])  # what the monitor saw needs no clinical row
    assert_every_table_has_objects(incomplete.objects)  # empty, and there
    assert incomplete.summary["manifest_stands"] is True
    (rejected,) = _ask(incomplete, "SELECT count(*) AS n FROM rejected_inputs")
    assert incomplete.summary["rejected_inputs"] == rejected["n"]
    assert any("manifest is empty" in note for note in incomplete.summary["tasks"][TASK.name]["notes"])
    numerics = _ask(incomplete, "SELECT count(*) AS n FROM cleaned_numerics WHERE record_id = 85594648")
    assert numerics[0]["n"] > 1_000_000  # the patient's other data flows


def test_every_subject_of_the_demo_keeps_history_apart_and_takes_no_discharge_for_a_death(
    all_subjects: RealJourney, linked_journey: RealJourney
) -> None:
    assert all_subjects.summary["patients"] == 88
    assert all_subjects.summary["quarantined_patients"] == []
    codes = _ask(
        all_subjects, "SELECT subject_id, source_row, code FROM clinical_extract WHERE code IN ('V1253', 'Z8674')"
    )
    assert {(row["subject_id"], row["code"]) for row in codes} >= {(10004235, "V1253"), (10004720, "Z8674")}
    cited = {
        (row["subject_id"], source)
        for row in _ask(all_subjects, "SELECT subject_id, unnest(sources) AS source FROM clinical_events")
        for source in [row["source"]]
    }
    assert not {(row["subject_id"], f"diagnoses_icd:{row['source_row']}") for row in codes} & cited
    arrests = _ask(
        all_subjects,
        "SELECT subject_id FROM clinical_events WHERE event = 'cardiac_arrest' AND subject_id IN (10004235, 10004720)",
    )
    assert arrests == []
    deaths = _ask(
        all_subjects, "SELECT event_time FROM clinical_events WHERE subject_id = 10037861 AND event = 'death'"
    )
    assert deaths == [{"event_time": datetime(2117, 3, 24, 23, 8)}]
    # What stood was kept: the same bytes of the three recorded patients, made by the first run.
    ids = tuple(f"patient={subject_id}/" for subject_id in (DIES, SURVIVES, OTHER_DEATH))
    kept = {path: sha for path, sha in linked_journey.objects.items() if any(name in path for name in ids)}
    assert kept
    assert {path: all_subjects.objects[path] for path in kept} == kept
    assert all_subjects.summary["tables"]["raw_numerics"]["kept"] == 3
