"""The first line of a header: `name[/segments] signals [frequency[/counter[(base)]] [frames [time [date]]]]`.

Belongs here: this line and its clock fields. Source: WFDB header(5).
"""

import re
from collections.abc import Callable
from datetime import date, time
from typing import TypeVar

from mimic_assets.records.header.fields import COUNT, NUMBER, LineFields
from mimic_assets.records.header.values import Dialect, Header, HeaderDefect

DEFAULT_FREQUENCY_HZ = "250"
"""header(5): where the line gives none."""
_RECORD_NAME = re.compile(r"([-\w]+)(?:/([1-9]\d{0,5}))?")
_FREQUENCY = re.compile(rf"({NUMBER})(?:/({NUMBER})(?:\((\d{{1,15}})\))?)?", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)(?:\.(\d{1,6}))?", re.ASCII)
_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_Built = TypeVar("_Built", time, date)


def record_line(number: int, line: str, dialect: Dialect, defects: list[HeaderDefect]) -> Header | None:
    """Return the record line as a header without body; None where a field is missing or wrong."""
    fields = LineFields(number, defects)
    before = len(defects)
    words = line.split()
    least = 4 if dialect is Dialect.PUBLISHED else 2
    if not least <= len(words) <= 6:
        fields.refuse(
            "record line", f"{len(words)} fields", f"{least} to 6: name, signals, frequency, frames, time, date"
        )
        return None
    words += [""] * (6 - len(words))
    name = fields.match("name", words[0], _RECORD_NAME, "a record name, or name/number of segments")
    signal_count = fields.integer("number of signals", words[1], COUNT)
    expected = "frames per second, or frames/counter(base counter)"
    frequency = fields.match("frequency", words[2] or DEFAULT_FREQUENCY_HZ, _FREQUENCY, expected)
    if frequency is not None and dialect is Dialect.WFDB and not float(frequency[1]):
        fields.refuse("frequency", "0 frames per second", "a positive number")
    frame_count = fields.integer("number of frames", words[3] or "0", COUNT)
    start_time = _parsed(fields, "time", words[4], _TIME, _time_of, "HH:MM:SS.mmm") if words[4] else None
    start_date = _parsed(fields, "date", words[5], _DATE, _date_of, "D/M/YYYY") if words[5] else None
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
    fields: LineFields,
    name: str,
    text: str,
    pattern: re.Pattern[str],
    build: Callable[[re.Match[str]], _Built],
    form: str,
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
