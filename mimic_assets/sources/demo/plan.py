"""What is asked of the demo source, and what was made: two small values, checked when they are built.

Belongs here: the size and seed of a demo. Does not belong here: how patients are drawn (`cohort`, `course`) or
written (`write`).
"""

import math
from dataclasses import dataclass
from pathlib import Path

MAX_PATIENTS = 100_000
"""Identifiers stay eight digits and distinct well beyond this; the limit only catches typing mistakes."""

MIN_HOURS, MAX_HOURS = 0.5, 168.0
"""Below half an hour no planted episode fits. Records of MIMIC-IV Waveform seldom pass four days; a week is there so
that memory can be measured well beyond them."""


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """A demo is fully determined by these four values and the generator's code.

    Raises:
        ValueError: a value is outside its range; the message prints what was found and what was expected.
    """

    patients: int = 40
    """Number of subjects; the cohort's design repeats every 40, so 40 shows every kind of case once."""
    hours: float = 5.5
    """Typical length of a waveform record in hours; records vary around it (never below 4 h when it is at least 4)."""
    seed: int = 20260537
    """Seed of every draw; subject k is the same for any number of patients or workers.

    Subject ids follow from the seed, and splits from the ids. Of the seeds from 20260101 on this is the first whose 40
    subjects give every split of the shipped tasks at least four who die on record, six who survive and seven with
    hypotension, hence 20 windows of either label.
    """
    waveform_minutes: float | None = None
    """Minutes of waveform per record, the rest being a gap (numerics are unaffected); null writes all of it."""

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be built."""
        if not 1 <= self.patients <= MAX_PATIENTS:
            raise ValueError(f"patients is {self.patients}, expected 1 to {MAX_PATIENTS}")
        if not (math.isfinite(self.hours) and MIN_HOURS <= self.hours <= MAX_HOURS):
            raise ValueError(f"hours is {self.hours}, expected {MIN_HOURS} to {MAX_HOURS}")
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"seed is {self.seed}, expected 0 to {2**63 - 1}")
        if self.waveform_minutes is not None and not (
            math.isfinite(self.waveform_minutes) and self.waveform_minutes >= 1
        ):
            raise ValueError(f"waveform_minutes is {self.waveform_minutes}, expected at least 1, or nothing for all")


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What stands on disk after `generate_demo`."""

    root: Path
    """Folder that holds `waveforms/`, `clinical/`, `truth/` and `demo.json`."""
    patients: int
    """Subjects written."""
    records: int
    """Waveform records written, with or without numerics."""
    records_with_numerics: int
    """Records that have a numerics file."""
    events: dict[str, int]
    """Rows of `truth/events.csv` by event."""
    decoys: dict[str, int]
    """Rows of `truth/decoys.csv` by kind."""
    bytes_written: int
    """Size of all files except `demo.json`."""
    is_reused: bool
    """True when a finished demo of the same plan and code already stood there and nothing was written."""
