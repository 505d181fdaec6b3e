"""What a table of ticks says about one window of the same record.

Belongs here: the rows of a patient's waveform tables over a window's ticks. Not here: what is drawn of them.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from mimic_assets.schemas.model import Table
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets.timeline import TICKS_PER_TILE


def rows_near(lake: Lake, table: Table, tick: str, window: Mapping[str, Any]) -> pl.DataFrame | None:
    """Return a table's rows of a window's record from a tile before its signals to their end; None without an object.

    Args:
        lake: where they lie.
        table: `waveform_quality` or `waveform_beats`.
        tick: its column of ticks.
        window: a row of windowed_samples with signals.
    """
    subject_id = window["subject_id"]
    if lake.stored(table, Key(subject_id)) is None:
        return None
    start, end = window["waveform_start_tick"] - TICKS_PER_TILE, window["waveform_end_tick"]
    here = (pl.col("record_id") == window["record_id"]) & pl.col(tick).is_between(start, end)
    return lake.scan(table, partitions=[subject_id]).filter(here).collect()
