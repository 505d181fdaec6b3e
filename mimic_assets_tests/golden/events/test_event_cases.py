"""Every case of this folder: `case.toml` says why it exists, what goes in and which events come out."""

import tomllib
from pathlib import Path

import polars as pl
import pytest

from mimic_assets.schemas.tables import CLINICAL_EVENTS
from mimic_assets_tests.event_ledger import find_events
from mimic_assets_tests.unit.events.source_rows import NO_STAYS, extract, pressures

CASES = sorted(Path(__file__).parent.glob("*/case.toml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_case(path: Path) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    assert case["why"].strip()
    cells = case.get("cleaned_numerics", [])
    numerics = pressures(cell[:3] for cell in cells).with_columns(
        parameter=pl.Series([cell[3] for cell in cells], dtype=pl.String)
    )
    judged = find_events(extract(*case.get("clinical_extract", [])), numerics, NO_STAYS)
    named = list(case["expected"][0]) if case["expected"] else []
    for event in case["expected"]:
        named += [column for column in event if column not in named]
    columns = named or ["event"]
    expected = pl.DataFrame(case["expected"], schema={column: CLINICAL_EVENTS.schema[column] for column in columns})
    order = [name for name in ("event", "lower_time", "tier") if name in columns]
    found = judged.frame.select(columns)
    assert (found.sort(order) if named else found).to_dicts() == (
        expected.sort(order) if named else expected
    ).to_dicts()
    assert judged.rejected.is_empty()


def test_there_are_cases() -> None:
    assert len(CASES) >= 5
