"""ACES, run on the MEDS export, gives our labels row by row; where we give none, our reason stands beside its own."""

import subprocess
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from mimic_assets.cli.meds_export import write_meds
from mimic_assets.errors import RequestError
from mimic_assets.schemas.tables import CLINICAL_EVENTS
from mimic_assets.settings import Settings
from mimic_assets.storage.lake import Lake
from mimic_assets_tests.comparisons.aces import TASKS, Comparison, compare
from mimic_assets_tests.conftest import environment_python
from mimic_assets_tests.defs.journeys import linked_arguments, run_command, summary_of
from mimic_assets_tests.truth.judgement import Judgement

pytestmark = pytest.mark.slow

GAPS = {"in_hospital_death": timedelta(0), "cardiac_arrest": timedelta(minutes=5)}


def _judge(comparison: Comparison, settings: Settings) -> None:
    """Every label is the same, no index time is unknown to the other, and what ACES leaves out has its reason."""
    assert comparison.disagreements.is_empty()
    unknown_to_us = comparison.rows.filter(pl.col("label").is_null() & pl.col("exclusion").is_null())
    assert unknown_to_us.is_empty()
    left_out = comparison.rows.filter(pl.col("aces").is_null())
    assert left_out["label"].null_count() == left_out.height
    timed = Lake.open(settings.lake).scan(CLINICAL_EVENTS).filter(pl.col("tier").is_in(["A", "B"])).collect()
    deaths = timed.filter(event="death").select("subject_id", died="event_time")
    after_death = left_out.join(deaths, on="subject_id").filter(pl.col("died") <= pl.col("index_time"))
    of_kind = timed.filter(event=comparison.task).select("subject_id", began="event_time")
    gap_end = pl.col("index_time") + GAPS[comparison.task]
    in_gap = left_out.join(of_kind, on="subject_id").filter(
        (pl.col("index_time") < pl.col("began")) & (pl.col("began") <= gap_end)
    )
    keys = ["subject_id", "index_time"]
    explained = pl.concat([after_death.select(keys), in_gap.select(keys)])
    assert left_out.join(explained, on=keys, how="anti").is_empty()  # a death before it, or an event in the gap


def test_labels_of_the_demo_are_those_of_aces(judgement: Judgement, tmp_path: Path) -> None:
    python = environment_python("aces")
    settings = judgement.settings.model_copy(update={"tasks": TASKS})
    for comparison in compare(settings, python, tmp_path):
        _judge(comparison, settings)
        counted = comparison.labelled["label"].value_counts().rows()
        assert dict(counted).keys() == {True, False}, comparison.task
        # an event in the gap excludes the index time in both
        gap = comparison.rows.filter(exclusion="event_in_gap")
        assert (gap.height > 0) == (GAPS[comparison.task] > timedelta(0))
        assert gap["aces"].null_count() == gap.height


@pytest.mark.real_data
def test_labels_of_the_real_demo_are_those_of_aces(real_data: Path, tmp_path: Path) -> None:
    python = environment_python("aces")
    lake = tmp_path / "lake"
    arguments = [*linked_arguments(real_data), "--task", "cardiac_arrest", "--patients", "all"]
    finished = run_command("run", *arguments, "--lake", str(lake), "--json")
    assert summary_of(finished)["patients"] == 88
    settings = Settings(lake=str(lake), tasks=TASKS)
    (tmp_path / "aces").mkdir()
    death, arrest = compare(settings, python, tmp_path / "aces")
    _judge(death, settings)
    _judge(arrest, settings)
    assert death.labelled.filter("label").height > 100  # twelve deaths, up to 24 index times before each
    assert death.labelled.height > 5_000


def test_an_export_is_valid_meds_for_another_release_of_polars_too(judgement: Judgement, tmp_path: Path) -> None:
    python = environment_python("aces")
    write_meds(judgement.settings, tmp_path / "meds", are_named=True, progress=lambda *_: None)
    script = (
        "import sys, pathlib, pyarrow.parquet as pq, meds\n"
        "root = pathlib.Path(sys.argv[1])\n"
        "for path in sorted(root.glob('data/*/*.parquet')):\n"
        "    table = pq.read_table(path); meds.DataSchema.validate(table)\n"
        "    ids = table['subject_id'].to_pylist(); times = table['time'].to_pylist()\n"
        "    changes = sum(a != b for a, b in zip(ids, ids[1:])); assert changes + 1 == len(set(ids))\n"
        "    rows = list(zip(ids, [(t is not None, t) for t in times]))\n"
        "    assert all(a[0] != b[0] or a[1] <= b[1] for a, b in zip(rows, rows[1:]))\n"
        "for path in sorted(root.glob('labels/*/*/*.parquet')): meds.LabelSchema.validate(pq.read_table(path))\n"
        "meds.CodeMetadataSchema.validate(pq.read_table(root / meds.code_metadata_filepath))\n"
        "meds.SubjectSplitSchema.validate(pq.read_table(root / meds.subject_splits_filepath))\n"
    )
    command = [str(python), "-c", script, str(tmp_path / "meds")]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr[-2000:]


def test_an_export_never_changes_and_is_the_same_twice(judgement: Judgement, tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        root = tmp_path / name
        write_meds(judgement.settings, root, are_named=True, progress=lambda *_: None)
        files = sorted(path for path in root.rglob("*") if path.is_file())
        contents.append({path.relative_to(root): path.read_bytes() for path in files})
    assert contents[0] == contents[1]
    with pytest.raises(RequestError, match="exists already"):
        write_meds(judgement.settings, tmp_path / "one", are_named=True, progress=lambda *_: None)
