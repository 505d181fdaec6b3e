"""`waveform_features`: per whole tile of a record, what its beats say; `rates` does the same for windows of tiles.

Belongs here: sums over the beats known from a tile, and the rates that follow from sums. Does not belong here: finding
beats (`beats`). A tile holds counts and sums beside each rate, so a window of tiles is their sum: ticks add up exactly
as integers, pressures and heights as whole millionths, and nothing is averaged twice.

A tile speaks of the beats credited to it (`beats`), so it depends on no sample after its last tick. An interval belongs
to the beat that ends it; a window's first one begins before the window.

Source: Task Force of the ESC and NASPE, "Heart rate variability: standards of measurement", Circulation 93 (1996), for
SDNN and RMSSD; here over all RR intervals, since beats are not classified. Ten seconds are few for SDNN: see the count.
"""

from collections.abc import Iterator

import polars as pl

from mimic_assets.schemas.judged import JudgedParts, Rows, rejected_frame
from mimic_assets.schemas.tables import WAVEFORM_FEATURES
from mimic_assets.schemas.vocabulary import BeatKind
from mimic_assets.timeline import TICKS_PER_TILE, whole_tiles_by
from mimic_assets.waveforms.arrivals import with_arrivals
from mimic_assets.waveforms.rates import MILLIONTHS, SUMS, with_rates
from mimic_assets.waveforms.signal_kinds import SignalKind, kind_of

_PREFIX = {
    SignalKind.ECG: "ecg",
    SignalKind.PPG: "pleth",
    SignalKind.ARTERIAL_PRESSURE: "abp",
    SignalKind.BREATH: "resp",
}
_KEY = ("record_id", "tile")
_TILES_AT_ONCE = 2160
"""Six hours of beats are read, joined and grouped at a time: memory does not grow with the record."""
_EARLIER_TILES = 2
"""A beat is compared with the one before it and with the R peak before it, three seconds away at most."""


def summarise_tiles(waveform_beats: Rows, raw_records: pl.DataFrame) -> JudgedParts:
    """Return `waveform_features` of one patient: every whole tile of every record.

    Args:
        waveform_beats: rows of one patient; those of six hours are looked at, and collected, at a time.
        raw_records: rows of the same patient.

    Returns:
        Rows sorted by record and tile, in parts of six hours. Nothing is rejected.

    Time:    a tile's row depends on no sample after the tile's last tick.
    Missing: a rate is null where no interval supports it; counts and sums are 0 then. `searched_ticks` of 0 says that
        nothing was searched, so that no beats is not taken for none there.
    """
    beats = waveform_beats.lazy()
    parts = (_summary(tiles, beats, raw_records) for tiles in _tiles(raw_records))
    return JudgedParts(WAVEFORM_FEATURES, parts, rejected_frame([]))


def _summary(tiles: pl.DataFrame, waveform_beats: pl.LazyFrame, raw_records: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of neighbouring tiles of one record."""
    begin, end = (tiles["tile"][0] - _EARLIER_TILES) * TICKS_PER_TILE, (tiles["tile"][-1] + 1) * TICKS_PER_TILE
    own = (pl.col("record_id") == tiles["record_id"][0]) & pl.col("known_tick").is_between(begin, end - 1)
    beats = waveform_beats.filter(own).collect()
    frame = (
        tiles.join(tile_sums(beats, raw_records), on=_KEY, how="left", maintain_order="left")
        .with_columns(pl.col(*SUMS).fill_null(0))
        .with_columns(tile_start_tick=pl.col("tile") * TICKS_PER_TILE)
    )
    return with_rates(frame).select(pl.col(name).cast(kind) for name, kind in WAVEFORM_FEATURES.schema.items())


def tile_sums(waveform_beats: pl.DataFrame, raw_records: pl.DataFrame) -> pl.DataFrame:
    """Return counts and sums per (record, tile) that has any; pressures and heights as whole millionths."""
    beats = with_arrivals(_named(waveform_beats, raw_records), raw_records).with_columns(
        tile=pl.col("known_tick") // TICKS_PER_TILE
    )
    qrs, interval = pl.col("kind") == BeatKind.QRS.value, pl.col("interval_ticks")
    square, step = interval * interval, pl.col("difference_ticks")
    parts = [
        qrs.sum().alias("qrs_count"),
        interval.filter(qrs).count().alias("rr_count"),
        interval.filter(qrs).sum().alias("rr_sum_ticks"),
        square.filter(qrs).sum().alias("rr_square_sum_ticks2"),
        step.count().alias("rr_difference_count"),
        (step * step).sum().alias("rr_difference_square_sum_ticks2"),
    ]
    for prefix, arrival in (("pleth", "pulse_arrival"), ("abp", "abp_arrival")):
        own = (pl.col("kind") == BeatKind.PULSE_ONSET.value) & (pl.col("prefix") == prefix)
        low, high, mean = (pl.col(f"cycle_{name}").filter(own) for name in ("low", "high", "mean"))
        parts += [
            own.sum().alias(f"{prefix}_pulse_count"),
            interval.filter(own).count().alias(f"{prefix}_interval_count"),
            interval.filter(own).sum().alias(f"{prefix}_interval_sum_ticks"),
            pl.col("arrival_ticks").filter(own).count().alias(f"{arrival}_count"),
            pl.col("arrival_ticks").filter(own).sum().alias(f"{arrival}_sum_ticks"),
        ]
        if prefix == "pleth":
            parts.append(_millionths(high - low).alias("pleth_amplitude_sum_nu"))
        else:
            parts += [
                _millionths(high).alias("abp_systolic_sum_mmhg"),
                _millionths(low).alias("abp_diastolic_sum_mmhg"),
                _millionths(mean).alias("abp_mean_sum_mmhg"),
            ]
    breath = pl.col("kind") == BeatKind.BREATH.value
    parts += [
        breath.sum().alias("breath_count"),
        interval.filter(breath).count().alias("breath_interval_count"),
        interval.filter(breath).sum().alias("breath_interval_sum_ticks"),
    ]
    for prefix in _PREFIX.values():
        searched = (pl.col("kind") == BeatKind.SEARCH.value) & (pl.col("prefix") == prefix)
        parts.append(interval.filter(searched).sum().alias(f"{prefix}_searched_ticks"))
        if prefix in ("ecg", "abp"):
            parts.append(pl.col("signal").filter(searched).min().alias(f"{prefix}_signal"))
    return beats.group_by(_KEY).agg(parts).with_columns(pl.col(*SUMS).cast(pl.Int64))


def _named(beats: pl.DataFrame, raw_records: pl.DataFrame) -> pl.DataFrame:
    """Add what each signal measures."""
    pairs = raw_records.select("signal", "unit").unique().sort("signal", "unit").iter_rows()
    kinds = {name: kind for name, unit in pairs if (kind := _PREFIX.get(kind_of(name, unit))) is not None}
    return beats.with_columns(prefix=pl.col("signal").replace_strict(kinds, default=None, return_dtype=pl.String))


def _millionths(value: pl.Expr) -> pl.Expr:
    return (value * MILLIONTHS).round().cast(pl.Int64).sum()


def _tiles(raw_records: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield every whole tile of every record, some at a time."""
    for record in raw_records.unique("record_id", keep="first", maintain_order=True).sort("record_id").iter_slices(1):
        count = whole_tiles_by(record["record_last_tick"][0])
        named = record.select("subject_id", "record_id", "counter_frequency_hz")
        for first in range(0, count, _TILES_AT_ONCE):
            numbers = pl.int_range(first, min(first + _TILES_AT_ONCE, count), eager=True).alias("tile")
            yield named.join(numbers.to_frame(), how="cross")
