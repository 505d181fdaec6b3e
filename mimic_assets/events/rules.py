"""The event rules as plain data: what is looked for, where, and how well its time is known.

Belongs here: thresholds, items, codes, texts, versions, each with its source. Does not belong here: how a rule is
applied (the module named in each class's docstring). Raise a rule's version whenever its findings can change.
"""

from dataclasses import dataclass
from enum import StrEnum

from mimic_assets.events import codes
from mimic_assets.events.codes import CodeList
from mimic_assets.schemas.vocabulary import Event, EventClass, Tier


class Timing(StrEnum):
    """How a rule knows when the event began."""

    CHARTED_MINUTE = "charted_minute"
    """Charted to the minute: within 60 s before or after."""
    DAY = "day"
    """A date: from its midnight to the next."""
    ADMISSION = "admission"
    """Some time between admission and discharge or death."""
    EPISODE = "episode"
    """Between the last value that contradicts it and the first that shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every rule says."""

    name: str
    version: int
    event: Event
    tier: Tier
    timing: Timing
    source_table: str
    """Table of the rows it reads: a `source_table` of `clinical_extract`, or `cleaned_numerics`."""
    source: str
    """Why it is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRule(Rule):
    """Charted items: every row is an event (`charted`)."""

    item_ids: tuple[int, ...]
    void_statuses: tuple[str, ...] = ("Rewritten",)
    """A row whose `value_text` is one of these was replaced by another row: MIMIC-IV, statusdescription."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRule(Rule):
    """Charted texts: a row is an event where its text matches (`charted`)."""

    item_ids: tuple[int, ...]
    patterns: tuple[str, ...]
    """Regular expressions, case ignored; one is enough."""
    contradictions: tuple[str, ...]
    """Regular expressions; one is enough to refuse the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRule(Rule):
    """ICD codes (`coded`)."""

    codes: tuple[CodeList, ...]
    event_class: EventClass = EventClass.IN_HOSPITAL
    """A code says nothing of the place: in hospital, where it is not more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PressureRule(Rule):
    """Episodes of low pressure in monitor numerics (`low_pressure`)."""

    parameter: str
    below_mmhg: float
    """A value below it is low; one equal to it is not."""
    lasting_s: int
    """First to last low value, at least."""
    continuous_s: int
    """Between consecutive usable values, at most; a longer silence proves nothing."""


DEATH_CHARTED = Rule(
    name="death_charted",
    version=1,
    event=Event.DEATH,
    tier=Tier.A,
    timing=Timing.CHARTED_MINUTE,
    source_table="admissions",
    source="admissions.deathtime; never dischtime or outtime, which lie up to days away from it (MIMIC-IV demo 2.2)",
)
DEATH_DATED = Rule(
    name="death_dated",
    version=1,
    event=Event.DEATH,
    tier=Tier.C,
    timing=Timing.DAY,
    source_table="patients",
    source="patients.dod: hospital and state registers, up to a year after the last discharge (MIMIC-IV 2.2)",
)
DEATH_DISCHARGED = Rule(
    name="death_discharged",
    version=1,
    event=Event.DEATH,
    tier=Tier.D,
    timing=Timing.ADMISSION,
    source_table="admissions",
    source="admissions.discharge_location DIED without deathtime: known dead, not known when; no negative",
)

ARREST_CHARTED = ItemRule(
    name="arrest_charted",
    version=1,
    event=Event.CARDIAC_ARREST,
    tier=Tier.A,
    timing=Timing.CHARTED_MINUTE,
    source_table="procedureevents",
    item_ids=(225466,),
    source="d_items: Cardiac Arrest, significant events",
)
ARREST_RHYTHM = TextRule(
    name="arrest_rhythm",
    version=1,
    event=Event.CARDIAC_ARREST,
    tier=Tier.B,
    timing=Timing.CHARTED_MINUTE,
    source_table="chartevents",
    item_ids=(220048,),
    patterns=(
        r"\basystol(e|ic|y)\b",
        r"\bPEA\b",
        r"\bpulseless electrical activity\b",
        r"\bVF\b",
        r"\bv[ .-]*fib\b",
        r"\bventricular fib(rillation)?\b",
        r"\bpulseless (VT|v[ .-]*tach|ventricular tachycardia)\b",
        r"\b(VT|v[ .-]*tach|ventricular tachycardia)\W+(pulseless|((without|no) (a )?pulse))\b",
    ),
    contradictions=(r"\b(not|history|hx|s/p)\b", r"\b(no|without)\b(?! (a )?pulse\b)"),
    source=(
        "d_items: Heart Rhythm; arrest rhythms of the Utstein template (Perkins et al., Resuscitation 2015). "
        "VT with a pulse, heart block, sinus arrest and paced rhythms are not arrests"
    ),
)
ARREST_PROCEDURE = CodeRule(
    name="arrest_procedure",
    version=1,
    event=Event.CARDIAC_ARREST,
    tier=Tier.C,
    timing=Timing.DAY,
    source_table="procedures_icd",
    codes=codes.RESUSCITATION_PROCEDURES,
    source="procedures_icd.chartdate of a resuscitation",
)
ARREST_DIAGNOSIS = CodeRule(
    name="arrest_diagnosis",
    version=1,
    event=Event.CARDIAC_ARREST,
    tier=Tier.D,
    timing=Timing.ADMISSION,
    source_table="diagnoses_icd",
    codes=codes.ARREST_DIAGNOSES,
    source="diagnoses_icd: coded after discharge, no time; may have happened before admission",
)
ARREST_PERI_PROCEDURAL = CodeRule(
    name="arrest_peri_procedural",
    version=1,
    event=Event.CARDIAC_ARREST,
    tier=Tier.D,
    timing=Timing.ADMISSION,
    source_table="diagnoses_icd",
    codes=codes.PERI_PROCEDURAL_ARREST_DIAGNOSES,
    event_class=EventClass.PERI_PROCEDURAL,
    source="diagnoses_icd: a complication of a procedure",
)

SHOCK_CHARTED = ItemRule(
    name="shock_charted",
    version=1,
    event=Event.SHOCK,
    tier=Tier.A,
    timing=Timing.CHARTED_MINUTE,
    source_table="procedureevents",
    item_ids=(225464,),
    source="d_items: Cardioversion/Defibrillation; may be elective, so it is no arrest by itself",
)
SHOCK_PROCEDURE = CodeRule(
    name="shock_procedure",
    version=1,
    event=Event.SHOCK,
    tier=Tier.C,
    timing=Timing.DAY,
    source_table="procedures_icd",
    codes=codes.SHOCK_PROCEDURES,
    source="procedures_icd.chartdate of a countershock",
)

RESPIRATORY_ARREST_CHARTED = ItemRule(
    name="respiratory_arrest_charted",
    version=1,
    event=Event.RESPIRATORY_ARREST,
    tier=Tier.A,
    timing=Timing.CHARTED_MINUTE,
    source_table="procedureevents",
    item_ids=(225475,),
    source="d_items: Respiratory Arrest; not CPR, for which there is no item",
)

LOW_PRESSURE = PressureRule(
    name="low_pressure",
    version=2,
    event=Event.HYPOTENSION,
    tier=Tier.B,
    timing=Timing.EPISODE,
    source_table="cleaned_numerics",
    parameter="abp_mean",
    below_mmhg=65.0,
    lasting_s=300,
    continuous_s=60,
    source=(
        "65 mmHg: Surviving Sepsis Campaign 2021; five minutes: damping and flushes are shorter. "
        "Cuff values, minutes apart, never prove five continuous minutes"
    ),
)

BRAIN_DEATH_ITEM = 225819
"""d_items: Brain Death, significant events of procedureevents; gives a death its class, is no event of its own."""

RULES: tuple[Rule, ...] = (
    DEATH_CHARTED,
    DEATH_DATED,
    DEATH_DISCHARGED,
    ARREST_CHARTED,
    ARREST_RHYTHM,
    ARREST_PROCEDURE,
    ARREST_DIAGNOSIS,
    ARREST_PERI_PROCEDURAL,
    SHOCK_CHARTED,
    SHOCK_PROCEDURE,
    RESPIRATORY_ARREST_CHARTED,
    LOW_PRESSURE,
)
"""Every rule that can write a row of the ledger."""
