"""`waveform_quality`: for every whole tile of every signal, its statistics, its index and why it is unusable.

Belongs here: walking records block by block, and the rows. Does not belong here: what is said of a tile
(`tile_moments`, `unusable`, `*_index`). Memory holds one block of samples and the rows of some hours, however long the
record.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.schemas.judged import JudgedParts, rejected_frame
from mimic_assets.schemas.tables import WAVEFORM_QUALITY
from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.signals import OpenSignals, SignalReader, SignalSlice
from mimic_assets.timeline import TICKS_PER_FRAME, TICKS_PER_TILE, whole_tiles_by
from mimic_assets.waveforms.converter_range import converter_range
from mimic_assets.waveforms.ecg_index import ecg_index
from mimic_assets.waveforms.pressure_index import pressure_index
from mimic_assets.waveforms.pulse_index import pulse_index
from mimic_assets.waveforms.signal_kinds import SignalKind, kind_of
from mimic_assets.waveforms.tile_moments import calibrated, digital_moments
from mimic_assets.waveforms.tile_spectrum import filled
from mimic_assets.waveforms.tiles import by_tile, is_usual_rate, ticks_of, tile_blocks
from mimic_assets.waveforms.unusable import LEAST_OBSERVED, tile_reasons

TILES_PER_BLOCK = 64
"""About eleven minutes: three leads, Pleth, pressure and breath are 1.3 MB of samples."""
_BLOCKS_PER_PART = 32
"""Blocks whose columns are gathered before a frame is made of them, six hours: a frame each would cost a quarter of the
whole."""
_INDEX_OF = {
    SignalKind.ECG: ecg_index, SignalKind.PPG: pulse_index, SignalKind.ARTERIAL_PRESSURE: pressure_index,
}  # fmt: skip
_Columns = dict[str, npt.NDArray[Any]]
"""Of `waveform_quality`, one entry per tile."""
_NAMES = np.array([None, *(reason.value for reason in list(SignalReason)[1:])], dtype=object)
_DECIMALS = 6


def judge_waveforms(raw_records: pl.DataFrame, open_signals: OpenSignals, last_tiles: int | None = None) -> JudgedParts:
    """Return `waveform_quality` of one patient: every record, every signal, every whole tile.

    Args:
        raw_records: rows of one patient, sorted as the table says.
        open_signals: gives the reader of a record from its rows.
        last_tiles: so many at the end of each record, at least; all where None. Each row is the same either way.

    Returns:
        Rows sorted by record, signal and tile, in parts of some hours of a record with all of its signals. Nothing is
        rejected: what is wrong with a file is said by the stage that reads it, and is a reason here.

    Time:    a tile's row depends on no sample after the tile's last tick, nor on any before its first.
    Missing: `missing_reason` is null where the tile is usable; statistics are null where nothing is observed, the
        index where less than half is, for signals without one and for records of another frame rate than about 62.5 Hz.
    """
    parts = (
        part
        for rows in raw_records.partition_by("record_id", maintain_order=True)
        if whole_tiles_by(rows["record_last_tick"][0])
        for part in judge_record(rows, open_signals(rows), last_tiles)
    )
    return JudgedParts(WAVEFORM_QUALITY, parts, rejected_frame([]), runs=("record_id", "signal"))


def judge_record(rows: pl.DataFrame, reader: SignalReader, last_tiles: int | None = None) -> Iterator[pl.DataFrame]:
    """Yield parts of `waveform_quality` of one record, as `judge_waveforms` does.

    Args:
        rows: of `raw_records`, one record, sorted by segment and signal.
        reader: of its samples.
        last_tiles: as in `judge_waveforms`.
    """
    frame_rate_hz = float(rows["counter_frequency_hz"][0]) / TICKS_PER_FRAME
    by_signal = rows.sort("segment_index").partition_by("signal", as_dict=True)
    segments = {str(name): part for (name,), part in by_signal.items()}
    identifiers = {name: pl.lit(rows[name][0]) for name in ("subject_id", "record_id")}
    blocks: dict[str, list[_Columns]] = {name: [] for name in sorted(segments)}
    count = whole_tiles_by(reader.last_tick)
    start = 0 if last_tiles is None else max(count - last_tiles, 0) // TILES_PER_BLOCK * TILES_PER_BLOCK
    for number, (first, after) in enumerate(tile_blocks(start, count, TILES_PER_BLOCK), 1):
        for name, part in reader.read(list(blocks), *ticks_of(first, after)).items():
            if part.samples_per_frame:
                blocks[name].append(_judge_block(part, segments[name], frame_rate_hz))
        if number % _BLOCKS_PER_PART == 0 or after == count:
            frames = [_frame(name, judged) for name, judged in blocks.items() if judged]
            blocks = {name: [] for name in blocks}
            if frames:
                named = pl.concat(frames).with_columns(**identifiers)
                yield named.select(pl.col(name).cast(dtype) for name, dtype in WAVEFORM_QUALITY.schema.items())


def _judge_block(part: SignalSlice, segments: pl.DataFrame, frame_rate_hz: float) -> _Columns:
    """Return the columns of one signal in one block of tiles."""
    digital, reasons = by_tile(part)
    missing = reasons != 0 if reasons.any() else None
    first = part.first_tick // TICKS_PER_TILE
    counted = digital_moments(digital, missing)
    physical, units = calibrated(counted, part, digital, missing)
    unit = segments["unit"][0]  # of the first segment: a later one's is not known yet
    kind = kind_of(part.signal, unit)
    index = np.full(len(digital), np.nan)
    if kind in _INDEX_OF and part.calibrations and is_usual_rate(frame_rate_hz):
        index = _index(part, missing, kind, frame_rate_hz)
        is_strange = np.array([each is not None and each != unit for each in units], dtype=np.bool_)
        index[is_strange | (counted.observed_fraction < LEAST_OBSERVED)] = np.nan
    ends = converter_range(segments, kind, first, first + len(digital))
    codes = tile_reasons(digital, reasons, counted, ends, index, kind)
    return {
        "tile_start_tick": (np.arange(len(codes), dtype=np.int64) + first) * TICKS_PER_TILE,
        "missing_reason": _NAMES[codes],
        "unit": np.array(units, dtype=object),
        "quality_index": index,
        "observed_fraction": physical.observed_fraction,
        "flat_fraction": physical.flat_fraction,
        "mean": physical.mean,
        "standard_deviation": physical.standard_deviation,
        "minimum": physical.minimum,
        "maximum": physical.maximum,
        "skewness": physical.skewness,
        "kurtosis": physical.kurtosis,
    }


def _index(
    part: SignalSlice, missing: npt.NDArray[np.bool_] | None, kind: SignalKind, frame_rate_hz: float
) -> npt.NDArray[np.float64]:
    """Return the index of each tile, to six decimals.

    A short block is filled up with empty tiles: transforms of several rows share vector registers, and a tile's last
    bits must not depend on how many tiles follow it in the record.
    """
    tiles, samples = by_tile(part)[0].shape
    block = np.zeros((-(-tiles // TILES_PER_BLOCK) * TILES_PER_BLOCK, samples), dtype=np.float32)
    block[:tiles] = filled(part.physical().reshape(tiles, samples), missing)
    return np.round(_INDEX_OF[kind](block, frame_rate_hz)[:tiles], _DECIMALS)


def _frame(signal: str, blocks: list[_Columns]) -> pl.DataFrame:
    """Return the rows of one signal in neighbouring blocks; NaN becomes null."""
    columns = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    frame = pl.DataFrame(
        {
            name: pl.Series(values.tolist(), dtype=pl.String) if values.dtype == object else pl.Series(values)
            for name, values in columns.items()
        }
    )
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None), signal=pl.lit(signal))
