"""The chartevents benchmark on few rows: pandas and the extract must find the same rows, whatever the clock says."""

from pathlib import Path

from mimic_assets_tests.benchmarks.bench_chartevents import generated_source, run


def test_the_extract_and_pandas_give_the_same_rows(tmp_path: Path) -> None:
    [row] = run(rows=20_000, repeats=1, folder=tmp_path)
    assert row["equal"]
    assert 3_000 < row["kept_rows"] < 4_000
    assert row["ratio"] > 0


def test_the_generated_file_is_the_same_each_time(tmp_path: Path) -> None:
    files = [generated_source(tmp_path / name, 5_000) / "icu" / "chartevents.csv.gz" for name in ("a", "b")]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].stat().st_size > 50_000
