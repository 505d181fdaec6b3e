"""Counts and sums over beats -> rates, variability, pressures. One way for a tile, a window and a whole record.

Belongs here: the arithmetic, and adding tiles up to windows. Does not belong here: what is summed (`features`).
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.timeline import TICKS_PER_TILE

Values = npt.NDArray[np.float64]
MILLIONTHS = 1_000_000
_WHOLE = (
    "ecg_searched_ticks", "qrs_count", "rr_count", "rr_sum_ticks", "rr_square_sum_ticks2", "rr_difference_count",
    "rr_difference_square_sum_ticks2", "pleth_searched_ticks", "pleth_pulse_count", "pleth_interval_count",
    "pleth_interval_sum_ticks", "pulse_arrival_count", "pulse_arrival_sum_ticks", "abp_searched_ticks",
    "abp_pulse_count", "abp_interval_count", "abp_interval_sum_ticks", "abp_arrival_count", "abp_arrival_sum_ticks",
    "resp_searched_ticks", "breath_count", "breath_interval_count", "breath_interval_sum_ticks",
)  # fmt: skip
_SCALED = ("pleth_amplitude_sum_nu", "abp_systolic_sum_mmhg", "abp_diastolic_sum_mmhg", "abp_mean_sum_mmhg")
SUMS = (*_WHOLE, *_SCALED)
"""Columns that add up; the last four are held as whole millionths while they are added."""
_MS, _MIN = 1000.0, 60.0


def with_rates(sums: pl.DataFrame) -> pl.DataFrame:
    """Return sums (those of pressure and height in whole millionths) with the rates beside them, units as named.

    NumPy divides here: Polars multiplies by the reciprocal where it takes a divisor for constant, and then the last bit
    of a rate would depend on which other rows are in the frame.

    Args:
        sums: the columns of `SUMS`, none null, and `counter_frequency_hz`.
    """
    of = {name: sums[name].to_numpy() for name in SUMS} | {name: sums[name].to_numpy() / MILLIONTHS for name in _SCALED}
    hz = sums["counter_frequency_hz"].cast(pl.Float64).to_numpy()

    def rate(count: str, ticks: str) -> Values:
        return _ratio(_MIN * hz * of[count], of[ticks])

    def milliseconds(total: str, count: str) -> Values:
        return np.asarray(_ratio(of[total], of[count]) * _MS / hz)

    count, total = of["rr_count"], of["rr_sum_ticks"]
    spread = _ratio(count * of["rr_square_sum_ticks2"] - total * total, count * (count - 1))
    differences = _ratio(of["rr_difference_square_sum_ticks2"], of["rr_difference_count"])
    rates = {
        "heart_rate_per_min": rate("rr_count", "rr_sum_ticks"),
        "sdnn_ms": np.sqrt(spread) * _MS / hz,
        "rmssd_ms": np.sqrt(differences) * _MS / hz,
        "pulse_rate_per_min": rate("pleth_interval_count", "pleth_interval_sum_ticks"),
        "pleth_amplitude_nu": _ratio(of["pleth_amplitude_sum_nu"], of["pleth_interval_count"]),
        "pulse_arrival_ms": milliseconds("pulse_arrival_sum_ticks", "pulse_arrival_count"),
        "abp_pulse_rate_per_min": rate("abp_interval_count", "abp_interval_sum_ticks"),
        "abp_systolic_mmhg": _ratio(of["abp_systolic_sum_mmhg"], of["abp_interval_count"]),
        "abp_diastolic_mmhg": _ratio(of["abp_diastolic_sum_mmhg"], of["abp_interval_count"]),
        "abp_mean_mmhg": _ratio(of["abp_mean_sum_mmhg"], of["abp_interval_count"]),
        "abp_arrival_ms": milliseconds("abp_arrival_sum_ticks", "abp_arrival_count"),
        "respiration_rate_per_min": rate("breath_interval_count", "breath_interval_sum_ticks"),
    }
    scaled = [pl.Series(name, of[name]) for name in _SCALED]
    return sums.with_columns(scaled).with_columns(
        pl.Series(name, values, nan_to_null=True) for name, values in rates.items()
    )


def window_features(waveform_features: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """Return the features of any windows: those of the whole tiles that lie in each `(start_tick, end_tick]`.

    Args:
        waveform_features: whole records (tiles from 0 on, none left out).
        windows: `record_id start_tick end_tick`, any length, stride and order.

    Returns:
        The windows, in their order, with `tile_count`, the columns of `SUMS` and the rates. Equal to summing the beats
        known from those tiles: counts, ticks and millionths exactly.
    """
    by_record = {
        int(record): rows
        for (record,), rows in waveform_features.sort("tile_start_tick").partition_by("record_id", as_dict=True).items()
    }
    numbered, nothing = windows.with_row_index("place"), waveform_features.clear()
    frames = [_summed(numbered.clear(), nothing)]
    for (record,), asked in numbered.partition_by("record_id", as_dict=True).items():
        frames.append(_summed(asked, by_record.get(int(record), nothing)))
    return with_rates(pl.concat(frames).sort("place").drop("place"))


def _summed(asked: pl.DataFrame, tiles: pl.DataFrame) -> pl.DataFrame:
    """Return windows of one record with the sums of their whole tiles."""
    first = np.clip(-(-(asked["start_tick"].to_numpy() + 1) // TICKS_PER_TILE), 0, tiles.height)
    after = np.clip((asked["end_tick"].to_numpy() + 1) // TICKS_PER_TILE, first, tiles.height)
    sums = {}
    for name in SUMS:
        column = tiles[name].to_numpy()
        whole = np.rint(column * MILLIONTHS).astype(np.int64) if name in _SCALED else column
        running = np.concatenate([[0], np.cumsum(whole, dtype=np.int64)])
        sums[name] = running[after] - running[first]
    clock = tiles["counter_frequency_hz"][0] if tiles.height else None
    added = pl.DataFrame({"tile_count": after - first} | sums)
    return asked.hstack(added.with_columns(pl.lit(clock, pl.String).alias("counter_frequency_hz")))


def _ratio(total: npt.NDArray[Any], count: npt.NDArray[Any]) -> Values:
    """Return a quotient, NaN where nothing was counted."""
    return np.asarray(np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0))
