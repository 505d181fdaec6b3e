"""The same lake on a real S3 server: equal bytes, whole objects, and one clear error for each wrong setting."""

import concurrent.futures
import pickle
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pydantic import SecretStr

from mimic_assets.errors import RequestError
from mimic_assets.schemas.judged import Judged
from mimic_assets.schemas.tables import CLINICAL_EXTRACT, RAW_NUMERICS, TABLES, TRAINING_MANIFEST
from mimic_assets.settings import S3Settings
from mimic_assets.storage import Key, Lake, keys, open_root
from mimic_assets.storage.query import query
from mimic_assets_tests.servers.seaweedfs import SECRET_ACCESS_KEY, S3Server
from mimic_assets_tests.storage_frames import frame_of, judged_of, key_of

pytestmark = pytest.mark.s3


@pytest.fixture
def lake(s3_server: S3Server, s3_lake_uri: str) -> Lake:
    return Lake.open(s3_lake_uri, s3_server.settings)


def test_objects_are_the_same_bytes_as_in_a_folder(lake: Lake, tmp_path: Path) -> None:
    local = Lake.open(str(tmp_path / "lake"))
    shard = tmp_path / "shard"
    shard.write_bytes(bytes(range(256)) * 100)
    for place in (local, lake):
        for table in TABLES.values():
            place.write(table, key_of(table), judged_of(table, 500, rejected_count=2), "fp", {"k": "v"})
        place.put_file(keys.shard_path(TRAINING_MANIFEST, Key(task="hypotension"), "train-0000.bin"), shard)
    listed = local.list_files("")
    assert len(listed) == 2 * len(TABLES) + 1
    assert lake.list_files("") == listed
    for info in listed:
        assert lake.root.get(info.path) == local.root.get(info.path), info.path
    for table in TABLES.values():
        key = key_of(table)
        assert lake.stored(table, key) == local.stored(table, key)
        assert lake.keys(table) == [key]
        assert_frame_equal(lake.read(table, key), local.read(table, key))
        assert_frame_equal(lake.scan(table).collect(), local.scan(table).collect())
    sql = 'SELECT "table", count(*) AS n FROM rejected_inputs GROUP BY 1 ORDER BY 1'
    assert query(lake, sql) == query(local, sql)
    sql = "SELECT * FROM raw_numerics JOIN clinical_labels USING (subject_id) ORDER BY ALL LIMIT 50"
    assert query(lake, sql) == query(local, sql)


def test_ranges_absence_and_removal(lake: Lake) -> None:
    root = lake.root
    root.put("a/x", b"0123456789")
    assert root.get_range("a/x", 2, 3) == b"234"
    assert root.get_range("a/x", 8, 100) == b"89"
    assert root.tail("a/x", 3) == (b"789", 10)
    assert root.tail("a/x", 300) == (b"0123456789", 10)
    assert [info.path for info in root.list("a")] == ["a/x"]
    root.delete("a/x")
    root.delete("a/x")
    assert root.head("a/x") is None
    assert root.list() == []
    with pytest.raises(FileNotFoundError, match=r"cannot read a/x: there is no such object$"):
        root.get("a/x")
    assert lake.stored(RAW_NUMERICS, Key(1)) is None
    with pytest.raises(KeyError):
        lake.read(RAW_NUMERICS, Key(1))


def test_many_ranges_come_back_in_the_order_asked_for(lake: Lake) -> None:
    """Neighbours, repeats, ends beyond the object's, nothing at all, and more calls than may be on their way."""
    root = lake.root
    data = {path: np.random.default_rng(seed).bytes(9 << 20) for seed, path in enumerate(("a/x", "a/y"))}
    for path, content in data.items():
        root.put(path, content)
    root.put("a/small", b"0123456789")
    rng = np.random.default_rng(7)
    ranges = [(path, int(start), 5_000) for start in rng.integers(0, 9 << 20, 200) for path in data]
    ranges += [ranges[3], ("a/x", 100, 0), ("a/x", (9 << 20) - 7, 100), ("a/small", 2, 3), ("a/small", 8, 100)]
    expected = [(data.get(path) or b"0123456789")[start : start + length] for path, start, length in ranges]
    assert root.get_many(ranges) == expected
    assert root.get_many([]) == []
    assert root.get_many([("a/x", 0, 3), ("a/x", 1 << 20, 0), ("a/x", 2 << 20, 3)])[1] == b""
    for beyond in ([("a/x", 0, 3), ("a/x", 10 << 20, 3)], [("a/x", 10 << 20, 3)]):
        with pytest.raises(RequestError, match=r"cannot read a/x: the object ends before the bytes that were asked"):
            root.get_many(beyond)
    ranges.append(("a/absent", 0, 1))
    with pytest.raises(FileNotFoundError, match=r"there is no such object$"):
        root.get_many(ranges)
    absent = [("a/absent", place << 20, 1) for place in range(3)]
    with pytest.raises(FileNotFoundError, match=r"cannot read a/absent: there is no such object$"):
        root.get_many(absent)
    assert root.get_many(ranges[:-1]) == expected, "no failure keeps a place on the way"


def test_a_large_object_arrives_whole_in_parts(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(b"".join(n.to_bytes(4, "little") for n in range(9 << 20)))  # 36 MiB: three parts
    assert lake.put_file("a/large", file) == 36 << 20
    assert lake.root.get("a/large") == file.read_bytes()
    assert lake.root.get_range("a/large", 4 * 7_000_000, 4) == (7_000_000).to_bytes(4, "little")


def test_a_listing_of_more_than_a_thousand_objects_is_whole_and_sorted(lake: Lake) -> None:
    paths = [keys.data_path(RAW_NUMERICS, Key(patient)) for patient in range(1, 1_206)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda path: lake.root.put(path, b"x"), paths))
    assert [info.path for info in lake.root.list("raw_numerics")] == sorted(paths)
    assert lake.keys(RAW_NUMERICS) == [Key(patient) for patient in range(1, 1_206)]


def test_concurrent_writers_of_one_key_leave_one_whole_object(lake: Lake) -> None:
    def write(letter: bytes) -> None:
        for _ in range(5):
            lake.root.put("a/x", letter * (1 << 20))

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(write, (b"a", b"b", b"c", b"d")))
    data = lake.root.get("a/x")
    assert data == data[:1] * (1 << 20)


def test_one_subject_of_a_bucket_is_read_without_the_rest(lake: Lake) -> None:
    frame = pl.concat([frame_of(CLINICAL_EXTRACT, 200_000, 11), frame_of(CLINICAL_EXTRACT, 3, 27)])
    lake.write(CLINICAL_EXTRACT, Key(3), Judged(frame, judged_of(CLINICAL_EXTRACT, 0).rejected), "f")
    found = lake.read(CLINICAL_EXTRACT, Key(3), subject_id=27)
    assert_frame_equal(found, frame.tail(3))


def test_a_lake_travels_to_another_process_and_its_text_holds_no_secret(lake: Lake) -> None:
    lake.write(RAW_NUMERICS, Key(1), judged_of(RAW_NUMERICS), "f")
    again = pickle.loads(pickle.dumps(lake))
    assert again.fingerprint(RAW_NUMERICS, Key(1)) == "f"
    for shown in (repr(lake), str(lake.root), lake.scan(RAW_NUMERICS).explain(), repr(lake.scan(RAW_NUMERICS))):
        assert SECRET_ACCESS_KEY not in shown


def _changed(server: S3Server, **changes: object) -> S3Settings:
    return server.settings.model_copy(update=changes)


@pytest.mark.parametrize(
    ("changes", "bucket", "said"),
    [
        ({"secret_access_key": SecretStr("not-the-secret")}, None, "the credentials were refused"),
        ({"access_key_id": SecretStr("nobody")}, None, "the credentials were refused"),
        ({"endpoint": "http://127.0.0.1:1"}, None, "the endpoint did not answer"),
        ({}, "no-such-bucket", "there is no such bucket"),
    ],
    ids=["secret", "user", "endpoint", "bucket"],
)
def test_a_wrong_setting_is_one_clear_error(
    s3_server: S3Server, changes: dict[str, object], bucket: str | None, said: str
) -> None:
    settings, bucket = _changed(s3_server, **changes), bucket or s3_server.bucket
    started = time.monotonic()
    with pytest.raises(RequestError) as refused:
        open_root(f"s3://{bucket}/lake", settings)
    assert time.monotonic() - started < 60
    message = str(refused.value)
    assert said in message
    assert bucket in message
    assert str(settings.endpoint) in message
    assert "Check" in message
    assert "\n" not in message
    assert len(message) < 400
    assert refused.value.__suppress_context__
    assert refused.value.__cause__ is None
    assert not any(secret in message for secret in ("not-the-secret", SECRET_ACCESS_KEY))


def test_rights_lost_after_opening_are_the_same_error(s3_server: S3Server, s3_lake_uri: str) -> None:
    lake = Lake.open(s3_lake_uri, s3_server.settings)
    lake.write(RAW_NUMERICS, Key(1), judged_of(RAW_NUMERICS), "f")
    stranger = Lake(type(lake.root)(s3_lake_uri, _changed(s3_server, secret_access_key=SecretStr("rotated-away"))))
    for work in (
        lambda: stranger.read(RAW_NUMERICS, Key(1)),
        lambda: stranger.stored(RAW_NUMERICS, Key(1)),
        lambda: stranger.keys(RAW_NUMERICS),
        lambda: stranger.write(RAW_NUMERICS, Key(1), judged_of(RAW_NUMERICS), "g"),
        lambda: stranger.remove(RAW_NUMERICS, Key(1)),
        lambda: query(stranger, "SELECT * FROM raw_numerics"),
    ):
        with pytest.raises(RequestError, match="the credentials were refused"):
            work()
    assert lake.fingerprint(RAW_NUMERICS, Key(1)) == "f"


def test_an_open_connection_has_to_be_meant(s3_server: S3Server, s3_lake_uri: str) -> None:
    with pytest.raises(RequestError, match="is not encrypted"):
        open_root(s3_lake_uri, _changed(s3_server, allow_http=False))
