"""Samples as the arrays of one batch: signals at one rate each, scaled or digital, with a reason for what is missing.

Belongs here: numpy arrays out of samples. Does not belong here: torch (`torch_loader`), which samples (`epoch_order`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mimic_assets.errors import RequestError
from mimic_assets.manifest.resampling import resample
from mimic_assets.manifest.sample import Sample
from mimic_assets.manifest.stored_signals import StoredSignal
from mimic_assets.manifest.training_set import TrainingSet
from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.signals import MISSING_SAMPLE

Allocate = Callable[[tuple[int, ...], np.dtype[Any]], NDArray[Any]]
"""Gives an array that nothing has been written to, as `numpy.empty`; elsewhere in memory that processes share."""
_LOWEST, _HIGHEST = -32767, 32767


class SignalDtype(StrEnum):
    """What signals are in a batch."""

    FLOAT32 = "float32"
    """Physical values; NaN where missing."""
    INT16 = "int16"
    """Digital values as stored; -32768 where missing. Physical is (digital - baseline) / gain."""


@dataclass(frozen=True)
class BatchFormat:
    """What a batch holds."""

    signals: tuple[str, ...] | None = None
    """Only these, in this order; all where None."""
    signal_dtype: SignalDtype | str = SignalDtype.FLOAT32
    samples_per_frame: Mapping[str, int] = field(default_factory=dict)
    """Another rate for a signal than the set's; a frame is 16 ticks, 62.4725 to a second."""
    normalisation: pl.DataFrame | None = None
    """Rows of training_normalisation: what it names is scaled to (value - mean) / deviation. None: as stored."""
    missing_value: float | None = None
    """Stands for NaN in values, ages, tile features and float32 signals, after scaling; None leaves NaN."""
    has_signal_reasons: bool = True
    """Whether every sample of a signal comes with the code of its reason: a byte each."""


Batch = dict[str, Any]
"""Name -> array, or name of a signal -> array; see `BatchMaker.make`."""


class BatchMaker:
    """Makes batches of one set in one format; checked once, pickles small."""

    def __init__(self, training: TrainingSet, form: BatchFormat) -> None:
        """Fit a format to a set.

        Raises:
            RequestError: it names a signal that the set does not have, or a rate below 1.
        """
        layout = training.layout
        names = layout.signals if form.signals is None else form.signals
        strangers = sorted({*names, *form.samples_per_frame} - set(layout.signals))
        if strangers:
            raise RequestError(
                f"Signals {', '.join(strangers)} were asked for; the shards hold {', '.join(layout.signals) or 'none'}."
            )
        self._form = form
        self._dtype = _named_dtype(form.signal_dtype)
        self._names = names
        self._places = [layout.signals.index(name) for name in names]
        stored = dict(zip(layout.signals, training.rates, strict=True))
        self._rates = [int(form.samples_per_frame.get(name, stored[name])) for name in names]
        if any(form.samples_per_frame.get(name, 1) < 1 for name in names):
            raise RequestError("samples_per_frame below 1 was asked for; at least 1 was expected.")
        self._frame_count = layout.frame_count
        scales = _scales(form.normalisation)
        cells = [scales.get(name, (0.0, 1.0)) for name in layout.parameters]
        self._means = np.array([mean for mean, _ in cells], dtype=np.float32)[:, None]
        self._deviations = np.array([deviation for _, deviation in cells], dtype=np.float32)[:, None]
        self._signal_scales = [scales.get(name, (0.0, 1.0)) for name in names]

    def make(
        self, samples: Sequence[Sample], places: NDArray[np.int64], weights: NDArray[np.float32],
        allocate: Allocate = np.empty,
    ) -> Batch:  # fmt: skip
        """Return the arrays of a batch.

        Returns:
            `place` int64 [sample] (number in the set), `label` bool, `weight` float32; `values ages_s` float32 and
            `reasons` uint8 [sample, parameter, cell]; with waveforms `signals` and `signal_reasons`, name -> [sample,
            time], float32 or int16, and uint8; `gains` and `baselines` float32 [sample, signal] (NaN where nothing was
            observed) with int16; with tile features `tile_features` float32 [sample, feature, tile].
        """
        count = len(samples)
        batch: Batch = {
            "place": places,
            "label": np.array([sample.label for sample in samples], dtype=np.bool_),
            "weight": weights,
            "values": self._stacked([sample.values for sample in samples]),
            "ages_s": self._filled(np.stack([sample.ages_s for sample in samples])),
            "reasons": np.stack([sample.reasons for sample in samples]),
        }
        if self._names:
            batch["signals"] = {}
            if self._form.has_signal_reasons:
                batch["signal_reasons"] = {}
        for name, place, rate, scale in zip(self._names, self._places, self._rates, self._signal_scales, strict=True):
            shape = (count, rate * self._frame_count)
            values = allocate(shape, np.dtype(self._dtype.value))
            reasons = allocate(shape, np.dtype(np.uint8)) if self._form.has_signal_reasons else None
            for row, sample in enumerate(samples):
                own = None if reasons is None else reasons[row]
                self._write(sample.signals[place], rate, scale, values[row], own)
            batch["signals"][name] = values
            if reasons is not None:
                batch["signal_reasons"][name] = reasons
        if self._names and self._dtype is SignalDtype.INT16:
            kept = [[sample.signals[place] for place in self._places] for sample in samples]
            batch["gains"] = _numbers([[signal.gain for signal in row] for row in kept])
            batch["baselines"] = _numbers([[signal.baseline for signal in row] for row in kept])
        tiles = [sample.tile_features for sample in samples if sample.tile_features is not None]
        if tiles:  # all have them, or none
            batch["tile_features"] = self._filled(np.stack(tiles))
        return batch

    def _stacked(self, parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        values = np.stack(parts)
        if self._form.normalisation is not None:
            values = (values - self._means) / self._deviations
        return self._filled(values)

    def _filled(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._form.missing_value is not None:
            np.nan_to_num(values, copy=False, nan=self._form.missing_value)
        return values

    def _write(
        self, signal: StoredSignal, rate: int, scale: tuple[float, float], values: NDArray[Any],
        reasons: NDArray[np.uint8] | None,
    ) -> None:  # fmt: skip
        """Write one signal of one sample into its row."""
        if signal.samples_per_frame == 0 or signal.gain is None or signal.baseline is None:
            is_int16 = self._dtype is SignalDtype.INT16
            values[:] = MISSING_SAMPLE if is_int16 else self._nan
            if reasons is not None:
                reasons[:] = _reason_at(signal, rate, len(reasons))
            return
        if signal.samples_per_frame == rate:
            self._copy(signal, scale, values, reasons)
            return
        found, why = resample(signal.digital().astype(np.float32), signal.mask(), signal.samples_per_frame, rate)
        if self._dtype is SignalDtype.INT16:
            values[:] = np.where(why == 0, np.nan_to_num(found).round().clip(_LOWEST, _HIGHEST), MISSING_SAMPLE)
        else:
            np.subtract(found, np.float32(signal.baseline), out=values)
            self._scale(values, signal.gain, scale)
            if self._form.missing_value is not None:
                values[why != 0] = self._nan
        if reasons is not None:
            reasons[:] = why

    def _copy(
        self, signal: StoredSignal, scale: tuple[float, float], values: NDArray[Any], reasons: NDArray[np.uint8] | None
    ) -> None:
        mask = None if signal.is_whole else signal.mask()
        if self._dtype is SignalDtype.INT16:
            values[:] = signal.digital()
        else:
            np.subtract(signal.digital(), np.float32(signal.baseline or 0), out=values, dtype=np.float32)
            self._scale(values, signal.gain or 1.0, scale)
            if mask is not None:
                values[mask != 0] = self._nan
        if reasons is not None:
            reasons[:] = 0 if mask is None else mask

    @staticmethod
    def _scale(values: NDArray[np.float32], gain: float, scale: tuple[float, float]) -> None:
        """Turn `digital - baseline` physical, and where asked for into deviations from the mean, in place."""
        mean, deviation = scale
        if (mean, deviation) == (0.0, 1.0):
            values /= np.float32(gain)
        else:
            values *= np.float32(1 / (gain * deviation))
            values -= np.float32(mean / deviation)

    @property
    def _nan(self) -> float:
        return np.nan if self._form.missing_value is None else self._form.missing_value


def _reason_at(signal: StoredSignal, rate: int, count: int) -> NDArray[np.uint8]:
    """Return the reasons of a signal of which nothing was observed, at the batch's rate."""
    if signal.samples_per_frame == 0:
        return np.full(count, SignalReason.NOT_RECORDED.code, dtype=np.uint8)
    mask = signal.mask()
    return mask[np.arange(count) * signal.samples_per_frame // rate]


def _named_dtype(name: SignalDtype | str) -> SignalDtype:
    try:
        return SignalDtype(name)
    except ValueError:
        raise RequestError(f"signal_dtype = {str(name)!r} found, one of {', '.join(SignalDtype)} expected.") from None


def _scales(normalisation: pl.DataFrame | None) -> dict[str, tuple[float, float]]:
    """Return name -> mean, deviation; a deviation that is 0 or unknown is 1, and then the mean too stays what it is."""
    if normalisation is None:
        return {}
    rows = normalisation.select("parameter", "mean", "standard_deviation").iter_rows()
    return {name: (0.0 if mean is None else mean, deviation or 1.0) for name, mean, deviation in rows}


def _numbers(rows: list[list[float | int | None]]) -> NDArray[np.float32]:
    return np.array([[np.nan if value is None else value for value in row] for row in rows], dtype=np.float32)
