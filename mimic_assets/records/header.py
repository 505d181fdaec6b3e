"""WFDB header files as values: the strict dialect of MIMIC-IV Waveform.

Belongs here: the text of one `.hea` file -> record line, segment or signal lines, comments, and every field that breaks
the dialect. Does not belong here: what several headers say of each other (`master`, `segments`), files, clocks.
Own parser: wfdb-python's reader accepts lines that contradict themselves and names no line or field; it is the
oracle in tests.

Source: WFDB header(5); the files of MIMIC-IV Waveform Database 0.1.0 (2022).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import TypeVar

_NUMBER = r"\d{1,9}(?:\.\d{1,9})?"
_RECORD_NAME = re.compile(r"([-\w]+)(?:/([1-9]\d{0,5}))?")
_FREQUENCY = re.compile(rf"({_NUMBER})(?:/({_NUMBER})(?:\((\d{{1,15}})\))?)?")
_TIME = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)(?:\.(\d{1,6}))?")
_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_COUNT = re.compile(r"\d{1,12}")
_INTEGER = re.compile(r"-?\d{1,9}")
_SAMPLE = re.compile(r"-?\d{1,10}")
_SEGMENT_NAME = re.compile(r"~|[-\w]+")
_FILE_NAME = re.compile(r"~|[-\w]+(?:\.[-\w]+)*")
_FORMAT = re.compile(r"(\d{1,3})(?:x([1-9]\d{0,2}))?")
_GAIN = re.compile(rf"({_NUMBER}(?:[eE][-+]?\d\d?)?)(?:\((-?\d{{1,9}})\))?(?:/(\S+))?")
_DEFAULT_UNIT = "mV"
_Built = TypeVar("_Built", time, date)


@dataclass(frozen=True, slots=True)
class HeaderDefect:
    """A field that is not what the dialect allows."""

    line: int
    """Counts from 1, comments included; 0 where the whole file is meant."""
    field: str
    found: str
    """The text, or a description where the text may be a patient's."""
    expected: str
    rule: str = "malformed_header"


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """`name frame_count` of a master header; the name `~` is a gap."""

    name: str
    frame_count: int
    line: int


@dataclass(frozen=True, slots=True)
class SignalLine:
    """One signal of a segment."""

    file: str
    """Name beside the header; `~` in a layout."""
    storage_format: int
    samples_per_frame: int
    gain: float
    """Digital steps per unit."""
    baseline: int
    """Digital value of physical zero; the ADC zero where the header gives none."""
    unit: str
    adc_resolution_bits: int
    adc_zero: int
    initial_value: int
    checksum: int
    """Modulo 65536, unsigned (wfdb-python may write it signed)."""
    block_size: int
    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Header:
    """The contents of one header file."""

    name: str
    segment_count: int | None
    """None unless this is a master."""
    signal_count: int
    frame_frequency_hz: str
    """As written."""
    counter_frequency_hz: str | None
    """As written; None where absent."""
    base_counter: int | None
    frame_count: int
    start_time: time | None
    start_date: date | None
    segments: tuple[SegmentLine, ...] = ()
    signals: tuple[SignalLine, ...] = ()
    comments: dict[str, str] = field(default_factory=dict)
    """First word -> the rest, of comments below the record line; the first of each word."""
    comment_lines: dict[str, int] = field(default_factory=dict)
    """First word -> line number of the same comments."""
    line: int = 1
    """Line number of the record line."""


class _Fields:
    """Reads the fields of one line and collects what is wrong with them."""

    def __init__(self, line: int, defects: list[HeaderDefect]) -> None:
        self._line = line
        self._defects = defects

    def refuse(self, name: str, found: str, expected: str, rule: str = "malformed_header") -> None:
        self._defects.append(HeaderDefect(self._line, name, found, expected, rule))

    def match(
        self, name: str, text: str, pattern: re.Pattern[str], expected: str, is_private: bool = False
    ) -> re.Match[str] | None:
        match = pattern.fullmatch(text)
        if match is None:
            self.refuse(name, "another text" if is_private else repr(text[:40]), expected)
        return match

    def integer(self, name: str, text: str, pattern: re.Pattern[str] = _INTEGER) -> int:
        match = self.match(
            name, text, pattern, "a whole number, not negative" if pattern is _COUNT else "a whole number"
        )
        return int(text) if match else 0


def parse_header(text: str) -> tuple[Header | None, list[HeaderDefect]]:
    """Return the header, or None and every field that is wrong.

    Args:
        text: the file, lines ended by CRLF or LF.

    Returns:
        The header and an empty list, or None and at least one defect; all defects of the file at once.
    """
    defects: list[HeaderDefect] = []
    lines: list[tuple[int, str]] = []
    comments: dict[str, str] = {}
    comment_lines: dict[str, int] = {}
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if line.startswith("#"):
            word, _, rest = line.lstrip("#").strip().partition(" ")
            if lines:
                comments.setdefault(word.rstrip(":"), rest.strip())
                comment_lines.setdefault(word.rstrip(":"), number)
        elif line:
            lines.append((number, line))
    if not lines:
        return None, [
            HeaderDefect(1, "record line", "no line", "name/segments signals frequency/counter frames time date")
        ]
    number, line = lines[0]
    header = _record_line(number, line, defects)
    body = lines[1:]
    is_master = "/" in line.split()[0]
    segments = [_segment_line(n, line, defects) for n, line in body] if is_master else []
    signals = [_signal_line(n, line, defects) for n, line in body] if not is_master else []
    if header is None:
        return None, defects
    expected, what = (header.segment_count, "segment") if is_master else (header.signal_count, "signal")
    if len(body) != expected:
        _Fields(number, defects).refuse(
            f"number of {what}s",
            f"{len(body)} {what} lines",
            f"the {expected} that the record line announces",
            f"{what}_count_disagrees",
        )
    if defects:
        return None, defects
    sound_segments = tuple(segment for segment in segments if segment is not None)
    sound_signals = tuple(signal for signal in signals if signal is not None)
    return replace(
        header,
        segments=sound_segments,
        signals=sound_signals,
        comments=comments,
        comment_lines=comment_lines,
        line=number,
    ), []


def _record_line(number: int, line: str, defects: list[HeaderDefect]) -> Header | None:
    """Return the record line as a header without body; None where a field is missing or wrong."""
    fields = _Fields(number, defects)
    before = len(defects)
    words = line.split()
    if not 4 <= len(words) <= 6:
        fields.refuse("record line", f"{len(words)} fields", "4 to 6: name, signals, frequency, frames, time, date")
        return None
    name = fields.match("name", words[0], _RECORD_NAME, "a record name, or name/number of segments")
    signal_count = fields.integer("number of signals", words[1], _COUNT)
    frequency = fields.match("frequency", words[2], _FREQUENCY, "frames per second, or frames/counter(base counter)")
    frame_count = fields.integer("number of frames", words[3], _COUNT)
    start_time = _parsed(fields, "time", words[4], _TIME, _time_of, "HH:MM:SS.mmm") if len(words) > 4 else None
    start_date = _parsed(fields, "date", words[5], _DATE, _date_of, "D/M/YYYY") if len(words) > 5 else None
    if len(defects) > before or name is None or frequency is None:
        return None
    return Header(
        name[1],
        int(name[2]) if name[2] else None,
        signal_count,
        frequency[1],
        frequency[2],
        int(frequency[3]) if frequency[3] else None,
        frame_count,
        start_time,
        start_date,
    )


def _time_of(match: re.Match[str]) -> time:
    return time(int(match[1]), int(match[2]), int(match[3]), int((match[4] or "0").ljust(6, "0")))


def _date_of(match: re.Match[str]) -> date:
    return date(int(match[3]), int(match[2]), int(match[1]))


def _parsed(
    fields: _Fields, name: str, text: str, pattern: re.Pattern[str], build: Callable[[re.Match[str]], _Built], form: str
) -> _Built | None:
    """Return a time or date; its text is a patient's and stays out of the defect."""
    match = fields.match(name, text, pattern, form, is_private=True)
    if match is None:
        return None
    try:
        return build(match)
    except ValueError:
        fields.refuse(name, "a text of the right form that no clock or calendar knows", form)
        return None


def _segment_line(number: int, line: str, defects: list[HeaderDefect]) -> SegmentLine | None:
    fields = _Fields(number, defects)
    words = line.split()
    if len(words) != 2:
        fields.refuse("segment line", f"{len(words)} fields", "2: segment name (~ for a gap), frames")
        return None
    fields.match("segment name", words[0], _SEGMENT_NAME, "a record name or ~")
    return SegmentLine(words[0], fields.integer("segment frames", words[1], _COUNT), number)


def _signal_line(number: int, line: str, defects: list[HeaderDefect]) -> SignalLine | None:
    fields = _Fields(number, defects)
    before = len(defects)
    words = line.split(None, 8)
    if len(words) != 9:
        fields.refuse(
            "signal line",
            f"{len(words)} fields",
            "9: file, format, gain, resolution, zero, initial value, checksum, block size, name",
        )
        return None
    fields.match("file name", words[0], _FILE_NAME, "a plain file name beside the header, or ~")
    storage = fields.match("format", words[1], _FORMAT, "format or format x samples per frame (no skew, no offset)")
    gain = fields.match("gain", words[2], _GAIN, "steps per unit, gain(baseline)/unit")
    bits = fields.integer("resolution", words[3], _COUNT)
    zero = fields.integer("ADC zero", words[4])
    initial = fields.integer("initial value", words[5], _SAMPLE)
    checksum = fields.integer("checksum", words[6])
    block = fields.integer("block size", words[7])
    if bits > 32:
        fields.refuse("resolution", f"{bits} bits", "at most 32")
    if not -32768 <= checksum <= 65535:
        fields.refuse("checksum", "a number of more than 16 bits", "-32768 to 65535")
    if gain is not None and float(gain[1]) == 0:
        fields.refuse("gain", "0 (uncalibrated)", "a positive number")
    if len(defects) > before or storage is None or gain is None:
        return None
    return SignalLine(
        words[0],
        int(storage[1]),
        int(storage[2] or 1),
        float(gain[1]),
        zero if gain[2] is None else int(gain[2]),
        gain[3] or _DEFAULT_UNIT,
        bits,
        zero,
        initial,
        checksum % 65536,
        block,
        words[8].strip(),
        number,
    )
