"""What became of every key of a run, kept beside the Dagster instance so that checks and summaries can read it.

One JSON file per run and table. It holds keys, rule names and counts; no values.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from mimic_assets.storage.lake import Stored


class Status(StrEnum):
    """What happened to one key."""

    MADE = "made"
    KEPT = "kept"
    """Its fingerprint was unchanged: nothing to do."""
    QUARANTINED = "quarantined"
    """Its data cannot be used; the reason is in rejected_inputs."""
    BLOCKED = "blocked"
    """It could not be made now: an upstream object is missing, or the machine failed it (disk, network, memory)."""


@dataclass(slots=True)
class Outcome:
    """What happened to one key of one table."""

    key: str
    status: Status
    reasons: list[str] = field(default_factory=list)
    """`rule(column): n rows` or the message of a DataError."""
    row_count: int = 0
    byte_count: int = 0
    rejected_count: int = 0
    sha256: dict[str, str] = field(default_factory=dict)
    """Object path -> SHA-256."""
    notes: list[str] = field(default_factory=list)
    """Sentences for a person, from the maker of the object."""
    tally: dict[str, dict[str, int]] = field(default_factory=dict)
    """Coded column (task-qualified) -> value -> rows."""

    @property
    def is_stored(self) -> bool:
        """Whether a good object stands for this key."""
        return self.status in (Status.MADE, Status.KEPT)

    def count(self, stored: Stored, task: str | None = None) -> None:
        """Add the rows, bytes, checksum, notes and tallies of one stored object, of a task where one is named."""
        self.row_count += stored.row_count
        self.byte_count += stored.byte_count
        self.rejected_count += stored.rejected_count
        self.sha256[stored.path] = stored.sha256
        self.notes += json.loads(stored.extra.get("notes", "[]"))
        for name, counts in json.loads(stored.extra.get("tally", "{}")).items():
            self.tally[f"{task}:{name}" if task else name] = counts


def add_tallies(outcomes: Iterable[Outcome]) -> dict[str, dict[str, int]]:
    """Return the sums of the tallies of several keys."""
    total: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        for column, counts in outcome.tally.items():
            total.setdefault(column, Counter()).update(counts)
    return {column: dict(sorted(counts.items())) for column, counts in sorted(total.items())}


def _path(home: Path, run_id: str, table: str) -> Path:
    return home / "outcomes" / run_id / f"{table}.json"


def write_outcomes(home: Path, run_id: str, table: str, outcomes: list[Outcome]) -> None:
    """Keep the outcomes of one table of one run."""
    path = _path(home, run_id, table)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps([asdict(outcome) for outcome in outcomes]), encoding="utf-8")
    temporary.replace(path)


def read_outcomes(home: Path, run_id: str, table: str) -> list[Outcome]:
    """Return the outcomes of one table of one run; empty when the run did not reach it."""
    path = _path(home, run_id, table)
    if not path.exists():
        return []
    return [Outcome(**row | {"status": Status(row["status"])}) for row in json.loads(path.read_text(encoding="utf-8"))]
