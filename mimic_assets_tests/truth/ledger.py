"""Two comparisons of a ledger with the truth, as sentences a person can act on: what is missing, what is invented.

Belongs here: one-to-one matching of `clinical_events` with truth/events.csv, and decoys that became events. A list
without sentences means agreement. Does not belong here: how a ledger is made.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from mimic_assets_tests.truth.planted import Planted, Row, known_time, number_of, time_of

Found = Mapping[str, Any]
"""A row of `clinical_events`."""

_SPANS = {
    **dict.fromkeys(
        (
            "short_dip", "line_flush", "line_zeroed", "mean_above_systolic", "line_disconnected", "flush_in_episode",
            "silence_in_episode", "dip_one_step_short", "long_dip", "dip_beside_silence", "silence_between_dips",
            "pressure_at_limit",
        ),
        "hypotension",
    ),
    **{
        f"{kind}_{form}": kind
        for kind in ("desaturation", "bradycardia", "tachycardia")
        for form in ("one_step_short", "at_limit", "around_silence")
    },
    "pulse_deficit": "bradycardia",
}  # fmt: skip
"""Kind of a decoy that lasts from second to second of a record -> the kind of event that must not begin in it."""
_NO_TIMED_INFARCTION = "markers_of_type_2"
_NO_INFARCTION = frozenset({"old_infarction", "later_care_of_infarction", "markers_without_code"})
_NO_ARREST = frozenset({"history_code"})
APART = frozenset({"newborn", "obstetric"})
"""Classes of their own: what the demo plants as a look-alike code is told, and is nobody's arrest."""
_ROUNDING = timedelta(milliseconds=1)
"""Ticks become microseconds by two independent formulas."""


def differences(planted: Planted, ledger: Iterable[Found]) -> list[str]:
    """Return every planted event that the ledger lacks and every event of the ledger that was not planted.

    A pair belongs together when subject, kind, tier, admission and stay are equal and each lies in what the other says
    of its time; every event is in one pair only. A code of an arrest that is also charted (a decoy of its kind) is one
    more source of that arrest and no event. Every kind of event is compared.
    """
    wanted: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in planted.events:
        wanted[int(row["subject_id"]), row["event"], row["tier"]].append(row)
    found: dict[tuple[Any, ...], list[Found]] = defaultdict(list)
    for event in ledger:
        if event["event_class"] not in APART:
            found[event["subject_id"], event["event"], event["tier"]].append(event)
    return [
        sentence
        for key in sorted({*wanted, *found})
        for sentence in _unpaired(key, wanted.get(key, []), found.get(key, []))
    ]


def _unpaired(key: tuple[Any, ...], wanted: list[Row], found: list[Found]) -> Iterator[str]:
    left = sorted(found, key=lambda event: event["event_id"])
    subject, kind, tier = key
    for row in sorted(wanted, key=lambda row: row["lower_time"]):
        match = next((event for event in left if is_same(row, event)), None)
        if match is None:
            yield f"subject {subject}: {kind} of tier {tier} from {row['source']} was planted and not found"
        else:
            left.remove(match)
    for event in left:
        yield f"subject {subject}: {kind} of tier {tier} by rule {event['rule']} was not planted ({event['event_id']})"


def is_same(row: Row, event: Found) -> bool:
    """Return whether a planted event and a found one are one."""
    if event["hadm_id"] != number_of(row["hadm_id"]) or event["stay_id"] != number_of(row["stay_id"]):
        return False
    lower, upper, time = known_time(row["lower_time"]), known_time(row["upper_time"]), time_of(row["event_time"])
    if None in (event["lower_time"], event["upper_time"]):
        return False
    if time is None:
        is_equal = _is_near(event["lower_time"], lower) and _is_near(event["upper_time"], upper)
        return event["event_time"] is None and is_equal
    inside = lower - _ROUNDING <= event["lower_time"] and event["upper_time"] <= upper + _ROUNDING
    return inside and event["lower_time"] - _ROUNDING <= time <= event["upper_time"] + _ROUNDING


def _is_near(one: datetime, other: datetime) -> bool:
    return abs(one - other) <= _ROUNDING


def decoys_taken(planted: Planted, ledger: Iterable[Found]) -> list[str]:
    """Return every decoy that became an event, or gave one its time."""
    rows = list(ledger)
    return [
        f"subject {decoy['subject_id']}: the decoy {decoy['kind']} became an event"
        for decoy in planted.decoys
        if _is_taken(planted, decoy, [row for row in rows if row["subject_id"] == int(decoy["subject_id"])])
    ]


def _is_taken(planted: Planted, decoy: Row, events: list[Found]) -> bool:
    kind, hadm_id = decoy["kind"], number_of(decoy["hadm_id"])
    of_admission = [event for event in events if event["hadm_id"] == hadm_id]
    if kind in _SPANS:
        span = planted.span_of(decoy)
        if span is None:
            raise AssertionError(f"decoy {kind} of subject {decoy['subject_id']} has no record and seconds")
        record_id, start, end = span
        onsets = [event["event_time"] for event in _of_record(events, record_id, _SPANS[kind])]
        return any(start - _ROUNDING <= onset <= end + _ROUNDING for onset in onsets)
    if kind == "cuff_only":
        return any(event["event"] == "hypotension" for event in events)
    if kind in _NO_ARREST:
        planted_too = any(
            row["event"] == "cardiac_arrest" and number_of(row["hadm_id"]) == hadm_id for row in planted.events
        )
        arrests = [event for event in of_admission if event["event"] == "cardiac_arrest"]
        return not planted_too and any(arrest["event_class"] not in APART for arrest in arrests)
    if kind == "rhythm_text":
        return any(event["event"] in ("vf", "vt", "asystole") for event in of_admission)
    if kind == "atrial_shock_code":
        return any(event["event"] == "shock" and event["tier"] in "CD" for event in of_admission)
    if kind == "dischtime_before_death":
        admission = next(row for row in planted.clinical("hosp/admissions") if number_of(row["hadm_id"]) == hadm_id)
        discharged = known_time(admission["dischtime"])
        deaths = [event for event in of_admission if event["event"] == "death"]
        return len(deaths) != 1 or any(death["lower_time"] <= discharged for death in deaths)
    if kind == "code_of_timed_event":
        arrests = [event for event in of_admission if event["event"] == "cardiac_arrest"]
        is_one = len(arrests) == 1 and arrests[0]["event_time"] is not None
        return not is_one or not any(source.startswith("diagnoses_icd") for source in arrests[0]["sources"])
    if kind in _NO_INFARCTION or kind == _NO_TIMED_INFARCTION:
        infarctions = [event for event in of_admission if event["event"] == "acute_mi"]
        return any(kind in _NO_INFARCTION or event["event_time"] is not None for event in infarctions)
    if kind == "record_without_stay":
        record_id = int(decoy["detail"].split()[1])
        return any(event["stay_id"] is not None for event in _of_record(events, record_id))
    if kind != "defect":
        raise AssertionError(f"decoy {kind} of subject {decoy['subject_id']} is judged by nothing")
    return False  # a defect of a file is judged by `rejected_inputs`


def _of_record(events: list[Found], record_id: int, kind: str | None = None) -> list[Found]:
    """Return the events, of one kind or any, that the numerics of one record gave."""
    of_kind = [event for event in events if kind in (None, event["event"])]
    return [event for event in of_kind if event["sources"][0].startswith(f"cleaned_numerics:{record_id}:")]
