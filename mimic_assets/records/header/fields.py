"""Reading the fields of one line, and collecting what is wrong with them.

Belongs here: numbers and texts in general. Does not belong here: what a line is made of.
"""

import re

from mimic_assets.records.header.values import HeaderDefect

NUMBER = r"\d{1,9}(?:\.\d{1,9})?"
COUNT = re.compile(r"\d{1,12}", re.ASCII)
INTEGER = re.compile(r"[-+]?\d{1,9}", re.ASCII)
SAMPLE = re.compile(r"[-+]?\d{1,10}", re.ASCII)


class LineFields:
    """The fields of one line."""

    def __init__(self, line: int, defects: list[HeaderDefect]) -> None:
        self._line = line
        self._defects = defects

    def refuse(self, name: str, found: str, expected: str, rule: str = "malformed_header") -> None:
        """Add a defect."""
        self._defects.append(HeaderDefect(self._line, name, found, expected, rule))

    def match(
        self, name: str, text: str, pattern: re.Pattern[str], expected: str, is_private: bool = False
    ) -> re.Match[str] | None:
        """Return the match of a whole field, or None and a defect, without the text where it may be a patient's."""
        match = pattern.fullmatch(text)
        if match is None:
            self.refuse(name, "another text" if is_private else repr(text[:40]), expected)
        return match

    def integer(self, name: str, text: str, pattern: re.Pattern[str] = INTEGER) -> int:
        """Return a whole number; 0 and a defect where it is none."""
        match = self.match(
            name, text, pattern, "a whole number, not negative" if pattern is COUNT else "a whole number"
        )
        return int(text) if match else 0
