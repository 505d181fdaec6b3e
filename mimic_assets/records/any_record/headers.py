"""The headers of one record, in whatever database it lies.

Belongs here: finding and parsing them, and refusing those that contradict each other. Does not belong here: signal
files. A segment whose header is missing leaves a gap, as in records of which a part was downloaded; one that is there
and wrong is an error.

Source: WFDB header(5).
"""

from dataclasses import dataclass
from fractions import Fraction

from mimic_assets.errors import DataError
from mimic_assets.file_tree import FileTree
from mimic_assets.records.header import Dialect, Header, HeaderDefect, parse_header

_GAP = "~"
_LONGEST_S = 100 * 366 * 86_400


@dataclass(frozen=True, slots=True)
class FoundSegment:
    """A segment and where it lies."""

    start_frame: int
    frame_count: int
    """0 where neither a master nor its own header says."""
    path: str
    header: Header | None
    """None where the file is missing."""


@dataclass(frozen=True, slots=True)
class RecordHeaders:
    """Everything that the headers of a record say."""

    folder: str
    """Of the headers and signal files, below the tree's root; may be empty."""
    first: Header
    """The master, or the only one."""
    layout: Header | None
    """Of a record with variable layout."""
    segments: tuple[FoundSegment, ...]
    """In order, without layout and gaps."""


def read_headers(tree: FileTree, record: str) -> RecordHeaders:
    """Return the headers of a record.

    Args:
        tree: where the files lie.
        record: path of the record, without `.hea`.

    Raises:
        FileNotFoundError: there is no such header.
        DataError: a field is wrong, or headers contradict each other; every defect of the file is named.
    """
    folder, _, name = record.rpartition("/")
    path = f"{record}.hea"
    first = _parsed(tree, path, name)
    if Fraction(first.frame_count) / Fraction(first.frame_frequency_hz) > _LONGEST_S:
        found = HeaderDefect(first.line, "number of frames", str(first.frame_count), "a record of less than a century")
        raise _refusal(path, [found])
    if first.segment_count is None:
        return RecordHeaders(folder, first, None, (FoundSegment(0, first.frame_count, path, first),))
    total = sum(segment.frame_count for segment in first.segments)
    if total != first.frame_count:
        found = HeaderDefect(
            first.line,
            "number of frames",
            f"segments of {total} frames in all",
            f"{first.frame_count} as this line says",
        )
        raise _refusal(path, [found])
    has_layout = bool(first.segments) and first.segments[0].frame_count == 0
    layout: Header | None = None
    segments: list[FoundSegment] = []
    start = 0
    for index, line in enumerate(first.segments):
        below = f"{folder}/{line.name}.hea" if folder else f"{line.name}.hea"
        if index == 0 and has_layout:
            layout = _parsed(tree, below, line.name) if tree.exists(below) else None
        elif line.name != _GAP and line.frame_count:
            header = _parsed(tree, below, line.name) if tree.exists(below) else None
            if header is not None:
                _check_segment(below, header, line.frame_count, first)
            segments.append(FoundSegment(start, line.frame_count, below, header))
        start += line.frame_count
    return RecordHeaders(folder, first, layout, tuple(segments))


def _parsed(tree: FileTree, path: str, name: str) -> Header:
    if not tree.exists(path):
        raise FileNotFoundError(f"no header {path} found")
    with tree.open(path) as file:
        text = file.read().decode("utf-8", "replace")
    header, defects = parse_header(text, Dialect.WFDB)
    if header is None:
        raise _refusal(path, defects)
    if header.name != name:
        raise _refusal(path, [HeaderDefect(header.line, "name", repr(header.name), f"{name!r}, as the file is named")])
    return header


def _check_segment(path: str, header: Header, frame_count: int, master: Header) -> None:
    defects: list[HeaderDefect] = []
    if header.segment_count is not None:
        defects.append(HeaderDefect(header.line, "name", "a master header", "the header of one segment"))
    if header.frame_count not in (0, frame_count):
        expected = f"{frame_count}, as the master says"
        defects.append(HeaderDefect(header.line, "number of frames", str(header.frame_count), expected))
    if Fraction(header.frame_frequency_hz) != Fraction(master.frame_frequency_hz):
        expected = f"{master.frame_frequency_hz} frames per second, as the master says"
        defects.append(HeaderDefect(header.line, "frequency", header.frame_frequency_hz, expected))
    if defects:
        raise _refusal(path, defects)


def _refusal(path: str, defects: list[HeaderDefect]) -> DataError:
    """Return one error that names every defect."""
    return DataError(
        "\n".join(f"{path}, line {d.line}, {d.field}: found {d.found}, expected {d.expected}" for d in defects)
    )
