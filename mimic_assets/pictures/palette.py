"""Colours and hatches of every picture of signals, chosen so that they stay apart for colour-blind eyes and in grey.

Belongs here: how a reason, a quality band and a mark look. Colours follow M. Okabe and K. Ito, "Color universal design"
(2008); each also differs by hatch, height or shape, so that no meaning hangs on colour alone.
"""

from typing import Final

from mimic_assets.pictures.signal_view import Band
from mimic_assets.schemas.vocabulary import SignalReason

INK: Final = "#22303c"
FAINT: Final = "#6b7885"
LINE: Final = "#1f6fb2"
RULE: Final = "#e4e9ee"
OBSERVATION: Final = "#8fbbe0"
GAP: Final = "#c9d0d7"
TARGET: Final = "#f3cd80"
EVENT: Final = "#b3261e"

BANDS: Final = {
    Band.GOOD: ("#009e73", 1.0),
    Band.FAIR: ("#e69f00", 0.66),
    Band.POOR: ("#d55e00", 0.36),
    Band.UNRATED: ("#8a97a3", 0.2),
}
"""Colour, and height as a share of the band's row."""

_GREY, _DARKER = "#eef1f4", "#dde3e9"
REASONS: Final = {
    SignalReason.OUTSIDE_RECORD: ("#c3ccd5", ""),
    SignalReason.GAP: (_GREY, "////"),
    SignalReason.NOT_RECORDED: (_GREY, ".."),
    SignalReason.UNREADABLE: (_DARKER, "xxx"),
    SignalReason.NO_SIGNAL: (_GREY, "\\\\\\\\"),
    SignalReason.LEAD_OFF: (_GREY, "||"),
    SignalReason.FLAT: (_GREY, "---"),
    SignalReason.SATURATED: (_DARKER, "oo"),
    SignalReason.CLIPPED: (_DARKER, "O"),
    SignalReason.NOISE: (_GREY, "++"),
}
"""Background and hatch."""
HATCH: Final = "#b4bec8"
"""Colour of the hatch's strokes."""


def in_words(reason: SignalReason) -> str:
    """Return a reason as it stands in a picture."""
    return reason.value.replace("_", " ")
