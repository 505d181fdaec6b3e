"""Golden cases of reading and cleaning numerics: `golden/numerics/<case>/{in.csv,out.csv,NOTE.md}`."""

from pathlib import Path

import polars as pl
import pytest

from mimic_assets.numerics import clean
from mimic_assets.records import read_numerics, read_records
from mimic_assets.sources.folder import FolderTree
from mimic_assets_tests.broken_copies import SUBJECT, write_record

CASES = sorted(path.parent for path in (Path(__file__).parent / "numerics").glob("*/in.csv"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_case_comes_out_as_written(case: Path, tmp_path: Path) -> None:
    write_record(tmp_path, numerics=(case / "in.csv").read_text())
    tree = FolderTree(tmp_path)
    cleaned = clean(read_numerics(tree, SUBJECT).whole().frame, read_records(tree, SUBJECT).frame).whole().frame
    expected = pl.read_csv(case / "out.csv")
    assert cleaned.select(expected.columns).rows() == expected.rows()
