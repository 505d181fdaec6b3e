"""Generating: the same bytes at any worker count, subjects that do not depend on each other, whole or absent, reuse."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from mimic_assets.sources.demo import DemoPlan, DemoSummary, generate_demo

PLAN = DemoPlan(patients=6, hours=0.5, seed=3)


def digests(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def one_worker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("one") / "demo"
    generate_demo(root, PLAN)
    return root


def test_two_workers_write_the_same_bytes(one_worker: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    summary = generate_demo(
        tmp_path / "demo", PLAN, workers=2, on_patient=lambda done, total: seen.append((done, total))
    )
    assert digests(tmp_path / "demo") == digests(one_worker)
    assert seen == [(n, 6) for n in range(1, 7)]
    assert (summary.patients, summary.records, summary.records_with_numerics) == (6, 7, 6)


def test_a_subject_is_the_same_in_a_larger_demo(one_worker: Path, tmp_path: Path) -> None:
    generate_demo(tmp_path / "demo", DemoPlan(patients=8, hours=0.5, seed=3))
    larger, smaller = digests(tmp_path / "demo" / "waveforms" / "waves"), digests(one_worker / "waveforms" / "waves")
    assert {name: larger[name] for name in smaller} == smaller
    assert len(larger) > len(smaller)
    for name in ("events", "decoys", "care_limits"):
        text = (one_worker / "truth" / f"{name}.csv").read_text()
        assert (tmp_path / "demo" / "truth" / f"{name}.csv").read_text().startswith(text)


def test_another_seed_is_another_demo(one_worker: Path, tmp_path: Path) -> None:
    generate_demo(tmp_path / "demo", DemoPlan(patients=1, hours=0.5, seed=4))
    assert not set(digests(tmp_path / "demo" / "waveforms" / "waves")) & set(
        digests(one_worker / "waveforms" / "waves")
    )


def test_summary_counts_what_is_on_disk(one_worker: Path) -> None:
    summary = generate_demo(one_worker, PLAN)
    rows = (one_worker / "truth" / "events.csv").read_text().splitlines()[1:]
    assert sum(summary.events.values()) == len(rows)
    assert summary.records == len(list(one_worker.glob("waveforms/waves/p*/p*/*/")))
    assert summary.records_with_numerics == len(list(one_worker.glob("waveforms/waves/p*/p*/*/*n.csv.gz")))
    assert summary.bytes_written == sum(
        path.stat().st_size for path in one_worker.rglob("*") if path.is_file() and path.name != "demo.json"
    )


def test_a_finished_demo_is_left_as_it_is(tmp_path: Path) -> None:
    plan = DemoPlan(patients=1, hours=0.5)
    root = tmp_path / "demo"
    first = generate_demo(root, plan)
    stamps = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    second = generate_demo(root, plan)
    assert (first.is_reused, second.is_reused) == (False, True)
    assert stamps == {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    assert second == DemoSummary(**{**{f: getattr(first, f) for f in first.__slots__}, "is_reused": True})


def test_another_plan_replaces_an_older_demo(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    generate_demo(root, DemoPlan(patients=2, hours=0.5))
    generate_demo(root, DemoPlan(patients=1, hours=0.5))
    assert len((root / "waveforms" / "RECORDS").read_text().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_a_killed_generation_leaves_nothing_and_is_rebuilt(tmp_path: Path) -> None:
    root, plan = tmp_path / "demo", DemoPlan(patients=2, hours=0.5)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate_demo(root, plan, on_patient=stop)
    assert not root.exists()
    generate_demo(root, plan)
    generate_demo(tmp_path / "other", plan)
    assert digests(root) == digests(tmp_path / "other")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo", "other"]


def test_a_folder_that_is_no_demo_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("do not lose me")
    with pytest.raises(ValueError, match=r"is no demo \(demo.json is missing\)"):
        generate_demo(tmp_path / "mine", DemoPlan(patients=1, hours=0.5))
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "thesis.txt"]


def test_waveform_minutes_limit_the_waveform_and_nothing_else(tmp_path: Path) -> None:
    whole, short = tmp_path / "whole", tmp_path / "short"
    generate_demo(whole, DemoPlan(patients=2, hours=0.5))
    generate_demo(short, DemoPlan(patients=2, hours=0.5, waveform_minutes=3))
    a, b = digests(whole), digests(short)
    assert {k: v for k, v in a.items() if "n.csv.gz" in k or k.startswith(("truth", "clinical"))} == {
        k: v for k, v in b.items() if "n.csv.gz" in k or k.startswith(("truth", "clinical"))
    }
    for path in short.glob("waveforms/waves/p*/p*/*/????????.hea"):
        frames = int(path.read_text("ascii").splitlines()[1].split(" ")[3])
        last = [line for line in path.read_text("ascii").splitlines() if not line.startswith("#")][-1]
        assert last.startswith("~ ")
        assert frames - int(last[2:]) <= 3 * 60 * 62.5 + 320


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"patients": 0}, "patients is 0, expected 1 to 100000"),
        ({"hours": 0.1}, "hours is 0.1, expected 0.5 to 168.0"),
        ({"hours": float("nan")}, "hours is nan, expected 0.5 to 168.0"),
        ({"seed": -1}, "seed is -1, expected 0 to"),
        ({"waveform_minutes": 0.5}, "waveform_minutes is 0.5, expected at least 1"),
    ],
)
def test_impossible_plans_are_refused(values: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DemoPlan(**values)


def test_no_workers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="workers is 0, expected at least 1"):
        generate_demo(tmp_path / "demo", PLAN, workers=0)


def test_the_generator_knows_nothing_of_the_pipeline_it_judges() -> None:
    code = (
        "import sys, mimic_assets.sources.demo.__main__\n"
        "stages = ('events', 'numerics', 'stays', 'windows', 'timeline', 'records', 'clinical', 'schemas', 'tasks')\n"
        "print([m for m in sys.modules if m.startswith(tuple(f'mimic_assets.{s}' for s in stages))])\n"
        "print([m for m in ('wfdb', 'polars', 'pandas', 'dagster') if m in sys.modules])\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["[]", "[]"]


def test_command_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mimic_assets.sources.demo", str(tmp_path / "demo"), "--hours", "0.5"]
    done = subprocess.run([*command, "--patients", "1"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "1 subjects, 1 records" in done.stdout
    refused = subprocess.run([*command, "--patients", "0"], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "patients is 0, expected 1 to 100000" in refused.stderr
