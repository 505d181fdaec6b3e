"""The signals of one window made ready to be seen: physical samples, why some are missing, tiles judged, beats.

Belongs here: cells of `windowed_samples`, `waveform_quality` and `waveform_beats` -> values to draw, and the bands a
quality index is drawn in. Not here: how they are drawn, or judging.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.schemas.vocabulary import BeatKind, SignalReason
from mimic_assets.signal_codec import decode_reasons, decode_samples
from mimic_assets.timeline import TICKS_PER_FRAME, TICKS_PER_TILE

REASONS = tuple(SignalReason)
"""The reason of a code is the entry at that place."""
_BY_NAME = {reason.value: reason for reason in REASONS}
_GOOD, _FAIR = 0.8, 0.5


class Band(StrEnum):
    """How good a tile is, in steps that an eye tells apart; for pictures only, no stage decides by them."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    UNRATED = "usable, not rated"

    @staticmethod
    def of(index: float | None) -> "Band":
        """Return the band of a quality index between 0 and 1: good from 0.8, fair from 0.5."""
        if index is None or np.isnan(index):
            return Band.UNRATED
        return Band.GOOD if index >= _GOOD else Band.FAIR if index >= _FAIR else Band.POOR


@dataclass(frozen=True, slots=True)
class SampledSignal:
    """One signal of a window."""

    name: str
    unit: str
    ticks_per_sample: int
    """0 where the record never holds the signal; then there are no samples."""
    first_tick: int
    """Tick of the first sample."""
    values: npt.NDArray[np.float32]
    """Physical; NaN where missing."""
    reasons: npt.NDArray[np.uint8]
    """Codes of SignalReason, one per sample."""
    is_rescaled: bool = False
    """Whether samples of several calibrations were brought to one."""

    @property
    def is_ecg(self) -> bool:
        """Whether it is an ECG: the only signals of these records in millivolts."""
        return self.unit == "mV"


@dataclass(frozen=True, slots=True)
class Tile:
    """What is said of a tile of one signal."""

    start_tick: int
    """Its first tick; it has TICKS_PER_TILE of them."""
    reason: SignalReason
    """OBSERVED where it is usable."""
    band: Band
    """Of a usable tile."""


@dataclass(frozen=True, slots=True)
class SignalView:
    """The signals of a window over `(start_tick, end_tick]`."""

    start_tick: int
    end_tick: int
    index_tick: int
    ticks_per_second: float
    signals: tuple[SampledSignal, ...]
    tiles: Mapping[str, tuple[Tile, ...]]
    """By signal, ascending; only those that reach into the window. Empty where the lake has no quality."""
    beats: Mapping[str, npt.NDArray[np.int64]]
    """Ticks of beats, pulses or breaths by signal, ascending, inside the window."""

    def seconds(self, tick: float) -> float:
        """Return when a tick is, in seconds from the index time; negative before it."""
        return (tick - self.index_tick) / self.ticks_per_second

    @property
    def start_s(self) -> float:
        """Open end, in seconds from the index time."""
        return self.seconds(self.start_tick)

    @property
    def end_s(self) -> float:
        """Closed end, in seconds from the index time."""
        return self.seconds(self.end_tick)

    def present_reasons(self) -> list[SignalReason]:
        """Return why samples or tiles are not usable, each reason that occurs, in the order of the vocabulary."""
        codes = {int(code) for signal in self.signals for code in np.unique(signal.reasons)}
        codes |= {tile.reason.code for tiles in self.tiles.values() for tile in tiles}
        if any(not signal.ticks_per_sample for signal in self.signals):
            codes.add(SignalReason.NOT_RECORDED.code)
        return [reason for reason in REASONS if reason.code in codes - {SignalReason.OBSERVED.code}]

    def present_bands(self) -> list[Band]:
        """Return the bands that occur, best first."""
        usable = {tile.band for tiles in self.tiles.values() for tile in tiles if tile.reason is SignalReason.OBSERVED}
        return [band for band in Band if band in usable]


def view_of(
    row: Mapping[str, Any],
    quality: pl.DataFrame | None = None,
    beats: pl.DataFrame | None = None,
    last_s: float | None = None,
) -> SignalView | None:
    """Return what can be seen of a window's signals; None where the window has none.

    Args:
        row: of windowed_samples.
        quality: rows of waveform_quality of this record (others are left out); None where they are unknown.
        beats: rows of waveform_beats of this record, likewise.
        last_s: only so many seconds before the end of the signals; all where None.

    Raises:
        DataError: the samples' bytes are damaged.
    """
    if not row.get("signals"):
        return None
    elapsed_s = (row["window_end_time"] - row["window_start_time"]).total_seconds()
    rate = (row["window_end_tick"] - row["window_start_tick"]) / elapsed_s
    start, end = row["waveform_start_tick"], row["waveform_end_tick"]
    if last_s is not None:
        start = max(start, end - round(last_s * rate))
    signals = tuple(_signal(row, place, start) for place in range(len(row["signals"])))
    names = [signal.name for signal in signals]
    return SignalView(
        start, end, row["index_tick"], rate, signals,
        tiles={} if quality is None else _tiles(_of_record(quality, row), names, start, end),
        beats={} if beats is None else _beats(_of_record(beats, row), names, start, end),
    )  # fmt: skip


def _signal(row: Mapping[str, Any], place: int, start_tick: int) -> SampledSignal:
    per_frame, count = row["signal_samples_per_frame"][place], row["signal_sample_counts"][place]
    step = TICKS_PER_FRAME // per_frame if per_frame else 0
    digital = decode_samples(row["signal_samples"][place], count)
    reasons = decode_reasons(row["signal_reasons"][place], count)
    values = np.full(count, np.nan, dtype=np.float32)
    here = reasons == SignalReason.OBSERVED.code
    if here.any():  # gain and baseline are null otherwise
        gain, baseline = row["signal_gains"][place], row["signal_baselines"][place]
        values[here] = (digital[here].astype(np.float64) - baseline) / gain
    first_tick = (row["waveform_start_tick"] // step + 1) * step if step else start_tick + 1
    left_out = max(0, (start_tick - first_tick) // step + 1) if step else 0
    return SampledSignal(
        row["signals"][place], row["signal_units"][place] or "", step, first_tick + left_out * step,
        values[left_out:], reasons[left_out:],
        row["signal_is_rescaled"][place],
    )  # fmt: skip


def _of_record(frame: pl.DataFrame, row: Mapping[str, Any]) -> pl.DataFrame:
    return frame.filter(pl.col("record_id") == row["record_id"])


def _tiles(quality: pl.DataFrame, names: list[str], start: int, end: int) -> dict[str, tuple[Tile, ...]]:
    tick = pl.col("tile_start_tick")
    rows = quality.filter((tick + TICKS_PER_TILE - 1 > start) & (tick <= end)).sort("tile_start_tick")
    found: dict[str, list[Tile]] = {}
    for signal, tick_, reason, index in rows.select(
        "signal", "tile_start_tick", "missing_reason", "quality_index"
    ).iter_rows():
        is_usable = reason is None or reason == SignalReason.OBSERVED.value
        tile = Tile(tick_, SignalReason.OBSERVED if is_usable else _BY_NAME[reason], Band.of(index))
        found.setdefault(signal, []).append(tile)
    return {name: tuple(found[name]) for name in names if name in found}


def _beats(beats: pl.DataFrame, names: list[str], start: int, end: int) -> dict[str, npt.NDArray[np.int64]]:
    is_beat = pl.col("kind") != BeatKind.SEARCH.value
    rows = beats.filter(is_beat & (pl.col("tick") > start) & (pl.col("tick") <= end)).sort("tick")
    ticks = {name: rows.filter(pl.col("signal") == name)["tick"].to_numpy() for name in names}
    return {name: found for name, found in ticks.items() if len(found)}
