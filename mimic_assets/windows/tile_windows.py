"""Tile features of windows: what `waveform_quality` and `waveform_features` say of the last tiles by an index tick.

Belongs here: looking up whole tiles. A tile that ends after the index tick is never looked at, whatever it says.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.tasks.model import WaveformRule
from mimic_assets.timeline import TICKS_PER_TILE

Floats = npt.NDArray[np.float32]


class RecordTiles:
    """The tile features of one record, by tile."""

    def __init__(
        self, rule: WaveformRule, record_id: int, waveform_quality: pl.DataFrame, waveform_features: pl.DataFrame
    ) -> None:
        """Look the task's features up; a tile or signal without a row is unknown."""
        self._rule = rule
        # a signal's rows from before it begins say that it will come: only tiles with a sample of it speak
        is_own = (pl.col("record_id") == record_id) & pl.col("unit").is_not_null()
        of_signals = waveform_quality.filter(is_own).partition_by("signal", as_dict=True)
        of_record = waveform_features.filter(pl.col("record_id") == record_id)
        self._rows = []
        for name in rule.tile_features:
            signal, _, statistic = name.rpartition(".")
            rows = of_signals.get((signal,), waveform_quality.clear()) if signal else of_record
            self._rows.append(_by_tile(rows, statistic))

    def cut(self, index_ticks: npt.NDArray[np.int64]) -> Floats:
        """Return [window, feature, tile]; NaN where unknown or before the record."""
        count = self._rule.tile_count
        ends = ((index_ticks + 1) // TICKS_PER_TILE).clip(0)
        tiles = ends[:, None] + np.arange(-count, 0)
        found = np.full((len(index_ticks), len(self._rows), count), np.nan, dtype=np.float32)
        for place, values in enumerate(self._rows):
            is_there = (tiles >= 0) & (tiles < len(values))
            found[:, place][is_there] = values[tiles[is_there]]
        return found


def _by_tile(rows: pl.DataFrame, column: str) -> Floats:
    tiles = (rows["tile_start_tick"] // TICKS_PER_TILE).to_numpy()
    values = np.full(int(tiles.max()) + 1 if tiles.size else 0, np.nan, dtype=np.float32)
    values[tiles] = rows[column].cast(pl.Float32).fill_null(float("nan")).to_numpy()
    return values
