"""Resampling against what is known of it: tones kept, aliases gone, offsets kept, gaps where they were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimic_assets.manifest.resampling import resample

FRAMES = 625
FRAME_HZ = 62.4725


def tone(hz: float, rate: int) -> np.ndarray:
    seconds = np.arange(FRAMES * rate) / (rate * FRAME_HZ)
    return (7 + np.sin(2 * np.pi * hz * seconds)).astype(np.float32)


def whole(rate: int) -> np.ndarray:
    return np.zeros(FRAMES * rate, dtype=np.uint8)


@pytest.mark.parametrize(("own", "wanted"), [(4, 2), (4, 1), (2, 4), (1, 4), (4, 3), (2, 8)])
def test_a_tone_below_both_limits_is_the_tone_at_the_new_rate(own: int, wanted: int) -> None:
    found, reasons = resample(tone(5, own), whole(own), own, wanted)
    assert (found.dtype, found.shape, reasons.any()) == (np.float32, (FRAMES * wanted,), False)
    middle = slice(20 * wanted, -20 * wanted)
    np.testing.assert_allclose(found[middle], tone(5, wanted)[middle], atol=5e-3)


def test_a_tone_above_the_new_limit_does_not_come_back_as_another() -> None:
    """100 Hz at 250 Hz would be 25 Hz at 125 Hz; every second sample alone keeps all of it."""
    naive = tone(100, 4)[::2] - 7
    found, _ = resample(tone(100, 4), whole(4), 4, 2)
    middle = slice(40, -40)
    assert np.std(naive[middle]) > 0.6
    assert np.std(found[middle] - 7) < 0.005


@pytest.mark.parametrize(("own", "wanted"), [(4, 2), (2, 4), (4, 1)])
def test_a_gap_stays_a_gap_and_rings_into_neither_side(own: int, wanted: int) -> None:
    values, reasons = tone(2, own), whole(own)
    values[100 * own : 200 * own] = -1e6  # whatever lies in a gap is not looked at
    reasons[100 * own : 200 * own] = 2
    found, why = resample(values, reasons, own, wanted)
    assert (why[100 * wanted : 200 * wanted] == 2).all()
    assert not why[: 99 * wanted].any()
    assert not why[200 * wanted :].any()
    assert (np.isnan(found) == (why != 0)).all()
    near = slice(60 * wanted, 90 * wanted)
    np.testing.assert_allclose(found[near], tone(2, wanted)[near], atol=0.02)


def test_nothing_observed_is_nothing() -> None:
    found, reasons = resample(tone(2, 4), whole(4) + 3, 4, 2)
    assert np.isnan(found).all()
    assert (reasons == 3).all()


@given(st.lists(st.booleans(), min_size=4, max_size=40), st.sampled_from([1, 2, 4]), st.sampled_from([1, 2, 3, 4, 8]))
def test_a_sample_is_missing_where_a_neighbour_in_time_is(there: list[bool], own: int, wanted: int) -> None:
    reasons = np.repeat(np.where(there, 0, 4).astype(np.uint8), own)
    values = np.full(len(reasons), 3, dtype=np.float32)
    found, why = resample(values, reasons, own, wanted)
    assert len(found) == len(why) == len(there) * wanted
    for place in range(len(found)):
        exact = place * own / wanted
        neighbours = {int(np.floor(exact)), min(int(np.ceil(exact)), len(reasons) - 1)}
        assert (why[place] != 0) == any(reasons[neighbour] for neighbour in neighbours)
    np.testing.assert_allclose(found[why == 0], 3, rtol=1e-6)
