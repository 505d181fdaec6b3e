"""What a header file holds.

Belongs here: the values that parsing gives. Does not belong here: how text becomes them.
"""

from dataclasses import dataclass, field
from datetime import date, time
from enum import Enum


class Dialect(Enum):
    """Which headers are accepted."""

    PUBLISHED = "every field of MIMIC-IV Waveform present, no skew, no offset: what is missing there is a defect"
    WFDB = "header(5): fields from the right may be missing and then have its defaults"


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
    """Digital steps per unit; 0 is uncalibrated."""
    baseline: int
    """Digital value of physical zero; the ADC zero where the header gives none."""
    unit: str
    adc_resolution_bits: int
    adc_zero: int
    initial_value: int
    checksum: int | None
    """Modulo 65536, unsigned (wfdb-python may write it signed); None where the header has none."""
    block_size: int
    name: str
    """As written; empty where the header has none."""
    line: int
    skew: int = 0
    """Frames by which the signal's samples lie later in the file than they were taken."""
    byte_offset: int = 0
    """Where the samples start in the file; in FLAC a sample instead of a byte."""


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
    """0 where the header does not say."""
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
