"""ACES, run on the MEDS export, gives our labels row by row; where we give none, our reason stands beside its own."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from mimic_assets.cli.meds_export import write_meds
from mimic_assets.errors import RequestError
from mimic_assets_tests.comparisons.aces import TASKS, compare
from mimic_assets_tests.conftest import environment_python
from mimic_assets_tests.truth.agreement_with_aces import GAPS, judge
from mimic_assets_tests.truth.judgement import Judgement

pytestmark = pytest.mark.slow


def test_labels_of_the_demo_are_those_of_aces(judgement: Judgement, tmp_path: Path) -> None:
    python = environment_python("aces")
    settings = judgement.settings.model_copy(update={"tasks": TASKS})
    for comparison in compare(settings, python, tmp_path):
        judge(comparison, settings)
        counted = comparison.labelled["label"].value_counts().rows()
        assert dict(counted).keys() == {True, False}, comparison.task
        # an event in the gap excludes the index time in both
        gap = comparison.rows.filter(exclusion="event_in_gap")
        assert (gap.height > 0) == (GAPS[comparison.task] > timedelta(0))
        assert gap["aces"].null_count() == gap.height


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
