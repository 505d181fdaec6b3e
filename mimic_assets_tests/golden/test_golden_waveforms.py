"""Golden cases of waveform quality, `golden/waveforms/<case>/{in.csv,out.csv,NOTE.md}`: stretches of signals."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.waveforms import judge_waveforms
from mimic_assets_tests.invented_signals import ecg_mv, noise, pressure_mmhg, pulse
from mimic_assets_tests.signals_in_memory import Held, breath, ecg, pleth, pressure, record_in_memory

TILE = 625
CASES = sorted(path.parent for path in (Path(__file__).parent / "waveforms").glob("*/in.csv"))
Floats = npt.NDArray[np.float64]
KINDS: dict[str, tuple[Callable[..., Held], int, Callable[[int], Floats]]] = {
    "II": (ecg, 4, lambda frames: ecg_mv(frames) * 200 + 8192),
    "V": (ecg, 4, lambda frames: ecg_mv(frames, seed=5) * 100 + 8192),
    "Pleth": (pleth, 2, lambda frames: pulse(frames) * 2000 + 1000),
    "ABP": (pressure, 2, lambda frames: pressure_mmhg(frames) * 16 + 800),
    "Resp": (breath, 1, lambda frames: 2048 + 1500 * np.sin(2 * np.pi * 0.25 * np.arange(frames) / 62.4725)),
}


def signal(name: str, stretches: list[dict[str, str]]) -> Held:
    held, per_frame, beats = KINDS[name]
    size = round(max(float(each["to_tile"]) for each in stretches) * TILE)
    values = np.zeros(size * per_frame)
    reasons = np.zeros(size * per_frame, dtype=np.uint8)
    for each in stretches:
        part = slice(*(round(float(each[edge]) * TILE) * per_frame for edge in ("from_tile", "to_tile")))
        word, _, value = each["what"].partition(" ")
        if word == "beats":
            values[part] = beats(size)[part]
        elif word == "constant":
            values[part] = int(value)
        elif word == "cut":
            values[part] = np.minimum(values[part], int(value))
        elif word == "noise":
            values[part] = 8192 + 40 * noise(values[part].size, "white", 250, 1)
        else:
            reasons[part] = SignalReason(value).code
    return held(np.rint(values), reasons=reasons)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_case_comes_out_as_written(case: Path) -> None:
    stretches = list(csv.DictReader((case / "in.csv").read_text().splitlines()))
    names = dict.fromkeys(each["signal"] for each in stretches)
    rows, reader = record_in_memory(
        {name: signal(name, [each for each in stretches if each["signal"] == name]) for name in names}
    )
    frame = judge_waveforms(rows, lambda _: reader).whole().frame
    found = frame.select("signal", tile=pl.col("tile_start_tick") // 10_000, missing_reason="missing_reason")
    expected = pl.read_csv(case / "out.csv", schema_overrides={"missing_reason": pl.String})
    assert found.rows() == expected.rows()
