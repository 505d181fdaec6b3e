"""Every way to break a header or a signal file. One record each."""

import re
from collections.abc import Callable

import polars as pl

from mimic_assets_tests.bad_input.record_case import EVERYTHING, NOTHING, Broken, RecordCase, Told
from mimic_assets_tests.broken_copies import WrittenRecord

_OTHER_PATIENT = "10000001"


def _header(
    ending: str, change: tuple[str, str], rule: str, place: str, *, more: tuple[Told, ...] = ()
) -> Callable[[WrittenRecord], Broken]:
    def make(record: WrittenRecord) -> Broken:
        text = record.file(ending).read_bytes().decode()
        assert len(re.findall(change[0], text)) == 1, (change, text)
        record.file(ending).write_bytes(re.sub(change[0], change[1], text).encode("utf-8", "surrogateescape"))
        return _lost(ending, rule, place, *more)

    return make


def _lost(ending: str, rule: str, place: str, *more: Told) -> Broken:
    """The record is lost with its master header; without its only segment it keeps its clock and its numerics."""
    told = Told("raw_records", rule, ending, place)
    if ending == ".hea":
        lost = ("raw_records", "raw_numerics", "cleaned_numerics", "record_stays")
        return Broken(
            (told, Told("raw_numerics", "record_without_clock", "n.csv.gz", "file"), *more), NOTHING, NOTHING, lost
        )
    unusable = Told("raw_records", "no_usable_segment", ".hea", "segments")
    return Broken((told, unusable, *more), EVERYTHING, NOTHING, ("raw_records", "record_stays"))


def _emptied(ending: str, rule: str, place: str) -> Callable[[WrittenRecord], Broken]:
    def make(record: WrittenRecord) -> Broken:
        record.file(ending).write_bytes(b"")
        return _lost(ending, rule, place)

    return make


def _header_gone(ending: str, is_loop: bool) -> Callable[[WrittenRecord], Broken]:
    def make(record: WrittenRecord) -> Broken:
        record.file(ending).unlink()
        if is_loop:
            record.file(ending).symlink_to(record.file(ending).name)
        return _lost(ending, "missing_header", "file")

    return make


def _no_admission(record: WrittenRecord) -> Broken:
    text = record.file(".hea").read_bytes()
    record.file(".hea").write_bytes(re.sub(rb"# hadm_id \d+\r\n", b"", text))
    assert record.file(".hea").read_bytes() != text
    return Broken((), EVERYTHING, NOTHING)  # the admission is unknown in raw_records; nothing is wrong with the rest


def _signal_file(
    rule: str, damage: Callable[[WrittenRecord, str], None], ending: str = "_0001r.dat"
) -> Callable[[WrittenRecord], Broken]:
    def make(record: WrittenRecord) -> Broken:
        damage(record, ending)
        told = Told("raw_records", rule, ending, "file")
        return Broken((told,), EVERYTHING, pl.col("file") != record.path(ending))

    return make


def _unlink(record: WrittenRecord, ending: str) -> None:
    record.file(ending).unlink()


def _empty(record: WrittenRecord, ending: str) -> None:
    record.file(ending).write_bytes(b"")


def _flip(record: WrittenRecord, ending: str) -> None:
    content = bytearray(record.file(ending).read_bytes())
    content[len(content) // 2] ^= 1
    record.file(ending).write_bytes(content)


def _cut(record: WrittenRecord, ending: str) -> None:
    content = record.file(ending).read_bytes()
    record.file(ending).write_bytes(content[: len(content) * 2 // 3])


def _loop(record: WrittenRecord, ending: str) -> None:
    record.file(ending).unlink()
    record.file(ending).symlink_to(record.file(ending).name)
    (record.folder / "again").symlink_to(record.folder, target_is_directory=True)  # a folder that holds itself


def _folder(record: WrittenRecord, ending: str) -> None:
    record.file(ending).unlink()
    record.file(ending).mkdir()


HEADER_CASES = (
    RecordCase(
        "segment header: contradicts itself",
        _header("_0001.hea", (r"^(\S+) 4 ", r"\1 5 "), "signal_count_disagrees", "line 1, number of signals"),
    ),
    RecordCase(
        "segment header: contradicts its master",
        _header("_0001.hea", (r" 3840\r", " 3841\r"), "segment_length_disagrees", "line 1, number of frames"),
    ),
    RecordCase("segment header: empty", _emptied("_0001.hea", "malformed_header", "line 1, record line")),
    RecordCase("segment header: missing", _header_gone("_0001.hea", False), True),
    RecordCase(
        "master header: contradicts itself",
        _header(".hea", (r"~ (\d+)\r", r"~ 1\1\r"), "segment_lengths_disagree", "line 2, number of frames"),
    ),
    RecordCase(
        "master header: a patient who is not the folder's",
        _header(
            ".hea",
            (r"subject_id \d+", f"subject_id {_OTHER_PATIENT}"),
            "subject_disagrees",
            "line 6, comment subject_id",
        ),
    ),
    RecordCase("master header: empty", _emptied(".hea", "malformed_header", "line 1, record line")),
    RecordCase("master header: missing", _header_gone(".hea", False), True),
    RecordCase("master header: a symbolic link to itself", _header_gone(".hea", True), True),
    RecordCase(
        "master header: bytes that are no UTF-8",
        _header(".hea", (r"/3 4 ", "/3 \udcff4 "), "malformed_header", "line 2, number of signals"),
    ),
    RecordCase("master header: without hadm_id", _no_admission),
    RecordCase("signal file: missing", _signal_file("file_missing", _unlink), True),
    RecordCase("signal file: SHA mismatch", _signal_file("file_checksum_mismatch", _flip, "_0001e.dat"), True),
    RecordCase("signal file: a CRC that fails in the middle", _signal_file("file_unreadable", _flip, "_0001e.dat")),
    RecordCase("signal file: cut off", _signal_file("file_unreadable", _cut, "_0001e.dat")),
    RecordCase("signal file: empty", _signal_file("file_unreadable", _empty)),
    RecordCase("signal file: a symbolic link to itself", _signal_file("file_missing", _loop), True),
    RecordCase("signal file: a folder in its place", _signal_file("file_missing", _folder), True),
)
