"""The signals of a window with what the lake says about them: quality tiles and beats over the same ticks.

Belongs here: reading them, and saying which of them are not there. Not here: decoding samples (`pictures.signal_view`),
drawing (`window_picture`) or printing them (`window_signals_text`).
"""

from dataclasses import dataclass
from datetime import datetime

from mimic_assets.cli.window import Window
from mimic_assets.cli.window_evidence import Evidence
from mimic_assets.pictures import SignalView, view_of
from mimic_assets.pictures.outlook import Outlook
from mimic_assets.schemas.tables import WAVEFORM_BEATS, WAVEFORM_QUALITY
from mimic_assets.storage.lake import Lake
from mimic_assets.storage.near import rows_near


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
    quality = rows_near(lake, WAVEFORM_QUALITY, "tile_start_tick", window.row)
    beats = rows_near(lake, WAVEFORM_BEATS, "tick", window.row)
    notes = []
    if quality is None:
        notes.append(f"The lake holds no {WAVEFORM_QUALITY.name} of this patient: signals are shown unjudged.")
    if beats is None:
        notes.append(f"The lake holds no {WAVEFORM_BEATS.name} of this patient: no beats are marked.")
    view = view_of(window.row, quality, beats, last_s)
    return None if view is None else Waveforms(view, tuple(notes))


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
