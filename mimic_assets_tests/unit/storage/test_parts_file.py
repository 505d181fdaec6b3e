"""A file that grows part by part holds what the same rows stored at once hold, and a torn one never stands."""

from pathlib import Path

import polars as pl
import pytest

from mimic_assets.defs.putting import put
from mimic_assets.errors import DamagedObjectError, DataError
from mimic_assets.schemas.judged import Judged, JudgedParts, rejected_frame
from mimic_assets.schemas.tables import RAW_NUMERICS
from mimic_assets.storage import Key, Lake
from mimic_assets.storage.parquet import ROW_GROUP_ROWS
from mimic_assets_tests.storage_frames import rejections_of

NOTHING = rejected_frame([])


def numerics(rows: int, first_row: int = 1) -> pl.DataFrame:
    values = [float(row) for row in range(rows)]
    return pl.DataFrame(
        {"subject_id": [10005817] * rows, "record_id": [90000001] * rows,
         "source_row": list(range(first_row, first_row + rows)), "source_column": ["HR [bpm]"] * rows,
         "tick": [None] * rows,
         "time": [None] * rows, "parameter": ["HR"] * rows, "unit": ["bpm"] * rows, "value": values,
         "value_text": [None] * rows},
        schema=RAW_NUMERICS.schema,
    )  # fmt: skip


def store(lake: Lake, home: Path, *parts: pl.DataFrame) -> None:
    judged = JudgedParts(RAW_NUMERICS, iter(parts), rejections_of(RAW_NUMERICS, 2))
    put(lake, home, RAW_NUMERICS, Key(10005817), judged, "print", {"more": "said"})


def test_parts_make_the_same_rows_footer_and_rejections(tmp_path: Path) -> None:
    whole, parted = Lake.open(str(tmp_path / "a")), Lake.open(str(tmp_path / "b"))
    frame = numerics(10)
    put(whole, tmp_path, RAW_NUMERICS, Key(10005817), Judged(frame, rejections_of(RAW_NUMERICS, 2)), "print",
        {"more": "said"})  # fmt: skip
    store(parted, tmp_path, frame.head(4), frame.slice(4, 1), frame.tail(5))
    one, other = (lake.stored(RAW_NUMERICS, Key(10005817)) for lake in (whole, parted))
    assert one is not None
    assert other is not None
    assert (one.row_count, one.fingerprint, one.rejected_count, one.extra) == (
        other.row_count, other.fingerprint, other.rejected_count, other.extra)  # fmt: skip
    assert parted.read(RAW_NUMERICS, Key(10005817)).equals(frame)
    assert not list((tmp_path / "spool").iterdir())


def test_the_same_parts_give_the_same_bytes(tmp_path: Path) -> None:
    stored = []
    for name in "ab":
        lake = Lake.open(str(tmp_path / name))
        store(lake, tmp_path, numerics(4), numerics(3, 5))
        stored.append(lake.root.get(lake.stored(RAW_NUMERICS, Key(10005817)).path))
    assert stored[0] == stored[1]


def test_no_part_at_all_is_an_empty_object(tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path / "a"))
    store(lake, tmp_path)
    assert lake.read(RAW_NUMERICS, Key(10005817)).is_empty()


@pytest.mark.parametrize(
    ("parts", "rule"),
    [
        ([numerics(3, 5), numerics(3, 1)], "sorted"),
        ([numerics(3), numerics(3, 3)], "unique_key"),
        ([numerics(3), numerics(2, 4).with_columns(value=pl.lit(None, pl.Float64))], "value_or_text"),
    ],
)
def test_promises_hold_over_all_parts(tmp_path: Path, parts: list[pl.DataFrame], rule: str) -> None:
    lake = Lake.open(str(tmp_path / "a"))
    with pytest.raises(DataError, match=rule):
        store(lake, tmp_path, *parts)
    assert lake.stored(RAW_NUMERICS, Key(10005817)) is None
    assert not list((tmp_path / "spool").iterdir())


def test_a_source_that_fails_in_the_middle_leaves_what_stood(tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path / "a"))
    store(lake, tmp_path, numerics(2))

    def broken():
        yield numerics(3)
        raise OSError("the disk is gone")

    judged = JudgedParts(RAW_NUMERICS, broken(), NOTHING)
    with pytest.raises(OSError, match="gone"):
        put(lake, tmp_path, RAW_NUMERICS, Key(10005817), judged, "other", {})
    assert lake.read(RAW_NUMERICS, Key(10005817)).height == 2


def test_parts_are_read_as_they_were_stored(tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path / "a"))
    frame = numerics(ROW_GROUP_ROWS + 5)
    store(lake, tmp_path, frame.head(4), frame.slice(4, ROW_GROUP_ROWS - 4), frame.tail(5))
    parts = list(lake.read_parts(RAW_NUMERICS, Key(10005817), ["source_row", "value"]))
    assert [part.height for part in parts] == [ROW_GROUP_ROWS, 5]
    assert pl.concat(parts).equals(frame.select("source_row", "value"))
    with pytest.raises(KeyError):
        next(lake.read_parts(RAW_NUMERICS, Key(1)))


def test_a_part_that_is_damaged_is_said_to_be(tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path / "a"))
    frame = numerics(80_000)
    store(lake, tmp_path, frame)
    path = Path(lake.root.address(lake.stored(RAW_NUMERICS, Key(10005817)).path))
    data = bytearray(path.read_bytes())
    data[200 : len(data) // 3] = bytes(len(data) // 3 - 200)
    path.write_bytes(data)
    with pytest.raises(DamagedObjectError, match="cannot be read back"):
        list(lake.read_parts(RAW_NUMERICS, Key(10005817)))
