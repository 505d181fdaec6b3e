"""What an event definition may say: plain data, units in the names, unknown keys refused, both numbers in messages.

Belongs here: the shape of `definitions/*.toml` and what is wrong with one by itself. Does not belong here: finding the
files (`load`), whether its codes exist (`dictionary`), how a rule is applied (`row_rules`, `episodes`, `merging`).
"""

import hashlib
import json
import re
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from mimic_assets.schemas.tables import CLEANED_NUMERICS
from mimic_assets.schemas.vocabulary import EventClass, Tier

CLINICAL_TABLES = (
    "admissions", "chartevents", "diagnoses_icd", "inputevents", "labevents", "patients", "procedureevents",
    "procedures_icd",
)  # fmt: skip
"""Tables of the extract that a rule or its evidence can read."""
APART = (EventClass.PERI_PROCEDURAL, EventClass.NEWBORN, EventClass.OBSTETRIC, EventClass.TYPE_2)
"""Classes that are never merged with an event of another class."""


class TimeKind(StrEnum):
    """How a rule knows when the event began."""

    CHARTED_MINUTE = "charted_minute"
    """Charted to the minute: from `before_s` before to `after_s` after the row's time."""
    FIRST_EVIDENCE = "first_evidence"
    """Between the last row of the admission that did not show it and the first that does."""
    EPISODE = "episode"
    """Between the last monitor value that is normal and the first that is not."""
    DATE = "date"
    """A day: from its midnight to the next."""
    STAY = "stay"
    """Some time between admission and discharge or death."""


_TIERS = {
    TimeKind.CHARTED_MINUTE: (Tier.A, Tier.B),
    TimeKind.FIRST_EVIDENCE: (Tier.B,),
    TimeKind.EPISODE: (Tier.B,),
    TimeKind.DATE: (Tier.C,),
    TimeKind.STAY: (Tier.D,),
}


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
"""A regular expression, searched in texts as `texts.plain` writes them: lower case, single spaces, no punctuation."""
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CodeList(_Part):
    """ICD codes of one version, without dot or space."""

    version: Literal[9, 10]
    codes: tuple[str, ...] = ()
    """Whole codes."""
    prefixes: tuple[str, ...] = ()
    """Every code that starts so, the heading included."""
    but_not: tuple[str, ...] = ()
    """Codes below a prefix that are not meant."""

    @model_validator(mode="after")
    def _names_something(self) -> "CodeList":
        if not self.codes and not self.prefixes:
            raise ValueError("neither codes nor prefixes found, at least one expected")
        for code in (*self.codes, *self.prefixes, *self.but_not):
            if re.fullmatch(r"[A-Z0-9]{2,7}", code) is None:
                raise ValueError(f"code {code!r} found, 2 to 7 capitals and digits without dot or space expected")
        return self


class Selection(_Part):
    """Which rows are meant: of a clinical table by item, code, text and value; or of the monitor by parameter."""

    table: str
    items: tuple[int, ...] = ()
    codes: tuple[CodeList, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    """One that is found in `value_text` is enough; none given: any text."""
    refused_patterns: tuple[Pattern, ...] = ()
    """One that is found in `value_text` refuses the row."""
    void_statuses: tuple[str, ...] = ()
    """A row whose `value_text` is one of these was replaced by another row."""
    parameters: tuple[str, ...] = ()
    """Canonical parameters of `cleaned_numerics`; usable values only."""
    above: float | None = None
    """A value counts above it; one equal to it does not."""
    below: float | None = None
    """A value counts below it; one equal to it does not."""

    @model_validator(mode="after")
    def _fits_its_table(self) -> "Selection":
        known = (*CLINICAL_TABLES, CLEANED_NUMERICS.name)
        if self.table not in known:
            raise ValueError(f"table {self.table!r} found, one of {', '.join(known)} expected")
        is_monitor = self.table == CLEANED_NUMERICS.name
        if is_monitor != bool(self.parameters):
            raise ValueError(f"table {self.table!r} with parameters {list(self.parameters)}: only the monitor has them")
        if is_monitor and (self.items or self.codes or self.patterns):
            raise ValueError("the monitor has neither items, codes nor texts")
        if is_monitor and (self.above is None) == (self.below is None):
            raise ValueError(f"above = {self.above}, below = {self.below}: exactly one expected for the monitor")
        if self.codes and not self.table.endswith("_icd"):
            raise ValueError(f"codes in table {self.table!r}: only diagnoses_icd and procedures_icd have them")
        if self.table.endswith("_icd") and not self.codes:
            raise ValueError(f"table {self.table!r} without codes")
        if self.table.endswith("events") and not self.items:
            raise ValueError(f"table {self.table!r} without items")
        return self


class Evidence(Selection):
    """Rows that speak for or against another row."""

    within_s: int | None = Field(default=None, ge=0)
    """At most this far from the other row, before or after; a dated row counts on the other row's day."""
    in_admission: bool = False
    """Anywhere in the other row's admission."""

    @model_validator(mode="after")
    def _says_how_near(self) -> "Evidence":
        if (self.within_s is None) != self.in_admission:
            raise ValueError(
                f"within_s = {self.within_s} with in_admission = {self.in_admission}: one of them expected"
            )
        return self


class Rule(Selection):
    """One source of the event."""

    name: Name
    version: int = Field(ge=1)
    """Raised whenever its findings can change."""
    tier: Tier
    time: TimeKind
    source: str = Field(min_length=1)
    """Why it is believed: dictionary, guideline or paper."""
    column: Literal["start_time", "death_time"] = "start_time"
    """Time column of the extract that the rule reads."""
    unless_column: Literal["death_time"] | None = None
    """Rows that have a value there are another rule's."""
    event_class: EventClass | None = None
    """A class of its own; without it, where the patient was."""
    before_s: int = Field(default=60, ge=0)
    after_s: int = Field(default=60, ge=0)
    lasting_s: int = Field(default=0, ge=0)
    """For episodes: first to last value, at least."""
    continuous_s: int = Field(default=0, ge=0)
    """For episodes: between consecutive usable values, at most; a longer silence proves nothing."""
    needs: tuple[Evidence, ...] = ()
    """A row counts only with one of these near it, and they become its sources too; one without a usable time counts as
    tier D without them."""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "Rule":
        if self.tier not in _TIERS[self.time]:
            fitting = " or ".join(_TIERS[self.time])
            raise ValueError(f"tier {self.tier.value} found with time {self.time.value!r}, tier {fitting} expected")
        is_episode = self.time is TimeKind.EPISODE
        if is_episode != (self.table == CLEANED_NUMERICS.name):
            raise ValueError(
                f"time {self.time.value!r} with table {self.table!r}: episodes are found in cleaned_numerics"
            )
        if is_episode and (self.lasting_s <= 0 or self.continuous_s <= 0):
            raise ValueError(
                f"lasting_s = {self.lasting_s}, continuous_s = {self.continuous_s}: an episode needs both above 0"
            )
        if is_episode and len(self.parameters) != 1:
            raise ValueError(f"{len(self.parameters)} parameters found, one expected: an episode is of one of them")
        if self.time is TimeKind.FIRST_EVIDENCE and (self.above is None) == (self.below is None):
            raise ValueError(f"above = {self.above}, below = {self.below}: exactly one expected for first_evidence")
        if self.time is TimeKind.CHARTED_MINUTE and min(self.before_s, self.after_s) < 60:
            raise ValueError(
                f"before_s = {self.before_s}, after_s = {self.after_s}: at least 60 expected, the charting resolution"
            )
        if self.table == "diagnoses_icd" and self.time is not TimeKind.STAY:
            raise ValueError(f"time {self.time.value!r} with diagnoses_icd: a diagnosis is known to the stay only")
        if self.table == "procedures_icd" and self.time is not TimeKind.DATE:
            raise ValueError(f"time {self.time.value!r} with procedures_icd: chartdate is a date")
        return self

    @property
    def label(self) -> str:
        """Name and version as the ledger's `rules` gives them."""
        return f"{self.name}:{self.version}"


class Definition(_Part):
    """One kind of event."""

    name: Name
    title: str = Field(min_length=1)
    reason: str
    """What is meant, what is not, with sources."""
    merge_window_s: int = Field(ge=0)
    """Timed findings at most this far apart are one event."""
    happens_once: bool = False
    """Whether a subject has at most one with a time: every source then speaks of the same event, and those that
    disagree on its day contradict it."""
    marks: tuple[tuple[EventClass, Evidence], ...] = ()
    """Classes given by evidence elsewhere in the admission, first that applies."""
    rules: tuple[Rule, ...] = Field(min_length=1)
    contradictions: tuple[Evidence, ...] = ()
    """Rows that speak against a timed event near them; they are listed, and decide nothing."""

    @model_validator(mode="after")
    def _names_are_distinct(self) -> "Definition":
        names = [rule.name for rule in self.rules]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"rule {repeated[0]!r} is there {names.count(repeated[0])} times, once expected")
        return self

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything but titles and reasons."""
        values: dict[str, Any] = self.model_dump(mode="json", exclude={"title", "reason"})
        for rule in values["rules"]:
            del rule["source"]
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    @property
    def selections(self) -> tuple[Selection, ...]:
        """Everything it reads: rules, what they need, contradictions, marks."""
        needed = (evidence for rule in self.rules for evidence in rule.needs)
        return (*self.rules, *needed, *self.contradictions, *(evidence for _, evidence in self.marks))
