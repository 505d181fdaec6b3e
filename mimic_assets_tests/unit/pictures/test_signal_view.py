"""What is seen of a window's signals: each number can be checked against `waveform_windows`."""

import numpy as np
import polars as pl
import pytest

from mimic_assets.errors import DataError
from mimic_assets.pictures import Band, view_of
from mimic_assets.pictures.signal_view import SignalView
from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets_tests.waveform_windows import (
    END_TICK,
    NO_SIGNALS,
    START_TICK,
    TILE_TICKS,
    beat_rows,
    ecg_mv,
    quality_rows,
    window_row,
)  # fmt: skip


@pytest.fixture(scope="module")
def view() -> SignalView:
    found = view_of(window_row(), quality_rows(), beat_rows())
    assert found is not None
    return found


def test_samples_are_physical_and_missing_ones_have_their_reason(view: SignalView) -> None:
    ii, v, abp, pleth, resp = view.signals
    assert [len(signal.values) for signal in view.signals] == [15_000, 15_000, 7_500, 7_500, 3_750]
    ticks = ii.first_tick + 4 * np.arange(15_000)
    assert (ii.first_tick, ticks[-1]) == (35_940_000, 35_999_996)
    here = ii.reasons == 0
    assert np.abs(ii.values - ecg_mv(ticks))[here].max() <= 0.0026  # half a step of 1/200 mV
    assert np.isnan(ii.values).sum() == 250  # a second at 250 Hz
    assert set(ii.reasons[~here]) == {SignalReason.NO_SIGNAL.code}
    assert np.isnan(v.values).sum() == 10_000
    assert (abp.unit, abp.is_rescaled, np.isnan(abp.values).sum()) == ("mmHg", True, 999)  # 8 s at 125 Hz, one is there
    assert (pleth.unit, np.isnan(pleth.values).all()) == ("", True)
    assert [signal.is_ecg for signal in view.signals] == [True, True, False, False, False]
    assert resp.ticks_per_sample == 16


def test_time_is_counted_from_the_index_time(view: SignalView) -> None:
    assert view.ticks_per_second == 1000.0
    assert (view.start_s, view.end_s) == (-60.001, -0.001)  # the last whole frame ends a tick before the index tick


def test_only_tiles_and_beats_of_the_window_are_seen(view: SignalView) -> None:
    assert [tile.start_tick for tile in view.tiles["II"]] == [START_TICK + 1 + n * TILE_TICKS for n in range(6)]
    assert [tile.band for tile in view.tiles["II"]] == [Band.GOOD, Band.FAIR, Band.POOR] * 2
    assert [tile.reason for tile in view.tiles["V"]][:3] == [
        SignalReason.OBSERVED, SignalReason.LEAD_OFF, SignalReason.NOT_RECORDED,
    ]  # fmt: skip
    assert "Pleth" not in view.tiles
    assert view.beats["II"].min() > START_TICK
    assert view.beats["II"].max() <= END_TICK
    assert len(view.beats["II"]) == 74
    assert set(view.beats) == {"II", "ABP"}


def test_rows_of_other_records_are_left_out() -> None:
    other = pl.col("record_id") + 1
    view = view_of(window_row(), quality_rows().with_columns(other), beat_rows().with_columns(other))
    assert view is not None
    assert not view.tiles
    assert not view.beats


def test_the_last_seconds_are_the_same_samples() -> None:
    whole, last = view_of(window_row()), view_of(window_row(), quality_rows(), beat_rows(), last_s=4.5)
    assert whole is not None
    assert last is not None
    assert last.start_tick == END_TICK - 4_500
    for one, other in zip(whole.signals, last.signals, strict=True):
        count = 4_500 // one.ticks_per_sample  # 281 of the 281.25 frames begin after the start
        assert len(other.values) == count
        assert np.array_equal(one.values[-count:], other.values, equal_nan=True)
        assert other.first_tick == one.first_tick + (len(one.values) - count) * one.ticks_per_sample
        assert other.first_tick > last.start_tick
    assert [tile.start_tick for tile in last.tiles["II"]] == [END_TICK + 1 - TILE_TICKS]
    assert view_of(window_row(), last_s=1e6).start_tick == START_TICK


def test_reasons_and_bands_that_occur_are_listed_once(view: SignalView) -> None:
    assert [reason.value for reason in view.present_reasons()] == [
        "gap", "not_recorded", "no_signal", "lead_off", "noise",
    ]  # fmt: skip
    assert view.present_bands() == list(Band)


def test_a_signal_that_the_record_lacks_has_no_samples_and_says_so() -> None:
    row = window_row()
    for name in ("signal_samples_per_frame", "signal_sample_counts"):
        row[name] = [0]
    for name in ("signal_units", "signal_gains", "signal_baselines"):
        row[name] = [None]
    row |= {"signals": ["PAP"], "signal_samples": [b""], "signal_reasons": [b""], "signal_is_rescaled": [False]}
    view = view_of(row)
    assert view is not None
    assert view.signals[0].values.size == 0
    assert view.present_reasons() == [SignalReason.NOT_RECORDED]


def test_a_window_without_signals_has_no_view() -> None:
    assert view_of(window_row() | NO_SIGNALS) is None


def test_damaged_samples_are_an_error_with_a_name() -> None:
    row = window_row()
    row["signal_samples"] = [b"damaged", *row["signal_samples"][1:]]
    with pytest.raises(DataError, match="cannot be decoded"):
        view_of(row)


@pytest.mark.parametrize(
    ("index", "band"),
    [(1.0, Band.GOOD), (0.8, Band.GOOD), (0.79, Band.FAIR), (0.5, Band.FAIR), (0.49, Band.POOR), (0.0, Band.POOR),
     (None, Band.UNRATED), (float("nan"), Band.UNRATED)],
)  # fmt: skip
def test_bands_begin_where_they_say(index: float | None, band: Band) -> None:
    assert Band.of(index) is band
