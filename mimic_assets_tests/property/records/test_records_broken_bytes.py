"""Whatever byte of a source is damaged: reading returns, its tables keep their promises, the other record flows."""

import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mimic_assets.numerics import clean
from mimic_assets.records import find_patients, read_numerics, read_records
from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import CLEANED_NUMERICS, RAW_NUMERICS, RAW_RECORDS, REJECTED_INPUTS
from mimic_assets.sources.folder import FolderTree
from mimic_assets_tests.broken_copies import RECORD, SUBJECT, publish, write_record

OTHER = RECORD + 1


@pytest.fixture(scope="module")
def sound() -> Iterator[Path]:
    """A source of one patient with two records."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "sound"
        write_record(root)
        write_record(root, record_id=OTHER)
        publish(root)
        yield root


def _damaged(content: bytes, kind: str, draws: random.Random) -> bytes:
    if not content:
        return b"\xff"
    place = draws.randrange(len(content))
    if kind == "cut":
        return content[:place]
    if kind == "flip":
        return content[:place] + bytes([content[place] ^ (1 << draws.randrange(8))]) + content[place + 1 :]
    if kind == "digit":
        digits = [i for i, byte in enumerate(content) if chr(byte).isdigit()]
        place = draws.choice(digits) if digits else place
        return content[:place] + draws.choice([b"", b"9", b"99999999999999999999", b"-1"]) + content[place + 1 :]
    return content[:place] + content[place:][::-1]


def _assert_promises(frame: pl.DataFrame, table: Table) -> None:
    assert frame.schema == table.schema
    assert frame.equals(frame.sort(table.order))
    assert not frame.select(table.key).is_duplicated().any()
    for column in table.columns:
        if column.name not in table.optional:
            assert frame[column.name].null_count() == 0, column.name
        if column.minimum is not None and frame.height:
            assert (frame[column.name].drop_nulls() >= column.minimum).all(), column.name
        if column.maximum is not None and frame.height:
            assert (frame[column.name].drop_nulls() <= column.maximum).all(), column.name
    for invariant in table.invariants:
        assert frame.select(invariant.holds.fill_null(True).all()).item(), invariant.name


@settings(max_examples=120, deadline=None)
@given(seed=st.integers(0, 10**9), kind=st.sampled_from(["cut", "flip", "digit", "digit", "reverse"]))
def test_one_damaged_file_stops_nothing(sound: Path, seed: int, kind: str) -> None:
    draws = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "copy"
        shutil.copytree(sound, root)
        path = draws.choice(sorted(path for path in root.rglob("*") if path.is_file()))
        path.write_bytes(_damaged(path.read_bytes(), kind, draws))
        tree = FolderTree(root)
        _, missing = find_patients(tree)
        records, numerics = read_records(tree, SUBJECT), read_numerics(tree, SUBJECT).whole()
    _assert_promises(missing, REJECTED_INPUTS)
    _assert_promises(records.frame, RAW_RECORDS)
    _assert_promises(numerics.frame, RAW_NUMERICS)
    cleaned = clean(numerics.frame, records.frame).whole()
    _assert_promises(cleaned.frame, CLEANED_NUMERICS)
    assert cleaned.frame.height == numerics.frame.height
    for judged in (records, numerics, cleaned):
        _assert_promises(judged.rejected, REJECTED_INPUTS)
    if f"/{OTHER}/" not in path.as_posix() and path.name not in ("RECORDS", "SHA256SUMS.txt"):
        assert records.frame.filter(record_id=OTHER).height == 5
        assert numerics.frame.filter(record_id=OTHER).height == 8
