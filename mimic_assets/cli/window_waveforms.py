"""The signals of a window with what the lake says about them: quality tiles and beats over the same ticks.

Belongs here: reading them, and saying which of them are not there. Not here: decoding samples (`pictures.signal_view`),
drawing (`window_picture`) or printing them (`window_signals_text`).
"""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from mimic_assets.cli.window import Window
from mimic_assets.cli.window_evidence import Evidence
from mimic_assets.pictures import SignalView, view_of
from mimic_assets.pictures.outlook import Outlook
from mimic_assets.schemas.tables import TABLES
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets.timeline import TICKS_PER_TILE

QUALITY, BEATS = "waveform_quality", "waveform_beats"


@dataclass(frozen=True, slots=True)
class Waveforms:
    """What can be seen of a window's signals."""

    view: SignalView
    notes: tuple[str, ...]
    """One sentence per thing that is not shown because the lake does not hold it."""


def read_waveforms(lake: Lake, window: Window, last_s: float | None = None) -> Waveforms | None:
    """Return the signals of a window; None where its task has none.

    Args:
        lake: where quality and beats are looked up; either may be absent.
        window: the window.
        last_s: only so many seconds before the end of the signals.

    Raises:
        DataError: the samples' bytes are damaged.
    """
    if not window.row.get("signals"):
        return None
    tick = {QUALITY: "tile_start_tick", BEATS: "tick"}
    quality, beats = (_read(lake, window, name, tick[name]) for name in (QUALITY, BEATS))
    notes = []
    if quality is None:
        notes.append(f"The lake holds no {QUALITY} of this patient: signals are shown unjudged.")
    if beats is None:
        notes.append(f"The lake holds no {BEATS} of this patient: no beats are marked.")
    view = view_of(window.row, quality, beats, last_s)
    return None if view is None else Waveforms(view, tuple(notes))


def _read(lake: Lake, window: Window, name: str, tick: str) -> pl.DataFrame | None:
    """Return a table's rows that may reach into the window's ticks; None where there is no such object."""
    table, subject = TABLES.get(name), window.row["subject_id"]
    if table is None or lake.stored(table, Key(subject)) is None:
        return None
    start, end = window.row["waveform_start_tick"] - TICKS_PER_TILE, window.row["waveform_end_tick"]
    here = (pl.col("record_id") == window.row["record_id"]) & pl.col(tick).is_between(start, end)
    return lake.scan(table, partitions=[subject]).filter(here).collect()


def outlook_of(window: Window, evidence: Evidence) -> Outlook:
    """Return what follows the index time, in seconds from it."""
    start, end = evidence.target or (None, None)
    event = evidence.event or {}

    def at(time: datetime | None) -> float | None:
        return None if time is None else (time - window.index_time).total_seconds()

    return Outlook(
        target_start_s=at(start), target_end_s=at(end), event=event.get("event"), event_s=at(event.get("event_time")),
        event_lower_s=at(event.get("lower_time")), event_upper_s=at(event.get("upper_time")),
    )  # fmt: skip
