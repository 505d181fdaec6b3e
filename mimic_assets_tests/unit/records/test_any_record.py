"""`open_record` on small records: layouts, defaults of header(5), times, and errors that name file, line and field."""

import subprocess
import sys
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from mimic_assets import open_record
from mimic_assets.errors import DataError, RequestError
from mimic_assets.records.header import Dialect, parse_header
from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets_tests.broken_copies import write_record, write_segments

SAMPLES = np.arange(-20, 20, dtype="<i2")


def _write(folder: Path, header: str, samples: np.ndarray = SAMPLES) -> Path:
    (folder / "r.hea").write_text(header)
    (folder / "r.dat").write_bytes(samples.tobytes())
    return folder / "r"


def test_fields_that_are_missing_have_the_defaults_of_the_specification() -> None:
    header, defects = parse_header("r 1\nr.dat 16\n", Dialect.WFDB)
    assert defects == []
    assert header is not None
    assert (header.frame_frequency_hz, header.frame_count, header.start_time) == ("250", 0, None)
    (line,) = header.signals
    assert (line.gain, line.unit, line.adc_resolution_bits, line.adc_zero, line.baseline) == (0.0, "mV", 12, 0, 0)
    assert (line.initial_value, line.checksum, line.block_size, line.name) == (0, None, 0, "")
    assert (line.samples_per_frame, line.skew, line.byte_offset) == (1, 0, 0)


def test_skew_and_offset_are_read_and_refused_where_the_published_dialect_has_none() -> None:
    text = "r 1 100 10\nr.dat 16x2:3+44 -1 12 0 0 0 0 II\n"
    _, defects = parse_header(text, Dialect.WFDB)
    assert [(d.line, d.field) for d in defects] == [(2, "gain")]
    header, _ = parse_header(text.replace("-1", "1"), Dialect.WFDB)
    assert header is not None
    assert (header.signals[0].skew, header.signals[0].byte_offset) == (3, 44)
    _, defects = parse_header(text.replace("-1", "1"))
    assert [(d.line, d.field) for d in defects] == [(2, "format")]


def test_a_record_whose_header_says_almost_nothing_is_read(tmp_path: Path) -> None:
    with open_record(_write(tmp_path, "r 1\nr.dat 16\n")) as record:
        assert record.names == ("record r, signal 0",)
        assert (record.clock, record.duration, record.ticks_per_second) == (None, timedelta(seconds=0.16), 4000)
        assert record.problems == (
            "r.hea, line 2: found no gain of record r, signal 0, expected steps per unit; 200 per unit were taken",
        )
        (array,) = record.signals().values()
    np.testing.assert_array_equal(array.values, (SAMPLES / 200).astype(np.float32))


def test_names_that_repeat_are_told_apart(tmp_path: Path) -> None:
    header = "r 2 100 20\nr.dat 16 1/mV 12 0 0 0 0 ECG\nr.dat 16 1/mV 12 0 0 0 0 ECG\n"
    found = open_record(_write(tmp_path, header)).signals(dtype=np.int16)
    assert (found["ECG"].values == SAMPLES[0::2]).all()
    assert (found["ECG #2"].values == SAMPLES[1::2]).all()


def test_rates_that_do_not_divide_sixteen_get_finer_ticks(tmp_path: Path) -> None:
    header = "r 2 100 10 8:00:00 1/2/2150\nr.dat 16x3 1/mV 12 0 0 0 0 a\nr.dat 16 1/mV 12 0 0 0 0 b\n"
    record = open_record(_write(tmp_path, header))
    assert (record.ticks_per_frame, record.last_tick, record.ticks_per_second) == (48, 479, Fraction(4800))
    assert record.clock is not None
    assert record.clock.time_at(4800) == datetime(2150, 2, 1, 8, 0, 1)
    part = record.signals(["a"], 47, 111, np.int32)["a"]
    assert (part.first_tick, part.ticks_per_sample, part.sampling_rate_hz) == (48, 16, 300.0)
    assert part.values.tolist() == [-16, -15, -14, -12]


def test_a_plain_file_that_ends_early_keeps_its_whole_frames(tmp_path: Path) -> None:
    header = "r 2 100 20\nr.dat 16x3 1/mV 12 0 0 0 0 a\nr.dat 16 1/mV 12 0 0 0 0 b\n"
    found = open_record(_write(tmp_path, header, SAMPLES[:-2])).signals(dtype="int16")
    assert (found["a"].missing.sum(), found["b"].missing.sum()) == (60 - 27, 20 - 9)
    assert set(found["a"].reasons[27:]) == {SignalReason.UNREADABLE.code}
    assert set(found["a"].values[27:]) == {-32768}


def test_a_skewed_signal_ends_early(tmp_path: Path) -> None:
    header = "r 2 100 20\nr.dat 16:2 1/mV 12 0 0 0 0 a\nr.dat 16 1/mV 12 0 0 0 0 b\n"
    found = open_record(_write(tmp_path, header)).signals(dtype="int16")
    assert (found["a"].values[:18] == SAMPLES[4::2]).all()
    assert (found["b"].values == SAMPLES[1::2]).all()
    assert found["a"].reasons[18:].tolist() == [SignalReason.OUTSIDE_RECORD.code] * 2


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("r x\n", r"r\.hea, line 1, number of signals: found 'x', expected a whole number, not negative"),
        ("r 2 100 20\nr.dat 16 1/mV\n", r"line 1, number of signals: found 1 signal lines"),
        ("r 1 0 20\nr.dat 16 1/mV\n", r"line 1, frequency: found 0 frames per second"),
        ("r 1 100 20\nr.dat what 1/mV\n", r"line 2, format: found 'what'"),
        ("r 1 100 20\n../r.dat 16 1/mV\n", r"line 2, file name"),
        ("r 1 100 20\nr.dat 16 1e-40/mV\n", r"line 2, gain: found '1e-40'"),
        ("r 1 100 20 25:00:00\nr.dat 16 1/mV\n", r"line 1, time: found a text of the right form"),
        ("q 1 100 20\nr.dat 16 1/mV\n", r"line 1, name: found 'q', expected 'r', as the file is named"),
        ("r 2 100 20\nr.dat 16 1/mV\nr.dat 212 1/mV\n", r"found several formats for r\.dat"),
        ("r 2 100 20\nr.dat 16+4 1/mV\nr.dat 16+8 1/mV\n", r"found several offsets for r\.dat"),
        ("r 2 100 20\nr.dat 516x2 1/mV\nr.dat 516 1/mV\n", r"found several rates in r\.dat"),
        ("r 1 0.000001 99999999\nr.dat 16 1/mV\n", r"expected a record of less than a century"),
    ],
)
def test_a_header_that_is_wrong_is_refused_by_file_line_and_field(tmp_path: Path, header: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        open_record(_write(tmp_path, header))


@pytest.mark.parametrize(
    ("ending", "old", "new", "message"),
    [
        (".hea", "_0001 640", "_0001 600", "found segments of 1240 frames in all, expected 1280"),
        ("_0002.hea", " 320", " 319", r"_0002\.hea, line 1, number of frames: found 319, expected 320"),
        ("_0002.hea", " 62.4725/", " 62.5/", r"line 1, frequency: found 62\.5, expected 62\.4725"),
        ("_0002.hea", "80000001_0002 1", "80000001_0002/1 1", "line 2"),
    ],
)
def test_a_segment_that_contradicts_its_master_is_refused(
    tmp_path: Path, ending: str, old: str, new: str, message: str
) -> None:
    record = write_record(tmp_path)
    record.edit(ending, old, new)
    with pytest.raises(DataError, match=message):
        open_record(record.folder / str(record.record_id))


def test_what_is_missing_or_unknown_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    record = write_record(tmp_path)
    record.file("_0001e.dat").unlink()
    record.edit("_0001.hea", "_0001r.dat 516", "_0001r.dat 777")
    with open_record(record.folder / str(record.record_id)) as opened:
        assert [problem.split(":")[0] for problem in opened.problems] == [
            "80000001_0001e.dat", "80000001_0001.hea, line 5"
        ]  # fmt: skip
        found = opened.signals()
    assert set(found["II"].reasons[:2560]) == set(found["Resp"].reasons[:640]) == {SignalReason.UNREADABLE.code}
    assert not found["Pleth"].reasons[:1280].any()


def test_damage_is_an_error_at_reading_or_missing_after_verification(tmp_path: Path) -> None:
    record = write_segments(tmp_path, [("er", 20_000)])
    stored = record.samples("_0001e.dat")
    content = bytearray(record.file("_0001e.dat").read_bytes())
    content[len(content) // 2] ^= 1
    record.file("_0001e.dat").write_bytes(content)
    place = record.folder / str(record.record_id)
    with open_record(place) as opened:
        assert not opened.signals(["Resp"])["Resp"].missing.any()
        with pytest.raises(DataError, match=r"_0001e\.dat: samples .* cannot be decoded; .*verify=True"):
            opened.signals()
    with open_record(place, verify=True) as opened:
        assert "_0001e.dat: damaged after frame" in opened.problems[0]
        found = opened.signals(dtype="int16")
    observed = int((~found["V"].missing).sum())
    assert 0 < observed < 80_000
    assert (found["V"].values[:observed] == stored[:observed, 1]).all()


def test_a_sum_that_is_not_the_headers_is_missing_after_verification(tmp_path: Path) -> None:
    header = "r 2 100 20\nr.dat 16 1/mV 12 0 0 7 0 a\nr.dat 16 1/mV 12 0 0 -10 0 b\n"
    place = _write(tmp_path, header)
    assert SAMPLES[0::2].sum() == -20
    assert SAMPLES[1::2].sum() == 0
    opened = open_record(place, verify=True)
    assert [problem.split(":")[0] for problem in opened.problems] == ["r.dat, a", "r.dat, b"]
    (tmp_path / "r.hea").write_text(header.replace(" 7 0 a", " -20 0 a").replace("-10 0 b", "0 0 b"))
    assert open_record(place, verify=True).problems == ()


def test_blocks_joined_are_the_whole(tmp_path: Path) -> None:
    record = write_record(tmp_path)
    with open_record(record.folder / str(record.record_id)) as opened:
        whole = opened.signals(start_tick=77, end_tick=opened.last_tick + 100)
        parts = list(opened.blocks(None, 77, opened.last_tick + 100, block_s=1.7))
        assert len(parts) == 13
        for name, array in whole.items():
            np.testing.assert_array_equal(np.concatenate([part[name].values for part in parts]), array.values)
            assert (np.concatenate([part[name].reasons for part in parts]) == array.reasons).all()
        assert list(opened.blocks(end_tick=-1)) == []


def test_a_request_that_cannot_be_met_says_what_can(tmp_path: Path) -> None:
    record = open_record(_write(tmp_path, "r 1 100 40\nr.dat 16 1/mV 12 0 0 0 0 II\n"))
    with pytest.raises(RequestError, match="signal 'V' found, one of II expected"):
        record.signals(["V"])
    with pytest.raises(RequestError, match="dtype float16 found, one of int16"):
        record.signals(dtype="float16")
    with pytest.raises(RequestError, match=r"no q\.hea found in .*, a record's header expected"):
        open_record(tmp_path / "q")
    with pytest.raises(RequestError, match="a record expected"):
        open_record(f"{tmp_path}/")
    _write(tmp_path, "r 1 100 99999999999\nr.dat 16 1/mV 12 0 0 0 0 II\n")
    with pytest.raises(RequestError, match="GiB expected; ask for fewer signals or a shorter interval"):
        open_record(tmp_path / "r").signals()


def test_importing_the_package_loads_no_library() -> None:
    code = "import mimic_assets, sys; print(sorted({'numpy', 'polars', 'soundfile', 'obstore'} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_segments_that_share_a_file_have_to_agree_on_it(tmp_path: Path) -> None:
    np.arange(40, dtype="<i2").tofile(tmp_path / "one.dat")
    (tmp_path / "m.hea").write_text("m/2 1 100 20\na 10\nb 10\n")
    (tmp_path / "a.hea").write_text("a 1 100 10\none.dat 16 200/mV 16 0 0 0 0 II\n")
    (tmp_path / "b.hea").write_text("b 1 100 10\none.dat 16+20 200/mV 16 0 0 0 0 II\n")
    with pytest.raises(DataError, match=r"one\.dat laid out otherwise than in an earlier segment"):
        open_record(tmp_path / "m")


def test_names_that_repeat_a_thousand_times_are_told_apart(tmp_path: Path) -> None:
    lines = "none.dat 16 200/mV 16 0 0 0 0 II\n" * 3000
    (tmp_path / "r.hea").write_text(f"r 3000 100 10\n{lines}")
    names = open_record(tmp_path / "r").names
    assert (len(names), names[0], names[-1]) == (3000, "II", "II #3000")
