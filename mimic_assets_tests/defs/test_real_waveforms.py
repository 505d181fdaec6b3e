"""Windows with signals from real records, by the real command line: every sample is the one wfdb-python reads.

The linked records end before a death (ten and twenty minutes) or their patient lives: there are windows, few of them
positive. `prove` makes them again from samples cut at their index time.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest
import wfdb

from mimic_assets.schemas.tables import RAW_RECORDS, WAVEFORM_FEATURES, WAVEFORM_QUALITY, WINDOWED_SAMPLES
from mimic_assets.settings import S3Settings
from mimic_assets.signal_codec import decode_samples
from mimic_assets.storage.lake import Lake
from mimic_assets.timeline import TICKS_PER_FRAME
from mimic_assets_tests.defs.journeys import (
    RealJourney,
    linked_arguments,
    run_command,
    summary_of,
    travel_by_command,
)

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

TASK = "vt_vf"


@pytest.fixture(scope="module")
def lake(real_data: Path, linked_journey: RealJourney, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The linked records with `vt_vf`, which a task without waveforms had before."""
    place = tmp_path_factory.mktemp("real_signals") / "lake"
    shutil.copytree(linked_journey.lake, place)
    summary = travel_by_command(place, *linked_arguments(real_data), "--task", TASK).summary
    assert summary["manifest_stands"]
    assert not summary["quarantined_patients"]
    return Lake.open(str(place), S3Settings(), create=False)


def test_windows_hold_what_wfdb_reads(lake: Lake, real_data: Path) -> None:
    segments = lake.scan(RAW_RECORDS).filter(file_status="ok").collect()
    checked = 0
    windows = lake.scan(WINDOWED_SAMPLES, TASK).collect()
    assert windows.height > 50
    for row in windows.gather_every(max(windows.height // 25, 1)).iter_rows(named=True):
        first, after = ((row[name] + 1) // TICKS_PER_FRAME for name in ("waveform_start_tick", "waveform_end_tick"))
        inside = [
            segment for segment in segments.filter(record_id=row["record_id"]).iter_rows(named=True)
            if segment["segment_start_tick"] // TICKS_PER_FRAME <= first
            and after <= segment["segment_start_tick"] // TICKS_PER_FRAME + segment["segment_frame_count"]
        ]  # fmt: skip
        for segment in inside:
            if segment["signal"] not in row["signals"]:
                continue
            place = row["signals"].index(segment["signal"])
            start = segment["segment_start_tick"] // TICKS_PER_FRAME
            path = str(real_data / "mimic4wdb-linked" / Path(segment["file"]).with_suffix(""))[:-1]
            read = wfdb.rdrecord(
                path, sampfrom=first - start, sampto=after - start, physical=False, smooth_frames=False,
                channel_names=[segment["signal"]], return_res=16,
            )  # fmt: skip
            found = decode_samples(row["signal_samples"][place], row["signal_sample_counts"][place])
            np.testing.assert_array_equal(found, read.e_d_signal[0])
            assert row["signal_gains"][place] == segment["gain"]
            checked += found.size
    assert checked > 1_000_000


def test_the_flat_record_gives_no_windows_and_says_why(lake: Lake) -> None:
    """82284982's leads are flat: where it is linked, its tiles are `lead_off` and no window is cut from it."""
    quality = lake.scan(WAVEFORM_QUALITY).filter(signal="II").collect()
    by_record = {
        record: rows["missing_reason"].value_counts(sort=True)["missing_reason"][0]
        for (record,), rows in quality.partition_by("record_id", as_dict=True).items()
    }
    flat = {record for record, reason in by_record.items() if reason == "lead_off"}
    assert flat
    assert not flat & set(lake.scan(WINDOWED_SAMPLES, TASK).collect()["record_id"])


def test_rates_of_tiles_are_those_of_a_living_heart(lake: Lake) -> None:
    rates = lake.scan(WAVEFORM_FEATURES).collect()["heart_rate_per_min"].drop_nulls()
    assert rates.len() > 1000
    assert 40 < rates.quantile(0.05) < rates.quantile(0.95) < 180


def test_the_windows_are_proven_from_cut_samples(lake: Lake, real_data: Path) -> None:
    proof = run_command(
        "prove", "--lake", lake.root.uri, "--waveforms", str(real_data / "mimic4wdb-linked"), "--task", TASK,
        "--windows", "12", "--json",
    )  # fmt: skip
    claims = {claim["name"]: claim for claim in summary_of(proof)["claims"]}
    assert claims["truncation"]["checked"] == 12
    assert claims["truncation"]["failed"] == 0
