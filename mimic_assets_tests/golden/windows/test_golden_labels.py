"""Labels of `labels/*.toml`: one case per exclusion, each with the reason why it exists, checked by eye.

Times are clock times of an invented patient (see `patient_frames`); the expectation names every index time of the stay.
"""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from mimic_assets.schemas.vocabulary import Exclusion
from mimic_assets_tests.unit.windows.patient_frames import admission, event, label, order, stay, steady, task, told

CASES = sorted((Path(__file__).parent / "labels").glob("*.toml"))
TASK_PARTS = ("event", "index", "target", "care")


def read(case: Path) -> dict[str, Any]:
    return tomllib.loads(case.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden_case(path: Path) -> None:
    case = read(path)
    of = task(case["task"], **{part: case[part] for part in TASK_PARTS if part in case})
    orders = [row for place, said in enumerate(case.get("orders", [])) for row in order(*said, name=f"10-{place}")]
    ledger = [
        event(
            f"e{place}",
            row.get("lower"),
            row.get("upper"),
            kind=row["event"],
            tier=row["tier"],
            end=row.get("end"),
            hadm_id=row.get("hadm_id"),
        )
        for place, row in enumerate(case.get("events", []))
    ]
    cells = steady("abp_mean", *case["pressure"], 30, 80.0) if "pressure" in case else None
    judged = label(
        of,
        stay(*case["stay"]),
        admission(*case["admission"]),
        *orders,
        ledger=ledger,
        cleaned=cells,
        incomplete=case.get("incomplete", ()),
    )
    assert told(judged) == case["expected"], case["why"]


def test_every_exclusion_has_a_golden_case() -> None:
    shown = {said for path in CASES for said in read(path)["expected"].values()}
    assert shown == {reason.value for reason in Exclusion} | {"positive", "negative"}
