"""Every way in which one signal of a sound header is wrong. One record each; the other signals of the file survive."""

import re
from collections.abc import Callable

import polars as pl

from mimic_assets_tests.bad_input.record_case import EVERYTHING, Broken, RecordCase, Told
from mimic_assets_tests.broken_copies import WrittenRecord


def _signal(
    change: tuple[str, str], rule: str, ending: str, place: str, index: int
) -> Callable[[WrittenRecord], Broken]:
    """Change the line of signal number `index`."""

    def make(record: WrittenRecord) -> Broken:
        text = record.file("_0001.hea").read_bytes().decode()
        assert len(re.findall(change[0], text)) == 1, (change, text)
        record.file("_0001.hea").write_bytes(re.sub(change[0], change[1], text).encode())
        told = Told("raw_records", rule, ending, place)
        return Broken((told,), EVERYTHING, pl.col("signal_index") != index)

    return make


def _swapped(record: WrittenRecord) -> Broken:
    first, second = record.file("_0001p.dat"), record.file("_0001r.dat")
    contents = first.read_bytes(), second.read_bytes()
    second.write_bytes(contents[0])
    first.write_bytes(contents[1])
    told = tuple(Told("raw_records", "file_unreadable", ending, "file") for ending in ("_0001p.dat", "_0001r.dat"))
    return Broken(told, EVERYTHING, pl.col("signal_index") < 2)


SIGNAL_CASES = (
    RecordCase(
        "signal: samples of another sum than the header's",
        _signal((r"\d+( 0 V\r)", r"1\1"), "signal_checksum_mismatch", "_0001e.dat", "channel 1", 1),
    ),
    RecordCase(
        "signal: gain 0",
        _signal((r" 516 \d+", " 516 0"), "uncalibrated_signal", "_0001.hea", "line 5, gain", 3),
    ),
    RecordCase(
        "signal: unknown unit",
        _signal((r"/Ohm", "/furlong"), "unknown_unit", "_0001.hea", "line 5, unit", 3),
    ),
    RecordCase(
        "signal: unknown format",
        _signal((r" 516 ", " 777 "), "file_unreadable", "_0001r.dat", "file", 3),
    ),
    RecordCase("signal: files swapped", _swapped),
)  # fmt: skip
