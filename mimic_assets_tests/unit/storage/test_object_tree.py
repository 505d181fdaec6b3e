"""Source files in a bucket: read in ranges, and the same record as in a folder."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from mimic_assets import open_record
from mimic_assets.errors import RequestError
from mimic_assets.storage.object_tree import ObjectTree
from mimic_assets.storage.objects import ObjectRoot, open_root
from mimic_assets_tests.broken_copies import write_segments
from mimic_assets_tests.servers.seaweedfs import S3Server


@pytest.fixture
def root(tmp_path: Path) -> ObjectRoot:
    root = open_root(str(tmp_path / "objects"))
    root.put("a/b/one.bin", bytes(range(256)) * 1024)
    root.put("a/two.bin", b"two")
    return root


def test_a_tree_lists_what_lies_directly_in_a_folder(root: ObjectRoot) -> None:
    tree = ObjectTree(root)
    assert (list(tree.names("")), list(tree.names("a")), list(tree.names("a/b/"))) == (
        ["a"],
        ["b", "two.bin"],
        ["one.bin"],
    )
    assert list(tree.names("nowhere")) == []
    assert (tree.exists("a/two.bin"), tree.exists("a"), tree.size("a/two.bin")) == (True, False, 3)
    assert tree.sha256("a/b/one.bin") == hashlib.sha256(bytes(range(256)) * 1024).hexdigest()
    with pytest.raises(FileNotFoundError, match="no file nowhere"):
        tree.open("nowhere")


def test_a_file_asks_for_the_ranges_it_needs(root: ObjectRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    get_range = type(root).get_range

    def watched(self: ObjectRoot, path: str, start: int, length: int) -> bytes:
        asked.append((start, length))
        return get_range(self, path, start, length)

    monkeypatch.setattr(type(root), "get_range", watched)
    content = bytes(range(256)) * 1024
    with ObjectTree(root).open("a/b/one.bin") as file:
        assert (file.seek(200_000), file.read(10), file.read(10)) == (
            200_000,
            content[200_000:200_010],
            content[200_010:200_020],
        )
        assert asked == [(200_000, 262_144 - 200_000)]
        file.seek(0)
        assert file.read() == content
        assert [length for _, length in asked[1:]] == [65_536, 131_072, 65_536]
        assert (file.seek(-4, 2), file.read(), file.read()) == (262_140, content[-4:], b"")


@pytest.mark.s3
def test_a_record_in_a_bucket_is_the_record_in_a_folder(s3_server: S3Server, s3_lake_uri: str, tmp_path: Path) -> None:
    record = write_segments(tmp_path, [("epr", 20_000), ("p", 640)])
    bucket = open_root(s3_lake_uri, s3_server.settings)
    for path in record.folder.iterdir():
        bucket.put(f"waves/{path.name}", path)
    here = open_record(record.folder / str(record.record_id), verify=True)
    there = open_record(f"{s3_lake_uri}/waves/{record.record_id}", s3=s3_server.settings, threads=2)
    assert there.names == here.names
    for start, end in ((-1, None), (100_000, 101_000)):
        for name, array in there.signals(None, start, end).items():
            same = here.signals([name], start, end)[name]
            np.testing.assert_array_equal(array.values, same.values)
            assert (array.reasons == same.reasons).all()
    with pytest.raises(RequestError, match=r"no 7\.hea found"):
        open_record(f"{s3_lake_uri}/waves/7", s3=s3_server.settings)


def test_a_read_gives_all_that_is_asked_for_across_ranges(root: ObjectRoot) -> None:
    with ObjectTree(root).open("a/b/one.bin") as file:
        file.read(10)
        file.seek(65_000)
        assert file.read(2_000) == (bytes(range(256)) * 1024)[65_000:67_000]
        file.seek(262_000)
        assert len(file.read(2_000)) == 144  # the object ends
