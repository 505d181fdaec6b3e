"""The text of a header file -> a header, or everything that is wrong with it.

Belongs here: telling comments from lines, counting lines against the record line. Does not belong here: the fields of a
line.
"""

import functools
from dataclasses import replace

from mimic_assets.records.header.record_line import record_line
from mimic_assets.records.header.segment_line import segment_line
from mimic_assets.records.header.signal_line import signal_line
from mimic_assets.records.header.values import Dialect, Header, HeaderDefect

_REMEMBERED = 512
"""Texts: a record of the published database has at most 196 headers."""


def parse_header(text: str, dialect: Dialect = Dialect.PUBLISHED) -> tuple[Header | None, list[HeaderDefect]]:
    """Return the header, or None and every field that is wrong. A text that was parsed before is not parsed again.

    Args:
        text: the file, lines ended by CRLF or LF.
        dialect: which fields must be there.

    Returns:
        The header and an empty list, or None and at least one defect; all defects of the file at once.
    """
    header, defects = _parsed(text, dialect)
    return header, list(defects)


@functools.lru_cache(maxsize=_REMEMBERED)
def _parsed(text: str, dialect: Dialect) -> tuple[Header | None, tuple[HeaderDefect, ...]]:
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
        expected = "name/segments signals frequency/counter frames time date"
        return None, (HeaderDefect(1, "record line", "no line", expected),)
    number, line = lines[0]
    header = record_line(number, line, dialect, defects)
    body = lines[1:]
    is_master = "/" in line.split()[0]
    segments = [segment_line(n, line, defects) for n, line in body] if is_master else []
    signals = [signal_line(n, line, dialect, defects) for n, line in body] if not is_master else []
    if header is None:
        return None, tuple(defects)
    expected_count, what = (header.segment_count, "segment") if is_master else (header.signal_count, "signal")
    if len(body) != expected_count:
        defects.append(
            HeaderDefect(
                number,
                f"number of {what}s",
                f"{len(body)} {what} lines",
                f"the {expected_count} that the record line announces",
                f"{what}_count_disagrees",
            )
        )
    if defects:
        return None, tuple(defects)
    sound_segments = tuple(segment for segment in segments if segment is not None)
    sound_signals = tuple(signal for signal in signals if signal is not None)
    return replace(
        header,
        segments=sound_segments,
        signals=sound_signals,
        comments=comments,
        comment_lines=comment_lines,
        line=number,
    ), ()
