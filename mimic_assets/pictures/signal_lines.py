"""The signals of a window as lines of text: a strip of dots per signal, below it what is missing or how good it is.

Belongs here: layout in characters, readable at 80 columns and without colour. Not here: dots (`braille`), printing.
"""

import numpy as np

from mimic_assets.pictures.braille import braille
from mimic_assets.pictures.signal_view import REASONS, Band, SampledSignal, SignalView
from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.timeline import TICKS_PER_FRAME, TICKS_PER_TILE

BAND_SIGNS = {Band.GOOD: "█", Band.FAIR: "▄", Band.POOR: "▁", Band.UNRATED: "-"}
REASON_SIGNS = {
    SignalReason.OUTSIDE_RECORD: "o", SignalReason.GAP: "g", SignalReason.NOT_RECORDED: "n",
    SignalReason.UNREADABLE: "u", SignalReason.NO_SIGNAL: "z", SignalReason.LEAD_OFF: "l", SignalReason.FLAT: "f",
    SignalReason.SATURATED: "s", SignalReason.CLIPPED: "c", SignalReason.NOISE: "x",
}  # fmt: skip
_HEIGHT = 2
_RIGHT = 11
"""Characters kept right of the strips for numbers."""


def signal_lines(view: SignalView, width: int) -> list[str]:
    """Return the lines: a heading, three per signal, the time axis, the legend.

    Args:
        view: the window.
        width: characters that no line exceeds; below 40 it counts as 40.
    """
    label = max(4, *(min(len(text), 8) for s in view.signals for text in (s.name, s.unit)))
    strip = max(width, 40) - label - _RIGHT - 2
    lines = []
    for signal in view.signals:
        dots = braille(signal.values, strip, _HEIGHT)
        marks = _numbers(view, signal)
        for left, middle, right in zip(
            (signal.name[:8], signal.unit[:8], ""), (*dots, _verdicts(view, signal, strip)), marks, strict=True
        ):
            lines.append(f"{left:<{label}} {middle} {right}".rstrip())
    ends_at_index = 0 <= view.index_tick - view.end_tick < TICKS_PER_FRAME  # signals end with a whole frame
    end = "index time" if ends_at_index else f"{view.end_s:.4g} s"
    start = f"{view.start_s:.4g} s"
    lines.append(" " * (label + 1) + start + " " * max(1, strip - len(start) - len(end)) + end)
    return lines + _wrapped(_legend(view), max(width, 40))


def _numbers(view: SignalView, signal: SampledSignal) -> tuple[str, str, str]:
    """Return what stands beside a signal: highest and lowest value, how many beats."""
    beats = view.beats.get(signal.name)
    counted = "" if beats is None else f"{len(beats)} {'breaths' if signal.unit == 'Ohm' else 'beats'}"
    if not signal.values.size or np.isnan(signal.values).all():
        return "no value", "", counted
    return f"{np.nanmax(signal.values):.4g}", f"{np.nanmin(signal.values):.4g}", counted


def _verdicts(view: SignalView, signal: SampledSignal, width: int) -> str:
    """Return a sign per character: why a sample under it is missing, else what is said of the tile in its middle."""
    if not signal.ticks_per_sample or not signal.reasons.size:
        return REASON_SIGNS[SignalReason.NOT_RECORDED] * width
    tiles = {tile.start_tick // TICKS_PER_TILE: tile for tile in view.tiles.get(signal.name, ())}
    count, signs = len(signal.reasons), []
    for place in range(width):
        start, end = -(-place * count // width), max(-(-(place + 1) * count // width), place * count // width + 1)
        missing = signal.reasons[min(start, count - 1) : end]
        if missing.any():
            signs.append(REASON_SIGNS[REASONS[np.bincount(missing[missing > 0]).argmax()]])
            continue
        middle = signal.first_tick + (place + 0.5) * count / width * signal.ticks_per_sample
        tile = tiles.get(int(middle) // TICKS_PER_TILE)
        if tile is None:
            signs.append(" ")
        else:
            is_usable = tile.reason is SignalReason.OBSERVED
            signs.append(BAND_SIGNS[tile.band] if is_usable else REASON_SIGNS[tile.reason])
    return "".join(signs)


def _legend(view: SignalView) -> list[str]:
    bands = [
        f"{BAND_SIGNS[band]} {'usable, not rated' if band is Band.UNRATED else f'quality {band.value}'}"
        for band in view.present_bands()
    ]
    return bands + [f"{REASON_SIGNS[reason]} {reason.value.replace('_', ' ')}" for reason in view.present_reasons()]


def _wrapped(entries: list[str], width: int) -> list[str]:
    """Return the entries in lines, none broken."""
    lines: list[str] = []
    for entry in entries:
        if lines and len(lines[-1]) + 3 + len(entry) <= width:
            lines[-1] += f"   {entry}"
        else:
            lines.append(entry)
    return lines
