"""Laws of beats and their features: nothing later speaks, little earlier does, and tiles add up to any window."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from mimic_assets.schemas.tables import WAVEFORM_BEATS
from mimic_assets.waveforms import beats as walk
from mimic_assets.waveforms import features as summing
from mimic_assets.waveforms.beats import find_beats
from mimic_assets.waveforms.features import summarise_tiles
from mimic_assets.waveforms.rates import SUMS, window_features
from mimic_assets_tests.beat_signals import TICKS_PER_TILE, Floats, drawn_record, held

COUNTER_HZ = 1000.0


def made(signals: dict[str, Floats]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return beats and features of such signals."""
    rows, reader = held(signals)
    beats = find_beats(rows, lambda _: reader).whole().frame
    return beats, summarise_tiles(beats, rows).whole().frame


def cut(signals: dict[str, Floats], first: int, after: int) -> dict[str, Floats]:
    """Return tiles `[first, after)` of signals."""
    per_tile = {"II": 2500, "V": 2500, "ABP": 1250, "Pleth": 1250, "Resp": 625}
    return {name: values[first * per_tile[name] : after * per_tile[name]] for name, values in signals.items()}


def with_gaps(signals: dict[str, Floats], seed: int, gaps: int) -> dict[str, Floats]:
    """Return the signals with some runs missing, of 40 ms to 12 s."""
    rng = np.random.default_rng(seed)
    out = {name: values.copy() for name, values in signals.items()}
    for _ in range(gaps):
        name = str(rng.choice(sorted(out)))
        at = rng.integers(len(out[name]))
        out[name][at : at + rng.integers(5, len(out[name]) // 4)] = np.nan
    return out


@settings(max_examples=12)
@given(seed=st.integers(0, 10_000), gaps=st.integers(0, 5), tiles=st.integers(1, 7))
def test_no_later_sample_speaks(seed: int, gaps: int, tiles: int) -> None:
    """A record that ends with a tile gives the rows known by then, and its features, byte for byte."""
    _, signals = drawn_record(8, seed)
    signals = with_gaps(signals, seed, gaps)
    beats, features = made(signals)
    earlier_beats, earlier_features = made(cut(signals, 0, tiles))
    end = tiles * TICKS_PER_TILE
    assert_frame_equal(earlier_beats, beats.filter(pl.col("known_tick") < end))
    assert_frame_equal(earlier_features, features.filter(pl.col("tile_start_tick") < end))


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), gaps=st.integers(0, 4))
def test_only_few_earlier_tiles_speak(seed: int, gaps: int) -> None:
    """Without the first four tiles, a tile's features are the same from six tiles later on."""
    _, signals = drawn_record(14, seed)
    signals = with_gaps(signals, seed, gaps)
    _, features = made(signals)
    _, later = made(cut(signals, 4, 14))
    shifted = later.with_columns(pl.col("tile_start_tick") + 4 * TICKS_PER_TILE)
    start = 10 * TICKS_PER_TILE
    same = [features, shifted]
    assert_frame_equal(*(frame.filter(pl.col("tile_start_tick") >= start) for frame in same))


@settings(max_examples=12)
@given(
    seed=st.integers(0, 10_000),
    gaps=st.integers(0, 5),
    bounds=st.lists(st.tuples(st.integers(-1, 80_000), st.integers(0, 60_000)), min_size=1, max_size=6),
)
def test_tiles_add_up_to_any_window(seed: int, gaps: int, bounds: list[tuple[int, int]]) -> None:
    """Sums of tiles give what the beats of the window give directly: counts exactly, rates to 1e-9."""
    _, signals = drawn_record(8, seed)
    beats, features = made(with_gaps(signals, seed, gaps))
    windows = pl.DataFrame(
        [(80000001, start, start + length) for start, length in bounds],
        schema={"record_id": pl.Int64, "start_tick": pl.Int64, "end_tick": pl.Int64},
        orient="row",
    )
    found = window_features(features, windows)
    assert found.select(windows.columns).equals(windows)
    for row in found.iter_rows(named=True):
        check_window(row, beats)


def check_window(row: dict[str, float], beats: pl.DataFrame) -> None:
    """Compare a window's features with those of its beats, one by one."""
    ends = [end for end in range(9_999, 80_000, 10_000) if row["start_tick"] < end - 9_999 and end <= row["end_tick"]]
    assert row["tile_count"] == len(ends)
    # a search row's tick is no beat
    own = beats.filter(pl.col("known_tick").is_in(ends), pl.col("kind") != "search").sort("tick")
    qrs = own.filter(pl.col("kind") == "qrs")
    rr = qrs["interval_ticks"].drop_nulls().to_numpy()
    assert (row["qrs_count"], row["rr_count"], row["rr_sum_ticks"]) == (qrs.height, len(rr), rr.sum())
    near(row["heart_rate_per_min"], 60 * COUNTER_HZ / rr.mean() if len(rr) else None)
    near(row["sdnn_ms"], rr.std(ddof=1) if len(rr) > 1 else None)
    everything = beats.filter(pl.col("kind") == "qrs").sort("tick")
    steps = everything.with_columns(step=pl.col("interval_ticks").diff()).filter(pl.col("known_tick").is_in(ends))
    step = steps["step"].drop_nulls().to_numpy()
    near(row["rmssd_ms"], np.sqrt(np.mean(step.astype(float) ** 2)) if len(step) else None)
    for signal, prefix in (("ABP", "abp"), ("Pleth", "pleth")):
        pulses = own.filter(pl.col("signal") == signal)
        whole = pulses.drop_nulls("interval_ticks")
        assert (row[f"{prefix}_pulse_count"], row[f"{prefix}_interval_count"]) == (pulses.height, whole.height)
        rate = row["abp_pulse_rate_per_min" if prefix == "abp" else "pulse_rate_per_min"]
        near(rate, 60 * COUNTER_HZ / whole["interval_ticks"].mean() if whole.height else None)
        if prefix == "abp":
            near(row["abp_systolic_mmhg"], whole["cycle_high"].mean())
            near(row["abp_diastolic_mmhg"], whole["cycle_low"].mean())
            near(row["abp_mean_mmhg"], whole["cycle_mean"].mean())
        else:
            near(row["pleth_amplitude_nu"], (whole["cycle_high"] - whole["cycle_low"]).mean())
        peaks = everything["tick"].to_numpy()
        since = [int(tick - peaks[peaks <= tick][-1]) for tick in pulses["tick"].to_list() if (peaks <= tick).any()]
        arrivals = [ticks for ticks in since if 50 <= ticks <= 600]
        near(
            row["abp_arrival_ms" if prefix == "abp" else "pulse_arrival_ms"],
            float(np.mean(arrivals)) if arrivals else None,
        )
    breaths = own.filter(pl.col("kind") == "breath")["interval_ticks"].drop_nulls()
    near(row["respiration_rate_per_min"], 60 * COUNTER_HZ / breaths.mean() if len(breaths) else None)


def near(found: float | None, expected: object) -> None:
    """Assert that both are unknown, or equal to 1e-9."""
    assert (found is None) == (expected is None), (found, expected)
    if found is not None:
        np.testing.assert_allclose(found, float(expected), rtol=1e-9)


def test_tiles_of_a_whole_record_add_up_to_their_sums() -> None:
    _, features = made(drawn_record(6, 2)[1])
    whole = window_features(features, pl.DataFrame({"record_id": [80000001], "start_tick": [-1], "end_tick": [59_999]}))
    for name in SUMS:
        np.testing.assert_allclose(whole[name][0], features[name].sum(), rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("tiles_per_block", [1, 3, 7])
def test_parts_of_any_length_give_the_same_rows(tiles_per_block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a signal each part is after the one before it, and two records stay what each is alone."""
    _, signals = drawn_record(14, seed=9)
    rows, reader = held(with_gaps(signals, seed=9, gaps=4))
    both = pl.concat([rows, rows.with_columns(record_id=pl.col("record_id") + 1)])
    expected = find_beats(rows, lambda _: reader).whole().frame
    features = summarise_tiles(expected, rows).whole().frame
    monkeypatch.setattr(walk, "TILES_PER_BLOCK", tiles_per_block)
    monkeypatch.setattr(walk, "_BLOCKS_PER_PART", 2)
    monkeypatch.setattr(summing, "_TILES_AT_ONCE", tiles_per_block)
    parts = list(find_beats(both, lambda _: reader).parts)
    assert len(parts) == 2 * -(-14 // (2 * tiles_per_block))
    for run in pl.concat(parts).partition_by("record_id", "signal"):
        assert run.equals(run.sort(WAVEFORM_BEATS.order))
    found = find_beats(both, lambda _: reader).whole().frame
    summed = summarise_tiles(found.lazy(), both).whole().frame
    for record_id, of_record in found.group_by("record_id"):
        own = summed.filter(record_id=record_id[0])
        first = {"record_id": pl.lit(rows["record_id"][0], pl.Int64)}
        assert_frame_equal(of_record.with_columns(**first), expected)
        assert_frame_equal(own.with_columns(**first), features, check_exact=True)
