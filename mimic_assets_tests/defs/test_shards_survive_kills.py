"""`kill -9` while shards are written: the lake holds whole shards or none, and the rerun gives the same bytes."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mimic_assets.manifest import open_shard, shards
from mimic_assets.schemas.tables import TRAINING_MANIFEST
from mimic_assets.storage.keys import Key
from mimic_assets_tests.defs import shard_maker

SHARDS = f"training_manifest/task={shard_maker.TASK.name}/shards"


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD_BYTES", shard_maker.SMALL_SHARD_BYTES)


def _content(lake: Path) -> dict[str, bytes]:
    return {str(p.relative_to(lake)): p.read_bytes() for p in sorted(lake.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def windows_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with windows and statistics, and none of the rest."""
    lake = tmp_path_factory.mktemp("windows") / "lake"
    shard_maker.write_windows(shard_maker.workshop_of(str(lake)))
    return lake


@pytest.fixture(scope="module")
def expected(windows_alone: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a lake holds whose writer was left alone."""
    lake = tmp_path_factory.mktemp("whole") / "lake"
    shutil.copytree(windows_alone, lake)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "SHARD_BYTES", shard_maker.SMALL_SHARD_BYTES)
        shard_maker.make_manifest(shard_maker.workshop_of(str(lake)))
    return _content(lake)


@pytest.mark.parametrize("moment", ["spooled", "dealing", "put 1", "put 4"])
def test_a_killed_writer_leaves_no_partial_shard(
    tmp_path: Path, windows_alone: Path, expected: dict[str, bytes], moment: str
) -> None:
    shutil.copytree(windows_alone, tmp_path / "broken")
    broken = shard_maker.workshop_of(str(tmp_path / "broken"))
    child = [sys.executable, "-m", shard_maker.__name__, str(tmp_path / "broken"), moment]
    assert subprocess.run(child, timeout=300).returncode == -signal.SIGKILL
    for left in broken.lake.list_files(SHARDS):
        open_shard(broken.lake.root.get(left.path), name=left.path)  # the name's checksum is that of a whole shard
    assert broken.lake.stored(TRAINING_MANIFEST, Key(task=shard_maker.TASK.name)) is None
    shard_maker.make_manifest(broken)
    assert not any(broken.home.glob("spool/*")), "the next one cleans up"
    made = _content(tmp_path / "broken")
    assert len([name for name in expected if name.endswith(".arrow")]) > 4
    left_behind = {name for name in made if Path(name).name.startswith(".tmp-")}
    assert {name: data for name, data in made.items() if name not in left_behind} == expected
