"""A signal file of many FLAC blocks that stops early, wherever it was cut."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mimic_assets.records.header import SignalLine
from mimic_assets.records.signal_files import check_signal_file
from mimic_assets.schemas.vocabulary import FileStatus
from mimic_assets.sources.folder import FolderTree

FRAMES = 40_000
SIGNAL = SignalLine("x.dat", 516, 1, 200.0, 0, "mV", 14, 0, 0, 0, 0, "II", 2)


@pytest.fixture
def tree(tmp_path: Path) -> FolderTree:
    samples = np.random.default_rng(7).integers(0, 4000, FRAMES, dtype=np.int16)
    with (tmp_path / "x.dat").open("wb") as file:
        soundfile.write(file, samples, 96000, subtype="PCM_16", format="FLAC")
    return FolderTree(tmp_path)


def test_a_whole_stream_is_ok(tree: FolderTree) -> None:
    assert check_signal_file(tree, "x.dat", [SIGNAL], FRAMES, {}).status is FileStatus.OK


@pytest.mark.parametrize("lost", [1, 2, 100, 5000, 30_000])
def test_a_stream_that_lost_its_end_is_unreadable(tree: FolderTree, lost: int) -> None:
    path = tree.root / "x.dat"
    path.write_bytes(path.read_bytes()[:-lost])
    state = check_signal_file(tree, "x.dat", [SIGNAL], FRAMES, {})
    assert state.status is FileStatus.UNREADABLE
    assert "ends early" in state.found


def test_a_published_sum_that_differs_is_told_with_what_else_is_wrong(tree: FolderTree) -> None:
    state = check_signal_file(tree, "x.dat", [SIGNAL], FRAMES + 1, {"x.dat": "0" * 64})
    assert state.status is FileStatus.CHECKSUM_MISMATCH
    assert "40000 samples" in state.found
