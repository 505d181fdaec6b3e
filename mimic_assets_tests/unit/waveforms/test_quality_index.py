"""The indices on invented signals: high where clean, falling as noise grows, and each limit of a pressure's beat."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from mimic_assets.waveforms.beat_search import agreement
from mimic_assets.waveforms.beat_shapes import likeness, likeness_of_two
from mimic_assets.waveforms.ecg_index import ecg_index
from mimic_assets.waveforms.pressure_index import pressure_index
from mimic_assets.waveforms.pulse_index import pulse_index
from mimic_assets.waveforms.row_counts import row_counts
from mimic_assets.waveforms.tile_spectrum import filled, tile_spectrum
from mimic_assets_tests.invented_signals import (
    FRAME_RATE_HZ,
    NORMAL,
    VENTRICULAR,
    WITHOUT_P,
    Bells,
    ecg_mv,
    pressure_mmhg,
    pulse,
    rhythm_mv,
    spoiled,
)

TILE, TILES = 625, 40
Floats = npt.NDArray[np.float64]
SIGNALS: dict[str, tuple[Callable[..., Floats], Callable[..., Floats], int]] = {
    "ecg": (ecg_mv, ecg_index, 4),
    "pulse": (pulse, pulse_index, 2),
    "pressure": (pressure_mmhg, pressure_index, 2),
}


def index_of(name: str, wave: Floats) -> Floats:
    _, index, per_frame = SIGNALS[name]
    return index(wave.reshape(-1, TILE * per_frame).astype(np.float32), FRAME_RATE_HZ)


@pytest.mark.parametrize("rate_per_min", [45, 75, 120, 170])
@pytest.mark.parametrize("name", SIGNALS)
def test_clean_beats_of_any_rate_are_told(name: str, rate_per_min: float) -> None:
    index = index_of(name, SIGNALS[name][0](TILES * TILE, rate_per_min))
    assert np.quantile(index, 0.1) > 0.85
    assert index.max() <= 1


@pytest.mark.parametrize("kind", ["white", "motion", "muscle"])
@pytest.mark.parametrize("name", SIGNALS)
def test_the_index_falls_as_noise_grows(name: str, kind: str) -> None:
    make, _, per_frame = SIGNALS[name]
    wave = make(TILES * TILE)
    means = [
        index_of(name, spoiled(wave, level, kind, per_frame * FRAME_RATE_HZ, 3)).mean()
        for level in (24, 12, 6, 0, -6, -12)
    ]
    assert all(after <= before + 0.02 for before, after in pairwise(means))
    assert means[0] - means[-1] > 0.5


@pytest.mark.parametrize("name", ["ecg", "pulse"])
def test_scale_and_offset_of_a_lead_or_pulse_do_not_matter(name: str) -> None:
    wave = SIGNALS[name][0](4 * TILE)
    np.testing.assert_allclose(index_of(name, wave), index_of(name, 37 * wave + 500), atol=0.02)


@pytest.mark.parametrize("name", SIGNALS)
def test_nothing_is_told_where_nothing_moves(name: str) -> None:
    assert index_of(name, np.full(2 * TILE * SIGNALS[name][2], 80.0)).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("systole above 300 mmHg", lambda p: p + 190),
        ("diastole below 20 mmHg", lambda p: p - 60),
        ("mean below 30 mmHg", lambda p: (p - 75) * 0.42 + 20.2),
        ("mean above 200 mmHg", lambda p: (p - 75) * 0.5 + 200),
        ("pulse pressure below 20 mmHg", lambda p: (p - 75) * 0.3 + 90),
        ("systole jumps by more than 20 mmHg", lambda p: 75 + (p - 75) * (1 + 0.8 * (np.arange(p.size) // 100 % 2))),
    ],
)
def test_a_pressure_beyond_a_limit_of_its_beats(what: str, change: Callable[[Floats], Floats]) -> None:
    clean = pressure_mmhg(4 * TILE)
    assert index_of("pressure", clean).min() > 0.85
    assert index_of("pressure", change(clean)).max() < 0.5, what


@pytest.mark.parametrize(
    ("rhythm", "intervals_s", "shapes"),
    [
        ("atrial fibrillation", np.random.default_rng(1).uniform(0.4, 1.1, 900), (WITHOUT_P,)),
        ("bigeminy", np.full(900, 0.65), (NORMAL, VENTRICULAR)),
        ("one ectopic beat in five", np.full(900, 0.7), (NORMAL,) * 4 + (VENTRICULAR,)),
        ("ventricular tachycardia", np.full(1500, 0.33), (VENTRICULAR,)),
    ],
)
def test_a_rhythm_that_is_ill_is_no_noise(rhythm: str, intervals_s: Floats, shapes: tuple[Bells, ...]) -> None:
    times = np.cumsum(intervals_s)
    wave = rhythm_mv(TILES * TILE, times[times < TILES * TILE / FRAME_RATE_HZ], shapes)
    assert np.quantile(index_of("ecg", wave), 0.05) > 0.8, rhythm


def test_what_the_index_cannot_tell_from_noise_is_known() -> None:
    """Asystole has no beat, and two beats in ten seconds cannot be compared: docs/waveform-quality.md says so."""
    assert index_of("ecg", rhythm_mv(TILES * TILE, np.empty(0), (NORMAL,))).max() < 0.6
    rare = rhythm_mv(TILES * TILE, np.arange(1, 400, 6.0), (NORMAL,))
    assert index_of("ecg", rare).max() < 0.6


def test_two_shapes_count_only_where_each_is_clear() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=20), rng.normal(size=20)
    clear = np.array([one, other] * 5) + 0.05 * rng.normal(size=(10, 20))
    noise = rng.normal(size=(10, 20))
    shapes, tile = np.concatenate((clear, noise, clear[:5])).astype(np.float32), np.repeat([0, 1, 2], [10, 10, 5])
    alike = likeness(shapes, tile, 3)
    found = likeness_of_two(shapes, tile, 3, alike)
    assert found[0] > 0.99 > 0.9 > alike[0]
    assert found[1:].tolist() == alike[1:].tolist()


def test_agreement_is_shared_beats_over_all_beats() -> None:
    a, b = np.zeros((3, 100), dtype=np.bool_), np.zeros((3, 100), dtype=np.bool_)
    a[0, [10, 40, 70]] = b[0, [12, 41]] = True
    a[1, [10]] = b[1, [30]] = True
    np.testing.assert_allclose(agreement(a, b, 5), [2 / 3, 0, 0])


def test_likeness_is_the_root_of_the_mean_correlation_of_pairs() -> None:
    shapes = np.random.default_rng(0).normal(size=(9, 20)) + 2 * np.sin(np.arange(20))
    tile = np.array([0, 0, 2, 2, 2, 2, 3, 3, 3])
    found = likeness(shapes.astype(np.float32), tile, 4)
    expected = [0.0, 0.0]
    for beats in (shapes[2:6], shapes[6:]):
        pairs = np.corrcoef(beats)[np.triu_indices(len(beats), 1)]
        expected.append(float(np.sqrt(pairs.mean())))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_band_keeps_its_own_frequencies_at_one_sample_per_frame() -> None:
    seconds = np.arange(4 * TILE) / (4 * FRAME_RATE_HZ)
    bins = FRAME_RATE_HZ / TILE
    low, high = np.cos(2 * np.pi * 100 * bins * seconds), np.cos(2 * np.pi * 300 * bins * seconds)
    band = tile_spectrum((low + high + 5)[None].astype(np.float32), FRAME_RATE_HZ).band(6, 20)
    # The line through the ends is taken off, which is felt for half a second.
    np.testing.assert_allclose(band[0, 30:-30], low[::4][30:-30], atol=0.02)


def test_missing_samples_take_the_value_before_them() -> None:
    samples = np.array([[9, 1, 9, 9, 4], [9, 9, 9, 9, 9]], dtype=np.float32)
    missing = np.array([[1, 0, 1, 1, 0], [1, 1, 1, 1, 1]], dtype=np.bool_)
    assert filled(samples, missing).tolist() == [[1, 1, 1, 1, 4], [0, 0, 0, 0, 0]]


@pytest.mark.parametrize("width", [1, 7, 8, 2040, 2048, 5000])
def test_rows_are_counted(width: int) -> None:
    mask = np.random.default_rng(width).random((3, width)) < 0.9
    mask[1] = True
    assert row_counts(mask).tolist() == mask.sum(axis=1).tolist()
