"""Tile features of windows: what `waveform_quality` and `waveform_features` say of the last tiles by an index tick.

Belongs here: looking up whole tiles. A tile that ends after the index tick is never looked at, whatever it says.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.schemas.judged import Rows
from mimic_assets.tasks.model import WaveformRule
from mimic_assets.timeline import TICKS_PER_TILE

Floats = npt.NDArray[np.float32]


class RecordTiles:
    """The tile features of one record, by tile."""

    def __init__(self, rule: WaveformRule, record_id: int, waveform_quality: Rows, waveform_features: Rows) -> None:
        """Nothing is read before windows are cut; a tile or signal without a row is unknown."""
        self._features = [name.rpartition(".")[::2] for name in rule.tile_features]
        self._count = rule.tile_count
        own = pl.col("record_id") == record_id
        signals = sorted({signal for signal, _ in self._features if signal})
        # a signal's rows from before it begins say that it will come: only tiles with a sample of it speak
        has_sample = pl.col("unit").is_not_null()
        self._of_signals = waveform_quality.lazy().filter(own & pl.col("signal").is_in(signals) & has_sample)
        self._of_record = waveform_features.lazy().filter(own)

    def cut(self, index_ticks: npt.NDArray[np.int64]) -> Floats:
        """Return [window, feature, tile]; NaN where unknown or before the record; other tiles are not read."""
        ends = ((index_ticks + 1) // TICKS_PER_TILE).clip(0)
        tiles = ends[:, None] + np.arange(-self._count, 0)
        found = np.full((len(index_ticks), len(self._features), self._count), np.nan, dtype=np.float32)
        if tiles.size and self._features:
            first, last = max(int(tiles.min()), 0), int(tiles.max())
            is_there = tiles >= 0
            for place, values in enumerate(self._read(first, last)):
                found[:, place][is_there] = values[tiles[is_there] - first]
        return found

    def _read(self, first: int, last: int) -> list[Floats]:
        """Return each feature at tiles `first` to `last`, both included."""
        start = pl.col("tile_start_tick")
        is_asked = (start >= first * TICKS_PER_TILE) & (start < (last + 1) * TICKS_PER_TILE)
        place = start // TICKS_PER_TILE - first
        by_signal = _statistics(self._features, is_of_signal=True)
        of_signals = self._of_signals.filter(is_asked).select("signal", *by_signal, place=place)
        parts = {
            "": self._of_record.filter(is_asked)
            .select(*_statistics(self._features, is_of_signal=False), place=place)
            .collect()
        }
        if by_signal:
            named = of_signals.collect().partition_by("signal", as_dict=True)
            parts |= {str(signal): rows for (signal,), rows in named.items()}
        values = [np.full(last + 1 - first, np.nan, dtype=np.float32) for _ in self._features]
        for own, (signal, statistic) in zip(values, self._features, strict=True):
            if (rows := parts.get(signal)) is not None:
                own[rows["place"].to_numpy()] = rows[statistic].to_numpy()
        return values


def _statistics(features: Sequence[tuple[str, str]], *, is_of_signal: bool) -> list[pl.Expr]:
    """Return the columns that features are read from, missing as NaN."""
    names = dict.fromkeys(statistic for signal, statistic in features if bool(signal) == is_of_signal)
    return [pl.col(name).cast(pl.Float32).fill_null(float("nan")) for name in names]
