"""Detectors of one stretch: found where planted, nothing in nothing, and the compiled code within its bounds."""

import inspect
import subprocess
import sys

import numpy as np
import pytest
from sleepecg import _heartbeat_detection as compiled

from mimic_assets.waveforms.breaths import find_breaths
from mimic_assets.waveforms.pleth_pulses import find_pleth_onsets
from mimic_assets.waveforms.pressure_pulses import find_pressure_onsets
from mimic_assets.waveforms.qrs import find_qrs
from mimic_assets.waveforms.stretches import observed_stretches
from mimic_assets_tests.beat_agreement import agree
from mimic_assets_tests.beat_signals import drawn_record

CASES = (
    ("II", "qrs", find_qrs, 4, 24),
    ("ABP", "pulse_onset", find_pressure_onsets, 8, 40),
    ("Pleth", "pulse_onset", find_pleth_onsets, 8, 60),
    ("Resp", "breath", find_breaths, 16, 200),
)


@pytest.mark.parametrize(("signal", "kind", "find", "step", "tolerance"), CASES, ids=[case[0] for case in CASES])
def test_finds_what_was_planted(signal, kind, find, step, tolerance):
    truth, signals = drawn_record(6, seed=3)
    found = find(signals[signal], 1000 / step) * step
    inner = truth[kind][(truth[kind] > 3000) & (truth[kind] < 57_000)]
    near = (found > inner[0] - tolerance) & (found < inner[-1] + tolerance)
    result = agree(found[near], inner, tolerance)
    assert result.matched == result.reference == result.found


@pytest.mark.parametrize("rate", [40, 120, 180])
def test_finds_qrs_at_slow_and_fast_rates(rate: float) -> None:
    truth, signals = drawn_record(6, seed=5, rate_per_min=rate)
    found = find_qrs(signals["II"], 250.0) * 4
    inner = truth["qrs"][truth["qrs"] > 3000]
    result = agree(found[found > 2900], inner, 24)
    assert result.sensitivity_pct == 100
    assert result.precision_pct == 100


@pytest.mark.parametrize("shift", range(4))
def test_a_complex_symmetric_about_a_sample_is_found(shift: int) -> None:
    """Without noise its energy could have two equal tops, which the compiled code takes for none."""
    at = np.arange(100, 5000, 250)
    lead = sum(np.exp(-(((np.arange(5000) - place - shift / 4) / 3.5) ** 2)) for place in at)
    assert len(find_qrs(np.asarray(lead), 250.0)) == len(at)


def test_polarity_does_not_matter() -> None:
    _, signals = drawn_record(4, seed=1)
    assert find_qrs(-signals["II"], 250.0).tolist() == find_qrs(signals["II"], 250.0).tolist()


@pytest.mark.parametrize("find", [case[2] for case in CASES])
@pytest.mark.parametrize("samples", [0, 1, 2, 100, 749, 3000])
def test_nothing_is_found_in_a_constant_or_a_short_stretch(find, samples):
    assert find(np.full(samples, 3.0), 250.0).size == 0
    if samples < 700:
        assert find(np.random.default_rng(0).standard_normal(samples), 250.0).size == 0


def test_a_damped_line_has_no_pulses() -> None:
    wave = 80 + 1.5 * np.sin(np.arange(4000) / 125 * 2 * np.pi)
    assert find_pressure_onsets(wave, 125.0).size == 0


def test_beats_at_the_refractory_time_stay_within_the_compiled_array() -> None:
    """A swing of 2.5 Hz gives energy at 5 Hz: as many beats as the array of intervals has places, or more.

    Run in a process of its own: a write beyond the array would damage the heap, which ends that process in most cases.
    """
    code = (
        "import numpy as np; from mimic_assets.waveforms.qrs import find_qrs\n"
        "for rate in (249.89, 250.0, 360.0):\n"
        "    for hz in np.arange(1.2, 3.2, 0.02):\n"
        "        for seconds in (3.1, 4.7, 10.0, 20.0):\n"
        "            t = np.arange(int(seconds * rate)) / rate\n"
        "            find_qrs(np.sign(np.sin(2 * np.pi * hz * t)) * 1.0, rate)\n"
    )
    environment = {"PYTHONPATH": ":".join(p for p in sys.path if p)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_compiled_functions_are_what_we_call() -> None:
    for name in ("_squared_moving_integration", "_thresholding"):
        assert inspect.isbuiltin(getattr(compiled, name))
    squares = compiled._squared_moving_integration(np.arange(6.0), 3)
    assert squares.tolist() == np.convolve(np.arange(6.0) ** 2, np.ones(3), mode="same").tolist()
    flags = compiled._thresholding(np.zeros(2000), np.zeros(2000), 250.0)
    assert flags.shape == (2000,)
    assert not flags.any()


def test_stretches_end_at_gaps_and_short_ones_are_left_out() -> None:
    values = np.array([np.nan, 1, 2, 3, np.nan, 4, np.nan, np.nan, 5, 6])
    found = list(observed_stretches(values, 100, 4, least=2))
    assert [(part.first_tick, part.last_tick, part.values.tolist()) for part in found] == [
        (104, 112, [1, 2, 3]),
        (132, 136, [5, 6]),
    ]
    assert not list(observed_stretches(np.full(5, np.nan), 0, 4, least=1))
