"""What a code-status text says: full code, do-not-resuscitate, comfort measures only, or nothing we can use.

Texts are vocabulary of the order system and the charting system; they differ between versions, so words are looked for,
never whole strings. Whose status it is, and when it was known, is `care_limitation`'s.

Source: MIMIC-IV 2.2 poe_detail ('Code status') and chartevents 223758.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final


class Said(StrEnum):
    """What one statement says."""

    FULL_CODE = "full_code"
    DNR = "dnr"
    COMFORT = "comfort"
    DNI_ONLY = "dni_only"
    """Resuscitate but do not intubate: neither full code nor do-not-resuscitate."""
    UNREADABLE = "unreadable"


_WORDS: Final = (
    (Said.COMFORT, re.compile(r"\bcomfort\b|\bcmo\b")),
    (Said.DNR, re.compile(r"\bdna?r\b|\b(do not|don t|no) (attempt )?(cardiopulmonary )?(resuscitat\w*|cpr)\b")),
    (Said.DNI_ONLY, re.compile(r"\bdni\b|\bdo not intubate\b")),
    (Said.FULL_CODE, re.compile(r"\bfull (code|resuscitation)\b|\battempt resuscitation\b|^resuscitate\b")),
)
"""In this order: a text that limits care and also names resuscitation limits care."""


@lru_cache(maxsize=1024)  # the same few texts come again and again
def read_code_status(text: str) -> Said:
    """Return what a text says, whatever its case, spacing and punctuation.

    Examples:
        >>> read_code_status("Full code  (attempt resuscitation)").value
        'full_code'
        >>> read_code_status("DNAR (DO NOT attempt resuscitation for cardiac arrest) ").value
        'dnr'
    """
    words = re.sub(r"[^a-z]+", " ", text.lower()).strip()
    return next((said for said, pattern in _WORDS if pattern.search(words)), Said.UNREADABLE)
