"""What the design's sentences say of each index time, read slowly from the truth and the clinical csv files.

Belongs here: loops over datetimes with the sentence each line comes from. Does not belong here: anything of the stages.

    Index times are `intime + k * stride` of the ICU stay, k = 1, 2, ..., while the stay lasts.
    The target is `(index + gap, index + gap + horizon]`.
    A positive needs an event in the target: certain when its whole `[lower, upper]` lies there.
    An event in `(index, index + gap]`, or one that straddles a boundary, excludes the index time.
    A negative needs follow-up to the end of the target; for death that is the discharge, or the death itself.
    An event known to the day or the stay never makes a positive, and never lets its stay be a negative.
    Comfort care ends inclusion; DNR is not comfort care. Nothing is predicted for the dead.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from mimic_assets_tests.truth.planted import Planted, Row, known_time, time_of

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Bounds:
    """Between which times an event began, both included."""

    lower: datetime
    upper: datetime

    def lies_in(self, after: datetime, until: datetime) -> bool:
        """Return whether it began in `(after, until]` for certain."""
        return after < self.lower and self.upper <= until

    def may_lie_in(self, after: datetime, until: datetime) -> bool:
        """Return whether it could have begun in `(after, until]`."""
        return self.lower <= until and self.upper > after

    def straddles(self, boundary: datetime) -> bool:
        """Return whether it may have begun at or before a boundary, or after it."""
        return self.lower <= boundary < self.upper


def bounds_of(planted: Planted, subject_id: str, kind: str, tiers: str) -> list[Bounds]:
    """Return the planted events of a subject, kind and any of some tiers."""
    rows = [row for row in planted.events if (row["subject_id"], row["event"]) == (subject_id, kind)]
    return [
        Bounds(known_time(row["lower_time"]), known_time(row["upper_time"])) for row in rows if row["tier"] in tiers
    ]


def index_times(stay: Row, stride: timedelta) -> Iterator[datetime]:
    """Yield the index times of an ICU stay."""
    index = known_time(stay["intime"]) + stride
    while index <= known_time(stay["outtime"]):
        yield index
        index += stride


def is_under_comfort_care(planted: Planted, stay: Row, index: datetime) -> bool:
    """Return whether the last order on the limits of care at or before the index time is comfort care."""
    orders = [
        (known_time(row["start_time"]), row["care_limitation"])
        for row in planted.care_limits
        if row["hadm_id"] == stay["hadm_id"] and known_time(row["start_time"]) <= index
    ]
    return bool(orders) and max(orders)[1] == "comfort"


def labels_of_death(planted: Planted) -> dict[tuple[int, datetime], bool | None]:
    """Return the label of `in_hospital_death` at every index time of every ICU stay, keyed by (stay, index time)."""
    admissions = {row["hadm_id"]: row for row in planted.clinical("hosp/admissions")}
    labels = {}
    for stay in planted.clinical("icu/icustays"):
        timed = bounds_of(planted, stay["subject_id"], "death", "AB")
        untimed = bounds_of(planted, stay["subject_id"], "death", "CD")
        admission = admissions[stay["hadm_id"]]
        for index in index_times(stay, HOUR):
            key = int(stay["stay_id"]), index
            if is_under_comfort_care(planted, stay, index):
                labels[key] = None
            else:
                labels[key] = _label_of_death(stay, admission, timed, untimed, index)
    return labels


def _label_of_death(
    stay: Row, admission: Row, timed: list[Bounds], untimed: list[Bounds], index: datetime
) -> bool | None:
    target_end = index + DAY
    if any(death.upper <= index or death.straddles(index) for death in timed):
        return None
    if any(death.straddles(target_end) for death in timed):
        return None
    if any(death.lies_in(index, target_end) for death in timed):
        return True
    last_target_end = known_time(stay["outtime"]) + DAY
    if any(death.may_lie_in(known_time(stay["intime"]), last_target_end) for death in untimed):
        return None
    died = time_of(admission["deathtime"])
    followed_until = known_time(admission["dischtime"]) if died is None else max(death.upper for death in timed)
    return False if target_end <= followed_until else None
