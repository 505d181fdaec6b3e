"""The signals of a record's segments, as the segment headers tell them.

Belongs here: reading segment headers and refusing those that contradict the master. Does not belong here: the bytes of
signal files (`signal_files`). A refused segment leaves a hole in the record; its other segments flow.
"""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from mimic_assets.file_tree import FileTree
from mimic_assets.records.header import Header, HeaderDefect, SignalLine, parse_header
from mimic_assets.records.master import Master, SegmentPlace, read_text, rejections_of
from mimic_assets.schemas.judged import Rejection
from mimic_assets.timeline import TICKS_PER_FRAME

_MOST_CHANNELS = 8
"""FLAC holds no more."""
_ADVICE = "Download the header again; the segment is left out until then."


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment whose header is sound."""

    place: SegmentPlace
    signals: tuple[SignalLine, ...]
    """In the header's order."""


def read_segments(tree: FileTree, master: Master) -> tuple[list[Segment], list[Rejection]]:
    """Return the sound segments in order, and a rejection for every field that made one unsound.

    A layout header is read for its defects only: each segment says for itself what it holds, and the layout's gains
    differ from the segments' in real records.
    """
    segments: list[Segment] = []
    rejections: list[Rejection] = []
    for place in master.segments:
        path, header, defects = _read(tree, master, place.name)
        if header is not None:
            defects = _contradictions(header, place, master)
        if header is None or defects:
            rejections += rejections_of(defects, master.files, path, _ADVICE)
        else:
            segments.append(Segment(place, header.signals))
    if master.layout is not None:
        path, header, defects = _read(tree, master, master.layout)
        rejections += rejections_of(
            defects, master.files, path, "Download the layout header again; the segments are read without it."
        )
    return segments, rejections


def _read(tree: FileTree, master: Master, name: str) -> tuple[str, Header | None, list[HeaderDefect]]:
    path = f"{master.files.folder}/{name}.hea"
    if not tree.exists(path):
        return (
            path,
            None,
            [HeaderDefect(0, "file", "no file", "the header of a segment that the master names", "missing_header")],
        )
    header, defects = parse_header(read_text(tree, path))
    return path, header, defects


def _contradictions(header: Header, place: SegmentPlace, master: Master) -> list[HeaderDefect]:
    """Return what a segment header says against its file name, its master or itself."""
    found: list[HeaderDefect] = []
    if header.segment_count is not None:
        return [HeaderDefect(header.line, "name", "a master header", "the header of one segment")]
    if header.name != place.name:
        found.append(
            HeaderDefect(
                header.line, "name", repr(header.name), f"{place.name!r}, as the file is named", "name_disagrees"
            )
        )
    if header.frame_count != place.frame_count:
        expected = f"{place.frame_count}, as the master says"
        found.append(
            HeaderDefect(header.line, "number of frames", str(header.frame_count), expected, "segment_length_disagrees")
        )
    ticks = place.start_frame * TICKS_PER_FRAME
    if (header.base_counter or 0) != ticks:  # header(5): a counter that is not given starts at 0
        expected = f"{ticks} = {TICKS_PER_FRAME} x {place.start_frame} frames before the segment"
        found.append(
            HeaderDefect(header.line, "base counter", str(header.base_counter or 0), expected, "base_counter_disagrees")
        )
    counter = header.counter_frequency_hz
    if counter is None or Fraction(counter) != Fraction(master.counter_frequency_hz):
        expected = f"{master.counter_frequency_hz} ticks per second, as the master says"
        found.append(
            HeaderDefect(header.line, "frequency", f"{counter} ticks per second", expected, "frequency_disagrees")
        )
    found += _signal_defects(header, place)
    return found


def _signal_defects(header: Header, place: SegmentPlace) -> list[HeaderDefect]:
    found: list[HeaderDefect] = []
    kinds: dict[str, tuple[int, int]] = {}
    names: set[str] = set()
    for signal in header.signals:
        if not signal.file.startswith(place.name):
            found.append(
                HeaderDefect(
                    signal.line,
                    "file name",
                    repr(signal.file),
                    f"a name that starts with {place.name}",
                    "name_disagrees",
                )
            )
        if TICKS_PER_FRAME % signal.samples_per_frame:
            expected = f"a divisor of {TICKS_PER_FRAME}"
            found.append(HeaderDefect(signal.line, "samples per frame", str(signal.samples_per_frame), expected))
        kind = (signal.storage_format, signal.samples_per_frame)
        if kinds.setdefault(signal.file, kind) != kind:
            found.append(
                HeaderDefect(
                    signal.line, "format", "another format than an earlier signal of this file", "one format per file"
                )
            )
        if signal.name in names:
            found.append(
                HeaderDefect(
                    signal.line,
                    "signal name",
                    repr(signal.name[:40]),
                    "each signal once in a segment",
                    "repeated_signal",
                )
            )
        names.add(signal.name)
    for file, count in Counter(signal.file for signal in header.signals).items():
        if count > _MOST_CHANNELS:
            found.append(
                HeaderDefect(
                    header.line, f"file name {file}", f"{count} signals in {file}", f"at most {_MOST_CHANNELS} per file"
                )
            )
    return found
