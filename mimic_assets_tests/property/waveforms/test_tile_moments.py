"""Tile moments against scipy over the samples themselves, and windows of tiles against windows of samples."""

import numpy as np
import numpy.typing as npt
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mimic_assets.signals import MISSING_SAMPLE, Calibration, SignalSlice
from mimic_assets.waveforms.moments import Moments, concatenated
from mimic_assets.waveforms.tile_moments import digital_moments, tile_moments
from mimic_assets.waveforms.window_moments import window_moments

SAMPLES = 625
CALIBRATIONS = st.builds(
    Calibration, st.just(0), st.sampled_from([200.0, 4096.0, -16.0, 1.0]), st.integers(-9000, 9000), st.just("mV")
)


@st.composite
def slices(draw: st.DrawFn, least: int = 1, most: int = 6) -> SignalSlice:
    """Whole tiles of one signal at one sample per frame: noise, constants, spikes and any share of missing samples."""
    count = draw(st.integers(least, most))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    size = count * SAMPLES
    spread = draw(st.sampled_from([0, 1, 60, 3000]))
    digital = np.clip(rng.normal(draw(st.integers(-20000, 20000)), spread, size), -32767, 32767).astype(np.int16)
    spikes = draw(hnp.arrays(np.int16, draw(st.integers(0, 8)), elements=st.integers(-32767, 32767)))
    digital[rng.integers(0, size, spikes.size)] = spikes
    missing = rng.random(size) < draw(st.sampled_from([0.0, 0.0, 0.02, 0.5, 0.999, 1.0]))
    digital[missing] = MISSING_SAMPLE
    parts = [draw(CALIBRATIONS)]
    if draw(st.booleans()):
        other = draw(CALIBRATIONS)
        parts.append(Calibration(draw(st.integers(1, size - 1)), other.gain, other.baseline, other.unit))
    calibrations = tuple(parts) if not missing.all() else ()
    return SignalSlice("II", 1, 0, digital, missing.astype(np.uint8) * 5, calibrations)


def physical(part: SignalSlice) -> npt.NDArray[np.float64]:
    """The samples in float64, NaN where missing."""
    values = np.full(part.digital.shape, np.nan)
    edges = [*(c.first_sample for c in part.calibrations), values.size]
    for c, start, end in zip(part.calibrations, edges, edges[1:], strict=False):
        values[start:end] = (part.digital[start:end].astype(np.float64) - c.baseline) / c.gain
    values[part.reasons != 0] = np.nan
    return values


def agrees(found: Moments, values: npt.NDArray[np.float64]) -> None:
    """Compare each entry with numpy and scipy over its row of samples.

    Mean and skewness pass through zero, where no relative tolerance can be met: they are allowed 1e-5 of a standard
    deviation, and of one, instead.
    """
    for k, row in enumerate(values):
        seen = row[~np.isnan(row)]
        assert found.positions[k] == row.size
        assert found.observed[k] == seen.size
        if not seen.size:
            assert np.isnan([found.mean[k], found.minimum[k], found.standard_deviation[k]]).all()
            continue
        deviation = seen.std()
        np.testing.assert_allclose(found.mean[k], seen.mean(), rtol=1e-5, atol=1e-5 * deviation)
        np.testing.assert_array_equal([found.minimum[k], found.maximum[k]], [seen.min(), seen.max()])
        if seen.min() == seen.max():
            assert found.standard_deviation[k] == 0
            assert np.isnan([found.skewness[k], found.kurtosis[k]]).all()
            continue
        np.testing.assert_allclose(found.standard_deviation[k], deviation, rtol=1e-5)
        np.testing.assert_allclose(found.skewness[k], scipy.stats.skew(seen), rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(found.kurtosis[k], scipy.stats.kurtosis(seen, fisher=False), rtol=1e-5)


@given(slices())
def test_a_tile_says_what_scipy_says_of_its_samples(part: SignalSlice) -> None:
    agrees(tile_moments(part), physical(part).reshape(-1, SAMPLES))


@given(slices(4, 12), st.integers(1, 8), st.integers(1, 3))
def test_a_window_of_tiles_says_what_scipy_says_of_its_samples(part: SignalSlice, length: int, stride: int) -> None:
    values = physical(part)
    starts = range(0, values.size // SAMPLES - length + 1, stride)
    direct = np.array([values[k * SAMPLES : (k + length) * SAMPLES] for k in starts]).reshape(-1, length * SAMPLES)
    found = window_moments(tile_moments(part), length, stride)
    assert len(found) == len(starts)
    agrees(found, direct)


@given(slices(2, 40), st.data())
def test_any_split_into_tiles_gives_the_same_bits(part: SignalSlice, data: st.DataObject) -> None:
    digital = part.digital.reshape(-1, SAMPLES)
    missing = part.reasons.reshape(-1, SAMPLES) != 0
    at = data.draw(st.integers(1, len(digital) - 1))
    whole = digital_moments(digital, missing)
    split = concatenated([digital_moments(digital[:at], missing[:at]), digital_moments(digital[at:], missing[at:])])
    for name in Moments.__slots__:
        np.testing.assert_array_equal(getattr(whole, name), getattr(split, name), err_msg=name)


@given(slices())
def test_equal_neighbours_are_counted_within_tiles_where_both_are_there(part: SignalSlice) -> None:
    found = digital_moments(part.digital.reshape(-1, SAMPLES), part.reasons.reshape(-1, SAMPLES) != 0)
    for k in range(len(found)):
        rows = range(k * SAMPLES + 1, (k + 1) * SAMPLES)
        both = [i for i in rows if part.reasons[i] == 0 and part.reasons[i - 1] == 0]
        assert found.pairs[k] == len(both)
        assert found.equal_pairs[k] == sum(part.digital[i] == part.digital[i - 1] for i in both)


@given(slices())
def test_a_mask_of_nothing_missing_changes_no_bit(part: SignalSlice) -> None:
    digital = part.digital.reshape(-1, SAMPLES)
    with_mask, without = (
        digital_moments(digital, np.zeros(digital.shape, dtype=np.bool_)),
        digital_moments(digital, None),
    )
    for name in Moments.__slots__:
        np.testing.assert_array_equal(getattr(with_mask, name), getattr(without, name), err_msg=name)
