"""Beats found in the generated demo's files against the beats they were drawn from."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mimic_assets.records import open_signals, read_records
from mimic_assets.sources.demo import subject as subject_module
from mimic_assets.sources.demo.beats import Beats
from mimic_assets.sources.demo.plan import DemoPlan
from mimic_assets.sources.demo.shapes import PULSE_DELAY_S
from mimic_assets.sources.folder import FolderTree
from mimic_assets.timeline import TICKS_PER_TILE
from mimic_assets.waveforms import find_beats, summarise_tiles
from mimic_assets_tests.beat_agreement import TOLERANCE_S, Agreement, agree

COUNTER_HZ = 999.56
TOLERANCE = TOLERANCE_S * COUNTER_HZ
R_PEAK_S = 0.22
"""From the begin of a drawn beat to its R peak; shorter in fast beats, by less than the tolerance."""
CASES = {
    "ecg": (pl.col("kind") == "qrs", R_PEAK_S),
    "pleth": ((pl.col("kind") == "pulse_onset") & (pl.col("signal") == "Pleth"), PULSE_DELAY_S),
}


def test_drawn_beats_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three subjects, an hour each: tiles searched whole, their neighbours too, no beat of an arrest in any.

    Bursts of movement and the wide waves of extrasystoles are drawn too, so that precision is below sensitivity.
    """
    drawn: list[Beats] = []
    draw = subject_module.sequence_beats

    def remember(*given: object) -> Beats:
        drawn.append(draw(*given))
        return drawn[-1]

    monkeypatch.setattr(subject_module, "sequence_beats", remember)
    totals = {"ecg": Agreement(0, 0, 0), "pleth": Agreement(0, 0, 0)}
    for index in range(3):
        drawn.clear()
        folder = tmp_path / str(index)
        (folder / "waves").mkdir(parents=True)
        output = subject_module.write_subject(index, DemoPlan(patients=6, hours=1.0, seed=11), folder)
        tree = FolderTree(folder)
        records = read_records(tree, int(output.folder.rstrip("/")[-8:])).frame
        beats = find_beats(records, lambda rows, tree=tree: open_signals(tree, rows)).whole().frame
        features = summarise_tiles(beats, records).whole().frame
        for truth, record in zip(drawn, records["record_id"].unique().sort(), strict=False):
            own = pl.col("record_id") == record
            for name in CASES:
                totals[name] += _counted(name, truth, beats.filter(own), features.filter(own))
    for name, precision_pct in (("ecg", 97.5), ("pleth", 99.0)):
        assert totals[name].reference > 3000, totals
        assert totals[name].sensitivity_pct > 99.5, totals
        assert totals[name].precision_pct > precision_pct, totals


def _counted(name: str, truth: Beats, beats: pl.DataFrame, features: pl.DataFrame) -> Agreement:
    """Return the agreement over the tiles that can be counted; beats near a tile's edge match those beyond it."""
    which, after_s = CASES[name]
    found = beats.filter(which)["tick"].to_numpy()
    begins = truth.ticks[:-1]
    planted = np.rint(begins[truth.is_real] + after_s * COUNTER_HZ).astype(np.int64)
    whole = features.filter(pl.col(f"{name}_searched_ticks") == TICKS_PER_TILE)["tile_start_tick"]
    tiles = set((whole // TICKS_PER_TILE).to_list())
    arrest = set((begins[~truth.is_real] // TICKS_PER_TILE).tolist())
    total = Agreement(0, 0, 0)
    for tile in sorted(tiles):
        around = {tile - 1, tile, tile + 1}
        if around <= tiles and not around & arrest:
            low, high = tile * TICKS_PER_TILE, (tile + 1) * TICKS_PER_TILE
            seen = agree(_within(found, low, high, TOLERANCE), _within(planted, low, high), TOLERANCE)
            right = agree(_within(found, low, high), _within(planted, low, high, TOLERANCE), TOLERANCE)
            total += Agreement(seen.matched, seen.reference, seen.matched + right.found - right.matched)
    return total


def _within(ticks: np.ndarray, low: int, high: int, more: float = 0) -> np.ndarray:
    return ticks[(ticks >= low - more) & (ticks < high + more)]
