"""Beats, pulses and breaths of the real record against what its monitor said: `python -m ...beats_against_numerics`.

Belongs here: rates per tile beside the numerics of the same patient, and the CPU seconds they took. Does not belong
here: reference beats (benchmarks.bench_qrs). No value of a patient is printed, only differences over all tiles.
The monitor averages heart and pulse rate over some seconds and sends them late; a tile is compared with the values
sent in the tile after it, beat-to-beat heart rate with those sent in the tile itself.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mimic_assets.records import open_signals, read_numerics, read_records
from mimic_assets.sources.folder import FolderTree
from mimic_assets.timeline import TICKS_PER_TILE
from mimic_assets.waveforms import find_beats, summarise_tiles

SUBJECT = 10079700
PAIRS = (
    ("heart_rate_per_min", "btbHR", 0),
    ("heart_rate_per_min", "HR", 1),
    ("pulse_rate_per_min", "Pulse (SpO2)", 1),
    ("respiration_rate_per_min", "RR", 1),
)
_REPOSITORY = Path(__file__).parents[2]


def differences(root: Path) -> list[dict[str, Any]]:
    """Return one row per rate: tiles compared, median and mean difference, share within 5 per minute."""
    tree = FolderTree(root / "mimic4wdb")
    records, numerics = read_records(tree, SUBJECT).frame, read_numerics(tree, SUBJECT).whole().frame
    busy = time.process_time()
    beats = find_beats(records, lambda rows: open_signals(tree, rows)).whole().frame
    features = summarise_tiles(beats, records).whole().frame
    busy = time.process_time() - busy
    rows: list[dict[str, Any]] = [
        {
            "cpu_s": round(busy, 2), "tiles": features.height,
            "searched_h": round(features["ecg_searched_ticks"].sum() / 3.6e6, 2),
            "kinds": dict(beats["kind"].value_counts(sort=True).iter_rows()),
            "pulse_arrival_ms_quartiles": [features["pulse_arrival_ms"].quantile(q) for q in (0.25, 0.5, 0.75)],
        }
    ]  # fmt: skip
    for feature, parameter, later in PAIRS:
        said = (
            numerics.filter((pl.col("parameter") == parameter) & (pl.col("value") > 0))
            .group_by("record_id", tile=pl.col("tick") // TICKS_PER_TILE)
            .agg(pl.col("value").median())
        )
        ours = features.with_columns(tile=pl.col("tile_start_tick") // TICKS_PER_TILE + later)
        both = ours.join(said, on=["record_id", "tile"]).drop_nulls(feature)
        away = (both[feature] - both["value"]).to_numpy()
        rows.append(
            {
                "feature": feature,
                "monitor": parameter,
                "tiles": len(away),
                "median_abs": round(float(np.median(np.abs(away))), 2),
                "mean_abs": round(float(np.abs(away).mean()), 2),
                "within_5_pct": round(100 * float((np.abs(away) <= 5).mean()), 1),
                "bias": round(float(away.mean()), 2),
            }
        )
    return rows


if __name__ == "__main__":
    data = os.environ.get("MIMIC_ASSETS_TEST_DATA", _REPOSITORY.parent / "shared" / "data")
    for row in differences(Path(data)):
        print(json.dumps(row))
