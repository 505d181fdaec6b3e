"""Headers: each field, each contradiction, and wfdb-python as the oracle on real files."""

from datetime import date, time
from pathlib import Path

import pytest
import wfdb

from mimic_assets.records.header import parse_header

MASTER = (
    "#wfdb 10.7\r\n"
    "85594648/3 6 62.4725/999.56 960 15:52:43.892 29/9/2115\r\n"
    "85594648_0000 0\r\n"
    "85594648_0001 640\r\n"
    "~ 320\r\n"
    "# subject_id 10079700\r\n"
    "# hadm_id 24239751\r\n"
)
SEGMENT = (
    "r_0002 2 62.4725/999.56(15933440) 320\r\n"
    "r_0002e.dat 516x4 200/mV 14 8192 0 54674 0 III\r\n"
    "r_0002p.dat 516x2 16(800)/mmHg 12 2048 0 -1 0 ABP\r\n"
)


def test_a_master_header_gives_clock_segments_and_comments() -> None:
    header, defects = parse_header(MASTER)
    assert defects == []
    assert header is not None
    assert (header.name, header.segment_count, header.signal_count, header.frame_count) == ("85594648", 3, 6, 960)
    assert (header.frame_frequency_hz, header.counter_frequency_hz) == ("62.4725", "999.56")
    assert (header.start_time, header.start_date) == (time(15, 52, 43, 892000), date(2115, 9, 29))
    assert [(s.name, s.frame_count) for s in header.segments] == [
        ("85594648_0000", 0),
        ("85594648_0001", 640),
        ("~", 320),
    ]
    assert header.comments == {"subject_id": "10079700", "hadm_id": "24239751"}


def test_a_signal_without_baseline_has_the_adc_zero_and_a_signed_checksum_becomes_unsigned() -> None:
    header, defects = parse_header(SEGMENT)
    assert defects == []
    assert header is not None
    assert header.base_counter == 15933440
    ecg, abp = header.signals
    assert (ecg.samples_per_frame, ecg.gain, ecg.baseline, ecg.unit, ecg.name) == (4, 200.0, 8192, "mV", "III")
    assert (abp.baseline, abp.adc_zero, abp.checksum) == (800, 2048, 65535)


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        (" 960 ", " many ", 2, "number of frames"),
        ("/3 6", "/0 6", 2, "name"),
        ("62.4725/999.56", "62,4725/999.56", 2, "frequency"),
        ("15:52:43.892", "15:72:43.892", 2, "time"),
        ("29/9/2115", "31/9/2115", 2, "date"),
        ("~ 320", "~ 320 7", 5, "segment line"),
        ("_0001 640", "_0001 -640", 4, "segment frames"),
        ("~ 320\r\n", "", 2, "number of segments"),
    ],
)
def test_a_broken_master_names_line_and_field(old: str, new: str, line: int, field: str) -> None:
    assert MASTER.count(old) == 1
    header, defects = parse_header(MASTER.replace(old, new))
    assert header is None
    assert [(d.line, d.field) for d in defects] == [(line, field)]
    assert "15:72" not in defects[0].found
    assert "31/9" not in defects[0].found


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("r_0002 2", "r_0002 3", 1, "number of signals"),
        ("516x4", "516x4:2", 2, "format"),
        ("16(800)/mmHg", "16(800/mmHg", 3, "gain"),
        (" 12 2048", " 120 2048", 3, "resolution"),
        ("54674", "99999", 2, "checksum"),
        ("r_0002e.dat", "../r_0002e.dat", 2, "file name"),
        (" 0 III", "", 2, "signal line"),
    ],
)
def test_a_broken_segment_names_line_and_field(old: str, new: str, line: int, field: str) -> None:
    assert SEGMENT.count(old) == 1
    header, defects = parse_header(SEGMENT.replace(old, new))
    assert header is None
    assert [(d.line, d.field) for d in defects] == [(line, field)]


def test_every_defect_of_a_file_is_told_at_once() -> None:
    _, defects = parse_header(SEGMENT.replace("200/mV", "x").replace("-1 0 ABP", "y 0 ABP"))
    assert [(d.line, d.field) for d in defects] == [(2, "gain"), (3, "checksum")]


@pytest.mark.parametrize("text", ["", "\r\n\r\n", "# only a comment\n", "\x00\x01", "a b c"])
def test_a_text_that_is_no_header_is_refused(text: str) -> None:
    header, defects = parse_header(text)
    assert header is None
    assert defects


def _in_dialect(text: str) -> bool:
    """Whether a sample of another source has every field that our dialect asks for."""
    lines = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    is_master = "/" in lines[0][0]
    return len(lines[0]) >= 4 and all(len(words) >= (2 if is_master else 9) for words in lines[1:])


@pytest.mark.real_data
def test_wfdb_reads_the_same_from_every_real_header(real_data: Path) -> None:
    compared = 0
    for path in sorted(real_data.glob("*/**/*.hea")):
        text = path.read_bytes().decode()
        ours, defects = parse_header(text)
        if ours is None:
            assert not _in_dialect(text), (path, defects)
            continue
        theirs = wfdb.rdheader(str(path.with_suffix("")))
        compared += 1
        assert (ours.name, ours.signal_count, ours.frame_count) == (theirs.record_name, theirs.n_sig, theirs.sig_len)
        assert float(ours.frame_frequency_hz) == theirs.fs
        if ours.counter_frequency_hz is not None:
            assert float(ours.counter_frequency_hz) == theirs.counter_freq
        assert (ours.base_counter or None) == (theirs.base_counter or None)
        assert (ours.start_time, ours.start_date) == (theirs.base_time, theirs.base_date)
        if ours.segment_count is not None:
            assert [s.name for s in ours.segments] == theirs.seg_name
            assert [s.frame_count for s in ours.segments] == [int(n) for n in theirs.seg_len]
            continue
        for index, signal in enumerate(ours.signals):
            assert (signal.file, str(signal.storage_format)) == (theirs.file_name[index], theirs.fmt[index])
            assert (signal.samples_per_frame, signal.gain) == (theirs.samps_per_frame[index], theirs.adc_gain[index])
            assert (signal.baseline, signal.unit) == (theirs.baseline[index], theirs.units[index])
            assert (signal.adc_resolution_bits, signal.adc_zero) == (theirs.adc_res[index], theirs.adc_zero[index])
            assert (signal.initial_value, signal.block_size) == (theirs.init_value[index], theirs.block_size[index])
            assert signal.checksum == theirs.checksum[index] % 65536
            assert signal.name == theirs.sig_name[index].strip()
    assert compared >= 50
