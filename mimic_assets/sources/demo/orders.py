"""Code-status orders, and the provider orders around them.

Belongs here: when care is limited, and the rows of `poe` and `poe_detail`. Does not belong here: the nurse's charting
of it (`charting`). DNR is not comfort care: both are ordered, at their own times.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

from mimic_assets.sources.demo.course import Course
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.plan import DemoPlan

Row = tuple[object, ...]


class Limitation(StrEnum):
    """What an order says about care."""

    NONE = "none"
    DNR = "dnr"
    COMFORT = "comfort"


FIELD_VALUES = {
    Limitation.NONE: ("Resuscitate (Full code)", "Full code  (attempt resuscitation)"),
    Limitation.DNR: (
        "Do not resuscitate (DNR/DNI)",
        "DNAR (DO NOT attempt resuscitation for cardiac arrest) ",
    ),
    Limitation.COMFORT: ("Comfort measures only", "Comfort measures only"),
}
"""As in poe_detail of the published demo, odd blanks included; it holds no comfort order, that text is ours."""


@dataclass(frozen=True, slots=True)
class CodeStatusOrder:
    """One code-status order of the main admission."""

    limitation: Limitation
    ordertime: datetime
    wording: str


def _provider(rng: np.random.Generator) -> str:
    alphabet = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    return "P" + "".join(alphabet[int(i)] for i in rng.integers(0, len(alphabet), 5))


def plan_code_status(course: Course, plan: DemoPlan) -> tuple[CodeStatusOrder, ...]:
    """Return the code-status orders of the main admission in order of time; a few subjects have none."""
    role, admission = course.role, course.main_admission()
    rng = generator(plan.seed, course.index, Stream.ORDERS)
    found: list[tuple[Limitation, datetime]] = []
    if role.slot % 7 != 3:
        found.append((Limitation.NONE, admission.admittime + timedelta(seconds=int(rng.integers(1200, 7200)))))
    start = admission.stays[0].intime
    if role.has_dnr and admission.deathtime is not None:
        before = float(rng.uniform(4, 30))
        latest = admission.deathtime - timedelta(
            hours=min(before, 0.6 * (admission.deathtime - start).total_seconds() / 3600)
        )
        latest = latest.replace(second=int(rng.integers(60)), microsecond=0)
        found.append((Limitation.DNR, latest))
        if role.has_comfort_care:
            comfort = admission.deathtime - timedelta(seconds=int(rng.uniform(3600, 10800)))
            found.append((Limitation.COMFORT, max(comfort, latest + timedelta(minutes=10))))
    elif role.has_dnr:
        limited = start + timedelta(seconds=int(rng.integers(20000, 60000)))
        found.append((Limitation.DNR, limited))
        if role.slot % 2:
            found.append((Limitation.NONE, limited + timedelta(seconds=int(rng.integers(30000, 60000)))))
    return tuple(CodeStatusOrder(kind, time, FIELD_VALUES[kind][int(rng.integers(2))]) for kind, time in found)


def order_rows(course: Course, statuses: tuple[CodeStatusOrder, ...], plan: DemoPlan) -> tuple[list[Row], list[Row]]:
    """Return rows of `poe` and `poe_detail`: code status among ordinary orders, each change naming what it replaces."""
    rng = generator(plan.seed, course.index, Stream.ORDERS, 1)
    subject = course.subject_id
    orders: list[tuple[datetime, int, str, str, str, tuple[str, str] | None, CodeStatusOrder | None]] = []
    for admission in course.admissions:
        admitted = admission.admittime + timedelta(seconds=int(rng.integers(300, 900)))
        orders.append((admitted, admission.hadm_id, "ADT orders", "Admit", "New", ("Admit to", "Medicine"), None))
        length = (admission.dischtime - admission.admittime).total_seconds()
        for _ in range(int(rng.integers(6, 14))):
            time = admitted + timedelta(seconds=int(rng.uniform(0, max(length, 3600))))
            subtype = ("Vitals/Monitoring", "Activity", "Other", "Tubes & Drains")[int(rng.integers(4))]
            detail = ("Tubes & Drains type", "Foley") if subtype == "Tubes & Drains" else None
            orders.append((time, admission.hadm_id, "General Care", subtype, "New", detail, None))
    hadm = course.main_admission().hadm_id
    for number, status in enumerate(statuses):
        change = "New" if number == 0 else "Change"
        orders.append(
            (status.ordertime, hadm, "General Care", "Code status", change, ("Code status", status.wording), status)
        )
    orders.sort(key=lambda order: (order[0], order[3]))
    first = int(rng.integers(10, 60))
    sequence = {id(o[6]): first + i for i, o in enumerate(orders) if o[6] is not None}
    names = [f"{subject}-{sequence[id(s)]}" for s in statuses]
    poe: list[Row] = []
    detail_rows: list[Row] = []
    for offset, (time, admission_id, kind, subtype, change, detail, order) in enumerate(orders):
        name = f"{subject}-{first + offset}"
        replaces = replaced_by = ""
        if order is not None:
            position = next(i for i, s in enumerate(statuses) if s is order)
            replaces = names[position - 1] if position else ""
            replaced_by = names[position + 1] if position + 1 < len(names) else ""
        poe.append(
            (name, first + offset, subject, admission_id, time.replace(microsecond=0), kind, subtype, change,
             replaces, replaced_by, _provider(rng), "Inactive")
        )  # fmt: skip
        if detail is not None:
            detail_rows.append((name, first + offset, subject, *detail))
    return poe, detail_rows
