"""The walk: beats credited once, gaps respected, the lead named, and features that can be checked by hand."""

import numpy as np
import polars as pl

from mimic_assets.schemas.tables import WAVEFORM_BEATS, WAVEFORM_FEATURES
from mimic_assets.waveforms.beats import find_beats
from mimic_assets.waveforms.features import summarise_tiles
from mimic_assets.waveforms.rates import window_features
from mimic_assets_tests.beat_agreement import agree
from mimic_assets_tests.beat_signals import Floats, drawn_record, held


def made(signals: dict[str, Floats]) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows, reader = held(signals)
    beats = find_beats(rows, lambda _: reader).whole().frame
    return beats, summarise_tiles(beats, rows).whole().frame


def ticks(beats: pl.DataFrame, kind: str, signal: str) -> list[int]:
    return beats.filter(pl.col("kind") == kind, pl.col("signal") == signal)["tick"].to_list()


def test_every_planted_beat_is_found_once_wherever_it_lies_in_a_tile() -> None:
    """Over 40 tiles some beats lie on the edge between two searches."""
    truth, signals = drawn_record(40, seed=11, rate_per_min=97)
    beats, _ = made(signals)
    for kind, signal, tolerance in (
        ("qrs", "II", 12), ("pulse_onset", "ABP", 40), ("pulse_onset", "Pleth", 60), ("breath", "Resp", 200)
    ):  # fmt: skip
        found, planted = np.array(ticks(beats, kind, signal)), truth[kind]
        low, high = 15_000, 395_000
        result = agree(
            found[(found > low - tolerance) & (found < high + tolerance)],
            planted[(planted > low) & (planted < high)],
            tolerance,
        )
        assert result.matched == result.reference, (signal, result)
        assert result.found <= result.reference + 2, (signal, result)


def test_features_of_a_regular_heart_are_the_planted_ones() -> None:
    """60 beats per minute, pulses 250 ms later from 80 to 120 mmHg, a breath every 4 s."""
    peaks = np.arange(500, 60_000, 1000)
    _, signals = drawn_record(6, seed=0)
    lead, pulse = np.zeros(15_000), np.zeros(7_500)
    for at in peaks:
        lead += np.exp(-(((np.arange(15_000) * 4 - at) / 14) ** 2))
        since = np.arange(7_500) * 8 - at - 250
        pulse += np.where((since >= 0) & (since < 1000), np.sin(np.clip(since / 1000, 0, 1) * np.pi) ** 2, 0)
    beats, features = made({"II": lead, "ABP": 80 + 40 * pulse, "Resp": signals["Resp"]})
    row = features.row(3, named=True)
    assert row["ecg_signal"] == "II"
    assert (row["qrs_count"], row["rr_count"], row["rr_sum_ticks"]) == (10, 10, 10_000)
    assert row["heart_rate_per_min"] == 60
    assert row["sdnn_ms"] == row["rmssd_ms"] == 0
    assert abs(row["abp_systolic_mmhg"] - 120) < 0.2
    assert abs(row["abp_diastolic_mmhg"] - 80) < 0.2
    assert abs(row["abp_mean_mmhg"] - 100) < 0.5
    assert row["abp_pulse_rate_per_min"] == 60
    assert abs(row["abp_arrival_ms"] - 250) < 90
    assert row["pulse_rate_per_min"] is None
    assert row["pleth_searched_ticks"] == 0
    assert abs(row["respiration_rate_per_min"] - 15) < 0.3
    assert features["ecg_searched_ticks"].to_list() == [9_850, *[10_000] * 5]
    assert beats.schema == WAVEFORM_BEATS.schema
    assert features.schema == WAVEFORM_FEATURES.schema


def test_no_interval_spans_a_gap() -> None:
    _, signals = drawn_record(6, seed=4)
    signals["II"][6000:6100] = np.nan  # 400 ms from tick 24,000
    beats, features = made({"II": signals["II"]})
    qrs = beats.filter(pl.col("kind") == "qrs")
    first_after = qrs.filter(pl.col("tick") > 24_400).row(0, named=True)
    assert first_after["interval_ticks"] is None
    assert qrs.filter(pl.col("interval_ticks").is_null()).height == 2  # the record's first beat is the other
    searched = features["ecg_searched_ticks"].to_list()
    assert searched[2] == 10_000 - 400
    assert searched[3:] == [10_000] * 3


def test_a_lead_that_falls_silent_gives_way_to_the_next_and_the_change_breaks_the_interval() -> None:
    _, signals = drawn_record(8, seed=6)
    second = signals["II"].copy()
    signals["II"][10_000:] = 8196 / 200 - 40.96  # flat from tile 4 on: 0.02 mV
    beats, features = made({"II": signals["II"], "V": second})
    assert features["ecg_signal"].to_list() == ["II"] * 4 + ["V"] * 4
    changed = beats.filter(pl.col("kind") == "qrs", pl.col("signal") == "V").sort("tick")
    assert changed["interval_ticks"].null_count() == 1
    assert changed["interval_ticks"][0] is None


def test_a_flat_lead_is_not_asystole_and_a_still_one_is_searched() -> None:
    """Nothing connected: not searched, rates null. Noise without beats: searched, and the count says how long."""
    flat = np.full(15_000, 0.02)
    beats, features = made({"II": flat})
    assert beats.is_empty()
    assert features["ecg_signal"].null_count() == features.height == 6
    assert features["qrs_count"].sum() == features["ecg_searched_ticks"].sum() == 0
    drifting = flat + 0.2 * np.sin(np.arange(15_000) / 250 * 2 * np.pi * 0.2)
    _, features = made({"II": drifting})
    assert features["ecg_searched_ticks"].min() > 9_000


def test_a_record_shorter_than_a_tile_and_one_without_signals_give_nothing() -> None:
    rows, reader = held({name: values[:400] for name, values in drawn_record(1, 0)[1].items()})
    beats = find_beats(rows, lambda _: reader).whole()
    assert beats.frame.is_empty()
    assert beats.rejected.is_empty()
    assert summarise_tiles(beats.frame, rows).whole().frame.is_empty()
    assert find_beats(rows.clear(), lambda _: reader).whole().frame.equals(WAVEFORM_BEATS.empty())
    assert summarise_tiles(beats.frame, rows.clear()).whole().frame.equals(WAVEFORM_FEATURES.empty())


def test_a_record_of_a_strange_rate_is_not_searched() -> None:
    _, signals = drawn_record(4, seed=3, rate_per_min=70)
    rows, reader = held(signals)
    for counter in ("80", "16000"):
        strange = rows.with_columns(counter_frequency_hz=pl.lit(counter))
        assert find_beats(strange, lambda _: reader).whole().frame.is_empty()


def test_no_windows_have_no_features() -> None:
    asked = pl.DataFrame(schema={"record_id": pl.Int64, "start_tick": pl.Int64, "end_tick": pl.Int64})
    found = window_features(WAVEFORM_FEATURES.empty(), asked)
    assert found.is_empty()
    assert "heart_rate_per_min" in found.columns
