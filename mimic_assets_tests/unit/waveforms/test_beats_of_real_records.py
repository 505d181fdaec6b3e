"""Detectors on real recordings: MIT-BIH 100 with reference beats, and a record whose ECG, ABP and Pleth must agree."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import wfdb

from mimic_assets.waveforms import find_beats, summarise_tiles
from mimic_assets.waveforms.qrs import find_qrs
from mimic_assets_tests.beat_agreement import BEAT_SYMBOLS, TOLERANCE_S, agree
from mimic_assets_tests.beat_signals import held
from mimic_assets_tests.noisy_ecg import add_noise

pytestmark = pytest.mark.real_data


@pytest.mark.parametrize(("snr_db", "least_pct"), [(None, 100.0), (18, 99.8), (6, 97.5)])
def test_reference_beats_of_record_100_are_found(real_data: Path, snr_db: float | None, least_pct: float) -> None:
    record, notes = wfdb.rdrecord(str(real_data / "mitdb/100")), wfdb.rdann(str(real_data / "mitdb/100"), "atr")
    reference = notes.sample[np.isin(notes.symbol, BEAT_SYMBOLS)]
    ecg = record.p_signal[:, 0]
    if snr_db is not None:
        ecg = add_noise(ecg, reference, record.fs, snr_db, seed=1)
    for lead in (ecg, -ecg):
        result = agree(find_qrs(lead, record.fs), reference, TOLERANCE_S * record.fs)
        assert result.sensitivity_pct >= least_pct
        assert result.precision_pct >= least_pct


def test_heart_pulse_and_pressure_of_one_record_agree(real_data: Path) -> None:
    """Four minutes of ECG, ABP and Pleth of one heart: three detectors, one rate but for pulse deficits."""
    record = wfdb.rdrecord(str(real_data / "wfdb-samples/mixedsignals"), smooth_frames=False, physical=True)
    signals = dict(zip(record.sig_name, record.e_p_signal, strict=True))
    rows, reader = held({name: signals[name] for name in ("II", "ABP", "Pleth", "Resp")})
    beats = find_beats(rows, lambda _: reader).whole().frame
    features = (
        summarise_tiles(beats, rows)
        .whole()
        .frame.drop_nulls(["heart_rate_per_min", "pulse_rate_per_min", "abp_pulse_rate_per_min"])
    )
    assert features.height >= 10
    away = (features["abp_pulse_rate_per_min"] - features["pulse_rate_per_min"]).abs()[1:]
    assert away.max() < 1
    # premature beats of this heart move too little blood for a pulse: heart rate is at or above both, never below
    deficit = features["heart_rate_per_min"] - features["abp_pulse_rate_per_min"]
    assert deficit.min() > -0.5
    assert deficit.median() < 1
    ordered = features.filter(
        (pl.col("abp_diastolic_mmhg") < pl.col("abp_mean_mmhg"))
        & (pl.col("abp_mean_mmhg") < pl.col("abp_systolic_mmhg"))
    )
    assert ordered.height == features.height
