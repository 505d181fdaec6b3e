"""A folder as a tree of files: names, bytes, sums and their cache."""

import hashlib
import os
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from mimic_assets.errors import RequestError
from mimic_assets.sources import folder
from mimic_assets.sources.folder import FolderTree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "source"
    (root / "b").mkdir(parents=True)
    (root / "b" / "z.txt").write_bytes(b"zz")
    (root / "b" / "a.txt").write_bytes(b"aa")
    (root / "c.txt").write_bytes(b"c")
    return root


def test_names_are_sorted_and_a_missing_folder_has_none(root: Path) -> None:
    tree = FolderTree(root)
    assert list(tree.names("")) == ["b", "c.txt"]
    assert list(tree.names("b")) == ["a.txt", "z.txt"]
    assert list(tree.names("nowhere")) == []


def test_files_have_bytes_and_sizes_and_folders_are_no_files(root: Path) -> None:
    tree = FolderTree(root)
    assert tree.exists("b/a.txt")
    assert not tree.exists("b")
    assert tree.size("b/a.txt") == 2
    with tree.open("b/a.txt") as file:
        file.seek(1)
        assert file.read() == b"a"
    for call in (tree.size, tree.open, tree.sha256):
        with pytest.raises(FileNotFoundError):
            call("b/none.txt")


@pytest.mark.parametrize("path", ["../source/c.txt", "b/../../x", "/etc/hostname", "a\0b"])
def test_paths_that_leave_the_root_are_refused(root: Path, path: str) -> None:
    with pytest.raises(RequestError, match=r"without '\.\.' expected"):
        FolderTree(root).exists(path)


@pytest.mark.parametrize("name", ["nothing", "c.txt"])
def test_a_root_that_is_no_folder_is_refused(root: Path, name: str) -> None:
    with pytest.raises(RequestError, match="a folder expected"):
        FolderTree(root / name)


def test_sums_are_remembered_until_the_file_changes(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = FolderTree(root, tmp_path / "cache" / "sums.sqlite")
    path = root / "c.txt"
    assert tree.sha256("c.txt") == hashlib.sha256(b"c").hexdigest()
    with monkeypatch.context() as patch:
        patch.setattr(folder, "_sha256", lambda place: pytest.fail(f"{place} was read again"))
        assert tree.sha256("c.txt") == hashlib.sha256(b"c").hexdigest()
    state = path.stat()
    path.write_bytes(b"d")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))  # a repair that keeps size and time, as rsync -t does
    assert tree.sha256("c.txt") == hashlib.sha256(b"d").hexdigest()


def _sum_of(job: tuple[FolderTree, str]) -> str:
    tree, path = job
    return tree.sha256(path)


def test_processes_share_one_cache(root: Path, tmp_path: Path) -> None:
    tree = FolderTree(root, tmp_path / "sums.sqlite")
    assert pickle.loads(pickle.dumps(tree)) == tree
    names = [f"{i}.bin" for i in range(12)]
    for i, name in enumerate(names):
        (root / name).write_bytes(bytes([i]) * 1000)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(_sum_of, [(tree, name) for name in names * 3]))
    assert found == [hashlib.sha256(bytes([i]) * 1000).hexdigest() for i in range(12)] * 3


def test_a_damaged_cache_costs_time_and_nothing_else(root: Path, tmp_path: Path) -> None:
    cache = tmp_path / "sums.sqlite"
    cache.write_bytes(b"this is no database at all, " * 100)
    assert FolderTree(root, cache).sha256("c.txt") == hashlib.sha256(b"c").hexdigest()
