"""The real MIMIC-IV demo: DuckDB reads the same files and must find the same rows; buckets must hold everybody once."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from mimic_assets.clinical import bucket_of, extract, incomplete_tables, subject_fingerprints, subjects
from mimic_assets.clinical.needed import CHARTED, DRUGS, LABORATORY, PROCEDURES
from mimic_assets.clinical.source_tables import SOURCE_TABLES, Kind
from mimic_assets.sources.folder import FolderTree
from mimic_assets_tests.unit.clinical.clinical_source import extracted

pytestmark = pytest.mark.real_data

FILTERS = {
    "chartevents": f"itemid IN {tuple(CHARTED)}",
    "labevents": f"itemid IN {tuple(LABORATORY)}",
    "inputevents": f"itemid IN {tuple(DRUGS)}",
    "procedureevents": f"itemid IN {tuple(PROCEDURES)}",
    "poe": "order_subtype ILIKE '%code status%' OR order_subtype ILIKE '%comfort%'",
    "poe_detail": "field_name ILIKE '%code status%' OR field_name ILIKE '%comfort%'",
}
TYPES = {Kind.IDENTIFIER: "BIGINT", Kind.NUMBER: "DOUBLE", Kind.TIME: "TIMESTAMP", Kind.DATE: "TIMESTAMP"}


@pytest.fixture(scope="module")
def tree(real_data: Path) -> FolderTree:
    return FolderTree(real_data / "mimic-iv-demo")


@pytest.fixture(scope="module")
def whole(tree: FolderTree, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    judged = extracted(tree, tmp_path_factory.mktemp("spool"))
    assert judged.rejected.is_empty()
    return judged.frame


@pytest.mark.parametrize("table", sorted(SOURCE_TABLES))
def test_duckdb_finds_the_same_rows(table: str, tree: FolderTree, whole: pl.DataFrame) -> None:
    source = SOURCE_TABLES[table]
    cells = ["subject_id::BIGINT AS subject_id"]
    for target, cell in source.cells.items():
        column = f"{cell.column}::{TYPES.get(cell.kind, 'VARCHAR')}"
        if cell.kind is Kind.CODE:
            column = f"upper(replace(replace({cell.column}, '.', ''), ' ', ''))"
        cells.append(f"{column} AS {target}")
    file = tree.root / source.file
    query = f"SELECT {', '.join(cells)} FROM read_csv('{file}', all_varchar=true, header=true, nullstr='', quote='\"')"
    oracle = duckdb.sql(f"{query} WHERE {FILTERS.get(table, 'true')}").pl()
    ours = whole.filter(pl.col("source_table") == table)
    assert ours.height > 0
    names = oracle.columns
    oracle = oracle.cast({name: ours.schema[name] for name in names}).sort(names)
    assert ours.select(names).sort(names).equals(oracle)
    unmapped = [name for name in ours.columns if name not in (*names, "source_table", "source_row")]
    assert all(ours.get_column(name).null_count() == ours.height for name in unmapped)


def test_buckets_hold_every_subject_once(tree: FolderTree, whole: pl.DataFrame, tmp_path: Path) -> None:
    parts = []
    for bucket, judged in extract(tree, 5, range(5), tmp_path, None):
        ids = judged.frame.get_column("subject_id").unique().to_list()
        assert all(bucket_of(subject, 5) == bucket for subject in ids)
        parts.append(judged.frame)
    assert pl.concat(parts).sort("subject_id", maintain_order=True).equals(whole)
    assert len(subjects(tree)) == whole.get_column("subject_id").n_unique() == 88
    assert len(subject_fingerprints(whole)) == 88


def test_a_copy_whose_chartevents_were_cut_off_says_so_and_keeps_what_arrived(
    tree: FolderTree, whole: pl.DataFrame, tmp_path: Path
) -> None:
    for folder in ("hosp", "icu"):
        (tmp_path / "copy" / folder).mkdir(parents=True)
    for source in SOURCE_TABLES.values():
        content = (tree.root / source.file).read_bytes()
        kept = content[: len(content) // 2] if source.name == "chartevents" else content
        (tmp_path / "copy" / source.file).write_bytes(kept)
    judged = extracted(FolderTree(tmp_path / "copy"), tmp_path)
    assert incomplete_tables(judged.rejected) == {"chartevents"}
    rest = pl.col("source_table") != "chartevents"
    assert judged.frame.filter(rest).equals(whole.filter(rest))
    assert 0 < judged.frame.filter(~rest).height < whole.filter(~rest).height
