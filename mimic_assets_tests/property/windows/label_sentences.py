"""What the design's sentences say of one patient's index times, read slowly: datetimes, plain loops, no code of ours.

Belongs here: index times (a grid, or one anchored), when an event was known, and the label or exclusion at each index
time. Not here: how a patient is drawn (`drawn_patients`).

    An event counts for the task where its tier and its class may; else it only keeps negatives away.
    What competes ends follow-up and the chance, whatever its class: a death anywhere, others in the same admission.
    An anchor that is an event is the first that surely happened within `(intime, outtime]`, of its tier or better, of
    the same admission or of none that is known, whatever its class; it counts from its upper bound.
    There is no index time where that event was not known by then.
    An event is known with the last row it rests on: when that was stored, not before it is said, some time after where
    nobody knows when it was stored; a code is never known; a monitor's episode is known when it ends.
"""

from datetime import datetime, timedelta
from typing import Any

from mimic_assets.tasks import Task
from mimic_assets_tests.property.windows.drawn_patients import FAR_AHEAD, LONG_AGO, MINUTE, Drawn, clock
from mimic_assets_tests.unit.windows.patient_frames import ADMISSION, STAY, SUBJECT

Row = dict[str, Any]


def bounds(row: Row) -> tuple[datetime, datetime]:
    return row["lower_time"] or LONG_AGO, row["upper_time"] or FAR_AHEAD


def believed(drawn: Drawn) -> list[Row]:
    """Return the events that no reviewer rejected."""
    return [row for row in drawn.ledger if row["adjudication"] != "rejected"]


def index_times(drawn: Drawn) -> list[datetime]:
    """Return the index times of the stay."""
    rule, start, end = drawn.task.index, clock(drawn.start), clock(drawn.end)
    if rule.stride_s is not None:
        grid = []
        while start + (len(grid) + 1) * timedelta(seconds=rule.stride_s) <= end:
            grid.append(start + (len(grid) + 1) * timedelta(seconds=rule.stride_s))
        return grid
    anchors = {"intime": start, "admittime": clock(drawn.admitted)}
    anchor = anchors[rule.anchor] if rule.anchor in anchors else anchoring_event(drawn, start, end)
    if anchor is None:
        return []
    index = anchor + timedelta(seconds=rule.offset_s or 0)
    return [index] if start < index <= end else []


def anchoring_event(drawn: Drawn, start: datetime, end: datetime) -> datetime | None:
    """Return the upper bound of the event that the index time hangs on."""
    rule = drawn.task.index
    tiers = {"A": ["A"], "B": ["A", "B"]}[rule.anchor_minimum_tier.value]
    first, known_first = None, None
    for row in believed(drawn):
        if row["event"] != rule.anchor or row["tier"] not in tiers or row["hadm_id"] not in (None, ADMISSION):
            continue
        if not start < row["upper_time"] <= end:
            continue
        known = known_time(row, drawn)
        if first is None or row["upper_time"] < first:
            first, known_first = row["upper_time"], known
        elif row["upper_time"] == first and known is not None:
            known_first = known if known_first is None else min(known, known_first)
    if first is None or known_first is None:
        return None
    return first if known_first <= first + timedelta(seconds=rule.offset_s or 0) else None


def known_time(row: Row, drawn: Drawn) -> datetime | None:
    """Return when the last of an event's sources was known; None where one of them never was."""
    times = []
    for source in row["sources"]:
        table, _, number = source.partition(":")
        if table == "cleaned_numerics":
            times.append(row["event_end_time"] or row["event_time"])
            continue
        time = None
        for said in drawn.sources:
            if (said["source_table"], said["source_row"], said["subject_id"]) == (table, int(number), SUBJECT):
                time = known_row(said["start_time"], said["store_time"], drawn.task.care.charted_known_after_s)
        times.append(time)
    return None if None in times else max(times)


def known_row(said: datetime | None, stored: datetime | None, after_s: int) -> datetime | None:
    if said is None:
        return stored
    if stored is None:
        return said + timedelta(seconds=after_s)
    return said if stored < said else stored


def expected(drawn: Drawn, index: datetime) -> tuple[bool | None, str | None]:
    """Return label and exclusion as the sentences give them."""
    of, ledger = drawn.task, believed(drawn)
    gap_end, target_end = index + of.gap, index + of.gap + of.horizon
    deaths = [row for row in ledger if row["event"] == "death" and row["tier"] in "AB"]
    rivals = deaths + [row for row in competitors(of, ledger) if row["event"] != "death" and row["tier"] in "AB"]
    own = [row for row in ledger if row["event"] in of.event.names]
    tiers = "AB"[: "AB".index(of.event.minimum_tier.value) + 1]
    left_out = [name.value for name in of.event.excluded_classes]
    timed = [row for row in own if row["tier"] in tiers and row["event_class"] not in left_out]
    untimed = [row for row in own if row not in timed]
    if deaths:
        first_death = min(bounds(death)[1] for death in deaths)
        timed = [row for row in timed if row["event"] == "death" or bounds(row)[0] < first_death]
    own_deaths = [row for row in deaths if row["hadm_id"] == ADMISSION or (row["hadm_id"] is None and here(row, drawn))]
    discharged = None if drawn.discharged is None or own_deaths else clock(drawn.discharged)
    unit_end = clock(drawn.end) if discharged is None else min(clock(drawn.end), discharged)
    positive = False
    for row in timed:
        in_unit = of.target.follow_up.value != "icu_out" or bounds(row)[0] <= unit_end
        positive |= in_unit and gap_end < bounds(row)[0] and bounds(row)[1] <= target_end
    began = min(clock(drawn.admitted), clock(drawn.start))
    if any(row["event"] == "death" and bounds(row)[1] <= began for row in ledger):
        return None, "invalid_stay"
    if drawn.is_incomplete and not positive:
        return None, "source_incomplete"
    if discharged is not None and index > discharged:
        return None, "stay_ended"
    for row in timed:
        if bounds(row)[1] <= index <= max(row["event_end_time"] or LONG_AGO, bounds(row)[1]):
            return None, "after_event"
    if any(bounds(row)[1] <= index for row in rivals):
        return None, "after_event"
    for row in timed:
        over = max(row["event_end_time"] or LONG_AGO, bounds(row)[1])
        if over < index <= over + of.blanking:
            return None, "blanking"
    if any(index < bounds(row)[0] and bounds(row)[1] <= gap_end for row in timed):
        return None, "event_in_gap"
    if any(bounds(row)[0] <= edge < bounds(row)[1] for row in timed for edge in (index, gap_end, target_end)):
        return None, "event_time_uncertain"
    if any(bounds(row)[0] <= index < bounds(row)[1] for row in rivals):
        return None, "event_time_uncertain"
    if positive:
        return True, None
    if any(is_hidden(row, drawn, index, target_end) for row in untimed):
        return None, "untimed_event_in_stay"
    end = followed_until(drawn, own_deaths, unit_end, index)
    for row in competitors(of, ledger):
        end = None if end is None else min(end, bounds(row)[0])
    return (None, "follow_up_incomplete") if end is None or end < target_end else (False, None)


def competitors(of: Task, ledger: list[Row]) -> list[Row]:
    """Return what competes with the task's event: every death, and kinds that it names, of the same admission."""
    found = []
    for row in ledger:
        if row["event"] in of.event.names:
            continue
        if row["event"] == "death" or (row["event"] in of.target.competing and row["hadm_id"] == ADMISSION):
            found.append(row)
    return found


def here(row: Row, drawn: Drawn) -> bool:
    """Return whether a death that names no admission lies in this one."""
    last = clock(max(drawn.end, drawn.discharged or 0))
    return clock(drawn.admitted) <= bounds(row)[1] and bounds(row)[0] <= last


def is_hidden(row: Row, drawn: Drawn, index: datetime, target_end: datetime) -> bool:
    """Return whether an event that cannot be used forbids a negative."""
    of, (lower, upper) = drawn.task, bounds(row)
    if row["stay_id"] == STAY or (row["stay_id"] is None and row["hadm_id"] == ADMISSION):
        return True
    if row["stay_id"] is None and row["hadm_id"] is None:
        meets_stay = clock(drawn.start) < upper and lower <= clock(drawn.end) + of.gap + of.horizon
        return meets_stay or (row["event"] == "death" and lower <= target_end)
    if row["lower_time"] is None:
        return False
    return lower <= target_end and (row["event"] == "death" or index < upper)


def followed_until(drawn: Drawn, own_deaths: list[Row], unit_end: datetime, index: datetime) -> datetime | None:
    """Return until when the event would have been seen, whatever competes."""
    follow_up = drawn.task.target.follow_up.value
    if follow_up == "icu_out":
        return unit_end
    if follow_up == "hospital_discharge":
        if own_deaths:
            return max(bounds(row)[1] for row in own_deaths)
        return None if drawn.discharged is None else clock(drawn.discharged)
    for minute in drawn.signal:
        last = minute
        while last + 1 in drawn.signal:
            last += 1
        if clock(minute) <= index <= clock(last):
            return clock(last) - 5 * MINUTE
    return None
