"""The waveform files: published layout to the letter, and wfdb-python as the reader that must agree."""

import hashlib
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
import wfdb

from mimic_assets_tests.unit.sources.demo.demo_files import RecordFiles, records, truth

SIGNAL = re.compile(
    r"(\d{8}_\d{4}[epr])\.dat 516(x[24])? (\d+)(\(-?\d+\))?/(mV|NU|mmHg|Ohm) (\d+) (\d+) 0 (\d+) 0 (\w+)"
)


def listed_sums(root: Path) -> dict[str, str]:
    lines = (root / "waveforms" / "SHA256SUMS.txt").read_text("ascii").splitlines()
    return {line.split(" ")[1]: line.split(" ")[0] for line in lines}


def segment_lines(record: RecordFiles) -> list[tuple[str, int]]:
    return [
        (line.split(" ")[0], int(line.split(" ")[1])) for line in record.master_lines()[2:] if not line.startswith("#")
    ]


def test_checksums_list_every_file_and_only_the_defect_is_missing(cohort_demo: Path) -> None:
    waveforms, sums = cohort_demo / "waveforms", listed_sums(cohort_demo)
    present = {p.relative_to(waveforms).as_posix() for p in waveforms.rglob("*") if p.is_file()} - {"SHA256SUMS.txt"}
    missing = set(sums) - present
    assert present <= set(sums)
    assert len(missing) == 1
    assert next(iter(missing)).endswith("e.dat")
    for name in sorted(present):
        assert hashlib.sha256((waveforms / name).read_bytes()).hexdigest() == sums[name], name
    defects = [row["detail"] for row in truth(cohort_demo, "decoys") if row["kind"] == "defect"]
    assert len(defects) == 3
    assert any(next(iter(missing)).split("/")[3] in detail for detail in defects)


def test_records_files_list_the_tree(cohort_demo: Path) -> None:
    waveforms = cohort_demo / "waveforms"
    subjects = (waveforms / "RECORDS").read_bytes().decode("ascii").splitlines()
    assert len(subjects) == len(set(subjects)) == 40
    assert subjects == sorted(subjects)
    found = []
    for subject in subjects:
        number = re.fullmatch(r"waves/(p\d{3})/(\1\d{5})/", subject)
        assert number, subject
        listed = (waveforms / subject / "RECORDS").read_bytes().decode("ascii").splitlines()
        assert listed == sorted(f"{p.name}/{p.name}" for p in (waveforms / subject).iterdir() if p.is_dir())
        found += listed
    assert len(found) == 43


def test_headers_are_written_as_published(cohort_demo: Path) -> None:
    for record in records(cohort_demo):
        for path in record.folder.glob("*.hea"):
            content = path.read_bytes()
            assert content.endswith(b"\r\n")
            assert content.count(b"\n") == content.count(b"\r\n")
        lines = record.master_lines()
        assert lines[0] == "#wfdb 10.7"
        segments = segment_lines(record)
        name, signals, rates, frames, clock, date = lines[1].split(" ")
        assert name == f"{record.name}/{len(segments)}"
        assert sum(length for _, length in segments) == int(frames)
        assert all(length % 320 == 0 for _, length in segments)
        assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3}", clock)
        assert re.fullmatch(r"[1-9]\d?/[1-9]\d?/2\d{3}", date)
        assert rates in {"62.4725/999.56", "62.47/999.52"}
        layout = (record.folder / f"{record.name}_0000.hea").read_bytes().decode("ascii").split("\r\n")[:-1]
        assert layout[0] == f"{record.name}_0000 {signals} {rates} 0"
        names = [line.split(" ")[-1] for line in layout[1:]]
        assert len(names) == len(set(names)) == int(signals)
        start, seen = 0, set()
        for segment, length in segments[1:]:
            if segment != "~":
                seen |= check_segment(record, segment, length, start, rates)
            start += length
        assert seen == set(names)


def check_segment(record: RecordFiles, segment: str, length: int, start: int, rates: str) -> set[str]:
    lines = (record.folder / f"{segment}.hea").read_bytes().decode("ascii").split("\r\n")[:-1]
    signals = [line for line in lines[1:] if not line.startswith("#")]
    counter = f"({start * 16})" if start else ""
    assert lines[0] == f"{segment} {len(signals)} {rates}{counter} {length}"
    parsed = [SIGNAL.fullmatch(line) for line in signals]
    assert all(parsed), signals
    leads = [m[9] for m in parsed if m[1].endswith("e")]
    comments = [f"# signal {i} ({lead}): channel={i} bandpass=[0.5,20]" for i, lead in enumerate(leads)]
    assert lines[1 + len(signals) :] == comments
    return {m[9] for m in parsed}


def test_wfdb_reads_every_record_and_finds_the_written_checksums(small_demo: Path) -> None:
    """wfdb-python is the oracle: its digital samples of every segment are the FLAC samples, their sums as written."""
    found = records(small_demo)
    assert len(found) == 7
    for record in found:
        whole = wfdb.rdrecord(str(record.folder / record.name), physical=False, smooth_frames=False, m2s=False)
        assert (whole.sig_len, whole.base_datetime) == (record.frames, record.base_time)
        assert float(whole.counter_freq) == float(record.counter_hz)
        read = [segment for segment in whole.segments if segment is not None and segment.sig_len > 0]
        assert [s.sig_len for s in read] == [length for name, length in segment_lines(record)[1:] if name != "~"]
        for segment in read:
            text = (record.folder / f"{segment.record_name}.hea").read_bytes().decode("ascii")
            written = [match for line in text.split("\r\n") if (match := SIGNAL.fullmatch(line))]
            assert sorted(segment.sig_name) == sorted(match[9] for match in written)
            for match in written:
                stored, rate = soundfile.read(str(record.folder / f"{match[1]}.dat"), dtype="int16", always_2d=True)
                column = [other[9] for other in written if other[1] == match[1]].index(match[9])
                samples = segment.e_d_signal[segment.sig_name.index(match[9])]
                assert rate == 96000
                assert len(samples) == segment.sig_len * int((match[2] or "x1")[1:])
                np.testing.assert_array_equal(samples, stored[:, column])
                assert int(np.sum(samples, dtype=np.int64)) % 65536 == int(match[8])


def test_physical_values_are_possible_in_every_segment(small_demo: Path) -> None:
    """ECG reads as millivolts around 0, pleth within 0 to 1, whatever gain and baseline a segment was written with."""
    gains = set()
    for record in records(small_demo):
        for path in sorted(record.folder.glob(f"{record.name}_0*.hea")):
            if path.stem.endswith("_0000"):
                continue
            segment = wfdb.rdrecord(str(path.with_suffix("")), smooth_frames=False, return_res=64)
            for name, values, gain in zip(segment.sig_name, segment.e_p_signal, segment.adc_gain, strict=True):
                gains.add((name, gain))
                alive = values[~np.isnan(values)]
                if len(alive) < 5000:
                    continue
                if name in {"I", "II", "III", "V", "aVR", "aVF"}:
                    assert np.abs(np.median(alive)) < 0.3
                    assert np.abs(alive).max() < 42
                elif name == "Pleth":
                    assert alive.min() >= 0
                    assert alive.max() <= 1
    assert len({gain for name, gain in gains if name == "ABP"}) == 2


def test_flac_streams_are_like_the_published_ones(small_demo: Path, real_data: Path) -> None:
    ours = next(small_demo.glob("waveforms/waves/p*/p*/*/*_0001e.dat")).read_bytes()[:26]
    theirs = next((real_data / "mimic4wdb" / "waves").glob("p*/p*/*/*_0001e.dat")).read_bytes()[:26]
    assert ours[:12] == theirs[:12]  # magic, STREAMINFO alone first, block size 4096 fixed
    assert ours[18:20] == theirs[18:20] == bytes.fromhex("1770")  # sample rate 96000 in its upper bits
    assert int.from_bytes(ours[21:26], "big") & 0xFFFFFFFFF > 0  # total samples filled in


def test_oddities_of_the_published_records_are_present(cohort_demo: Path, small_demo: Path) -> None:
    seen: Counter[str] = Counter()
    for record in [*records(cohort_demo), *records(small_demo)]:
        rates = record.master_lines()[1].split(" ")[2]
        seen[rates] += 1
        segments = segment_lines(record)
        seen["gap"] += any(name == "~" for name, _ in segments)
        seen["five seconds"] += any(name != "~" and length == 320 for name, length in segments)
        leads = []
        for name, _ in segments[1:]:
            if name != "~":
                text = (record.folder / f"{name}.hea").read_text("ascii")
                leads.append([line.split(" ")[-1] for line in text.splitlines() if "e.dat" in line])
        seen["moved lead"] += any(
            "II" in a and "II" in b and a.index("II") != b.index("II") for a in leads for b in leads
        )
        seen["numerics" if record.numerics.exists() else "no numerics"] += 1
    for oddity in ("62.4725/999.56", "62.47/999.52", "gap", "five seconds", "moved lead", "no numerics"):
        assert seen[oddity] >= 1, oddity
    assert seen["no numerics"] == 3


@pytest.mark.parametrize("letter", ["e", "p"])
def test_missing_runs(small_demo: Path, letter: str) -> None:
    """ECG and ABP lose their last 32 samples and may miss a beginning; Pleth is never missing."""
    for path in sorted(small_demo.glob(f"waveforms/waves/p*/p*/*/*_0001{letter}.dat")):
        header = path.with_name(path.name.replace(f"{letter}.dat", ".hea")).read_text("ascii")
        names = [line.split(" ")[-1] for line in header.splitlines() if path.name in line]
        samples, _ = soundfile.read(str(path), dtype="int16", always_2d=True)
        for column, name in enumerate(names):
            missing = samples[:, column] == -32768
            if name == "Pleth":
                assert not missing.any()
            else:
                assert missing[-32:].all()
                assert not missing[len(missing) // 4 : -32].any() or len(missing) > 495_712
