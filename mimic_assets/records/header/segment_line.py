"""A line of a master header: `name frames`.

Belongs here: this line. Source: WFDB header(5).
"""

import re

from mimic_assets.records.header.fields import COUNT, LineFields
from mimic_assets.records.header.values import HeaderDefect, SegmentLine

_SEGMENT_NAME = re.compile(r"~|[-\w]+")


def segment_line(number: int, line: str, defects: list[HeaderDefect]) -> SegmentLine | None:
    """Return the segment; None, or a defect, where a field is missing or wrong."""
    fields = LineFields(number, defects)
    words = line.split()
    if len(words) != 2:
        fields.refuse("segment line", f"{len(words)} fields", "2: segment name (~ for a gap), frames")
        return None
    fields.match("segment name", words[0], _SEGMENT_NAME, "a record name or ~")
    return SegmentLine(words[0], fields.integer("segment frames", words[1], COUNT), number)
