"""The columns of windowed_samples that come from waveforms: signals and tile features of one record's windows.

Belongs here: turning what `signal_windows` and `tile_windows` cut into columns. A task without waveforms has the same
columns, with empty lists and no ticks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from mimic_assets.schemas.judged import Rows
from mimic_assets.schemas.tables import WINDOWED_SAMPLES
from mimic_assets.signal_codec import encode_reasons, encode_samples
from mimic_assets.signals import OpenSignals, SignalReader
from mimic_assets.tasks.model import WaveformRule
from mimic_assets.timeline import TICKS_PER_TILE, whole_tiles_by
from mimic_assets.windows.float_lists import float_lists
from mimic_assets.windows.signal_windows import WindowSignal, cut_signals, span
from mimic_assets.windows.tile_windows import RecordTiles

_TICKS = ("waveform_start_tick", "waveform_end_tick", "tile_end_tick")
_LISTS = (
    "signals", "signal_units", "signal_samples_per_frame", "signal_sample_counts", "signal_gains", "signal_baselines",
    "signal_is_rescaled", "signal_samples", "signal_reasons", "tile_feature_names", "tile_features",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waveforms:
    """What signals and tile features of a patient's windows are cut from."""

    raw_records: pl.DataFrame
    waveform_quality: Rows
    waveform_features: Rows
    open_signals: OpenSignals


class RecordWaveforms:
    """The waveforms of one record, for the windows of one task."""

    def __init__(self, rule: WaveformRule, record_id: int, waveforms: Waveforms) -> None:
        """Nothing is read before the first window is cut."""
        self._rule = rule
        self._record_id = record_id
        self._waveforms = waveforms

    @cached_property
    def _rows(self) -> pl.DataFrame:
        return self._waveforms.raw_records.filter(record_id=self._record_id)

    @cached_property
    def _reader(self) -> SignalReader:
        return self._waveforms.open_signals(self._rows)

    @cached_property
    def _begins(self) -> dict[str, int]:
        return dict(self._rows.group_by("signal").agg(pl.col("segment_start_tick").min()).iter_rows())

    @cached_property
    def _tiles(self) -> RecordTiles:
        return RecordTiles(
            self._rule, self._record_id, self._waveforms.waveform_quality, self._waveforms.waveform_features
        )

    def cut(self, index_ticks: Sequence[int]) -> pl.DataFrame:
        """Return the waveform columns of windows, one row per index tick."""
        rule = self._rule
        tiles = self._tiles.cut(np.array(index_ticks, dtype=np.int64)).reshape(len(index_ticks), -1)
        cut = cut_signals(self._reader, rule, index_ticks, self._begins)
        rows = [
            _columns(signals) | {
                "waveform_start_tick": span(rule, tick)[0],
                "waveform_end_tick": span(rule, tick)[1],
                "tile_end_tick": whole_tiles_by(tick) * TICKS_PER_TILE - 1,
                "tile_count": rule.tile_count,
                "tile_feature_names": list(rule.tile_features),
            }
            for tick, signals in zip(index_ticks, cut, strict=True)
        ]  # fmt: skip
        schema = {name: WINDOWED_SAMPLES.schema[name] for name in (*_TICKS, *_LISTS[:-1], "tile_count")}
        return pl.DataFrame(rows, schema=schema).with_columns(float_lists("tile_features", tiles))


def _columns(signals: list[WindowSignal]) -> dict[str, object]:
    return {
        "signals": [each.signal for each in signals],
        "signal_units": [each.unit for each in signals],
        "signal_samples_per_frame": [each.samples_per_frame for each in signals],
        "signal_sample_counts": [each.digital.size for each in signals],
        "signal_gains": [each.gain for each in signals],
        "signal_baselines": [each.baseline for each in signals],
        "signal_is_rescaled": [each.is_rescaled for each in signals],
        "signal_samples": [encode_samples(each.digital) for each in signals],
        "signal_reasons": [encode_reasons(each.reasons) for each in signals],
    }


def with_waveform_columns(windows: pl.DataFrame) -> pl.DataFrame:
    """Return windows with every waveform column; those that are not there yet are empty."""
    missing = [name for name in (*_TICKS, *_LISTS, "tile_count") if name not in windows.columns]
    empty = {name: pl.lit(None, pl.Int64) for name in _TICKS} | {"tile_count": pl.lit(0, pl.Int32)}
    empty |= {name: pl.lit(pl.Series([[]], dtype=WINDOWED_SAMPLES.schema[name])).first() for name in _LISTS}
    return windows.with_columns(empty[name].alias(name) for name in missing)
