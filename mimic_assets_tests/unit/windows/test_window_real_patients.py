"""Labels and windows of real patients, through the stages before them; facts from the charts, not from our code."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from mimic_assets import clinical, numerics, records
from mimic_assets.schemas.tables import CLINICAL_LABELS, WINDOWED_SAMPLES
from mimic_assets.sources.folder import FolderTree
from mimic_assets.stays import find_record_stays
from mimic_assets.tasks import load_task
from mimic_assets.windows import cut_windows, label_stays, truncated
from mimic_assets_tests.event_ledger import find_events

pytestmark = pytest.mark.real_data
DEATH = load_task("in_hospital_death")
INPUTS = [
    "sample_id",
    "index_tick",
    "observed_fraction",
    "cell_values",
    "cell_reasons",
    "cell_ages_s",
    "feature_values",
]


@dataclass(frozen=True)
class Patient:
    clinical_extract: pl.DataFrame
    clinical_events: pl.DataFrame
    record_stays: pl.DataFrame
    cleaned_numerics: pl.DataFrame
    labels: pl.DataFrame
    windows: pl.DataFrame


@pytest.fixture(scope="module")
def demo(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    tree = FolderTree(real_data / "mimic-iv-demo")
    ((_, judged),) = clinical.extract(tree, 1, {0}, tmp_path_factory.mktemp("spool"), None)
    return judged.frame


@pytest.fixture(scope="module", params=[10005817, 10020306], ids=str)
def patient(request: pytest.FixtureRequest, demo: pl.DataFrame, real_data: Path) -> tuple[int, Patient]:
    subject: int = request.param
    tree = FolderTree(real_data / "mimic4wdb-linked")
    rows = demo.filter(pl.col("subject_id") == subject)
    raw = records.read_records(tree, subject).frame
    cleaned = numerics.clean(records.read_numerics(tree, subject).whole().frame, raw).whole().frame
    linked = find_record_stays(raw, cleaned, rows).frame
    ledger = find_events(rows, cleaned, linked).frame
    labels = label_stays(DEATH, rows, ledger, linked, cleaned, frozenset()).frame
    return subject, Patient(
        rows, ledger, linked, cleaned, labels, cut_windows(DEATH, labels, cleaned, linked).whole().frame
    )


def test_promises_hold(patient: tuple[int, Patient]) -> None:
    _, found = patient
    for table, rows in ((CLINICAL_LABELS, found.labels), (WINDOWED_SAMPLES, found.windows)):
        assert rows.schema == table.schema
        for invariant in table.invariants:
            assert rows.select(invariant.holds.fill_null(True).all()).item(), invariant.name


def test_labels_agree_with_the_charted_course(patient: tuple[int, Patient]) -> None:
    subject, found = patient
    if subject == 10020306:  # survives
        assert found.windows.height >= 20
        assert found.windows["label"].to_list() == [False] * found.windows.height
        return
    died_no_earlier = datetime(2135, 1, 19, 18, 35)  # admissions.deathtime 18:36, charted to the minute
    last = found.windows.sort("index_time").tail(20)
    assert last["label"].all()
    assert last["index_time"].max() == datetime(2135, 1, 19, 17, 55, 32)  # intime 21:55:32 + k hours
    assert (found.windows["window_end_time"] < died_no_earlier).all()
    late = found.labels.filter((pl.col("stay_id") == 31316840) & (pl.col("index_time") > died_no_earlier))
    assert set(late["exclusion"]) == {"after_event"}
    dnr_from = datetime(2135, 1, 14, 18, 39, 36)  # poe: do not resuscitate, never lifted
    mine = found.labels.filter(pl.col("stay_id") == 31316840)
    assert set(mine.filter(pl.col("index_time") >= dnr_from)["care_limitation"]) == {"dnr"}
    assert "dnr" not in set(mine.filter(pl.col("index_time") < dnr_from)["care_limitation"])


def test_deleting_the_future_changes_no_real_window(patient: tuple[int, Patient]) -> None:
    _, found = patient
    for index_time in found.windows["index_time"].to_list()[:: found.windows.height // 3]:
        cleaned, linked = truncated(found.cleaned_numerics, found.record_stays, index_time)
        labels = label_stays(DEATH, found.clinical_extract, found.clinical_events, linked, cleaned, frozenset()).frame
        rebuilt = cut_windows(DEATH, labels, cleaned, linked).whole().frame
        ours, theirs = (
            frame.filter(pl.col("index_time") == index_time).select(INPUTS) for frame in (found.windows, rebuilt)
        )
        assert ours.height == 1
        assert repr(ours.rows()) == repr(theirs.rows())
