"""Promises over several columns of one row. Each is named, says who relies on it, and is checked on every object."""

import polars as pl

from mimic_assets.schemas.model import Invariant

_label = pl.col("label")
_tensor = pl.col("cell_values").list.len()


def _where(condition: pl.Expr, promise: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(promise).otherwise(True)


SEGMENT_INSIDE_RECORD = Invariant(
    "segment_inside_record",
    "A segment starts before the record ends; readers slice by it.",
    pl.col("segment_start_tick") <= pl.col("record_last_tick"),
)
READABLE_INSIDE_SEGMENT = Invariant(
    "readable_inside_segment",
    "All frames of a file that is ok can be read, and never more than the segment has; readers go by the count alone.",
    pl.when(pl.col("file_status") == "ok")
    .then(pl.col("readable_frame_count") == pl.col("segment_frame_count"))
    .otherwise(pl.col("readable_frame_count") <= pl.col("segment_frame_count")),
)
VALUE_OR_TEXT = Invariant(
    "value_or_text",
    "A cell is a number or a text, never both or neither.",
    pl.col("value").is_null() != pl.col("value_text").is_null(),
)
TIME_WITH_TICK = Invariant(
    "time_with_tick", "A time is there only with its tick.", _where(pl.col("tick").is_null(), pl.col("time").is_null())
)
OK_HAS_VALUE = Invariant(
    "ok_has_value",
    "A usable cell has a number and a time; windows and events take them unasked.",
    _where(pl.col("flag") == "ok", pl.col("value").is_not_null() & pl.col("time").is_not_null()),
)
BEAT_IS_KNOWN_AFTER_IT_IS = Invariant(
    "beat_is_known_after_it_is",
    "A beat lies at or before the tick from which it is known; windows select by the latter.",
    pl.col("tick") <= pl.col("known_tick"),
)
OVERLAP_IS_POSITIVE = Invariant(
    "overlap_is_positive",
    "An overlap is longer than nothing.",
    pl.col("overlap_start_time") < pl.col("overlap_end_time"),
)
_unknown_lag = pl.col("lag_s").is_null()
_lag_steps = pl.col("lag_known_times").list.len()
LAG_IS_SAID_WHOLE = Invariant(
    "lag_is_said_whole",
    "A lag has a confidence and is large or not; an unknown one has neither.",
    (pl.col("lag_confidence").is_null() == _unknown_lag) & (pl.col("has_large_lag").is_null() == _unknown_lag),
)
LAG_STEPS_MATCH = Invariant(
    "lag_steps_match",
    "Each time at which knowledge of the lag changed has a lag and a confidence; windows look them up by time.",
    (pl.col("lag_steps_s").list.len() == _lag_steps) & (pl.col("lag_step_confidences").list.len() == _lag_steps),
)
TIMED_TIERS_HAVE_TIMES = Invariant(
    "timed_tiers_have_times",
    "Tiers A and B have a best time inside [lower, upper]; C and D have none.",
    pl.when(pl.col("tier").is_in(["A", "B"]))
    .then(
        pl.col("event_time").is_not_null()
        & (pl.col("lower_time") <= pl.col("event_time")).fill_null(True)
        & (pl.col("event_time") <= pl.col("upper_time"))
    )
    .otherwise(pl.col("event_time").is_null()),
)
HAS_SOURCES = Invariant(
    "has_sources", "An event without a source row does not exist.", pl.col("sources").list.len() > 0
)
LABEL_OR_EXCLUSION = Invariant(
    "label_or_exclusion",
    "A label is null exactly when an exclusion says why.",
    _label.is_null() != pl.col("exclusion").is_null(),
)
NEGATIVE_IS_FOLLOWED_UP = Invariant(
    "negative_is_followed_up",
    "A negative was followed up to the end of its target.",
    _where(_label.eq(False), (pl.col("follow_up_end_time") >= pl.col("target_end_time")).fill_null(False)),
)
POSITIVE_NAMES_ITS_EVENT = Invariant(
    "positive_names_its_event",
    "A positive names the event that makes it one.",
    _where(_label, pl.col("event_id").is_not_null()),
)
TARGET_FOLLOWS_INDEX = Invariant(
    "target_follows_index",
    "The target starts at or after the index time and is not empty.",
    (pl.col("index_time") <= pl.col("target_start_time")) & (pl.col("target_start_time") < pl.col("target_end_time")),
)
WINDOW_ENDS_AT_INDEX = Invariant(
    "window_ends_at_index",
    "Nothing after the index time is in a window.",
    (pl.col("window_end_time") == pl.col("index_time")) & (pl.col("window_end_tick") == pl.col("index_tick")),
)
TENSOR_IS_WHOLE = Invariant(
    "tensor_is_whole",
    "Values, reasons and ages have one entry per parameter and cell.",
    (_tensor == pl.col("parameters").list.len() * pl.col("cell_count"))
    & (pl.col("cell_reasons").list.len() == _tensor)
    & (pl.col("cell_ages_s").list.len() == _tensor),
)
FEATURES_ARE_NAMED = Invariant(
    "features_are_named",
    "Every feature has a name.",
    pl.col("feature_names").list.len() == pl.col("feature_values").list.len(),
)
_signals = pl.col("signals").list.len()
SIGNALS_ARE_WHOLE = Invariant(
    "signals_are_whole",
    "Every list of a window's signals has one entry per signal; readers walk them side by side.",
    pl.all_horizontal(
        pl.col(name).list.len() == _signals
        for name in (
            "signal_units", "signal_samples_per_frame", "signal_sample_counts", "signal_gains", "signal_baselines",
            "signal_is_rescaled", "signal_samples", "signal_reasons",
        )
    ),
)  # fmt: skip
WAVEFORM_ENDS_BY_INDEX = Invariant(
    "waveform_ends_by_index",
    "Nothing after the index time is in a window's signals or tiles.",
    (pl.col("waveform_start_tick") < pl.col("waveform_end_tick")).fill_null(True)
    & (pl.col("waveform_end_tick") <= pl.col("index_tick")).fill_null(True)
    & (pl.col("tile_end_tick") <= pl.col("index_tick")).fill_null(True),
)
TILES_ARE_WHOLE = Invariant(
    "tiles_are_whole",
    "Tile features have one entry per feature and tile.",
    pl.col("tile_features").list.len() == pl.col("tile_feature_names").list.len() * pl.col("tile_count"),
)
USABLE_TILE_HAS_STATISTICS = Invariant(
    "usable_tile_has_statistics",
    "A usable tile has at least half of its samples, a unit, a mean, a deviation and extremes; windows count on it.",
    _where(
        pl.col("missing_reason").is_null(),
        (pl.col("observed_fraction") >= 0.5)
        & pl.all_horizontal(
            pl.col(name).is_not_null() for name in ("unit", "mean", "standard_deviation", "minimum", "maximum")
        ),
    ),
)
MEAN_BETWEEN_EXTREMES = Invariant(
    "mean_between_extremes",
    "The mean lies between minimum and maximum, but for the last digit of float64.",
    (pl.col("minimum") - 1e-9 * pl.col("minimum").abs() <= pl.col("mean"))
    & (pl.col("mean") <= pl.col("maximum") + 1e-9 * pl.col("maximum").abs()),
)
