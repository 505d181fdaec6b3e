"""Whether enough of a window's tiles are usable, counted by hand; a loop over tiles agrees."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimic_assets.schemas.tables import WAVEFORM_FEATURES, WAVEFORM_QUALITY
from mimic_assets.schemas.vocabulary import SignalReason, WindowExclusion
from mimic_assets.tasks import Task, load_task
from mimic_assets.tasks.model import WaveformRule
from mimic_assets.timeline import TICKS_PER_TILE, RecordClock, microseconds
from mimic_assets.windows.coverage import Coverage, window_exclusions
from mimic_assets.windows.recordings import Recording
from mimic_assets.windows.tile_windows import RecordTiles
from mimic_assets.windows.usable_tiles import count_usable, usable_fractions

RECORD, START = 80000001, datetime(2150, 1, 1)
CLOCK = RecordClock.of(START, "1000")
RECORDING = Recording(RECORD, 30000001, CLOCK, microseconds(START), microseconds(START + timedelta(hours=9)))
NOISE, FLAT = SignalReason.NOISE.value, SignalReason.FLAT.value


def task(*, noise: bool = False) -> Task:
    """A minute of II or V, half of it usable."""
    rule = {"observation_s": 60, "signals": ["II", "V", "ABP"], "required_any": ["II", "V"], "noise_is_usable": noise}
    shipped = load_task("vt_vf")
    return shipped.model_copy(update={"waveforms": WaveformRule.model_validate(rule)})


def quality(**reasons: list[str | None]) -> pl.DataFrame:
    """Return the tiles of a record: per signal a reason each, from tile 0 on."""
    rows = [
        {"subject_id": 1, "record_id": RECORD, "signal": name, "tile_start_tick": tile * TICKS_PER_TILE,
         "missing_reason": reason, "observed_fraction": 1.0, "unit": "mV", "mean": float(tile)}
        for name, of_tiles in reasons.items() for tile, reason in enumerate(of_tiles)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=WAVEFORM_QUALITY.schema)


def fraction_at(tick: int, of: Task, tiles: pl.DataFrame) -> float:
    """Return the share of usable tiles at the index time of a tick."""
    assert of.waveforms is not None
    index = np.array([microseconds(CLOCK.time_at(tick))], dtype=np.int64)
    usable = count_usable(tiles, {RECORD}, of.waveforms)
    return float(usable_fractions(index, of, [RECORDING], np.array([RECORD]), usable)[0])


LAST = 6 * TICKS_PER_TILE - 1
"""The last tick of tile 5."""


@pytest.mark.parametrize(
    ("reasons", "noise", "expected"),
    [
        ({"II": [None, None, None, FLAT, FLAT, FLAT]}, False, 0.5),
        ({"II": [None, None, FLAT, FLAT, FLAT, FLAT]}, False, 2 / 6),
        ({"II": [NOISE] * 6}, False, 0.0),
        ({"II": [NOISE] * 6}, True, 1.0),
        ({"II": [FLAT] * 6, "V": [None] * 4 + [FLAT] * 2}, False, 4 / 6),
        ({"ABP": [None] * 6}, False, 0.0),
        ({}, False, 0.0),
    ],
)
def test_the_better_of_the_required_signals_counts(
    reasons: dict[str, list[str | None]], noise: bool, expected: float
) -> None:
    assert fraction_at(LAST, task(noise=noise), quality(**reasons)) == pytest.approx(expected)


def test_the_tile_under_way_never_counts() -> None:
    tiles = quality(II=[FLAT] * 6 + [None])
    assert fraction_at(LAST + TICKS_PER_TILE - 1, task(), tiles) == 0
    assert fraction_at(LAST + TICKS_PER_TILE, task(), tiles) == pytest.approx(1 / 6)


def test_half_is_enough_and_less_gives_no_window() -> None:
    found = window_exclusions(
        Coverage(np.array([RECORD, RECORD, RECORD]), np.array([1.0, 1.0, 1.0])), np.array([True, True, False]),
        np.zeros(3, dtype=np.bool_), np.array([0.5, 2 / 6, 0.0]), task(),
    )  # fmt: skip
    assert found == [None, WindowExclusion.LOW_WAVEFORM_COVERAGE, None]


@given(
    st.lists(st.sampled_from([None, NOISE, FLAT]), min_size=1, max_size=20), st.integers(0, 22 * TICKS_PER_TILE),
    st.booleans(),
)  # fmt: skip
def test_a_loop_over_tiles_agrees(reasons: list[str | None], tick: int, noise: bool) -> None:
    ended = [tile for tile in range(23) if (tile + 1) * TICKS_PER_TILE - 1 <= tick][-6:]
    good = [t for t in ended if t < len(reasons) and (reasons[t] is None or (noise and reasons[t] == NOISE))]
    assert fraction_at(tick, task(noise=noise), quality(II=reasons)) == pytest.approx(len(good) / 6)


def test_a_signal_that_has_not_begun_says_nothing_of_its_coming() -> None:
    """Rows of tiles before a signal's first segment exist only because the signal will come."""
    rule = WaveformRule(
        observation_s=20, signals=("ABP",), required_any=("ABP",), tile_features=("ABP.observed_fraction", "ABP.mean")
    )
    later = quality(ABP=[SignalReason.NOT_RECORDED.value] * 3 + [None]).with_columns(
        observed_fraction=pl.Series([0.0, 0.0, 0.0, 1.0]),
        unit=pl.Series([None, None, None, "mmHg"]),
        mean=pl.Series([None, None, None, 80.0]),
    )
    index = np.array([2 * TICKS_PER_TILE - 1, 4 * TICKS_PER_TILE - 1])
    with_future = RecordTiles(rule, RECORD, later, WAVEFORM_FEATURES.empty()).cut(index)
    without = RecordTiles(rule, RECORD, WAVEFORM_QUALITY.empty(), WAVEFORM_FEATURES.empty()).cut(index[:1])
    np.testing.assert_array_equal(with_future[:1], without)
    np.testing.assert_array_equal(with_future[1], [[np.nan, 1.0], [np.nan, 80.0]])
