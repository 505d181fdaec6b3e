"""What a researcher finds who opens `mimic-assets up` and makes a patient there: pages in the order of a first visit.

The tests share one tab and one server; each goes to its own page, and later ones rely on the run of an earlier one.
"""

import re
import time
from typing import Any

import pytest

from mimic_assets.defs.automation import PATIENT_TABLES
from mimic_assets.schemas.tables import TABLES
from mimic_assets.storage.keys import Key, data_path
from mimic_assets.tasks import shipped_tasks
from mimic_assets_tests.browser.dagster_page import DagsterPage
from mimic_assets_tests.browser.served_lake import Demo, Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

RUNS_END_WITHIN_S = 300.0
JOB = "/locations/mimic_assets.definitions/jobs/make_patients"


def is_shown(name: str, shown: list[str]) -> bool:
    """Return whether a node carries a name; Dagster shows `tra…_normalisation` for a long one."""
    patterns = [".+".join(map(re.escape, words.split("…"))) for words in shown]
    return any(re.fullmatch(pattern, name) for pattern in patterns)


def runs_of_job(server: Server, job: str) -> list[dict[str, Any]]:
    """Return status and tags of a job's runs, newest first."""
    results = "... on Runs { results { status tags { key value } } }"
    query = f'{{ runsOrError(filter: {{pipelineName: "{job}"}}) {{ {results} }} }}'
    return list(server.ask(query)["runsOrError"]["results"])


def objects_of(demo: Demo, patient: str) -> dict[str, bool]:
    """Return for each patient table whether all of a patient's objects stand, one per task where it is cut by task."""
    return {
        name: all(
            (demo.lake / data_path(TABLES[name], Key(int(patient), task))).is_file()
            for task in (shipped_tasks() if "task" in TABLES[name].partitioning.value else [None])
        )
        for name in PATIENT_TABLES
    }


def test_the_lineage_shows_every_table_in_its_stage(page: DagsterPage) -> None:
    page.open("/")
    page.dismiss_invitation()
    page.keep("first_page")
    page.text("Lineage").click()
    page.text("manifest").wait_for()
    page.expand_all_groups()
    page.tab.locator("foreignObject").filter(has_text="windowed_samples").first.wait_for()
    page.tab.wait_for_timeout(2_000)  # the colours of the nodes follow in a second request
    page.keep("lineage")
    shown = page.shown_assets()
    for table in TABLES.values():
        assert is_shown(table.name, shown), f"{table.name} is not among {shown}"
        assert table.stage in shown
    assert not is_shown("training_tables", shown)


def test_everything_that_runs_by_itself_is_listed_and_off(page: DagsterPage, server: Server) -> None:
    page.open("/automation")
    for name in ("nightly_extract", "arriving_patients", "manifest_after_partial_patients"):
        page.text(name).wait_for()
    page.keep("automation")
    assert page.tab.locator("input[type=checkbox]").count() >= 5
    assert page.tab.locator("input[type=checkbox]:checked").count() == 0
    states = "schedules { name scheduleState { status } } sensors { name sensorState { status } }"
    found = server.ask(f"{{ repositoriesOrError {{ ... on RepositoryConnection {{ nodes {{ {states} }} }} }} }}")
    (repository,) = found["repositoriesOrError"]["nodes"]
    assert {schedule["name"]: schedule["scheduleState"]["status"] for schedule in repository["schedules"]} == {
        "nightly": "STOPPED",
        "nightly_extract": "STOPPED",
    }
    assert {sensor["name"]: sensor["sensorState"]["status"] for sensor in repository["sensors"]} == {
        "arriving_patients": "STOPPED",
        "manifest_after_patients": "STOPPED",
        "manifest_after_partial_patients": "STOPPED",
    }


def test_one_patient_is_made_from_the_ui(page: DagsterPage, server: Server, demo: Demo) -> None:
    before = len(runs_of_job(server, "make_patients"))
    assert not any(objects_of(demo, demo.waiting).values())
    page.open(JOB)
    page.button("Materialize all").click()
    page.choose_new_partition(demo.waiting)
    page.keep("launch")
    page.button("Launch 1 run").click()
    latest = time.monotonic() + RUNS_END_WITHIN_S
    while not ((runs := runs_of_job(server, "make_patients"))[before:] and runs[0]["status"] in ("SUCCESS", "FAILURE")):
        assert time.monotonic() < latest, f"{[run['status'] for run in runs]}: {server.log.read_text()[-3000:]}"
        time.sleep(1)
    assert runs[0]["status"] == "SUCCESS", server.log.read_text()[-3000:]
    assert {"key": "dagster/partition", "value": demo.waiting} in runs[0]["tags"]
    assert len(runs) == before + 1
    assert all(objects_of(demo, demo.waiting).values()), objects_of(demo, demo.waiting)


def test_the_run_is_listed_as_a_success(page: DagsterPage, demo: Demo) -> None:
    page.open("/runs")
    page.text(f"partition: {demo.waiting}", exact=False).wait_for()
    page.keep("runs")
    assert page.tab.get_by_text("Success", exact=True).count() == 4  # extract, patients, manifest; and this one
    assert not page.tab.get_by_text("Failure", exact=True).count()


def test_the_partitions_of_a_table_are_its_patients(page: DagsterPage, demo: Demo) -> None:
    page.open(f"/assets/windowed_samples?view=partitions&partition={demo.waiting}")
    page.text(f"Materialized ({len(demo.made) + 1})").wait_for()
    for patient in (*demo.made, demo.waiting):
        page.text(patient).wait_for()
    for label in ("dagster/row_count", "bytes", "rejected inputs", "sha256", "status"):
        page.text(label).wait_for()
    page.keep("partitions")
    page.text("Missing (0)").wait_for()
    page.text("Failed (0)").wait_for()


def test_a_table_says_what_it_is_and_shows_what_became_of_it(page: DagsterPage) -> None:
    table = TABLES["clinical_labels"]
    page.open(f"/assets/{table.name}")
    page.text(f"One row per {table.one_row_per}.").wait_for()
    for promise in table.invariants:
        page.text(f"{promise.name}: {promise.sentence}", exact=False).wait_for()
    page.text("Row count").wait_for()
    page.keep("table")
    for column in table.columns:
        assert page.tab.get_by_text(column.name, exact=True).count(), column.name
        assert page.tab.get_by_text(column.meaning, exact=False).count(), column.name
    page.text("patient and task").wait_for()
    pictures = page.tab.get_by_text("[Show Markdown]", exact=True)
    assert pictures.count() == 2
    shown = [_shown_picture(page, place) for place in range(2)]
    assert f"{table.name} in this run" in shown
    assert any(name.startswith("attrition of ") for name in shown)


def _shown_picture(page: DagsterPage, place: int) -> str:
    """Open one of a table's pictures, see that it is whole and fits its dialog, close it, and return its name."""
    page.tab.get_by_text("[Show Markdown]", exact=True).nth(place).click()
    picture = page.tab.get_by_role("img", name=re.compile("in this run|attrition of")).first
    picture.wait_for()
    page.tab.wait_for_timeout(700)  # the dialog fades in
    page.keep(f"table_picture_{place}")
    size = picture.evaluate(
        "image => [image.complete, image.naturalWidth, image.clientWidth, image.parentElement.clientWidth]"
    )
    assert size[0]
    assert size[1] > 0, f"the picture is broken: {size}"
    assert size[2] <= size[3], f"the picture is wider than its dialog: {size}"
    name = picture.get_attribute("alt") or ""
    page.button("Close").click()
    picture.wait_for(state="hidden")
    return name


def test_both_checks_of_a_table_have_passed_and_explain_themselves(page: DagsterPage) -> None:
    page.open("/assets/cleaned_numerics?view=checks")
    page.text("cleaned_numerics_every_key").wait_for()
    page.text("cleaned_numerics_batch").wait_for()
    assert page.tab.get_by_text("Succeeded", exact=True).count() == 2
    page.text("cleaned_numerics_every_key").click()
    page.text("rejected inputs").wait_for()
    page.keep("checks")


def test_no_page_broke_and_the_server_has_nothing_to_complain_about(page: DagsterPage, server: Server) -> None:
    assert not page.errors
    said = server.log.read_text()
    assert "Traceback" not in said
    assert "ERROR" not in said
    assert "SupersessionWarning" not in said
    assert "configuration value (dagster.yaml) in the current folder" not in said


def test_the_server_ends_with_all_its_children(server: Server) -> None:
    left = server.stop()
    assert server.family, "the server had no children: webserver, daemon and code server expected"
    assert not left, [process.cmdline() for process in left]
    assert server.process.returncode == 0
