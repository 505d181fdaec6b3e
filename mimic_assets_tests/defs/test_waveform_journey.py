"""Signals from files through Dagster into windows: the samples of the record, whole, and none of the future's."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import mimic_assets
from mimic_assets import windows
from mimic_assets.defs.derivation import FromTables
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.rebuilding import NAMES, choose_windows, rebuild_windows
from mimic_assets.schemas.tables import WAVEFORM_QUALITY, WINDOWED_SAMPLES
from mimic_assets.signal_codec import decode_reasons, decode_samples
from mimic_assets.signals import SignalReader
from mimic_assets.sources.demo import DemoPlan, generate_demo
from mimic_assets.tasks import Task, load_task
from mimic_assets.tasks.model import WaveformRule
from mimic_assets.timeline import TICKS_PER_FRAME, TICKS_PER_TILE
from mimic_assets.windows import waveforms as columns
from mimic_assets.windows.signal_windows import WindowSignal
from mimic_assets.windows.tile_windows import RecordTiles
from mimic_assets_tests.defs.journeys import Place, objects_of, travel_in_process
from mimic_assets_tests.defs.test_leaks_are_found import write_task


def short_task() -> Task:
    """`vt_vf` with a minute of signals, and ten minutes to foresee: an hour has windows then."""
    shipped = load_task("vt_vf").model_dump(exclude_none=True)
    minute, soon = shipped["waveforms"] | {"observation_s": 60}, shipped["target"] | {"horizon_s": 600}
    return Task.model_validate(shipped | {"name": "vt_vf_minute", "waveforms": minute, "target": soon})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Three generated patients with an hour of everything, and the lake of that task."""
    folder = tmp_path_factory.mktemp("signals")
    generate_demo(folder / "source", DemoPlan(patients=3, hours=1.0))
    write_task(short_task(), folder / "task.toml")
    made = Place(folder / "source", folder / "lake")
    journey = travel_in_process(made.settings(tasks=(str(folder / "task.toml"),)))
    assert journey.has_manifest  # no manifest is made where the proof fails
    assert not journey.quarantined
    return made


def workshop_of(place: Place) -> Workshop:
    return Workshop(place.settings(tasks=(str(place.lake.parent / "task.toml"),)))


def windows_of(place: Place) -> pl.DataFrame:
    return workshop_of(place).lake.scan(WINDOWED_SAMPLES).collect()


def test_windows_hold_the_samples_of_their_record(place: Place) -> None:
    checked = 0
    for (record_id,), rows in windows_of(place).partition_by("record_id", as_dict=True).items():
        header = next((place.source / "waveforms").glob(f"waves/*/*/{record_id}/{record_id}.hea"))
        record = mimic_assets.open_record(header, verify=True)
        for row in rows.iter_rows(named=True):
            start, end = row["waveform_start_tick"], row["waveform_end_tick"]
            assert end <= row["index_tick"] < end + TICKS_PER_FRAME
            assert end - start == 3750 * TICKS_PER_FRAME
            for place_in_row, name in enumerate(row["signals"]):
                count = row["signal_sample_counts"][place_in_row]
                digital = decode_samples(row["signal_samples"][place_in_row], count)
                reasons = decode_reasons(row["signal_reasons"][place_in_row], count)
                if not count:
                    continue
                assert count == 3750 * row["signal_samples_per_frame"][place_in_row]
                read = record.signals([name], start, end, dtype="float64")[name]
                if row["signal_gains"][place_in_row] is None:
                    assert np.isnan(read.values).all()
                    continue
                gain, baseline = row["signal_gains"][place_in_row], row["signal_baselines"][place_in_row]
                physical = np.where(reasons == 0, (digital.astype(np.float64) - baseline) / gain, np.nan)
                within = 0.5 / gain if row["signal_is_rescaled"][place_in_row] else 1e-9
                np.testing.assert_allclose(physical, read.values, rtol=0, atol=within)
                checked += int((reasons == 0).sum())
    assert checked > 500_000


def test_tile_features_are_the_tables_last_whole_tiles(place: Place) -> None:
    quality = workshop_of(place).lake.scan(WAVEFORM_QUALITY).collect()
    known = {row[:3]: row[3] for row in quality.select(
        "record_id", "signal", "tile_start_tick", "quality_index").iter_rows()}  # fmt: skip
    seen = 0
    for row in windows_of(place).iter_rows(named=True):
        names = row["tile_feature_names"]
        values = np.array(row["tile_features"], dtype=np.float64).reshape(len(names), row["tile_count"])
        assert row["tile_end_tick"] <= row["index_tick"] < row["tile_end_tick"] + TICKS_PER_TILE
        for back, found in enumerate(reversed(values[names.index("II.quality_index")])):
            start = row["tile_end_tick"] + 1 - (back + 1) * TICKS_PER_TILE
            expected = known.get((row["record_id"], "II", start))
            assert (np.isnan(found) and expected is None) or found == np.float32(expected)
            seen += expected is not None
    assert seen > 50


def test_any_number_of_workers_gives_the_same_bytes(place: Place, tmp_path: Path) -> None:
    other = Place(place.source, tmp_path / "lake")
    travel_in_process(other.settings(tasks=(str(place.lake.parent / "task.toml"),), workers=2))
    assert objects_of(other.lake) == objects_of(place.lake)


def frames_of_the_future(patch: pytest.MonkeyPatch) -> None:
    """Signals are read one frame too far; the ticks that the window names stay."""
    cut = columns.cut_signals

    def one_frame_later(
        reader: SignalReader, rule: WaveformRule, ticks: Sequence[int], begins: Mapping[str, int]
    ) -> Iterator[list[WindowSignal]]:
        return cut(reader, rule, [tick + TICKS_PER_FRAME for tick in ticks], begins)

    patch.setattr(columns, "cut_signals", one_frame_later)


def the_tile_under_way(patch: pytest.MonkeyPatch) -> None:
    """Tile features are those of the tile that has begun, not of the last that has ended."""
    cut = RecordTiles.cut
    patch.setattr(RecordTiles, "cut", lambda self, ticks: cut(self, ticks + TICKS_PER_TILE))


LEAKS: dict[Callable[[pytest.MonkeyPatch], None], str] = {
    frames_of_the_future: "signal_samples",
    the_tile_under_way: "tile_features",
}


def differing(place: Place, at_most: int) -> set[str]:
    """Return the columns in which windows of the lake and the same ones without their future differ."""
    workshop = workshop_of(place)
    chosen = choose_windows(workshop.lake.scan(WINDOWED_SAMPLES).select(NAMES).collect(), at_most, None)
    places = workshop.lake, workshop.tasks, workshop.definitions, workshop.bucket, workshop.open_signals
    rebuilt = list(rebuild_windows(*places, chosen))
    assert len(rebuilt) > 5
    assert [window.problem for window in rebuilt if window.problem] == []
    return {column for window in rebuilt for column in window.differing}


def test_every_window_is_the_same_without_its_future(place: Place) -> None:
    assert differing(place, 40) == set()


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
def test_leaks_of_signals_are_found(
    leak: Callable[[pytest.MonkeyPatch], None], place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaky = Place(place.source, tmp_path / "lake")
    shutil.copytree(place.lake, leaky.lake)
    shutil.copy(place.lake.parent / "task.toml", tmp_path)
    leak(monkeypatch)
    workshop = workshop_of(leaky)
    for key in workshop.lake.keys(WINDOWED_SAMPLES):
        made = workshop.compute(WINDOWS, key, workshop.tasks[0])
        workshop.put(WINDOWED_SAMPLES, key, made, "leaky")
    assert LEAKS[leak] in differing(leaky, 8)  # the leak is still in the code, as it is in a run
    monkeypatch.undo()
    assert LEAKS[leak] in differing(leaky, 8)  # it is in the lake alone


WINDOWS = FromTables(
    windows.cut_windows,
    ("clinical_labels", "cleaned_numerics", "record_stays"),
    per_task=True,
    waveform_inputs=("raw_records", "waveform_quality", "waveform_features"),
    needs_signals=True,
)
