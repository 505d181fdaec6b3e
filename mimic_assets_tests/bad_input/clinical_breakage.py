"""One patient each: what is broken in the clinical tables or the lists of a source.

Belongs here: the breaking. What must be said and what must still flow is in the tests.
"""

import gzip
import re

from mimic_assets.clinical.source_tables import SOURCE_TABLES
from mimic_assets_tests.bad_input.record_case import SECRET
from mimic_assets_tests.bad_input.source import (
    BACKWARDS_STAY,
    BYSTANDERS,
    CHARTED,
    CONTRADICTED_DEATH,
    CROWDED,
    DEAD_ON_ARRIVAL,
    DEAD_THE_DAY_BEFORE,
    ELSEWHERE,
    MISPLACED,
    NO_CLINICAL_ROWS,
    Source,
)

ABSENT_PATIENT, ABSENT_RECORD, UNLISTED_RECORD, COPIED_FOLDER = 19999999, 80999999, 90000999, "90000998 copy"


def break_stays_and_deaths(source: Source) -> None:
    """A stay that ends before it starts, deaths before admission, a subject without rows, a record of another year."""
    source.edit_rows(
        "icu/icustays", BACKWARDS_STAY, lambda row: row | {"intime": row["outtime"], "outtime": row["intime"]}
    )
    source.edit_rows("hosp/admissions", DEAD_ON_ARRIVAL, lambda row: row | {"deathtime": "2117-11-25 10:00:00"})
    source.edit_rows("hosp/patients", DEAD_ON_ARRIVAL, lambda row: row | {"dod": "2117-11-25"})
    source.edit_rows("hosp/admissions", CONTRADICTED_DEATH, lambda row: row | {"deathtime": "2142-02-17 10:00:00"})
    source.edit_rows("hosp/patients", DEAD_THE_DAY_BEFORE, lambda row: row | {"dod": "2138-03-15"})
    for table in source.tables():
        if str(NO_CLINICAL_ROWS).encode() in gzip.decompress(source.clinical(table).read_bytes()):
            source.edit_rows(table, NO_CLINICAL_ROWS, lambda row: None)
    (record,) = (path for path in source.patient(ELSEWHERE).iterdir() if path.is_dir())
    header = record / f"{record.name}.hea"
    header.write_bytes(re.sub(rb"/(\d{4})\r\n", lambda m: b"/%d\r\n" % (int(m[1]) + 1), header.read_bytes(), count=1))


def break_chartevents(source: Source) -> dict[str, int]:
    """Break lines of one subject; return the number of each line: the heading line is 1."""
    path = source.clinical("icu/chartevents")
    lines = gzip.decompress(path.read_bytes()).split(b"\n")[:-1]
    names = lines[0].decode().split(",")
    items = SOURCE_TABLES["chartevents"].items or frozenset()
    own = [n for n, line in enumerate(lines, start=1) if _is_used(line, names, items)]
    numbers = dict(zip(("stray comma", "not UTF-8", "quote", "text", "NUL", "time"), own[3:], strict=False))

    def put(what: str, column: str, cell: bytes) -> None:
        cells = lines[numbers[what] - 1].split(b",")
        cells[names.index(column)] = cell
        lines[numbers[what] - 1] = b",".join(cells)

    put("stray comma", "value", b"7," + SECRET.encode())
    put("not UTF-8", "value", b"\xff\xfe")
    put("quote", "value", b'7"2')
    put("text", "valuenum", b"about " + SECRET.encode())
    put("NUL", "valuenum", b"7\x002")
    put("time", "charttime", b"after " + SECRET.encode())
    lines.append(b"9" * 1_000_000)
    path.write_bytes(gzip.compress(b"\n".join([*lines, b""]), mtime=0))
    return numbers | {"long": len(lines)}


def _is_used(line: bytes, names: list[str], items: frozenset[int]) -> bool:
    cells = line.decode().split(",")
    of_subject = cells[names.index("subject_id")] == str(CHARTED)
    return of_subject and int(cells[names.index("itemid")]) in items and cells[names.index("valuenum")] != ""


def break_lists(source: Source) -> dict[str, int]:
    """A patient below another group, absent patients and records, folders no list can name; return lines of RECORDS."""
    root = source.waveforms / "RECORDS"
    lines = root.read_text().splitlines()
    wrong = "waves/p196/p19540560/"
    place = lines.index(f"waves/p195/p{MISPLACED}/")
    (source.waveforms / "waves" / "p196").mkdir()
    source.patient(MISPLACED).rename(source.waveforms / wrong)
    lines[place] = wrong
    lines += [f"waves/p199/p{ABSENT_PATIENT}/", f"waves/p{str(BYSTANDERS[0])[:3]}/p{BYSTANDERS[0]}/"]
    root.write_text("\n".join([*lines, ""]))
    own = source.patient(CROWDED) / "RECORDS"
    listed = own.read_text().splitlines()
    for name in (COPIED_FOLDER, str(UNLISTED_RECORD)):
        (own.parent / name).mkdir()
        (own.parent / name / f"{name}.hea").write_text("no header\n")
    repeated = listed[0]
    listed += [repeated, f"{ABSENT_RECORD}/{ABSENT_RECORD}", f"{COPIED_FOLDER}/{COPIED_FOLDER}"]
    own.write_text("\n".join([*listed, ""]))
    loop = source.patient(DEAD_THE_DAY_BEFORE) / "RECORDS"
    loop.unlink()
    loop.symlink_to(loop.name)
    count = len(listed)
    return {"misplaced": place + 1, "absent patient": len(lines) - 1, "absent record": count - 1, "copied": count}
