"""One tile at a time: which reason it gets, just above and just below each threshold."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.signals import MISSING_SAMPLE, Calibration
from mimic_assets.waveforms import judge_waveforms
from mimic_assets_tests.invented_signals import ecg_mv, noise, pressure_mmhg, pulse
from mimic_assets_tests.signals_in_memory import Held, breath, ecg, pleth, pressure, record_in_memory

TILE = 625
Digital = npt.NDArray[np.int16]


def lead() -> Digital:
    return np.rint(ecg_mv(TILE) * 200 + 8192).astype(np.int16)


def finger() -> Digital:
    return np.rint(pulse(TILE) * 2000 + 1000).astype(np.int16)


def artery() -> Digital:
    return np.rint(pressure_mmhg(TILE) * 16 + 800).astype(np.int16)


def chest() -> Digital:
    at = np.arange(TILE) / 62.4725
    return np.rint(2048 + 1500 * np.sin(2 * np.pi * 0.25 * at)).astype(np.int16)


def reason(name: str, held: Held) -> str | None:
    rows, reader = record_in_memory({name: held})
    frame = judge_waveforms(rows, lambda _: reader).whole().frame
    assert frame.height == 1
    return frame["missing_reason"][0]


def with_part(digital: Digital, share: float, value: int) -> Digital:
    changed = digital.copy()
    changed[: round(share * changed.size)] = value
    return changed


@pytest.mark.parametrize(
    ("name", "held"),
    [("II", ecg(lead())), ("Pleth", pleth(finger())), ("ABP", pressure(artery())), ("Resp", breath(chest()))],
    ids=["II", "Pleth", "ABP", "Resp"],
)
def test_a_clean_tile_is_usable(name: str, held: Held) -> None:
    assert reason(name, held) is None


CASES: dict[str, tuple[str, Callable[[], Held], str | None]] = {
    "half a tile without values is usable": ("ABP", lambda: pressure(with_part(artery(), 0.35, MISSING_SAMPLE)), None),
    "more than half is not": ("II", lambda: ecg(with_part(lead(), 0.51, MISSING_SAMPLE)), "no_signal"),
    "a disconnected lead reads 0.02 mV": ("II", lambda: ecg(np.full(4 * TILE, 8196)), "lead_off"),
    "so does one with gaps": ("V", lambda: ecg(with_part(np.full(4 * TILE, 8196), 0.05, MISSING_SAMPLE)), "lead_off"),
    "a finger probe off reads one half": ("Pleth", lambda: pleth(np.full(2 * TILE, 2048)), "lead_off"),
    "a constant at the end of Pleth's range": ("Pleth", lambda: pleth(np.full(2 * TILE, 4095)), "saturated"),
    "a dead breath signal reads 0": ("Resp", lambda: breath(np.zeros(TILE)), "lead_off"),
    "a pressure that stands still inside its range": ("ABP", lambda: pressure(np.full(2 * TILE, 2400)), "flat"),
    "a pressure at the end of its range": ("ABP", lambda: pressure(np.full(2 * TILE, 8191)), "saturated"),
    "a lead that moves by its last bit only": ("II", lambda: ecg(8196 + np.arange(4 * TILE) % 2), "flat"),
    "a lead that comes off halfway": ("II", lambda: ecg(with_part(lead(), 0.6, 8196)), "flat"),
    "a lead that is back soon": ("II", lambda: ecg(with_part(lead(), 0.15, 8196)), None),
    "Pleth above its range for 15 %": ("Pleth", lambda: pleth(with_part(finger(), 0.15, 4094)), "saturated"),
    "Pleth above its range for 5 %": ("Pleth", lambda: pleth(with_part(finger(), 0.05, 4094)), None),
    "R waves cut off at 0.25 mV": ("II", lambda: ecg(np.minimum(lead(), 8192 + 50)), "clipped"),
    "R waves cut off at 0.95 mV": ("II", lambda: ecg(np.minimum(lead(), 8192 + 190)), None),
    "pulses cut off inside the range": ("Pleth", lambda: pleth(np.minimum(finger(), 1900)), "clipped"),
    "breaths beyond both ends": ("Resp", lambda: breath(np.clip((chest() - 2048) * 2.5 + 2048, 0, 4095)), None),
    "noise in a lead": ("II", lambda: ecg(8192 + 60 * noise(4 * TILE, "motion", 250, 1)), "noise"),
    "noise in Pleth": ("Pleth", lambda: pleth(2048 + 300 * noise(2 * TILE, "white", 125, 1)), "noise"),
    "noise in a pressure": ("ABP", lambda: pressure(2400 + 300 * noise(2 * TILE, "motion", 125, 1)), "noise"),
    "noise instead of breaths": ("Resp", lambda: breath(2048 + 300 * noise(TILE, "white", 62, 1)), None),
    "a name that nobody knows": ("XYZ", lambda: ecg(8192 + 60 * noise(4 * TILE, "white", 250, 1)), None),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_reason(case: str) -> None:
    name, held, expected = CASES[case]
    assert reason(name, held()) == expected


@pytest.mark.parametrize("first", [SignalReason.GAP, SignalReason.NOT_RECORDED, SignalReason.UNREADABLE])
def test_of_missing_samples_the_commonest_reason_is_given(first: SignalReason) -> None:
    reasons = np.zeros(4 * TILE, dtype=np.uint8)
    reasons[:900] = first.code
    reasons[900:1700] = SignalReason.NO_SIGNAL.code
    assert reason("II", ecg(lead(), reasons=reasons)) == first.value


def test_no_statistic_is_made_of_two_units() -> None:
    values = np.concatenate((np.full(1250, 8192 + 200), np.full(1250, 8192 + 400)))
    parts = (Calibration(0, 200.0, 8192, "mV"), Calibration(1250, 0.2, 8192, "uV"))
    rows, reader = record_in_memory({"II": ecg(values, calibrations=parts)})
    (row,) = judge_waveforms(rows, lambda _: reader).whole().frame.to_dicts()
    assert (row["unit"], row["mean"], row["minimum"], row["maximum"], row["observed_fraction"]) == (
        "uV",
        2000,
        2000,
        2000,
        0.5,
    )


def test_each_half_of_a_tile_is_told_in_its_own_calibration() -> None:
    values = np.concatenate((np.full(1250, 8192 + 200), np.full(1250, 100)))
    parts = (Calibration(0, 200.0, 8192, "mV"), Calibration(1250, 100.0, -200, "mV"))
    rows, reader = record_in_memory({"II": ecg(values, calibrations=parts)})
    (row,) = judge_waveforms(rows, lambda _: reader).whole().frame.to_dicts()
    found = [row[name] for name in ("mean", "minimum", "maximum", "standard_deviation", "kurtosis")]
    np.testing.assert_allclose(found, [2, 1, 3, 1, 1])


def test_an_ecg_range_that_does_not_hold_its_zero_is_not_believed() -> None:
    """Seen in a real header: 13 bits about 4096, zero at 8192; the resting line would lie at the range's upper end."""
    quiet = np.rint(ecg_mv(TILE) * 20 + 8186).astype(np.int16)
    assert reason("II", Held(quiet, 4, "mV", (Calibration(0, 200.0, 8192, "mV"),), 13, 4096)) is None
