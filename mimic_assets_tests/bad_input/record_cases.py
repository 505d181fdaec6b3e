"""Every way to break a record, one record each: what is done to it, what must be said, what must still flow.

Belongs here: defects of one record's files. Each case says which rows of its record stay as they were; all of them
belong to one patient, so each shows that the patient's other records flow.
"""

import gzip
import os
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from mimic_assets_tests.bad_input.source import full_line, numerics_lines, write_numerics
from mimic_assets_tests.broken_copies import WrittenRecord

SECRET, SECRET_TICK = "31337.77", 987654321987
"""A value and a tick that no message may repeat."""
NOTHING, EVERYTHING = pl.lit(False), pl.lit(True)


@dataclass(frozen=True, slots=True)
class Told:
    """A row that `rejected_inputs` must have."""

    table: str
    rule: str
    ending: str
    """Of the file: `n.csv.gz`, `_0001.hea`."""
    place: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """What breaking a record leads to."""

    told: tuple[Told, ...]
    numerics: pl.Expr = field(default_factory=lambda: EVERYTHING)
    """Rows of raw_numerics and cleaned_numerics that are as in the sound record."""
    signals: pl.Expr = field(default_factory=lambda: EVERYTHING)
    """Rows of raw_records that are as in the sound record."""
    lost: tuple[str, ...] = ()
    """Tables in which the record has nothing left."""


@dataclass(frozen=True, slots=True)
class RecordCase:
    """One way to break a record."""

    name: str
    make: Callable[[WrittenRecord], Broken]
    keeps_published_sums: bool = False


def _numerics(rule: str, place: str, count: int | None = None, table: str = "raw_numerics") -> Told:
    return Told(table, rule, "n.csv.gz", place, count)


# numerics: the compression


def _truncated(record: WrittenRecord) -> Broken:
    path = record.file("n.csv.gz")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 5])
    whole = zlib.decompressobj(31).decompress(path.read_bytes()).count(b"\n")
    told = _numerics("truncated_gzip", f"line {whole + 1}")
    return Broken((told,), pl.col("source_row") < whole)


def _bytes(content: bytes, rule: str, place: str) -> Callable[[WrittenRecord], Broken]:
    def make(record: WrittenRecord) -> Broken:
        record.file("n.csv.gz").write_bytes(content)
        return Broken((_numerics(rule, place),), NOTHING, lost=("raw_numerics", "cleaned_numerics"))

    return make


def _heading_only(record: WrittenRecord) -> Broken:
    write_numerics(record, numerics_lines(record)[:1])
    return Broken((_numerics("no_rows", "line 2"),), NOTHING, lost=("raw_numerics", "cleaned_numerics"))


def _recompressed(record: WrittenRecord) -> Broken:
    path = record.file("n.csv.gz")
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1, mtime=1))
    return Broken((_numerics("file_checksum_mismatch", "file"),))


# numerics: headings and cells


def _renamed(old: str, new: str, rule: str) -> Callable[[WrittenRecord], Broken]:
    def make(record: WrittenRecord) -> Broken:
        lines = numerics_lines(record)
        place = next(p for p, name in enumerate(lines[0].decode().split(",")) if name == f'"{old}"')
        filled = [n for n, line in enumerate(lines, start=1) if n > 1 and line.split(b",")[place]]
        assert filled
        lines[0] = lines[0].replace(f'"{old}"'.encode(), f'"{new}"'.encode())
        write_numerics(record, lines)
        told = _numerics(rule, f"line {filled[0]}, column {new}", len(filled), "cleaned_numerics")
        return Broken((told,), ~pl.col("source_column").is_in([old, new]))

    return make


def _cell(text: bytes) -> Callable[[WrittenRecord], Broken]:
    def make(record: WrittenRecord) -> Broken:
        lines = numerics_lines(record)
        number = full_line(lines)
        place = next(p for p, name in enumerate(lines[0].split(b",")) if name == b'"HR [bpm]"')
        cells = lines[number - 1].split(b",")
        assert cells[place]
        lines[number - 1] = b",".join([*cells[:place], text, *cells[place + 1 :]])
        write_numerics(record, lines)
        told = _numerics("text_in_number_column", f"line {number}, column HR [bpm]", 1)
        return Broken((told,), (pl.col("source_row") != number - 1) | (pl.col("source_column") != "HR [bpm]"))

    return make


def _line(change: Callable[[bytes], bytes]) -> Callable[[WrittenRecord], Broken]:
    def make(record: WrittenRecord) -> Broken:
        lines = numerics_lines(record)
        number = full_line(lines)
        lines[number - 1] = change(lines[number - 1])
        write_numerics(record, lines)
        return Broken((_numerics("malformed_row", f"line {number}", 1),), pl.col("source_row") != number - 1)

    return make


def _ticks(lines: list[bytes]) -> list[int]:
    return [int(line.split(b",")[0]) for line in lines[1:]]


def _steps_back(ticks: list[int]) -> list[int]:
    return [n for n in range(1, len(ticks)) if ticks[n] < ticks[n - 1]]


def _out_of_order(record: WrittenRecord) -> Broken:
    lines = numerics_lines(record)
    number = full_line(lines)
    ticks = _ticks(lines)
    later = next(n for n in range(number, len(lines)) if ticks[n - 1] > ticks[number - 2])  # its line is n + 1
    lines[number - 1], lines[later] = lines[later], lines[number - 1]
    write_numerics(record, lines)
    back = _steps_back(_ticks(lines))
    told = _numerics("ticks_out_of_order", f"line {back[0] + 2}, column time", len(back))
    return Broken((told,), ~pl.col("source_row").is_in([number - 1, later]))


def _duplicated(record: WrittenRecord) -> Broken:
    lines = numerics_lines(record)
    number = full_line(lines)
    lines.append(lines[number - 1])
    write_numerics(record, lines)
    ticks = _ticks(lines)
    again = [n for n, tick in enumerate(ticks) if tick in ticks[:n]]
    told = _numerics("repeated_ticks", f"line {again[0] + 2}, column time", len(again))
    return Broken((told,), pl.col("source_row") < len(lines) - 1)


def _beyond(record: WrittenRecord) -> Broken:
    lines = numerics_lines(record)
    number = full_line(lines)
    lines.append(b",".join([str(SECRET_TICK).encode(), *lines[number - 1].split(b",")[1:]]))
    write_numerics(record, lines)
    told = _numerics("ticks_beyond_record", f"line {len(lines)}, column time", 1)
    return Broken((told,), pl.col("source_row") < len(lines) - 1)


# headers


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
        return Broken((told, _numerics("record_without_clock", "file"), *more), NOTHING, NOTHING, lost)
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


# signal files


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


def _loop(record: WrittenRecord, ending: str) -> None:
    record.file(ending).unlink()
    os.symlink(record.file(ending).name, record.file(ending))
    (record.folder / "again").symlink_to(record.folder, target_is_directory=True)  # a folder that holds itself


def _folder(record: WrittenRecord, ending: str) -> None:
    record.file(ending).unlink()
    record.file(ending).mkdir()


_OTHER_PATIENT = "10000001"
RECORD_CASES = (
    RecordCase("numerics: truncated gzip", _truncated),
    RecordCase("numerics: empty file", _bytes(b"", "empty_file", "line 1")),
    RecordCase("numerics: empty gzip", _bytes(gzip.compress(b""), "empty_file", "line 1")),
    RecordCase("numerics: heading line only", _heading_only),
    RecordCase("numerics: no gzip", _bytes(b'"time","HR [bpm]"\n1,72\n', "unreadable_gzip", "line 2")),
    RecordCase("numerics: SHA mismatch", _recompressed, True),
    RecordCase("numerics: unknown parameter", _renamed("HR [bpm]", "Wobble [bpm]", "unknown_parameter")),
    RecordCase("numerics: unknown unit", _renamed("SpO2 [%]", "SpO2 [furlong]", "unknown_unit")),
    RecordCase("numerics: text where a number belongs", _cell(b"see note " + SECRET.encode())),
    RecordCase("numerics: a NUL byte", _cell(b"7\x002")),
    RecordCase("numerics: bytes that are no UTF-8", _cell(b"\xff\xfe72")),
    RecordCase("numerics: ticks out of order", _out_of_order),
    RecordCase("numerics: ticks duplicated", _duplicated),
    RecordCase("numerics: ticks beyond the record", _beyond),
    RecordCase("numerics: a stray comma", _line(lambda line: line + b"," + SECRET.encode())),
    RecordCase("numerics: one line of 1 MB", _line(lambda line: b"9" * 1_000_000)),
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
        _header(".hea", (r"subject_id \d+", f"subject_id {_OTHER_PATIENT}"), "subject_disagrees", "line 6, comment subject_id"),
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
    RecordCase("signal file: empty", _signal_file("file_unreadable", _empty)),
    RecordCase("signal file: a symbolic link to itself", _signal_file("file_missing", _loop), True),
    RecordCase("signal file: a folder in its place", _signal_file("file_missing", _folder), True),
)
