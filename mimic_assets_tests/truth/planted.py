"""Plain readers of a generated demo: its truth files, its clinical csv files, and where its records begin.

Belongs here: text to values with the standard library alone, so that what judges the stages shares nothing with them.
"""

import csv
import gzip
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

Row = dict[str, str]


def time_of(text: str) -> datetime | None:
    """Return a written time, or None where there is none."""
    return datetime.fromisoformat(text) if text else None


def known_time(text: str) -> datetime:
    """Return a written time that must be there."""
    return datetime.fromisoformat(text)


def number_of(text: str) -> int | None:
    """Return a written id, or None where there is none."""
    return int(text) if text else None


@dataclass(frozen=True)
class Planted:
    """What a demo folder says of itself."""

    root: Path
    """Holds `truth/`, `clinical/` and `waveforms/`."""

    @cached_property
    def events(self) -> list[Row]:
        """Rows of truth/events.csv: must be found."""
        return self._rows(self.root / "truth" / "events.csv")

    @cached_property
    def decoys(self) -> list[Row]:
        """Rows of truth/decoys.csv: must not be."""
        return self._rows(self.root / "truth" / "decoys.csv")

    @cached_property
    def care_limits(self) -> list[Row]:
        """Rows of truth/care_limits.csv: code-status orders."""
        return self._rows(self.root / "truth" / "care_limits.csv")

    def clinical(self, table: str) -> list[Row]:
        """Return a clinical table such as `hosp/admissions`."""
        return self._rows(self.root / "clinical" / f"{table}.csv.gz")

    @cached_property
    def record_starts(self) -> dict[int, datetime]:
        """Wall time of the first sample of each record, from the second line of its master header."""
        starts = {}
        for path in sorted((self.root / "waveforms").glob("waves/p*/p*/*/")):
            line = (path / f"{path.name}.hea").read_text(encoding="ascii").split("\n")[1]
            clock, date = line.split()[4:6]
            starts[int(path.name)] = datetime.strptime(f"{date} {clock}", "%d/%m/%Y %H:%M:%S.%f")
        return starts

    def span_of(self, decoy: Row) -> tuple[int, datetime, datetime] | None:
        """Return record, start and end of a decoy whose detail reads `record R, seconds S to E`; None for others."""
        where, _, span = decoy["detail"].partition(", seconds ")
        if not span:
            return None
        record_id = int(where.removeprefix("record "))
        start, end = (timedelta(seconds=float(part)) for part in span.split(" to "))
        return record_id, self.record_starts[record_id] + start, self.record_starts[record_id] + end

    @staticmethod
    def _rows(path: Path) -> list[Row]:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
        return list(csv.DictReader(io.StringIO(text, newline="")))
