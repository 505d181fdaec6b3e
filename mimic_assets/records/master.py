"""A record as its master header tells it: patient, clock, and where each segment starts.

Belongs here: reading one master header and refusing it when it contradicts itself, its name or its folder. Does not
belong here: segment headers (`segments`) and signal files. A record whose master is refused has no clock, so nothing of
it can be used; the patient's other records flow.
"""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from mimic_assets.file_tree import FileTree
from mimic_assets.records.header import Header, HeaderDefect, SegmentLine, parse_header
from mimic_assets.records.layout import RecordFiles
from mimic_assets.schemas.judged import Rejection
from mimic_assets.timeline import TICKS_PER_FRAME, RecordClock

TABLE = "raw_records"
_RATIO_TOLERANCE = Fraction(1, 100)
"""Frequencies are written with two to four decimals; 999.52 / 62.47 is 16.000."""


@dataclass(frozen=True, slots=True)
class SegmentPlace:
    """A segment as the master places it."""

    index: int
    """Place in the master; the layout is 0."""
    name: str
    frame_count: int
    start_frame: int
    """Frames of the record before it, gaps included."""


@dataclass(frozen=True, slots=True)
class Master:
    """What a sound master header says."""

    files: RecordFiles
    hadm_id: int | None
    start_time: datetime
    counter_frequency_hz: str
    """As written: arithmetic on it is exact."""
    frame_count: int
    segments: tuple[SegmentPlace, ...]
    """In order; without layout and gaps."""
    layout: str | None
    """Name of the layout segment; None where there is none."""

    @property
    def clock(self) -> RecordClock:
        """Ticks <-> wall time."""
        return RecordClock.of(self.start_time, self.counter_frequency_hz)

    @property
    def last_tick(self) -> int:
        """Last tick of the record."""
        return self.frame_count * TICKS_PER_FRAME - 1


def read_text(tree: FileTree, path: str) -> str:
    """Return a header file as text; bytes that are no UTF-8 become a sign that no field allows."""
    with tree.open(path) as file:
        return file.read().decode("utf-8", "replace")


def rejections_of(defects: list[HeaderDefect], files: RecordFiles, path: str, advice: str) -> list[Rejection]:
    """Return one rejection per defective field of a header."""
    return [
        Rejection(
            TABLE,
            path,
            f"line {d.line}, {d.field}" if d.line else d.field,
            d.rule,
            f"found {d.found}, expected {d.expected}",
            advice,
            files.subject_id,
        )
        for d in defects
    ]


def read_master(tree: FileTree, files: RecordFiles) -> tuple[Master | None, list[Rejection]]:
    """Return the record's master header, or None and why its record cannot be used.

    Time: `start_time` is UTC-naive de-identified wall time of the first sample (tick 0).
    """
    advice = "Download the header again; the whole record is left out until its master header is sound."
    if not tree.exists(files.master):
        missing = HeaderDefect(0, "file", "no file", "the record's master header", "missing_header")
        return None, rejections_of([missing], files, files.master, advice)
    header, defects = parse_header(read_text(tree, files.master))
    if header is None:
        return None, rejections_of(defects, files, files.master, advice)
    hadm_id, found = _contradictions(header, files)
    if found or header.start_date is None or header.start_time is None or header.counter_frequency_hz is None:
        return None, rejections_of(found, files, files.master, advice)
    start_time = datetime.combine(header.start_date, header.start_time)
    layout = header.segments[0].name if header.segments[0].frame_count == 0 else None
    places = _places(header.segments, layout)
    master = Master(files, hadm_id, start_time, header.counter_frequency_hz, header.frame_count, places, layout)
    try:
        master.clock.time_at(master.last_tick)
    except OverflowError:
        endless = HeaderDefect(
            header.line, "number of frames", f"{header.frame_count} frames", "a record that ends before the year 10000"
        )
        return None, rejections_of([endless], files, files.master, advice)
    return master, []


def _places(lines: tuple[SegmentLine, ...], layout: str | None) -> tuple[SegmentPlace, ...]:
    """Return where the segments lie; without a layout the first segment counts 1 as well."""
    first = 0 if layout is not None else 1
    places: list[SegmentPlace] = []
    frame = 0
    for index, line in enumerate(lines, start=first):
        if line.name != "~" and line.frame_count > 0:
            places.append(SegmentPlace(index, line.name, line.frame_count, frame))
        frame += line.frame_count
    return tuple(places)


def _contradictions(header: Header, files: RecordFiles) -> tuple[int | None, list[HeaderDefect]]:
    """Return hadm_id, and what the header says against itself, its file name or its folder."""
    found: list[HeaderDefect] = []
    if header.name != files.name:
        found.append(
            HeaderDefect(
                header.line,
                "name",
                repr(header.name),
                f"{files.name!r}, as the file and folder are named",
                "name_disagrees",
            )
        )
    if header.segment_count is None:
        found.append(
            HeaderDefect(
                header.line, "name", "no number of segments", f"{files.name}/number of segments: a master header"
            )
        )
    if header.start_time is None or header.start_date is None:
        found.append(
            HeaderDefect(
                header.line, "time and date", "none", "the record's first moment: without it nothing has a time"
            )
        )
    total = sum(segment.frame_count for segment in header.segments)
    if header.segment_count is not None and total != header.frame_count:
        expected = f"{header.frame_count}, the record line's number of frames"
        found.append(
            HeaderDefect(
                header.line,
                "number of frames",
                f"segments of {total} frames in all",
                expected,
                "segment_lengths_disagree",
            )
        )
    if header.segment_count is not None and header.frame_count == 0:
        found.append(HeaderDefect(header.line, "number of frames", "0", "at least one frame"))
    found += _frequency_defects(header)
    names = [s.name for s in header.segments if s.name != "~"]
    for segment in header.segments:
        if segment.name != "~" and not segment.name.startswith(f"{files.name}_"):
            found.append(
                HeaderDefect(
                    segment.line,
                    "segment name",
                    repr(segment.name),
                    f"a name that starts with {files.name}_",
                    "name_disagrees",
                )
            )
        elif segment.name != "~" and names.count(segment.name) > 1:
            found.append(
                HeaderDefect(
                    segment.line,
                    "segment name",
                    f"{segment.name} more than once",
                    "each segment once",
                    "repeated_segment",
                )
            )
    subject, hadm = header.comments.get("subject_id"), header.comments.get("hadm_id")
    if subject is not None and subject != str(files.subject_id):
        expected = f"{files.subject_id}, the folder's patient; it is not known whose record this is"
        found.append(
            HeaderDefect(
                header.comment_lines["subject_id"],
                "comment subject_id",
                f"subject_id {subject[:20]}",
                expected,
                "subject_disagrees",
            )
        )
    if hadm is not None and not (hadm.isascii() and hadm.isdigit() and 0 < int(hadm) < 2**63):
        found.append(
            HeaderDefect(header.comment_lines["hadm_id"], "comment hadm_id", repr(hadm[:20]), "a positive whole number")
        )
        hadm = None
    return (None if hadm is None else int(hadm)), found


def _frequency_defects(header: Header) -> list[HeaderDefect]:
    if header.counter_frequency_hz is None:
        return [HeaderDefect(header.line, "frequency", "no counter frequency", "frames per second/ticks per second")]
    frames, ticks = Fraction(header.frame_frequency_hz), Fraction(header.counter_frequency_hz)
    if not frames or abs(ticks / frames - TICKS_PER_FRAME) > _RATIO_TOLERANCE:
        found = f"{header.frame_frequency_hz} frames and {header.counter_frequency_hz} ticks per second"
        return [
            HeaderDefect(header.line, "frequency", found, f"{TICKS_PER_FRAME} ticks per frame", "frequency_disagrees")
        ]
    return []
