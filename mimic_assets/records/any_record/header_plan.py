"""Headers of one record -> the plan that reads follow.

Belongs here: which file holds which signal's samples of which frames, by the headers and the sizes of files. Does not
belong here: parsing (`headers`), decoding (`samples`).

Source: WFDB header(5), signal(5).
"""

import math
from dataclasses import dataclass

from mimic_assets.errors import DataError
from mimic_assets.file_tree import FileTree
from mimic_assets.records.any_record.headers import FoundSegment, RecordHeaders
from mimic_assets.records.header import Header, SignalLine
from mimic_assets.records.samples.decoders import open_decoder
from mimic_assets.records.samples.flac import DamagedSamplesError
from mimic_assets.records.samples.formats import FORMATS
from mimic_assets.records.samples.layout import FileLayout
from mimic_assets.records.samples.packed import samples_in
from mimic_assets.records.samples.pieces import Piece, RecordPlan, Span
from mimic_assets.timeline import TICKS_PER_FRAME

UNCALIBRATED_GAIN = 200.0
"""header(5): what a signal without a gain is taken to have."""
_NO_FILE = "~"


@dataclass(frozen=True, slots=True)
class PlannedRecord:
    """A plan, and what it could not use."""

    plan: RecordPlan
    checksums: dict[tuple[str, int], int]
    """Sum of each signal as headers have it, by file and place in the file."""
    problems: tuple[str, ...]
    """A sentence each: a header or file that is missing, a format nobody knows, a signal without a gain."""


def plan_record(tree: FileTree, headers: RecordHeaders) -> PlannedRecord:
    """Return the plan of a record.

    Time: a tick is the 16th part of a frame, as in MIMIC-IV Waveform, or a smaller part where some signal has a number
    of samples per frame that does not divide 16: every sample has a whole tick.

    Raises:
        DataError: signals that share a file contradict each other, or the record's length is nowhere said.
    """
    builder = _Builder(tree, headers)
    for segment in headers.segments:
        builder.add(segment)
    known: dict[str, int] = {}
    if headers.layout is not None:  # it has the order, and signals of segments that are missing; segments have the word
        lines = zip(names_of(headers.layout), headers.layout.signals, strict=True)
        known = {name: builder.rates.get(name, line.samples_per_frame) for name, line in lines}
    known |= builder.rates
    ticks = math.lcm(TICKS_PER_FRAME, *known.values())
    frames = headers.first.frame_count or max((span.end_frame for span in builder.spans), default=0)
    plan = RecordPlan(frames * ticks - 1, known, tuple(builder.spans), builder.files, ticks)
    return PlannedRecord(plan, builder.checksums, tuple(builder.problems))


def names_of(header: Header) -> list[str]:
    """Return the names of a header's signals; repeated ones get ` #2`, ` #3`, a missing one that of header(5)."""
    names: dict[str, None] = {}
    last: dict[str, int] = {}
    for index, line in enumerate(header.signals):
        wanted = line.name or f"record {header.name}, signal {index}"
        name, again = wanted, last.get(wanted, 1)
        while name in names:
            again += 1
            name = f"{wanted} #{again}"
        last[wanted] = again
        names[name] = None
    return list(names)


class _Builder:
    def __init__(self, tree: FileTree, headers: RecordHeaders) -> None:
        self._tree = tree
        self._folder = headers.folder
        self.rates: dict[str, int] = {}
        self.spans: list[Span] = []
        self.files: dict[str, FileLayout] = {}
        self.checksums: dict[tuple[str, int], int] = {}
        self.problems: list[str] = []

    def add(self, segment: FoundSegment) -> None:
        header = segment.header
        if header is None:
            self.problems.append(f"{segment.path}: no header found; its {segment.frame_count} frames are a gap")
            return
        names = names_of(header)
        by_file: dict[str, list[SignalLine]] = {}
        channels = []
        for line in header.signals:
            beside = by_file.setdefault(line.file, [])
            channels.append(len(beside))
            beside.append(line)
        held = {name: self._opened(segment, name, lines) for name, lines in by_file.items() if name != _NO_FILE}
        frame_count = segment.frame_count or min((count for _, count in held.values()), default=0)
        pieces: dict[str, Piece] = {}
        for name, line, channel in zip(names, header.signals, channels, strict=True):
            if line.file == _NO_FILE:
                continue
            path, count = held[line.file]
            if line.checksum is not None:
                self.checksums[path, channel] = line.checksum
            readable = min(count, frame_count)
            if self.rates.setdefault(name, line.samples_per_frame) != line.samples_per_frame:
                self._tell(segment, line, f"found {line.samples_per_frame} samples per frame, expected "
                           f"{self.rates[name]} as in an earlier segment; {name} is unreadable here")  # fmt: skip
                readable = 0
            if line.gain == 0:
                self._tell(segment, line, f"found no gain of {name}, expected steps per unit; 200 per unit were taken")
            recorded = max(frame_count - line.skew, 0)
            pieces[name] = Piece(
                path,
                channel,
                recorded,
                min(max(readable - line.skew, 0), recorded),
                line.gain or UNCALIBRATED_GAIN,
                line.baseline,
                line.unit,
                FORMATS[line.storage_format].missing if line.storage_format in FORMATS else None,
                line.skew,
            )
        self.spans.append(Span(segment.start_frame, segment.start_frame + frame_count, pieces))

    def _tell(self, segment: FoundSegment, line: SignalLine, sentence: str) -> None:
        self.problems.append(f"{segment.path}, line {line.line}: {sentence}")

    def _opened(self, segment: FoundSegment, name: str, lines: list[SignalLine]) -> tuple[str, int]:
        """Return the path of a signal file and the frames that it can have, by its size or, in FLAC, by the header."""
        header, first = segment.path, lines[0]
        path = f"{self._folder}/{name}" if self._folder else name
        if len({line.storage_format for line in lines}) > 1:
            raise DataError(f"{header}, line {first.line}, format: found several formats for {name}, expected one")
        if any(line.byte_offset not in (0, first.byte_offset) for line in lines):
            raise DataError(f"{header}, line {first.line}, format: found several offsets for {name}, expected one")
        form = FORMATS.get(first.storage_format)
        if form is None:
            known = ", ".join(map(str, FORMATS))
            self.problems.append(
                f"{header}, line {first.line}: found format {first.storage_format}, expected one of {known}"
            )
            return path, 0
        rates = tuple(line.samples_per_frame for line in lines)
        if form.is_flac and len(set(rates)) > 1:
            raise DataError(f"{header}, line {first.line}, format: found several rates in {name}, expected one in FLAC")
        layout = FileLayout(first.storage_format, rates, first.byte_offset, tuple(line.initial_value for line in lines))
        if self.files.setdefault(path, layout) != layout:
            raise DataError(
                f"{header}, line {first.line}: found {name} laid out otherwise than in an earlier segment, expected "
                "one layout per file"
            )
        if not self._tree.exists(path):
            self.problems.append(f"{path}: no file found, expected the signals that {header} puts there")
            return path, 0
        if form.is_flac:
            return path, segment.frame_count or self._announced(path, layout)
        size = max(self._tree.size(path) - layout.offset, 0)
        return path, samples_in(first.storage_format, size) // sum(rates)

    def _announced(self, path: str, layout: FileLayout) -> int:
        try:
            decoder = open_decoder(self._tree.open(path), layout)
        except DamagedSamplesError as error:
            self.problems.append(f"{path}: {error}")
            return 0
        try:
            return decoder.frame_count()
        finally:
            decoder.close()
