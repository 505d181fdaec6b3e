"""One signal or file of a record is wrong: what is told, what its row says, and that the other signals survive."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from mimic_assets.records import open_signals, read_records
from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.sources.folder import FolderTree
from mimic_assets_tests.broken_copies import (
    LAST_TICK,
    SUBJECT,
    WrittenRecord,
    publish,
    write_record,
    write_segments,
)

ALL = {"II": 5120, "V": 5120, "Pleth": 2560, "Resp": 1280}
SOUND = {"II": 2560, "V": 2560, "Pleth": 1920, "Resp": 640}
"""Observed samples of the record that nobody broke."""


def _flip(record: WrittenRecord, ending: str, place: float) -> None:
    content = bytearray(record.file(ending).read_bytes())
    content[int(len(content) * place)] ^= 4
    record.file(ending).write_bytes(content)


def _resum(record: WrittenRecord) -> None:
    record.edit("_0001.hea", record.file("_0001.hea").read_text().splitlines()[2].split()[6] + " 0 V", "1 0 V")


def _swap(record: WrittenRecord) -> None:
    a, b = record.file("_0001e.dat"), record.file("_0001p.dat")
    first, second = a.read_bytes(), b.read_bytes()
    a.write_bytes(second)
    b.write_bytes(first)


def _reshape(record: WrittenRecord, ending: str, samples: np.ndarray) -> None:
    with record.file(ending).open("wb") as target:
        soundfile.write(target, samples, 96000, subtype="PCM_16", format="FLAC")


def _reorder(record: WrittenRecord) -> None:
    first, second = f"{record.record_id}_0001 640\r\n", f"{record.record_id}_0002 320\r\n"
    record.edit(".hea", first, "")
    record.edit(".hea", second, second + first)


Damage = Callable[[WrittenRecord], None]
CASES: dict[str, tuple[Damage, list[tuple[str, str]], dict[str, int]]] = {
    "missing file": (
        lambda r: r.file("_0001p.dat").unlink(),
        [("file_missing", "_0001p.dat")],
        {"Pleth": 640},
    ),
    "truncated file": (
        lambda r: r.file("_0001r.dat").write_bytes(r.file("_0001r.dat").read_bytes()[:-20]),
        [("file_unreadable", "_0001r.dat")],
        {"Resp": 0},  # 640 samples are one block of FLAC
    ),
    "swapped files": (
        _swap,
        [("file_unreadable", "_0001e.dat"), ("file_unreadable", "_0001p.dat")],
        {"II": 0, "V": 0, "Pleth": 640},
    ),
    "wrong number of channels": (
        lambda r: _reshape(r, "_0001e.dat", r.samples("_0001e.dat")[:, :1]),
        [("file_unreadable", "_0001e.dat")],
        {"II": 0, "V": 0},
    ),
    "wrong length": (
        lambda r: _reshape(r, "_0001p.dat", r.samples("_0001p.dat")[:-1]),
        [("file_unreadable", "_0001p.dat")],
        {"Pleth": 640},
    ),
    "sum of the header": (_resum, [("signal_checksum_mismatch", "_0001e.dat")], {"V": 0}),
    "gain 0": (
        lambda r: r.edit("_0001.hea", "4093(2)/Ohm", "0(2)/Ohm"),
        [("uncalibrated_signal", "_0001.hea")],
        {"Resp": 0},
    ),
    "unknown unit": (
        lambda r: r.edit("_0001.hea", "4093(2)/Ohm", "4093(2)/furlong"),
        [("unknown_unit", "_0001.hea")],
        {},
    ),
    "unknown format": (
        lambda r: r.edit("_0001.hea", "_0001r.dat 516", "_0001r.dat 777"),
        [("file_unreadable", "_0001r.dat")],
        {"Resp": 0},
    ),
    "another rate than before": (
        lambda r: (
            r.write_samples("_0002p.dat", r.samples("_0002p.dat")[:320]),
            r.edit("_0002.hea", "516x2", "516"),
        ),
        [("rate_disagrees", "_0002.hea")],
        {"Pleth": 1280},
    ),
    "segments in another order": (
        _reorder,
        [("base_counter_disagrees", "_0001.hea"), ("base_counter_disagrees", "_0002.hea")],
        {"II": 0, "V": 0, "Pleth": 0, "Resp": 0},
    ),
    "segments that overlap": (
        lambda r: r.edit("_0002.hea", f"({960 * 16})", f"({600 * 16})"),
        [("base_counter_disagrees", "_0002.hea")],
        {"Pleth": 1280},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_broken_is_told_and_the_other_signals_survive(tmp_path: Path, case: str) -> None:
    record = write_record(tmp_path)
    whole = open_signals(FolderTree(tmp_path), read_records(FolderTree(tmp_path), SUBJECT).frame).read(
        list(ALL), -1, LAST_TICK
    )
    damage, told, left = CASES[case]
    damage(record)
    judged = read_records(FolderTree(tmp_path), SUBJECT)
    found = judged.rejected.filter(pl.col("rule") != "no_usable_segment").sort("file").select("rule", "file").rows()
    assert found == [(rule, record.path(ending)) for rule, ending in told]
    assert judged.rejected["message"].str.starts_with("found ").all()
    if judged.frame.is_empty():
        assert set(left.values()) == {0}
        return
    read = open_signals(FolderTree(tmp_path), judged.frame).read(list(ALL), -1, LAST_TICK)
    for name, part in read.items():
        observed = part.reasons == 0
        assert observed.sum() == left.get(name, SOUND[name]), name
        if len(observed):
            assert (part.digital[observed] == whole[name].digital[observed]).all()


@pytest.mark.parametrize("place", [0.2, 0.5, 0.9])
def test_a_crc_that_fails_in_the_middle_keeps_the_good_part(tmp_path: Path, place: float) -> None:
    record = write_segments(tmp_path, [("e", 20_000)])
    samples = record.samples("_0001e.dat")
    _flip(record, "_0001e.dat", place)
    judged = read_records(FolderTree(tmp_path), SUBJECT)
    assert judged.rejected["rule"].to_list() == ["file_unreadable"]
    assert "damaged after frame" in judged.rejected["message"][0]
    (count,) = set(judged.frame["readable_frame_count"])
    block = 4096 // 4
    assert count % block == 0  # whole blocks of FLAC, the one before the defect included
    assert abs(count / 20_000 - place) < 2 * block / 20_000
    signals = open_signals(FolderTree(tmp_path), judged.frame)
    for start in (0, 3, 4 * count - 700, 2 * count, 4 * count - 1):
        part = signals.read(["V"], start * 4 - 1, 20_000 * 16 - 1)["V"]
        good = 4 * count - start
        assert (part.reasons[:good] == 0).all()
        assert (part.digital[:good] == samples[start : 4 * count, 1]).all()
        assert (part.reasons[good:] == SignalReason.UNREADABLE.code).all()


@pytest.mark.parametrize("lost", [0.3, 0.6, 0.9])
def test_samples_before_a_long_damage_are_read_at_random(tmp_path: Path, lost: float) -> None:
    record = write_segments(tmp_path, [("e", 20_000)])
    samples = record.samples("_0001e.dat")
    content = record.file("_0001e.dat").read_bytes()
    kept = int(len(content) * (1 - lost))
    record.file("_0001e.dat").write_bytes(content[:kept] + bytes(len(content) - kept))
    judged = read_records(FolderTree(tmp_path), SUBJECT)
    good = 4 * judged.frame["readable_frame_count"][0]
    assert 0 < good < 80_000
    signals = open_signals(FolderTree(tmp_path), judged.frame)
    for start in [good - 1, *range(0, good - 100, 1777), good - 100]:
        end = min(start + 100, good)
        assert (signals.read(["V"], 4 * start - 1, 4 * end - 1)["V"].digital == samples[start:end, 1]).all()


def test_a_file_that_is_not_the_published_one_is_trusted_nowhere(tmp_path: Path) -> None:
    record = write_segments(tmp_path, [("e", 20_000)])
    publish(tmp_path)
    _flip(record, "_0001e.dat", 0.5)
    judged = read_records(FolderTree(tmp_path), SUBJECT)
    assert set(judged.frame["file_status"]) == {"checksum_mismatch"}
    assert set(judged.frame["readable_frame_count"]) == {0}


def test_a_lead_of_five_seconds_is_observed_there_and_not_recorded_elsewhere(tmp_path: Path) -> None:
    record = write_segments(tmp_path, [("r", 1280), ("er", 320), ("r", 1280)])
    part = open_signals(FolderTree(tmp_path), read_records(FolderTree(tmp_path), SUBJECT).frame).read(
        ["II"], -1, 2880 * 16 - 1
    )["II"]
    assert (part.reasons == 0).sum() == 1280
    assert (part.digital[5120:6400] == record.samples("_0002e.dat")[:, 0]).all()
    assert set(part.reasons[:5120]) == set(part.reasons[6400:]) == {SignalReason.NOT_RECORDED.code}


def test_a_record_of_196_headers_is_read_with_a_dozen_files_open(tmp_path: Path) -> None:
    record = write_segments(tmp_path, [("er", 320)] * 195)
    rows = read_records(FolderTree(tmp_path), SUBJECT).frame
    assert rows["segment_index"].n_unique() == 195
    with open_signals(FolderTree(tmp_path), rows) as signals:
        part = signals.read(["V", "Resp"], -1, signals.last_tick)
        opened = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink() and link.exists()]
        assert 0 < sum(path.is_relative_to(tmp_path) for path in opened) <= 12
    stored = np.concatenate([record.samples(f"_{index:04d}e.dat")[:, 1] for index in range(1, 196)])
    assert (part["V"].digital == stored).all()
    assert not part["V"].reasons.any()
    assert len(part["V"].calibrations) == 1
