"""The whole journey with waveforms, record-hours per CPU-second, against the script that one would write instead.

Ours makes every asset from the files to the shards for one task with waveforms (vt_vf), as a worker makes them, over
generated patients and the linked real record of 59.7 h; the peer is `journey_by_script`: wfdb, numpy, a QRS detector
(xqrs, and again sleepecg) and np.save. Both run in this process, one after the other; figures are CPU seconds. The peer
is given the index times, for it has no labels; so the ratio counts ours only up to where both do the same (`work`:
files checked and decoded, tiles, beats, windows), and the row of the whole says what numerics, events, labels and
shards add. Ours does more even so: reasons, checksums, indices, pulses and breaths, bytes that are compressed.

Compared before anything is told: mean, standard deviation, minimum and maximum of every tile, and the samples of every
window, wherever the peer has them. Of a segment of which one file is missing wfdb gives nothing, and ours the rest.
"""

import json
import os
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mimic_assets import records
from mimic_assets.defs.derivation import FromAllPatients, FromClinicalTree, FromTables, FromTree
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.partitions import bucket_key
from mimic_assets.defs.task_tables import make_for_all_patients
from mimic_assets.defs.whole_tables import make_from_clinical_tree
from mimic_assets.schemas.tables import RAW_RECORDS, TABLES, WAVEFORM_QUALITY, WINDOWED_SAMPLES
from mimic_assets.settings import load_settings
from mimic_assets.signal_codec import decode_reasons, decode_samples
from mimic_assets.sources.demo import DemoPlan, generate_demo
from mimic_assets.storage.keys import Key
from mimic_assets.timeline import TICKS_PER_TILE, whole_frames_by
from mimic_assets_tests.benchmarks.bench_record_length import CHAIN
from mimic_assets_tests.benchmarks.journey_by_script import STATISTICS, Floats, journey, read_signals
from mimic_assets_tests.benchmarks.one_asset import BUCKETS, derivation_of

TASK = "vt_vf"
SHARED = ("raw_records", "waveform_quality", "waveform_beats", "waveform_features", "windowed_samples")
"""What both sides do; the peer has no other stages."""
_COMPARED = ("mean", "standard_deviation", "minimum", "maximum")
_REPOSITORY = Path(__file__).parents[2]


def main() -> None:
    """Run the benchmark and print its rows."""
    for row in run():
        print(json.dumps(row, indent=2))


def run(
    patients: int = 2, hours: float = 8.0, detectors: tuple[str, ...] = ("sleepecg", "xqrs")
) -> list[dict[str, Any]]:
    """Return one row per detector over generated patients, and one over the real record, where xqrs takes minutes.

    Raises:
        AssertionError: a tile or a window is not the same on both sides.
    """
    home = Path(tempfile.gettempdir()) / "mimic-assets-bench"
    source = Path(os.environ.get("MIMIC_ASSETS_BENCH_DATA", home)) / f"journey-{patients}-{hours:g}h"
    generate_demo(source, DemoPlan(patients=patients, hours=hours))
    data = Path(os.environ.get("MIMIC_ASSETS_TEST_DATA", _REPOSITORY.parent / "shared" / "data"))
    rows = _rows(f"{patients} generated patients", source / "waveforms", source / "clinical", detectors)
    if (data / "mimic4wdb-linked").is_dir():
        linked = (data / "mimic4wdb-linked", data / "mimic-iv-demo")
        rows += _rows("the linked real record of 59.7 h", *linked, detectors[:1], only=10005817)
    return rows


def _rows(
    name: str, waveforms: Path, clinical: Path, detectors: tuple[str, ...], only: int | None = None
) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="mimic-assets-bench-") as scratch:
        settings = load_settings(
            waveforms=str(waveforms), clinical=str(clinical), lake=f"{scratch}/lake", tasks=[TASK], workers=1,
            buckets=BUCKETS,
        )  # fmt: skip
        workshop = Workshop(settings)
        subjects = [only] if only else sorted(records.find_patients(workshop.waveforms)[0])
        spent = _ours(workshop, subjects)
        floor = _decoding(workshop, subjects)
        raw = pl.concat([workshop.lake.read(RAW_RECORDS, Key(subject)) for subject in subjects])
        record_hours = sum(
            (last - first).total_seconds() / 3600
            for first, last in raw.select("record_start_time", "record_end_time").unique().iter_rows()
        )
        paths = sorted({str(waveforms / Path(file).parent / Path(file).parent.name) for file in raw["file"].unique()})
        windows = pl.concat([workshop.lake.read(WINDOWED_SAMPLES, Key(subject, TASK)) for subject in subjects])
        rows = []
        read_signals(paths[0])  # wfdb imports some of what it needs with the first record
        for detector in detectors:
            folder = Path(scratch) / detector
            folder.mkdir()
            theirs, tiles = _peer(workshop, paths, windows, detector, folder)
            _compare_tiles(workshop, subjects, tiles)
            compared = _compare_windows(windows, folder)
            rows.append(_row(name, detector, record_hours, spent, floor, theirs, windows.height, compared))
        return rows


def _row(
    name: str, detector: str, record_hours: float, spent: dict[str, float], floor: float, theirs: dict[str, float],
    windows: int, compared: int,
) -> dict[str, Any]:  # fmt: skip
    shared, whole, peer = sum(spent[stage] for stage in SHARED), sum(spent.values()), sum(theirs.values())
    return {
        "work": f"whole journey of {name}, {record_hours:.1f} record-hours, {windows} windows of {TASK}, CPU",
        "peer": f"wfdb + numpy + {detector} + np.save",
        "equal": True,
        "ours_s": round(shared, 2),
        "peer_s": round(peer, 2),
        "ratio": round(peer / shared, 2),
        "ours_record_hours_per_cpu_s": round(record_hours / shared, 2),
        "peer_record_hours_per_cpu_s": round(record_hours / peer, 2),
        "ratio_with_labels_and_shards": round(peer / whole, 2),
        "ours_whole_s": round(whole, 2),
        "floor_decoding_s": round(floor, 2),
        "samples_of_windows_compared": compared,
        "ours_by_stage_s": {stage: round(seconds, 2) for stage, seconds in spent.items()},
        "peer_by_stage_s": {stage: round(seconds, 2) for stage, seconds in theirs.items()},
    }


def _ours(workshop: Workshop, subjects: list[int]) -> dict[str, float]:
    """Make everything and return CPU seconds by asset."""
    spent: dict[str, float] = {}
    for name in (*CHAIN, "training_normalisation", "training_manifest"):
        table, derivation = TABLES[name], derivation_of(name, workshop)
        started = time.process_time()
        if isinstance(derivation, FromClinicalTree):
            keys = [bucket_key(number) for number in range(BUCKETS)]
            outcomes = list(make_from_clinical_tree(workshop, table, derivation, keys, None))
        elif isinstance(derivation, FromAllPatients):
            outcomes = list(make_for_all_patients(workshop, table, derivation, None))
        else:
            assert isinstance(derivation, FromTree | FromTables)
            outcomes = [workshop.make(table, derivation, str(subject)) for subject in subjects]
        spent[name] = time.process_time() - started
        failed = [(outcome.key, outcome.reasons) for outcome in outcomes if not outcome.is_stored]
        assert not failed, f"{name}: {failed}"
    return spent


def _decoding(workshop: Workshop, subjects: list[int]) -> float:
    """Return the CPU seconds of decoding every sample once, and nothing else: nobody can do with less."""
    started = time.process_time()
    for subject in subjects:
        for rows in workshop.lake.read(RAW_RECORDS, Key(subject)).partition_by("record_id"):
            reader = workshop.open_signals(rows)
            for tick in range(-1, reader.last_tick, 64 * TICKS_PER_TILE):
                reader.read(reader.signals, tick, min(tick + 64 * TICKS_PER_TILE, reader.last_tick))
    return time.process_time() - started


def _peer(
    workshop: Workshop, paths: list[str], windows: pl.DataFrame, detector: str, folder: Path
) -> tuple[dict[str, float], dict[str, dict[str, Floats]]]:
    (task,) = workshop.tasks
    assert task.waveforms is not None
    ends: dict[str, list[int]] = {}
    for record, tick in windows.select("record_id", "waveform_end_tick").iter_rows():
        ends.setdefault(str(record), []).append(whole_frames_by(tick))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy warns of tiles that are all NaN
        return journey(paths, ends, task.waveforms.signals, task.waveforms.frame_count, detector, folder)


def _compare_tiles(workshop: Workshop, subjects: list[int], tiles: dict[str, dict[str, Floats]]) -> None:
    """Compare statistics of every tile of which both sides have the same samples."""
    for subject in subjects:
        quality = workshop.lake.read(WAVEFORM_QUALITY, Key(subject))
        for (record, signal), rows in quality.partition_by("record_id", "signal", as_dict=True).items():
            theirs = tiles[str(record)].get(str(signal))
            if theirs is None:
                continue
            there = rows["observed_fraction"].to_numpy() == 1 - theirs[:, STATISTICS.index("missing_share")]
            there &= rows["observed_fraction"].to_numpy() > 0
            assert there.mean() > 0.5 or only_gaps(rows), f"{record} {signal}: {there.mean():.0%} of tiles in common"
            for column in _COMPARED:
                ours = rows[column].cast(pl.Float64).fill_null(np.nan).to_numpy()
                np.testing.assert_allclose(
                    ours[there],
                    theirs[there, STATISTICS.index(column)],
                    rtol=1e-5,
                    atol=1e-6,
                    err_msg=f"{signal} {column}",
                )


def only_gaps(rows: pl.DataFrame) -> bool:
    """Return whether a signal is hardly ever there."""
    return bool((rows["observed_fraction"] > 0).mean() < 0.5)


def _compare_windows(windows: pl.DataFrame, folder: Path) -> int:
    """Compare the samples of every window and return how many there were on both sides."""
    places: dict[int, int] = {}
    compared = 0
    for row in windows.iter_rows(named=True):
        number = places.get(row["record_id"], 0)
        places[row["record_id"]] = number + 1
        for place, signal in enumerate(row["signals"]):
            path = folder / f"{row['record_id']}-{number}-{signal}.npy"
            count = row["signal_sample_counts"][place]
            if not count or not path.exists() or row["signal_gains"][place] is None:
                continue
            digital = decode_samples(row["signal_samples"][place], count)
            reasons = decode_reasons(row["signal_reasons"][place], count)
            ours = ((digital - float(row["signal_baselines"][place])) / row["signal_gains"][place]).astype(np.float32)
            ours[reasons != 0] = np.nan
            theirs = np.load(path)
            ours = ours[count - len(theirs) :]  # a window that begins before the record is cut short by the script
            there = ~np.isnan(theirs)
            step = 0.51 / row["signal_gains"][place] if row["signal_is_rescaled"][place] else 0.0
            np.testing.assert_allclose(ours[there], theirs[there], rtol=1e-6, atol=1e-6 + step, err_msg=signal)
            compared += int(there.sum())
    assert compared or windows.is_empty(), "no sample of a window is there on both sides"
    return compared


if __name__ == "__main__":
    main()
