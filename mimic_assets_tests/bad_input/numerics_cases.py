"""Every way to break a numerics file: its compression, its headings, its cells. One record each."""

import gzip
import zlib
from collections.abc import Callable

import polars as pl

from mimic_assets_tests.bad_input.record_case import NOTHING, SECRET, SECRET_TICK, Broken, RecordCase, Told
from mimic_assets_tests.bad_input.source import full_line, numerics_lines, write_numerics
from mimic_assets_tests.broken_copies import WrittenRecord


def _numerics(rule: str, place: str, count: int | None = None, table: str = "raw_numerics") -> Told:
    return Told(table, rule, "n.csv.gz", place, count)


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


NUMERICS_CASES = (
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
)
