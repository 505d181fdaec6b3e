"""Whatever parts an object comes in, it is stored, judged and counted as if it had come at once."""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mimic_assets.defs.promises import Promises
from mimic_assets.defs.putting import put
from mimic_assets.defs.tallies import Tallies
from mimic_assets.errors import DataError, InternalError
from mimic_assets.schemas.judged import Judged, JudgedParts, rejected_frame
from mimic_assets.schemas.judging import violations
from mimic_assets.schemas.tables import CLINICAL_EVENTS, CLINICAL_LABELS, RAW_NUMERICS, WAVEFORM_BEATS
from mimic_assets.storage import Key, Lake
from mimic_assets.storage.parquet import ROW_GROUP_ROWS
from mimic_assets_tests.storage_frames import rejections_of
from mimic_assets_tests.unit.storage.test_parts_file import numerics

SUBJECT = Key(10005817)
RUNS = ("record_id", "signal")


def beats(*rows: tuple[int, str, int]) -> pl.DataFrame:
    """Return beats at (record, signal, tick)."""
    frame = pl.DataFrame(rows, schema={"record_id": pl.Int64, "signal": pl.String, "tick": pl.Int64}, orient="row")
    frame = frame.with_columns(subject_id=pl.lit(10005817), kind=pl.lit("qrs"), known_tick=pl.col("tick") + 1)
    missing = [pl.lit(None, dtype).alias(n) for n, dtype in WAVEFORM_BEATS.schema.items() if n not in frame.columns]
    return frame.with_columns(*missing).select(pl.col(n).cast(dtype) for n, dtype in WAVEFORM_BEATS.schema.items())


def stored_bytes(lake: Lake, table: object = RAW_NUMERICS) -> bytes:
    stored = lake.stored(table, SUBJECT)
    assert stored is not None
    return lake.root.get(stored.path)


def test_parts_of_any_size_make_the_bytes_of_the_whole(tmp_path: Path) -> None:
    frame = numerics(2 * ROW_GROUP_ROWS + 100)
    cuts = {"one": [], "small": list(range(0, frame.height, 20_000)), "odd": [1, 2, 3, ROW_GROUP_ROWS + 1]}
    whole = Lake.open(str(tmp_path / "whole"))
    put(whole, tmp_path, RAW_NUMERICS, SUBJECT, Judged(frame, rejected_frame([])), "print", {})
    for name, places in cuts.items():
        lake = Lake.open(str(tmp_path / name))
        edges = [0, *[place for place in places if place], frame.height]
        parts = (frame.slice(start, end - start) for start, end in pairwise(edges))
        put(lake, tmp_path, RAW_NUMERICS, SUBJECT, JudgedParts(RAW_NUMERICS, parts, rejected_frame([])), "print", {})
        assert stored_bytes(lake) == stored_bytes(whole)


def test_what_is_refused_is_asked_for_after_the_last_part(tmp_path: Path) -> None:
    walked: list[int] = []

    def parts():
        for start in (1, 4):
            walked.append(start)
            yield numerics(3, start)

    def refused() -> pl.DataFrame:
        assert walked == [1, 4]
        return rejections_of(RAW_NUMERICS, 2)

    lake = Lake.open(str(tmp_path / "lake"))
    put(lake, tmp_path, RAW_NUMERICS, SUBJECT, JudgedParts(RAW_NUMERICS, parts(), refused), "print", {})
    assert lake.rejected(RAW_NUMERICS, SUBJECT).equals(rejections_of(RAW_NUMERICS, 2))
    walked.clear()
    assert JudgedParts(RAW_NUMERICS, parts(), refused).whole().rejected.height == 2


PARTS_IN_TIME = [
    beats((1, "V", 5), (1, "II", 10), (1, "V", 12)),
    beats(),
    beats((1, "II", 30), (1, "V", 31), (2, "II", 2), (2, "ABP", 3)),
    beats((2, "ABP", 7), (2, "V", 8)),
]
IN_TABLE_ORDER = beats(
    (1, "II", 10), (1, "II", 30), (1, "V", 5), (1, "V", 12), (1, "V", 31),
    (2, "ABP", 3), (2, "ABP", 7), (2, "II", 2), (2, "V", 8),
)  # fmt: skip


def test_runs_side_by_side_are_stored_one_after_the_other(tmp_path: Path) -> None:
    lake, whole = Lake.open(str(tmp_path / "lake")), Lake.open(str(tmp_path / "whole"))
    nothing = rejected_frame([])
    put(lake, tmp_path, WAVEFORM_BEATS, SUBJECT,
        JudgedParts(WAVEFORM_BEATS, iter(PARTS_IN_TIME), nothing, RUNS), "print", {})  # fmt: skip
    put(whole, tmp_path, WAVEFORM_BEATS, SUBJECT, Judged(IN_TABLE_ORDER, nothing), "print", {})
    assert lake.read(WAVEFORM_BEATS, SUBJECT).equals(IN_TABLE_ORDER)
    assert stored_bytes(lake, WAVEFORM_BEATS) == stored_bytes(whole, WAVEFORM_BEATS)
    assert JudgedParts(WAVEFORM_BEATS, iter(PARTS_IN_TIME), nothing, RUNS).whole().frame.equals(IN_TABLE_ORDER)
    assert not list((tmp_path / "spool").iterdir())


@pytest.mark.parametrize(
    ("parts", "rule"),
    [
        ([beats((2, "V", 1)), beats((1, "V", 1))], "sorted"),
        ([beats((1, "V", 9)), beats((1, "II", 1), (1, "V", 8))], "sorted"),
        ([beats((1, "V", 9)), beats((1, "II", 1), (1, "V", 9))], "unique_key"),
    ],
)
def test_runs_that_are_not_what_they_say_are_refused(tmp_path: Path, parts: list[pl.DataFrame], rule: str) -> None:
    lake = Lake.open(str(tmp_path / "lake"))
    judged = JudgedParts(WAVEFORM_BEATS, iter(parts), rejected_frame([]), RUNS)
    with pytest.raises(DataError, match=rule):
        put(lake, tmp_path, WAVEFORM_BEATS, SUBJECT, judged, "print", {})
    assert lake.stored(WAVEFORM_BEATS, SUBJECT) is None
    assert not list((tmp_path / "spool").iterdir())


def test_runs_by_other_columns_than_the_orders_first_are_a_mistake_of_ours(tmp_path: Path) -> None:
    judged = JudgedParts(WAVEFORM_BEATS, iter([]), rejected_frame([]), ("signal",))
    with pytest.raises(InternalError, match="its order begins otherwise"):
        put(Lake.open(str(tmp_path / "lake")), tmp_path, WAVEFORM_BEATS, SUBJECT, judged, "print", {})


def test_a_wrong_column_is_named_and_not_cast(tmp_path: Path) -> None:
    wrong = PARTS_IN_TIME[0].with_columns(pl.col("known_tick").cast(pl.Int32))
    for runs in ((), RUNS):
        judged = JudgedParts(WAVEFORM_BEATS, iter([wrong]), rejected_frame([]), runs)
        with pytest.raises(DataError, match=r"wrong_datatype|known_tick"):
            put(Lake.open(str(tmp_path / "lake")), tmp_path, WAVEFORM_BEATS, SUBJECT, judged, "print", {})


_TICKS = st.lists(st.tuples(st.integers(1, 2), st.sampled_from(["II", "V"]), st.integers(0, 3)), max_size=12)


@settings(max_examples=40)
@given(_TICKS, st.lists(st.integers(0, 12), max_size=4), st.booleans())
def test_parts_are_judged_as_the_whole_is(rows: list[tuple[int, str, int]], cuts: list[int], is_sorted: bool) -> None:
    """Same rules and counts; what is out of order is told, and then repeats that do not lie side by side may not be."""
    frame = beats(*(sorted(rows) if is_sorted else rows))
    promises = Promises(WAVEFORM_BEATS)
    edges = [0, *sorted(min(cut, frame.height) for cut in cuts), frame.height]
    for start, end in pairwise(edges):
        promises.judge(frame.slice(start, end - start))
    expected = violations(WAVEFORM_BEATS, frame)
    if not expected:
        promises.refuse_broken()
        return
    with pytest.raises(DataError) as refusal:
        promises.refuse_broken()
    if rows == sorted(rows) or is_sorted:
        assert str(refusal.value) == "; ".join(str(violation) for violation in expected)
    else:
        assert "sorted: 1 row(s)" in str(refusal.value)


def test_keys_that_the_order_does_not_decide_are_remembered() -> None:
    """Samples lie by stay and time, their key is a name: the same name may come from afar."""
    for table, frame, kept in ((CLINICAL_EVENTS, _events(5), 5), (CLINICAL_LABELS, _labels(5), 1)):
        promises = Promises(table)
        for part in frame.iter_slices(2):
            promises.judge(part)
        assert promises._keys is not None
        assert promises._keys.height == kept
    again = Promises(CLINICAL_EVENTS)
    for part in _events(5).with_columns(event_id=pl.Series(["a", "b", "c", "a", "b"])).iter_slices(2):
        again.judge(part)
    with pytest.raises(DataError, match="unique_key: 2 row"):
        again.refuse_broken()


def _events(rows: int) -> pl.DataFrame:
    row = dict.fromkeys(CLINICAL_EVENTS.schema) | {"event": "own", "tier": "C"}
    frame = pl.DataFrame([row | {"event_id": f"e{n}"} for n in range(rows)], schema=CLINICAL_EVENTS.schema)
    start = datetime(2148, 8, 16)
    return frame.with_columns(lower_time=pl.Series([start + timedelta(hours=n) for n in range(rows)]))


def _labels(rows: int) -> pl.DataFrame:
    start = datetime(2148, 8, 16)
    row = dict.fromkeys(CLINICAL_LABELS.schema) | {
        "task": "t", "subject_id": 1, "target_start_time": start + timedelta(days=1),
        "target_end_time": start + timedelta(days=2), "exclusion": "stay_ended", "hours_in_stay": 1.0,
        "care_limitation": "none",
    }  # fmt: skip
    times = [row | {"stay_id": n // 4, "index_time": start + timedelta(hours=n % 4)} for n in range(rows)]
    return pl.DataFrame(times, schema=CLINICAL_LABELS.schema)


def test_counts_of_parts_are_those_of_the_whole() -> None:
    frame = _labels(10)
    whole, parted = Tallies(CLINICAL_LABELS), Tallies(CLINICAL_LABELS)
    whole.add(frame)
    for part in frame.iter_slices(3):
        parted.add(part)
    assert parted.found() == whole.found()
    assert whole.found()["attrition stays"]["every index time"] == 3
