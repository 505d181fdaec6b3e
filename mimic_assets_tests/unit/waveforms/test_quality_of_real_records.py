"""Real records: their flat leads, dropouts, dead and cut pulses come out as such, and noise added is noticed."""

from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from mimic_assets.records import open_signals, read_records
from mimic_assets.schemas.judging import violations
from mimic_assets.schemas.tables import WAVEFORM_QUALITY
from mimic_assets.sources.folder import FolderTree
from mimic_assets.waveforms import judge_waveforms
from mimic_assets_tests.comparisons.spoiled_waveforms import LEVELS_DB, Source, outcome, sources

pytestmark = pytest.mark.real_data
FLAT, LONG = 16955095, 10079700
TILE_TICKS = 10_000


@pytest.fixture(scope="module")
def quality(real_data: Path) -> dict[int, pl.DataFrame]:
    tree = FolderTree(real_data / "mimic4wdb")
    found = {}
    for subject in (FLAT, LONG):
        rows = read_records(tree, subject).frame
        found[subject] = judge_waveforms(rows, lambda part: open_signals(tree, part)).whole().frame
    return found


@pytest.fixture(scope="module")
def clean(real_data: Path) -> dict[str, Source]:
    return {source.name: source for source in sources(real_data)}


def counts(frame: pl.DataFrame, signal: str) -> dict[str | None, int]:
    return dict(frame.filter(signal=signal)["missing_reason"].value_counts().iter_rows())


@pytest.mark.parametrize("subject", [FLAT, LONG])
def test_the_rows_keep_the_promises_of_the_table(quality: dict[int, pl.DataFrame], subject: int) -> None:
    assert violations(WAVEFORM_QUALITY, quality[subject]) == []


def test_three_constant_leads_are_no_asystole(quality: dict[int, pl.DataFrame]) -> None:
    for lead in ("II", "III", "V"):
        assert counts(quality[FLAT], lead) == {"lead_off": 60}
    assert counts(quality[FLAT], "Resp") == {"lead_off": 59, "saturated": 1}


def test_a_long_record_is_mostly_usable_where_its_files_are(quality: dict[int, pl.DataFrame]) -> None:
    """Segment 3 (18,895 tiles) is missing; 249 tiles lie in gaps; for four minutes all leads read 0.02 mV."""
    for lead in ("II", "V", "aVR"):
        found = counts(quality[LONG], lead)
        assert (found["unreadable"], found["gap"], found["lead_off"]) == (18894, 249, 45)
        assert found[None] > 2280
        assert found.get("noise", 0) < 20
    assert counts(quality[LONG], "III")["not_recorded"] == 21239


def test_a_dead_probe_reads_one_half_and_a_bad_one_is_told(quality: dict[int, pl.DataFrame]) -> None:
    found = counts(quality[LONG], "Pleth")
    assert found["lead_off"] == 24
    dead = quality[LONG].filter(pl.col("signal") == "Pleth", pl.col("missing_reason") == "lead_off")
    assert dead["mean"].unique().to_list() == [0.5]
    cut = quality[LONG].filter(pl.col("signal") == "Pleth", pl.col("missing_reason") == "saturated")
    assert 10 <= cut.height <= 30
    assert ((cut["maximum"] > 0.99) | (cut["minimum"] < 0.01)).all()


def test_a_dropout_of_a_quarter_second_leaves_the_tile_usable(quality: dict[int, pl.DataFrame]) -> None:
    """ECG of these records lacks 64 samples every 524,288: 2.6 % of a tile."""
    lead = quality[LONG].filter(pl.col("signal") == "II", pl.col("observed_fraction").is_between(0.97, 0.98))
    assert lead.height >= 3
    assert lead["missing_reason"].is_null().all()


@pytest.mark.parametrize(
    ("name", "sensitivity", "specificity"),
    [
        ("MIT-BIH 100, MLII", 0.98, 0.8),
        ("85594648, II", 0.98, 0.9),
        ("mixedsignals, Pleth", 0.95, 0.95),
        ("mixedsignals, ABP", 0.95, 0.95),
    ],
)
def test_motion_added_to_clean_signals_is_noticed(
    clean: dict[str, Source], name: str, sensitivity: float, specificity: float
) -> None:
    found = outcome(clean[name], "motion")
    medians = [found.medians[level] for level in LEVELS_DB]
    assert all(after <= before + 0.01 for before, after in pairwise(medians))
    assert found.sensitivity >= sensitivity
    assert found.specificity >= specificity
