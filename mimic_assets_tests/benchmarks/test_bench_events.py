"""The benchmark of events and labels at a small size: our side runs, and the same plan gives the same bytes."""

import gzip
from pathlib import Path

from mimic_assets_tests.benchmarks import bench_events
from mimic_assets_tests.benchmarks.many_stays import Plan, generated_source


def test_our_side_makes_every_table(tmp_path: Path) -> None:
    [row] = bench_events.run(sizes=(100,), peer_sizes=[], workers=1, folder=tmp_path)
    assert row["ours_extract_rows"] > 50_000
    assert row["ours_event_rows"] > 50
    assert row["ours_label_rows"] > 5_000
    assert row["peer"] == "none"


def test_the_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        source = generated_source(tmp_path / name, Plan(20, stays_per_part=10))
        contents.append({path.name: path.read_bytes() for path in sorted(source.rglob("*.csv.gz"))})
    assert contents[0] == contents[1]
    assert len(contents[0]) > 10
    lines = gzip.decompress(contents[0]["chartevents.csv.gz"]).splitlines()
    assert sum(line.startswith(b"subject_id") for line in lines) == 1  # two parts, one heading
