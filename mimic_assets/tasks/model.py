"""What a task may say, with units in the names; unknown keys are refused and messages print both numbers.

Inputs lie in `(index - observation, index]`, the target in `(index + gap, index + gap + horizon]`.
"""

import hashlib
import json
from datetime import timedelta
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mimic_assets.schemas.vocabulary import CareLimitation, Event, Split, Tier
from mimic_assets.tasks.hindsight import refuse_hindsight


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FollowUp(StrEnum):
    """Until when an event of the task would have been seen."""

    HOSPITAL_DISCHARGE = "hospital_discharge"
    """The end of the hospital admission, or death."""
    PRESSURE_SIGNAL = "pressure_signal"
    """The end of the continuous usable arterial pressure that contains the index time (rule in `windows.follow_up`)."""


class GapPolicy(StrEnum):
    """What fills a cell without an observation; mask and reason survive every choice."""

    LEAVE = "leave"
    HOLD = "hold"
    LINEAR = "linear"
    TRAIN_MEDIAN = "train_median"


class EventRule(_Part):
    """The event that makes a label positive."""

    kind: Event
    minimum_tier: Literal[Tier.A, Tier.B] = Tier.A
    """Events of a lower tier never make a window positive, and exclude the stay's negatives."""


class IndexRule(_Part):
    """Index times `intime + k * stride`, k = 1, 2, ...; they do not move when records are added."""

    stride_s: int = Field(ge=60)
    blanking_s: int = Field(ge=0)
    """No index time within this time after an earlier event has ended."""


class TargetRule(_Part):
    """Where the event has to begin."""

    gap_s: int = Field(ge=0)
    horizon_s: int = Field(ge=60)
    follow_up: FollowUp


class CareRule(_Part):
    """Limitations of care that end inclusion, and when a charted statement counts as known."""

    excluded: tuple[CareLimitation, ...] = (CareLimitation.COMFORT,)
    charted_known_after_s: int = Field(default=3600, ge=0)
    """Where `storetime` is empty, a charted value counts as known this long after its charttime."""


class NumericsRule(_Part):
    """The regular grid that inputs are drawn on."""

    observation_s: int = Field(ge=60)
    cell_s: int = Field(default=60, ge=1)
    parameters: tuple[str, ...] = Field(min_length=1)
    gap_policy: GapPolicy = GapPolicy.LEAVE
    hold_at_most_s: int = Field(default=0, ge=0)
    """For `hold`: a value is carried on until it is this old."""

    @property
    def cell_count(self) -> int:
        """Cells per parameter."""
        return self.observation_s // self.cell_s

    @model_validator(mode="after")
    def _whole_cells(self) -> "NumericsRule":
        if self.observation_s % self.cell_s:
            raise ValueError(
                f"observation_s = {self.observation_s} is not a whole number of cells of cell_s = {self.cell_s}"
            )
        if (self.gap_policy is GapPolicy.HOLD) != (self.hold_at_most_s > 0):
            raise ValueError(
                f"gap_policy = {self.gap_policy.value!r} with hold_at_most_s = {self.hold_at_most_s}: "
                "'hold' needs a positive limit, the others none"
            )
        if len(set(self.parameters)) != len(self.parameters):
            raise ValueError("a parameter is named twice")
        return self


class CoverageRule(_Part):
    """A window is cut where enough of its cells hold at least one of these parameters."""

    any_of: tuple[str, ...] = Field(min_length=1)
    minimum_fraction: float = Field(gt=0, le=1)


class ControlRule(_Part):
    """Negatives chosen beside the positives of the same split and stratum."""

    per_positive: int = Field(ge=1)
    match_on: tuple[Literal["care_unit", "hours_in_stay"], ...] = ()
    hours_in_stay_bin_h: int = Field(default=24, ge=1)
    matched_splits: tuple[Split, ...] = (Split.TRAIN, Split.TUNING)
    """The other splits keep every window, at natural prevalence."""
    fill_from_other_strata: bool = True
    """Whether strata that run out of negatives are made up for by negatives of the split's other strata."""


class SplitRule(_Part):
    """Shares of subjects; a subject's split depends on its id and the seed alone."""

    seed: int
    train: float = Field(gt=0, lt=1)
    tuning: float = Field(gt=0, lt=1)
    held_out: float = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _adds_up(self) -> "SplitRule":
        total = self.train + self.tuning + self.held_out
        if abs(total - 1) > 1e-9:
            raise ValueError(f"train + tuning + held_out = {total:g} found, 1 expected")
        return self


class Task(_Part):
    """One prediction task, validated."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    title: str
    reason: str
    """Why these numbers, with sources."""
    event: EventRule
    index: IndexRule
    target: TargetRule
    care: CareRule = CareRule()
    numerics: NumericsRule
    coverage: CoverageRule
    controls: ControlRule
    split: SplitRule

    _no_hindsight = model_validator(mode="before")(refuse_hindsight)

    @property
    def observation(self) -> timedelta:
        """Length of the observation window."""
        return timedelta(seconds=self.numerics.observation_s)

    @property
    def gap(self) -> timedelta:
        """Lead time between index time and target."""
        return timedelta(seconds=self.target.gap_s)

    @property
    def horizon(self) -> timedelta:
        """Length of the target."""
        return timedelta(seconds=self.target.horizon_s)

    @property
    def stride(self) -> timedelta:
        """Distance of index times."""
        return timedelta(seconds=self.index.stride_s)

    @property
    def blanking(self) -> timedelta:
        """Time after an event in which no prediction is made."""
        return timedelta(seconds=self.index.blanking_s)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of every number of the task; titles and reasons do not count."""
        values = self.model_dump(mode="json", exclude={"title", "reason"})
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
