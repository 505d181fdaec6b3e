"""What a task may say, with units in the names; unknown keys are refused and messages print both numbers.

Inputs lie in `(index - observation, index]`, the target in `(index + gap, index + gap + horizon]`.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from mimic_assets.schemas.tables import WAVEFORM_FEATURES, WAVEFORM_QUALITY
from mimic_assets.schemas.vocabulary import CareLimitation, EventClass, Split, Tier
from mimic_assets.tasks.hindsight import refuse_hindsight
from mimic_assets.timeline import FRAMES_PER_TILE

CHARTING_RESOLUTION_S: Final = 60
"""A charted time is rounded to the minute: an event lies within 60 s of it, on either side."""
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
SignalName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9 +_-]*$", max_length=40)]
TILE_STATISTICS: Final = tuple(column.name for column in WAVEFORM_QUALITY.columns if column.dtype == pl.Float64)
"""What waveform_quality says of a signal's tile in numbers."""
TILE_FEATURES: Final = tuple(
    column.name
    for column in WAVEFORM_FEATURES.columns
    if column.dtype == pl.Float64 and column.name in WAVEFORM_FEATURES.optional
)
"""What waveform_features says of a record's tile: rates, pressures, times; its counts and sums are no inputs."""

LAG_KNOWN_AFTER_S = 9000
"""The clock audit uses no charted value earlier than this after its charttime (twice the widest lag it looks for)."""
MONITOR_TIMED = frozenset({"hypotension", "desaturation", "bradycardia", "tachycardia"})
"""Events that the monitor's own numbers define and time."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FollowUp(StrEnum):
    """Until when an event of the task would have been seen."""

    HOSPITAL_DISCHARGE = "hospital_discharge"
    """The end of the hospital admission, or death."""
    ICU_OUT = "icu_out"
    """ICU outtime, or the hospital discharge where that is earlier; an event after it is no positive."""
    ICU_OUT_OR_CARE_LIMIT = "icu_out_or_care_limit"
    """As `icu_out`, or the first limitation of care that the task excludes, if earlier."""
    PRESSURE_SIGNAL = "pressure_signal"
    """The end of the continuous usable arterial pressure that contains the index time (rule in `windows.follow_up`)."""


class GapPolicy(StrEnum):
    """What fills a cell without an observation; mask and reason survive every choice."""

    LEAVE = "leave"
    HOLD = "hold"
    LINEAR = "linear"
    TRAIN_MEDIAN = "train_median"


class EventRule(_Part):
    """The event that makes a label positive: one kind, or any of several."""

    kind: Name | None = None
    """Name of an event definition."""
    kinds: tuple[Name, ...] = ()
    """Names of several; give either `kind` or `kinds`."""
    minimum_tier: Literal[Tier.A, Tier.B] = Tier.A
    """Events of a lower tier never make a window positive, and exclude the stay's negatives."""
    excluded_classes: tuple[EventClass, ...] = (EventClass.NEWBORN, EventClass.OBSTETRIC)
    """Events of these classes never make a window positive, and like a lower tier exclude the stay's negatives."""

    @property
    def names(self) -> tuple[str, ...]:
        """The kinds, however they were said."""
        return self.kinds or ((self.kind,) if self.kind else ())

    @model_validator(mode="after")
    def _one_way_of_saying(self) -> "EventRule":
        if (self.kind is None) == (not self.kinds):
            raise ValueError(f"kind = {self.kind!r} and kinds = {list(self.kinds)} found, exactly one of them expected")
        if len(set(self.kinds)) != len(self.kinds):
            raise ValueError(f"kinds = {list(self.kinds)} found, each kind once expected")
        return self


class IndexRule(_Part):
    """When predictions are made: `intime + k * stride`, k = 1, 2, ..., or once per stay, `anchor + offset`.

    An anchor that is an event counts from its upper bound, the first of its kind in the stay of at least
    `anchor_minimum_tier`, and moves with it; the others hang on the stay alone.
    """

    rule: Literal["strided", "anchored"] = "strided"
    stride_s: int | None = Field(default=None, ge=60)
    anchor: Name | None = None
    """`intime`, `admittime`, or the kind of an event."""
    anchor_minimum_tier: Literal[Tier.A, Tier.B] = Tier.B
    offset_s: int | None = Field(default=None, ge=0)
    blanking_s: int = Field(ge=0)
    """No index time within this time after an earlier event has ended."""

    @property
    def is_anchored_on_event(self) -> bool:
        """Whether the anchor is an event, not the start of a stay or admission."""
        return self.rule == "anchored" and self.anchor not in ("intime", "admittime")

    @model_validator(mode="after")
    def _says_what_its_rule_needs(self) -> "IndexRule":
        found = f"rule = {self.rule!r} with stride_s = {self.stride_s}, anchor = {self.anchor!r}, "
        found += f"offset_s = {self.offset_s} found"
        if self.rule == "strided" and (self.stride_s is None or self.anchor is not None or self.offset_s is not None):
            raise ValueError(f"{found}; 'strided' needs stride_s and takes no anchor or offset_s")
        if self.rule == "anchored" and (self.stride_s is not None or self.anchor is None or self.offset_s is None):
            raise ValueError(f"{found}; 'anchored' needs anchor and offset_s and takes no stride_s")
        return self


class TargetRule(_Part):
    """Where the event has to begin."""

    gap_s: int = Field(ge=0)
    horizon_s: int = Field(ge=60)
    follow_up: FollowUp
    competing: tuple[Name, ...] = ()
    """Kinds that end the chance to see the event: they censor follow-up at their lower bound, and nothing is predicted
    after them. Death always competes with every other event. Others count within their own admission."""


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


class WaveformRule(_Part):
    """The signals that a window carries at their native rates, beside its numerics.

    A window's signals are whole frames up to the last that has ended by the index time: 625 frames for every ten
    seconds of `observation_s`, so that the length never varies (10.0044 s each at 62.4725 frames per second).
    """

    observation_s: int = Field(ge=10, multiple_of=10)
    signals: tuple[SignalName, ...] = Field(min_length=1)
    """Names as headers write them; a signal that a record lacks is there, missing, with its reason."""
    required_any: tuple[SignalName, ...] = Field(min_length=1)
    """A window is cut where one of these, out of `signals`, is usable in enough tiles."""
    minimum_usable_fraction: float = Field(default=0.5, gt=0, le=1)
    noise_is_usable: bool = False
    """Whether a tile in which no beat can be told from noise counts as usable. Fibrillation, asystole and very slow
    hearts read so: where they are what is foreseen, leaving such tiles out would choose windows by their label."""
    tile_features: tuple[str, ...] = ()
    """Of the record's tiles (`heart_rate_per_min`, in waveform_features), or of a signal's (`II.quality_index`, in
    waveform_quality)."""

    @property
    def tile_count(self) -> int:
        """Tiles of a window."""
        return self.observation_s // 10

    @property
    def frame_count(self) -> int:
        """Frames of a window."""
        return self.tile_count * FRAMES_PER_TILE

    @model_validator(mode="after")
    def _names_fit_together(self) -> "WaveformRule":
        for what, names in (("signals", self.signals), ("tile_features", self.tile_features)):
            if len(set(names)) != len(names):
                raise ValueError(f"{what} = {list(names)} found, each name once expected")
        for name in self.tile_features:
            signal, _, statistic = name.rpartition(".")
            known = statistic in TILE_STATISTICS and signal in self.signals if signal else name in TILE_FEATURES
            if not known:
                raise ValueError(
                    f"tile_features names {name!r}; one of {', '.join(TILE_FEATURES)} expected, or a signal out of "
                    f"{list(self.signals)}, a dot and one of {', '.join(TILE_STATISTICS)}"
                )
        strangers = sorted(set(self.required_any) - set(self.signals))
        if strangers:
            raise ValueError(f"required_any names {', '.join(strangers)}, which signals = {list(self.signals)} do not")
        return self


class CoverageRule(_Part):
    """A window is cut where enough of its cells hold at least one of these parameters."""

    any_of: tuple[str, ...] = Field(min_length=1)
    minimum_fraction: float = Field(gt=0, le=1)


class LargeLag(StrEnum):
    """What becomes of a window whose record's clock is known to be far from the chart's at the index time."""

    KEEP = "keep"
    """Nothing: right for events that the monitor itself times, since event and inputs share its clock."""
    EXCLUDE = "exclude"
    """No window is cut; the label stands."""
    CORRECT = "correct"
    """The window is cut where the monitor's clock stood at the index time."""


class ClockRule(_Part):
    """Monitor and chart clocks; with a monitor that is behind, an uncorrected window holds the charted future."""

    large_lag: LargeLag = LargeLag.EXCLUDE
    large_lag_s: int = Field(default=120, ge=60, le=4500)
    """A lag beyond this, either way, is large; below a minute it cannot be told from the rounding of charted times."""
    minimum_confidence: float = Field(default=0.9, ge=0, le=1)
    """A lag less sure than this counts as unknown, and an unknown lag changes nothing."""


class ControlRule(_Part):
    """Negatives chosen beside the positives of the same split and stratum."""

    per_positive: int = Field(ge=1)
    match_on: tuple[Literal["care_unit", "hours_in_stay", "signal_coverage"], ...] = ()
    hours_in_stay_bin_h: int = Field(default=24, ge=1)
    signal_coverage_bin: float = Field(default=0.25, gt=0, le=1)
    """Width of the bins of the observed share of cells, for `signal_coverage`."""
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
    waveforms: WaveformRule | None = None
    """None: a window holds numerics alone."""
    coverage: CoverageRule
    clock: ClockRule = ClockRule()
    controls: ControlRule
    split: SplitRule

    _no_hindsight = model_validator(mode="before")(refuse_hindsight)

    @model_validator(mode="after")
    def _fits_together(self) -> "Task":
        problems = list(contradictions(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def competing(self) -> tuple[str, ...]:
        """Kinds that compete with the task's event: those named, and death unless it is the event itself."""
        others = dict.fromkeys((*self.target.competing, "death"))
        return tuple(name for name in others if name not in self.event.names)

    @model_validator(mode="after")
    def _clocks_agree(self) -> "Task":
        rule, kinds, follow_up = self.clock.large_lag, self.event.names, self.target.follow_up
        if rule is LargeLag.CORRECT and (MONITOR_TIMED & set(kinds) or follow_up is FollowUp.PRESSURE_SIGNAL):
            raise ValueError(
                f"clock.large_lag = 'correct' with event {', '.join(kinds)!r} and follow_up {follow_up.value!r} found: "
                "the monitor times them, so moving the inputs alone would put the event into its own window; 'keep' or "
                "'exclude' expected"
            )
        if rule is not LargeLag.KEEP and self.care.charted_known_after_s > LAG_KNOWN_AFTER_S:
            raise ValueError(
                f"care.charted_known_after_s = {self.care.charted_known_after_s} found, at most {LAG_KNOWN_AFTER_S} "
                f"expected with clock.large_lag = {rule.value!r}: the clock audit uses charted values from then on"
            )
        return self

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
        """Distance of strided index times; zero where they are anchored."""
        return timedelta(seconds=self.index.stride_s or 0)

    @property
    def blanking(self) -> timedelta:
        """Time after an event in which no prediction is made."""
        return timedelta(seconds=self.index.blanking_s)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of every number of the task; titles and reasons do not count."""
        values = self.model_dump(mode="json", exclude={"title", "reason"})
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def contradictions(task: Task) -> Iterator[str]:
    """Yield what parts of a task, each right by itself, say against each other; with both numbers.

    Charted events are known within 60 s on either side, so a target of 120 s or less can hold none for certain. Charted
    code status is both an input of inclusion and, where `storetime` is empty, known only some time after its charttime:
    a delay below the charting resolution would let a row count as known before it can have been written.
    """
    index, target, known_after = task.index, task.target, task.care.charted_known_after_s
    if target.horizon_s <= 2 * CHARTING_RESOLUTION_S:
        yield (
            f"target.horizon_s = {target.horizon_s} found, more than {2 * CHARTING_RESOLUTION_S} expected: an event "
            f"charted to the minute is known within {CHARTING_RESOLUTION_S} s on either side and never fits for certain"
        )
    if known_after < CHARTING_RESOLUTION_S:
        yield (
            f"care.charted_known_after_s = {known_after} found, at least {CHARTING_RESOLUTION_S} (the charting "
            "resolution) expected: a row charted to the minute may have been written after the index time it is used at"
        )
    if index.stride_s is not None and index.stride_s > target.horizon_s:
        yield (
            f"index.stride_s = {index.stride_s} found, at most target.horizon_s = {target.horizon_s} expected: events "
            "between two targets would be foreseen by no index time"
        )
    if index.rule == "anchored" and index.offset_s is not None:
        if not index.is_anchored_on_event and index.offset_s < task.numerics.observation_s:
            yield (
                f"index.offset_s = {index.offset_s} found, at least numerics.observation_s = "
                f"{task.numerics.observation_s} expected: the observation would begin before {index.anchor}"
            )
        if index.is_anchored_on_event and index.offset_s < known_after:
            yield (
                f"index.offset_s = {index.offset_s} found, at least care.charted_known_after_s = {known_after} "
                f"expected: the index time would use an event ({index.anchor}) before it is known"
            )
    both = sorted(set(target.competing) & set(task.event.names))
    if both:
        yield f"target.competing names {', '.join(both)}, which is the task's own event"
