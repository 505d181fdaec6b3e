"""WFDB header files as values, in two dialects.

Belongs here: the text of one `.hea` file -> record line, segment or signal lines, comments, and every field that breaks
the dialect. Does not belong here: what several headers say of each other (`master`, `segments`, `any_record`), files,
clocks. Own parser: wfdb-python's reader accepts lines that contradict themselves and names no line or field; it is the
oracle in tests.

Where do I go to read a file's text? `parse`. For the first line? `record_line`; the lines below it: `segment_line`,
`signal_line`. For what a field may look like? `fields`.

Source: WFDB header(5); the files of MIMIC-IV Waveform Database 0.1.0 (2022).
"""

from mimic_assets.records.header.parse import parse_header
from mimic_assets.records.header.values import Dialect, Header, HeaderDefect, SegmentLine, SignalLine

__all__ = ["Dialect", "Header", "HeaderDefect", "SegmentLine", "SignalLine", "parse_header"]
