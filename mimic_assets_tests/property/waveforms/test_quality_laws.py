"""Laws of `waveform_quality`: no sample outside a tile changes it, and every row keeps its promises."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mimic_assets.schemas.judging import violations
from mimic_assets.schemas.tables import WAVEFORM_QUALITY
from mimic_assets.signals import MISSING_SAMPLE, Calibration
from mimic_assets.waveforms import judge_waveforms, quality
from mimic_assets_tests.invented_signals import ecg_mv, noise, pressure_mmhg, pulse
from mimic_assets_tests.signals_in_memory import Held, breath, ecg, pleth, pressure, record_in_memory

TILE = 625


def judged(held: dict[str, Held]) -> pl.DataFrame:
    rows, reader = record_in_memory(held)
    return judge_waveforms(rows, lambda _: reader).whole().frame


@st.composite
def records(draw: st.DrawFn, most: int = 6) -> dict[str, Held]:
    """A few tiles, and some frames more, of every kind of signal, spoiled here and there."""
    frames = draw(st.integers(1, most)) * TILE + draw(st.integers(0, TILE - 1))
    seed = draw(st.integers(0, 2**20))
    rate = draw(st.sampled_from([25, 60, 110, 180]))

    def spoil(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int16]:
        digital = np.clip(np.rint(values), -32767, 32767).astype(np.int16)
        for _ in range(draw(st.integers(0, 2))):
            start = draw(st.integers(0, digital.size - 1))
            stretch = slice(start, start + draw(st.integers(1, digital.size)))
            what = draw(st.sampled_from(["missing", "constant", "noise", "extreme"]))
            size = digital[stretch].size
            digital[stretch] = {
                "missing": np.full(size, MISSING_SAMPLE), "constant": np.full(size, digital[start]),
                "noise": np.random.default_rng(seed).integers(-9000, 9000, size), "extreme": np.full(size, 32767),
            }[what]  # fmt: skip
        return digital

    return {
        "II": ecg(spoil(ecg_mv(frames, rate, seed) * 200 + 8192)),
        "Pleth": pleth(spoil(pulse(frames, rate, seed) * 2000 + 1000)),
        "ABP": pressure(spoil(pressure_mmhg(frames, rate, seed) * 16 + 800)),
        "Resp": breath(spoil(2048 + 1500 * noise(frames, "motion", 62, seed))),
    }


def part_of(held: dict[str, Held], first: int, after: int) -> dict[str, Held]:
    """Return frames `[first, after)` of every signal."""
    return {
        name: replace(whole, digital=whole.digital[first * whole.samples_per_frame : after * whole.samples_per_frame])
        for name, whole in held.items()
    }


@settings(max_examples=25)
@given(records())
def test_every_row_keeps_the_promises_of_the_table(held: dict[str, Held]) -> None:
    frame = judged(held)
    assert frame.height == 4 * (min(part.frames for part in held.values()) // TILE)
    assert violations(WAVEFORM_QUALITY, frame) == []


@settings(max_examples=25)
@given(records(), st.data())
def test_a_record_cut_short_says_the_same_of_each_tile(held: dict[str, Held], data: st.DataObject) -> None:
    frames = data.draw(st.integers(1, held["Resp"].frames))
    whole, short = judged(held), judged(part_of(held, 0, frames))
    assert short.equals(whole.filter(pl.col("tile_start_tick") < frames // TILE * 10_000))


@settings(max_examples=25)
@given(records(), st.data())
def test_a_tile_does_not_know_the_tiles_before_it(held: dict[str, Held], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, held["Resp"].frames // TILE))
    later = part_of(held, first * TILE, held["Resp"].frames)
    if not later["Resp"].frames:
        return
    shifted = judged(later).with_columns(pl.col("tile_start_tick") + first * 10_000)
    whole = judged(held).filter(pl.col("tile_start_tick") >= first * 10_000)
    assert shifted.equals(whole)


@pytest.mark.parametrize("tiles_per_block", [1, 7, 64])
def test_blocks_of_any_length_give_the_same_rows(tiles_per_block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    held = {"II": ecg(ecg_mv(150 * TILE) * 200 + 8192), "Pleth": pleth(pulse(150 * TILE) * 2000 + 1000)}
    expected = judged(held)
    monkeypatch.setattr(quality, "TILES_PER_BLOCK", tiles_per_block)
    found = judged(held)
    assert found.drop("quality_index").equals(expected.drop("quality_index"))
    np.testing.assert_allclose(found["quality_index"], expected["quality_index"], atol=1e-5)


def test_the_last_tiles_alone_say_what_the_whole_says() -> None:
    rows, reader = record_in_memory({"II": ecg(ecg_mv(150 * TILE) * 200 + 8192)})
    whole = judge_waveforms(rows, lambda _: reader).whole().frame
    last = judge_waveforms(rows, lambda _: reader, 10).whole().frame
    assert 10 <= last.height < 150
    assert last.equals(whole.tail(last.height))


def test_a_unit_that_changes_says_nothing_of_the_tiles_before() -> None:
    """mmHg to kPa in tile 3: tiles 0 to 2 are judged as they are in a record that ends before the change."""
    wave = 800 + 16 * (90 + 25 * np.sin(np.arange(8 * TILE * 2) * 2 * np.pi * 1.2 / 125))
    change = (Calibration(0, 16.0, 800, "mmHg"), Calibration(3 * TILE * 2, 120.0, 800, "kPa"))
    whole = judged({"ABP": pressure(wave, calibrations=change)})
    before = judged({"ABP": pressure(wave[: 3 * TILE * 2])})
    assert before["quality_index"].null_count() == 0
    assert whole.head(3).equals(before)
    assert whole["quality_index"].tail(5).null_count() == 5  # an index of mmHg says nothing of kPa


def test_a_record_shorter_than_a_tile_has_no_rows() -> None:
    frame = judged({"II": ecg(ecg_mv(TILE - 1) * 200 + 8192)})
    assert frame.schema == WAVEFORM_QUALITY.schema
    assert frame.is_empty()
