"""A generated source whose files can be broken one by one, and the roles its patients play.

Belongs here: making the sound source, and editing its files as text. What is broken, and what must be said of it, is in
`record_cases` and `clinical_cases`.
"""

import gzip
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mimic_assets.sources.demo import DemoPlan, generate_demo
from mimic_assets_tests.broken_copies import WrittenRecord, publish

PLAN = DemoPlan(patients=12, hours=1.5, waveform_minutes=1)
CROWDED = 14278152
"""A survivor with one record, who gets a further record for every way to break one."""
BACKWARDS_STAY, DEAD_ON_ARRIVAL, DEAD_THE_DAY_BEFORE = 13228502, 13753327, 16384531
CONTRADICTED_DEATH, ELSEWHERE = 11646948, 15859706
"""Whose deathtime lies before admission and dod does not; whose record is of another year than the stays."""
NO_CLINICAL_ROWS, CHARTED, MISPLACED = 18490910, 19015735, 19540560
BYSTANDERS = (11122123, 12171773, 16909356)
"""Nothing of theirs is broken."""
EXTRA_LINES = 400
FIRST_EXTRA = 90000101


@dataclass(frozen=True, slots=True)
class Source:
    """A folder with `waveforms/` and `clinical/`."""

    root: Path

    @property
    def waveforms(self) -> Path:
        """The root of the waveform source."""
        return self.root / "waveforms"

    def record(self, record_id: int, subject_id: int = CROWDED) -> WrittenRecord:
        """Return a record's place."""
        return WrittenRecord(self.waveforms, subject_id, record_id)

    def patient(self, subject_id: int) -> Path:
        """Return a patient's folder."""
        return self.record(0, subject_id).folder.parent

    def clinical(self, name: str) -> Path:
        """Return the file of a clinical table: `hosp/admissions`."""
        return self.root / "clinical" / f"{name}.csv.gz"

    def edit_rows(self, name: str, subject_id: int, change: Callable[[dict[str, str]], dict[str, str] | None]) -> int:
        """Change each row of a subject, or drop it where `change` returns None; return the line of the first."""
        path = self.clinical(name)
        heading, *lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        names, rows, first = heading.split(","), [heading], 0
        place = names.index("subject_id")
        for number, line in enumerate(lines, start=2):
            cells = line.split(",")
            if cells[place] != str(subject_id):
                rows.append(line)
                continue
            first = first or number
            changed = change(dict(zip(names, cells, strict=True)))
            rows += [] if changed is None else [",".join(changed[column] for column in names)]
        assert first, f"{subject_id} is not in {name}"
        path.write_bytes(gzip.compress("\n".join([*rows, ""]).encode(), mtime=0))
        return first

    def tables(self) -> list[str]:
        """Return every clinical table that has subjects: `hosp/admissions` ..."""
        files = sorted((self.root / "clinical").glob("*/*.csv.gz"))
        return [f"{path.parent.name}/{path.name[:-7]}" for path in files if b"subject_id" in _heading(path)]


def _heading(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()).split(b"\n", 1)[0]


def sound_source(root: Path, extras: int) -> Source:
    """Generate a source, give the crowded patient further short records, and publish its lists and sums."""
    generate_demo(root, PLAN)
    source = Source(root)
    (own,) = (path for path in source.patient(CROWDED).iterdir() if path.is_dir())
    for record_id in range(FIRST_EXTRA, FIRST_EXTRA + extras):
        folder = own.parent / str(record_id)
        folder.mkdir()
        for path in sorted(own.iterdir()):
            target = folder / path.name.replace(own.name, folder.name)
            if path.suffix == ".hea":
                target.write_bytes(path.read_bytes().replace(own.name.encode(), folder.name.encode()))
            else:
                shutil.copyfile(path, target)
        write_numerics(source.record(record_id), numerics_lines(source.record(record_id))[:EXTRA_LINES])
    publish(source.waveforms)
    return source


def numerics_lines(record: WrittenRecord) -> list[bytes]:
    """Return the lines of a numerics file, the heading line first, without line ends."""
    return gzip.decompress(record.file("n.csv.gz").read_bytes()).split(b"\n")[:-1]


def write_numerics(record: WrittenRecord, lines: list[bytes]) -> None:
    """Write a numerics file from its lines."""
    record.file("n.csv.gz").write_bytes(gzip.compress(b"\n".join([*lines, b""]), mtime=0))


def full_line(lines: list[bytes]) -> int:
    """Return the number of the first line with most of its cells, the heading line being 1."""
    return next(n for n, line in enumerate(lines, start=1) if n > 1 and sum(map(bool, line.split(b","))) > 10)


def forget_published(source: Source, folder: str) -> None:
    """Take the sums of a folder out of the published list, so that only the defect itself can be found."""
    path = source.waveforms / "SHA256SUMS.txt"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if f" {folder}/" not in line))
