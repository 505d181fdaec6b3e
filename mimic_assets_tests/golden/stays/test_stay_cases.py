"""Every case of this folder: `case.toml` says why it exists, which stays meet one record, and what is linked."""

import tomllib
from pathlib import Path

import pytest

from mimic_assets.stays import link_stays
from mimic_assets_tests.unit.events.source_rows import extract, record, row

CASES = sorted(Path(__file__).parent.glob("*/case.toml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_case(path: Path) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    assert case["why"].strip()
    stays = [
        row("icustays", stay_id=stay, hadm_id=hadm, start_time=start, end_time=end)
        for stay, hadm, start, end in case["stays"]
    ]
    judged = link_stays(record(hadm_id=case["record_hadm_id"]), extract(*stays))
    found = judged.frame.select("stay_id", "hadm_id", "overlap_start_time", "overlap_end_time").rows()
    assert [list(overlap) for overlap in found] == case["expected"]
    assert judged.rejected["rule"].to_list() == case["expected_rules"]


def test_there_are_cases() -> None:
    assert len(CASES) >= 2
