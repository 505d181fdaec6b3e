"""Whose row a line was that could not be used.

What such a line said is lost to its subject, or to anybody where the subject cannot be read. A guess would err on the
wrong side, so what stands at the subject's place counts only if it looks like a subject of MIMIC-IV.
"""

_SUBJECTS = range(10_000_000, 20_000_000)
"""MIMIC-IV: ids have 8 digits; subjects begin with 1, admissions with 2, stays with 3. So an id that a stray or lost
comma moved to the subject's place, or half of one, is not taken for a subject."""


def subject_of(line: bytes, place: int) -> int | None:
    """Return the subject at a place of a line, counted by commas; None where no subject stands there.

    Examples:
        >>> subject_of(b'10000032-1,1,"10000032",22', 2)
        10000032
        >>> subject_of(b"1000,0032,20000001", 0) is None
        True
    """
    cells = line.split(b",", place + 1)
    cell = cells[place].strip(b'"\r') if len(cells) > place else b""
    return int(cell) if len(cell) == 8 and cell.isdigit() and int(cell) in _SUBJECTS else None
