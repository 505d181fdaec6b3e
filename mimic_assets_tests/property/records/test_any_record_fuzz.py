"""Whatever the bytes of headers and signal files: an error with a name or the right values, never anything else."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import wfdb
from hypothesis import event, given, settings
from hypothesis import strategies as st

from mimic_assets import open_record
from mimic_assets.errors import DataError, MimicAssetsError
from mimic_assets.records.header import Dialect, parse_header
from mimic_assets.records.samples.formats import FORMATS
from mimic_assets_tests.broken_copies import write_segments

PLAIN = [number for number, form in FORMATS.items() if not form.is_flac]
SEEDS = (
    "r 2 125/2000(16) 40 8:26:04 26/10/1994\n"
    "r.dat 16x2:1+3 200.5(-7)/mV 12 3 4 -20 0 II\nr.dat 16 20/mmHg 12 0 0 1 0 ABP\n",
    "r 1\nr.dat 212\n",
    "r/3 1 125 40\ns 0\n~ 20\nt 20\n# a comment\n",
)  # fmt: skip


@contextmanager
def _files(contents: dict[str, bytes]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in contents.items():
            (Path(folder) / name).write_bytes(content)
        yield Path(folder)


EDITS = st.lists(
    st.tuples(
        st.integers(0, 10**6), st.sampled_from(["flip", "cut", "insert", "digit"]), st.binary(min_size=1, max_size=6)
    ),
    min_size=1,
    max_size=4,
)
DIGITS = (b"0", b"9", b"99999999999", b"-", b".", b"/", b"x", b" ")


def _edited(text: bytes, edits: list[tuple[int, str, bytes]]) -> bytes:
    content = bytearray(text)
    for anywhere, kind, new in edits:
        place = anywhere % max(len(content), 1)
        if kind == "cut":
            del content[place : place + 1 + new[0] % 9]
        elif kind == "insert":
            content[place:place] = new
        elif kind == "digit":
            content[place : place + 1] = DIGITS[new[0] % len(DIGITS)]
        elif content:
            content[place] ^= 1 << new[0] % 8
    return bytes(content)


@settings(max_examples=300)
@given(seed=st.sampled_from(SEEDS), edits=EDITS, verify=st.booleans())
def test_a_header_of_any_bytes_is_a_header_or_an_error_with_a_name(
    seed: str, edits: list[tuple[int, str, bytes]], verify: bool
) -> None:
    content = _edited(seed.encode(), edits)
    below = b"t 1 125 20\nr.dat 80x2 100/NU 8 0 0 0 0 PLETH\n"
    for dialect in Dialect:
        header, defects = parse_header(content.decode("utf-8", "replace"), dialect)
        assert (header is None) == bool(defects)
    with _files({"r.hea": content, "t.hea": below, "r.dat": bytes(range(256)) * 2}) as folder:
        try:
            with open_record(folder / "r", verify=verify) as record:
                end = min(record.last_tick, 1000 * record.ticks_per_frame)
                for array in record.signals(end_tick=end).values():
                    assert np.isfinite(array.values[~array.missing]).all()
                    assert np.isnan(array.values[array.missing]).all()
                assert record.duration >= timedelta(0)
        except MimicAssetsError:
            event("refused")


@settings(max_examples=200)
@given(data=st.data())
def test_plain_formats_of_any_bytes_and_layout_are_read_as_wfdb_reads_them(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from([number for number in PLAIN if number != 8]))
    rates = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    frames = data.draw(st.integers(1, 60))
    offset = data.draw(st.integers(0, 5)) * (4 if form == 32 else 2)
    skews = [0] * len(rates)
    if rates == [1]:  # wfdb-python shifts signals of unlike skews wrongly, and by frames where it means samples
        skews = [data.draw(st.integers(0, min(2, frames - 1)))]
    group = FORMATS[form]
    groups = -(-frames * sum(rates) // group.samples)
    content = bytearray(data.draw(st.binary(min_size=groups * group.group_bytes, max_size=groups * group.group_bytes)))
    if form == 311:  # 30 bits of 32: wfdb-python takes one of the two that are left over for a part of the sample
        for place in range(3, len(content), 4):
            content[place] &= 0x3F
    lines = [
        f"r.dat {form}x{rate}:{skew}+{offset} 200(5)/mV 12 0 0 0 0 s{place}"
        for place, (rate, skew) in enumerate(zip(rates, skews, strict=True))
    ]
    header = "\n".join([f"r {len(rates)} 100 {frames}", *lines, ""])
    cuts = sorted({-1, *(data.draw(st.integers(-1, frames)) for _ in range(3)), frames - 1})
    with _files({"r.hea": header.encode(), "r.dat": bytes(offset) + bytes(content)}) as folder:
        theirs = wfdb.rdrecord(str(folder / "r"), smooth_frames=False, return_res=64)
        with open_record(folder / "r") as record:
            whole = record.signals(dtype="float64")
            ticks = record.ticks_per_frame
            parts = [
                record.signals(start_tick=(a + 1) * ticks - 1, end_tick=(b + 1) * ticks - 1, dtype="float64")
                for a, b in pairwise(cuts)
            ]
    for index, (name, array) in enumerate(whole.items()):
        expected = theirs.e_p_signal[index]
        np.testing.assert_array_equal(array.values, expected)
        joined = np.concatenate([part[name].values for part in parts])
        np.testing.assert_array_equal(joined[: len(expected)], expected)


@given(
    steps=st.lists(st.integers(-128, 127), min_size=6, max_size=120),
    initial=st.integers(-1000, 1000),
    start=st.integers(0, 19),
    again=st.integers(0, 19),
)
def test_differences_are_summed_from_the_start_wherever_a_read_begins(
    steps: list[int], initial: int, start: int, again: int
) -> None:
    frames = len(steps) // 3
    content = np.array(steps[: frames * 3], np.int8)
    header = f"r 2 100 {frames}\nr.dat 8x2 1/mV 8 0 {initial} 0 0 a\nr.dat 8 1/mV 8 0 7 0 0 b\n"
    table = content.reshape(-1, 3)
    expected = initial + np.cumsum(table[:, :2].reshape(-1).astype(np.int64))
    with _files({"r.hea": header.encode(), "r.dat": content.tobytes()}) as folder, open_record(folder / "r") as record:
        for place in (start, again, 0):
            first = min(place, frames - 1)
            found = record.signals(["b", "a"], 16 * first - 1, dtype="int32")
            assert (found["a"].values == expected[2 * first :]).all()
            assert (found["b"].values == 7 + np.cumsum(table[:, 2].astype(np.int64))[first:]).all()


@pytest.fixture(scope="module")
def flac(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], np.ndarray]:
    """Files of a record of one segment of several FLAC blocks, and its samples."""
    record = write_segments(tmp_path_factory.mktemp("flac"), [("e", 6000)])
    return {path.name: path.read_bytes() for path in record.folder.iterdir()}, record.samples("_0001e.dat")


@settings(max_examples=150)
@given(edits=EDITS, start=st.integers(0, 23_999))
def test_a_flac_file_of_any_bytes_gives_stored_values_or_an_error(
    flac: tuple[dict[str, bytes], np.ndarray], edits: list[tuple[int, str, bytes]], start: int
) -> None:
    contents, samples = flac
    name = next(name for name in contents if name.endswith("e.dat"))
    broken = _edited(contents[name], edits)
    with _files(contents | {name: broken}) as folder:
        path = folder / name[:8]
        with open_record(path, verify=True) as record:
            for place in (0, start):
                for channel, array in enumerate(record.signals(["II", "V"], 4 * place - 1, dtype="int16").values()):
                    observed = ~array.missing
                    assert (array.values[observed] == samples[place:, channel][observed]).all()
        with open_record(path) as record:
            try:
                found = record.signals(["II", "V"], 4 * start - 1, dtype="int16")
            except DataError as error:
                told = str(error)
            else:
                told = name
                assert (found["V"].values == samples[start:, 1]).all()
        assert name in told
