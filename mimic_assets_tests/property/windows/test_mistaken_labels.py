"""A wrong reading of the sentences makes some drawn patient's labels differ: the draws are strong enough to judge."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, find, settings

from mimic_assets.schemas.vocabulary import Tier
from mimic_assets.windows import label_stays
from mimic_assets_tests.property.windows.drawn_patients import LEFT_OUT, Drawn, clock, frames, patients
from mimic_assets_tests.property.windows.label_sentences import expected, index_times
from mimic_assets_tests.unit.windows.patient_frames import ADMISSION

Mistake = Callable[[Drawn], Drawn]
"""Given a patient, the patient and the task that the labels are made of."""


def _task(part: str, **values: Any) -> Mistake:
    return lambda drawn: replace(
        drawn, task=drawn.task.model_copy(update={part: getattr(drawn.task, part).model_copy(update=values)})
    )


def _events(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Mistake:
    return lambda drawn: replace(drawn, ledger=[row | change(row) for row in drawn.ledger])


def _sources(change: Callable[[dict[str, Any], Drawn], dict[str, Any]]) -> Mistake:
    return lambda drawn: replace(drawn, sources=[row | change(row, drawn) for row in drawn.sources])


def _of_admission(row: dict[str, Any], kinds: tuple[str, ...]) -> dict[str, Any]:
    return {"hadm_id": ADMISSION} if row["event"] in kinds else {}


MISTAKES: dict[str, tuple[bool, Mistake]] = {
    "no class is left out": (False, _task("event", excluded_classes=())),
    "blanking forgotten": (False, _task("index", blanking_s=0)),
    "nothing but death competes": (False, _task("target", competing=())),
    "what competes counts in any admission": (False, _events(lambda row: _of_admission(row, ("shock",)))),
    "what competes counts by its class": (
        False,
        _events(lambda row: {"tier": "D"} if row["event"] == "shock" and row["event_class"] in LEFT_OUT[-1] else {}),
    ),
    "what a reviewer rejected counts": (False, _events(lambda _: {"adjudication": None})),
    "anchors of any admission": (True, _events(lambda row: _of_admission(row, ("shock",)))),
    "anchors of tier B where A is asked for": (True, _task("index", anchor_minimum_tier=Tier.B)),
    "anchored at the lower bound": (True, _events(lambda row: {"upper_time": row["lower_time"]})),
    "rows known when they are said": (True, _sources(lambda row, _: {"store_time": row["start_time"]})),
    "codes known at the start": (
        True,
        _sources(lambda row, drawn: {} if row["start_time"] else {"store_time": clock(drawn.start)}),
    ),
}
"""Name -> whether it is about anchored index times, and the mistake."""
SEED = 2
"""Of the draws: whether a mistake is among the first 3,000 patients is no matter of luck then."""


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_noticed(name: str) -> None:
    is_anchored, mistake = MISTAKES[name]

    def differs(drawn: Drawn) -> bool:
        wrong = mistake(drawn)
        if wrong == drawn:
            return False
        frame = label_stays(wrong.task, *frames(wrong), frozenset()).frame
        index = index_times(drawn)
        right = replace(drawn, is_incomplete=False)
        labels = [(time, *expected(right, time)) for time in index]
        return frame.select("index_time", "label", "exclusion").rows() != labels

    find(
        patients(is_anchored=is_anchored), differs,
        settings=settings(max_examples=3000, phases=(Phase.generate,), database=None),
        random=Random(SEED),
    )  # fmt: skip
