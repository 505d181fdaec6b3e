"""How many of a window's tiles a task can use, judged by `waveform_quality` of tiles that ended by the index time.

A label does not depend on this: an index time with too few usable tiles keeps its label and gives no window.
"""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.schemas.judged import Rows
from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.tasks.model import Task, WaveformRule
from mimic_assets.timeline import TICKS_PER_TILE, whole_tiles_by
from mimic_assets.windows.clock_lag import shifts
from mimic_assets.windows.microseconds import Microseconds, to_times
from mimic_assets.windows.recordings import Recording
from mimic_assets.windows.series import Values

Counts = npt.NDArray[np.int64]
UsableTiles = dict[int, dict[str, Counts]]
"""Per record and required signal: entry t is how many of tiles 0 to t - 1 are usable; the last holds from there on."""


def count_usable(waveform_quality: Rows, record_ids: Collection[int], rule: WaveformRule) -> UsableTiles:
    """Return running counts of usable tiles: those without a missing_reason, with the task's leave noisy ones too.

    A record without usable tiles has none. Of a scan the usable tiles' numbers are all that is kept.
    """
    is_noise = (pl.col("missing_reason") == SignalReason.NOISE.value) & rule.noise_is_usable
    is_usable = pl.col("missing_reason").is_null() | is_noise
    signals = pl.Enum(list(rule.required_any))
    is_wanted = pl.col("record_id").is_in(list(record_ids)) & pl.col("signal").is_in(list(rule.required_any))
    usable = (
        waveform_quality.lazy()
        .filter(is_wanted & is_usable)
        .select("record_id", pl.col("signal").cast(signals), tile=pl.col("tile_start_tick") // TICKS_PER_TILE)
    )
    found: UsableTiles = {record_id: {} for record_id in record_ids}
    for (record_id, signal), rows in usable.collect().partition_by("record_id", "signal", as_dict=True).items():
        tiles = rows["tile"].to_numpy()
        counted = np.zeros(tiles.max() + 2, dtype=np.int64)
        counted[tiles + 1] = 1
        found[int(record_id)][str(signal)] = np.cumsum(counted)
    return found


def usable_fractions(
    index: Microseconds, task: Task, recordings: list[Recording], record_ids: npt.NDArray[np.int64], usable: UsableTiles
) -> Values:
    """Return for each index time the share of its window's tiles in which the best required signal is usable.

    Args:
        index: index times of one stay.
        task: the task.
        recordings: records of that stay.
        record_ids: the record chosen at each index time; NO_RECORD where none is.
        usable: of `count_usable`.

    Returns:
        NaN where there is no record, and everywhere for a task without waveforms. Tiles before the record's first are
        not usable.
    """
    fractions = np.full(index.shape, np.nan)
    if task.waveforms is None:
        return fractions
    count = task.waveforms.tile_count
    for recording in recordings:
        places = np.flatnonzero(record_ids == recording.record_id)
        on_monitor = index[places] + shifts(task, recording.known_lags, index[places])
        ticks = [recording.clock.tick_at(time) for time in to_times(on_monitor, "index").to_list()]
        ends = np.array([whole_tiles_by(tick) for tick in ticks], dtype=np.int64)
        best = np.zeros(len(places))
        for counts in usable.get(recording.record_id, {}).values():
            last = len(counts) - 1
            in_window = counts[ends.clip(0, last)] - counts[(ends - count).clip(0, last)]
            best = np.maximum(best, in_window / count)
        fractions[places] = best
    return fractions
