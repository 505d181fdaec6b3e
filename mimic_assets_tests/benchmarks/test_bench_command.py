"""`make bench` in its quick size: one benchmark end to end, and what it says when outputs differ."""

import json
from pathlib import Path

import pytest

from mimic_assets_tests.benchmarks import __main__ as bench


def test_a_quick_benchmark_prints_a_row_and_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIMIC_ASSETS_BENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DAGSTER_HOME", "")
    assert bench.main(["dagster", "--quick"]) == 0
    kept = json.loads((tmp_path / ".bench" / "results.json").read_text())
    made, unchanged = kept["dagster, quick"]["rows"]
    assert made["equal"]
    assert unchanged["equal"]
    assert made["ours_s"] > unchanged["ours_s"] > 0
    assert "cores" in kept["dagster, quick"]
    assert [path.name for path in (tmp_path / ".bench").iterdir()] == ["results.json"]
    said = capsys.readouterr().out
    assert "overhead_cpu_s_per_key_and_table" in said or "overhead" in said


def test_what_was_measured_with_this_code_is_not_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    calls: list[str] = []

    def measure() -> list[bench.Row]:
        calls.append("measured")
        return [{"work": "a", "peer": "b", "equal": True, "ours_s": 1.0, "peer_s": 3.0, "ratio": 3.0}]

    only = bench.Benchmark(measure, measure, (bench.Target("ratio", 4, is_most=False),))
    monkeypatch.setattr(bench, "BENCHMARKS", {"only": only})
    assert [bench.main([]), bench.main([]), bench.main(["--again"]), bench.main(["only"])] == [0, 0, 0, 0]
    assert len(calls) == 3
    assert "missed" in capsys.readouterr().out


def test_unequal_outputs_are_an_error_and_leave_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    def differ() -> list[bench.Row]:
        raise AssertionError("not the same rows")

    only = bench.Benchmark(differ, differ, (bench.Target("ratio", 1, is_most=False),))
    monkeypatch.setattr(bench, "BENCHMARKS", {"only": only})
    assert bench.main([]) == 1
    assert "not the same rows" in capsys.readouterr().out
    assert json.loads((tmp_path / ".bench" / "results.json").read_text()) == {}
