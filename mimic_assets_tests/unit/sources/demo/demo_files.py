"""Plain readers of a generated demo: obvious, slow, and sharing nothing with the generator or the pipeline."""

import csv
import gzip
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path


def read_csv(path: Path) -> list[dict[str, str]]:
    """Return the rows of a csv or csv.gz as dictionaries of text."""
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def clinical(root: Path, table: str) -> list[dict[str, str]]:
    """Return a clinical table such as `hosp/admissions`."""
    return read_csv(root / "clinical" / f"{table}.csv.gz")


def truth(root: Path, name: str = "events") -> list[dict[str, str]]:
    """Return a truth table."""
    return read_csv(root / "truth" / f"{name}.csv")


def time_of(text: str) -> datetime:
    """Return a written time."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True)
class RecordFiles:
    """A record found on disk, with what its master header says."""

    folder: Path
    name: str
    subject_id: str
    hadm_id: str
    base_time: datetime
    counter_hz: Fraction
    frames: int

    @property
    def numerics(self) -> Path:
        """Path of the numerics file, whether it exists or not."""
        return self.folder / f"{self.name}n.csv.gz"

    def time_at(self, tick: int) -> datetime:
        """Return the wall time of a tick, cut to whole microseconds."""
        return self.base_time + timedelta(microseconds=int(Fraction(tick) / self.counter_hz * 1_000_000))

    def master_lines(self) -> list[str]:
        """Return the master header's lines."""
        return (self.folder / f"{self.name}.hea").read_bytes().decode("ascii").split("\r\n")[:-1]


def records(root: Path) -> list[RecordFiles]:
    """Return every record of the demo, by name."""
    found = []
    for path in sorted((root / "waveforms").glob("waves/p*/p*/*/")):
        lines = (path / f"{path.name}.hea").read_bytes().decode("ascii").split("\r\n")
        _, _, rates, frames, clock, date = lines[1].split(" ")
        day, month, year = (int(part) for part in date.split("/"))
        found.append(
            RecordFiles(
                folder=path,
                name=path.name,
                subject_id=re.search(r"# subject_id (\d+)", "\n".join(lines)).group(1),
                hadm_id=re.search(r"# hadm_id (\d+)", "\n".join(lines)).group(1),
                base_time=datetime.combine(datetime(year, month, day), time_of(f"2000-01-01 {clock}").time()),
                counter_hz=Fraction(rates.split("/")[1]),
                frames=int(frames),
            )
        )
    return found
