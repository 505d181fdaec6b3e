"""The ledger of one subject: every rule applied, every finding a row of `clinical_events`.

Belongs here: which rules run on what, and the shape of the table. Does not belong here: how any rule works.
"""

import polars as pl

from mimic_assets.errors import InternalError
from mimic_assets.events import rules
from mimic_assets.events.charted import find_charted
from mimic_assets.events.coded import find_coded
from mimic_assets.events.deaths import find_deaths
from mimic_assets.events.finding import Finding
from mimic_assets.events.low_pressure import find_low_pressure
from mimic_assets.events.rules import CodeRule, ItemRule, PressureRule, TextRule
from mimic_assets.events.whereabouts import Whereabouts
from mimic_assets.schemas.judged import Judged, Rejection, rejected_frame
from mimic_assets.schemas.tables import CLINICAL_EVENTS


def find_events(clinical_extract: pl.DataFrame, cleaned_numerics: pl.DataFrame, record_stays: pl.DataFrame) -> Judged:
    """Return the clinical events of one subject.

    Args:
        clinical_extract: the subject's rows of `clinical_extract`; may be empty.
        cleaned_numerics: the subject's rows of `cleaned_numerics`; may be empty.
        record_stays: the subject's rows of `record_stays`; may be empty.

    Returns:
        Rows of `clinical_events`, one per event and rule: two rules may tell of one event (a charted arrest and its
        code), and both are kept. Rejected: `death_times_disagree` and `event_without_time` (kept as tier D).

    Time:
        Tiers A and B have `lower_time <= event_time <= upper_time`, both ends closed; C and D have no event time.

    Source:
        Each rule's `source` in `events.rules`; what never counts, in `events.codes`.

    Raises:
        InternalError: the frames hold more than one subject.
    """
    subject_id = _subject(clinical_extract, cleaned_numerics, record_stays)
    whereabouts = Whereabouts.of(clinical_extract)
    findings, rejections = find_deaths(clinical_extract, whereabouts)
    for rule in rules.RULES:
        match rule:
            case ItemRule() | TextRule():
                findings.extend(find_charted(rule, clinical_extract, whereabouts))
            case CodeRule():
                findings.extend(find_coded(rule, clinical_extract, whereabouts))
            case PressureRule():
                findings.extend(find_low_pressure(rule, cleaned_numerics, record_stays, whereabouts))
    rejections.extend(_untimed(finding, subject_id) for finding in findings if _lost_its_time(finding))
    return Judged(_table(findings, subject_id), rejected_frame(rejections))


def _subject(*frames: pl.DataFrame) -> int | None:
    """Return the one subject of the frames, or None where all are empty."""
    subjects = sorted(
        {
            subject
            for frame in frames
            for subject in (frame["subject_id"].min(), frame["subject_id"].max())
            if isinstance(subject, int)
        }
    )
    if len(subjects) > 1:
        raise InternalError(
            f"find_events got rows of {len(subjects)} or more subjects, rows of one expected; pass one patient's frames"
        )
    return subjects[0] if subjects else None


def _lost_its_time(finding: Finding) -> bool:
    """Return whether a rule that needs a time found a row without one."""
    return finding.tier is not finding.rule.tier


def _untimed(finding: Finding, subject_id: int | None) -> Rejection:
    return Rejection(
        table=CLINICAL_EVENTS.name,
        file="clinical_extract",
        place=f"{finding.sources[0]}, column start_time",
        rule="event_without_time",
        message=f"found a row of {finding.rule.name} without a time, expected one; it is kept as tier {finding.tier}",
        advice=f"Complete the time of the row in {finding.rule.source_table}.",
        subject_id=subject_id,
        count=len(finding.sources),
    )


def _table(findings: list[Finding], subject_id: int | None) -> pl.DataFrame:
    """Return the findings as rows of `clinical_events`."""
    rows = [
        {
            "event_id": finding.event_id(subject_id) if subject_id is not None else None,
            "subject_id": subject_id,
            "hadm_id": finding.hadm_id,
            "stay_id": finding.stay_id,
            "event": finding.rule.event.value,
            "event_class": finding.event_class.value,
            "tier": finding.tier.value,
            "event_time": finding.event_time,
            "lower_time": finding.lower_time,
            "upper_time": finding.upper_time,
            "event_end_time": finding.event_end_time,
            "rule": finding.rule.name,
            "rule_version": finding.rule.version,
            "sources": list(finding.sources),
        }
        for finding in findings
    ]
    return pl.DataFrame(rows, schema=CLINICAL_EVENTS.schema).sort(CLINICAL_EVENTS.order)
