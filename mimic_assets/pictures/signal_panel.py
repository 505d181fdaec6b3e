"""One signal as one axis: its line, grey where samples are missing, a mark per beat above, the quality of tiles below.

Belongs here: what is drawn inside the axis. Not here: which samples (`envelope`), the y axis (`signal_scale`), what
stands around the panels (`signal_figure`).
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.transforms import blended_transform_factory

from mimic_assets.pictures import palette
from mimic_assets.pictures.envelope import envelope
from mimic_assets.pictures.signal_scale import Scale, scale_of
from mimic_assets.pictures.signal_view import REASONS, SampledSignal, SignalView
from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.timeline import TICKS_PER_TILE

COLUMNS = 1400
"""Columns that a line is reduced to: a little more than the panel has pixels."""
_BAND_ROW, _BEAT_ROW = 0.1, 0.09
"""Share of the panel's height that the quality row takes at the bottom and the beat row at the top."""
_AIR = 0.04
_STROKE = 4
"""Pixels below which a span is a stroke."""
_NAMED_FROM = 0.075
"""Share of the panel's width from which a grey span has room for its name."""


def draw_signal(axis: Axes, view: SignalView, signal: SampledSignal, *, ecg_mv: float, shows_values: bool) -> None:
    """Draw one signal.

    Args:
        axis: empty; its x axis is seconds from the index time.
        view: the window.
        signal: one of its signals.
        ecg_mv: millivolts that an ECG panel spans.
        shows_values: False draws where samples are, and not what they are: no value can be read off.
    """
    scale = scale_of(signal, ecg_mv)
    if scale is not None and not shows_values:
        scale = Scale(0.0, 1.0, (), (None, None))
    axis.set_xlim(view.start_s, view.end_s)
    if scale is None:
        axis.set_ylim(0, 1)
        axis.set_yticks([])
    else:
        _set_scale(axis, signal, scale)
    for reason, start, end in _unusable(view, signal):
        _shade(axis, view, reason, start, end, height=_BAND_ROW / 2, layer=1.0)
    for reason, start, end in _missing(view, signal):
        _shade(axis, view, reason, start, end, height=0.5, layer=1.2)
    if scale is not None:
        _line(axis, view, signal, scale, shows_values)
    _quality(axis, view, signal)
    _beats(axis, view, signal)
    axis.tick_params(labelsize=6.5, colors=palette.FAINT, length=2)
    for spine in axis.spines.values():
        spine.set_visible(False)


def _set_scale(axis: Axes, signal: SampledSignal, scale: Scale) -> None:
    """Leave the quality row free below the lowest value and the beat row above the highest."""
    span = (scale.high - scale.low) / (1 - _BAND_ROW - _BEAT_ROW - 2 * _AIR)
    low = scale.low - (_BAND_ROW + _AIR) * span
    axis.set_ylim(low, low + span)
    axis.set_yticks(list(scale.marks), [f"{mark:.4g}" for mark in scale.marks])
    axis.grid(axis="y", color=palette.RULE, linewidth=0.7, zorder=0)
    axis.set_axisbelow(True)
    lowest, highest = scale.beyond
    for value, place, alignment, sign in ((highest, 1 - _BEAT_ROW, "top", "▲"), (lowest, _BAND_ROW, "bottom", "▼")):
        if value is not None:
            axis.text(
                0.004, place, f"{sign} cut off, reaches {value:.3g} {signal.unit}", transform=axis.transAxes,
                ha="left", va=alignment, fontsize=6.5, color=palette.EVENT, zorder=7,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.8},
            )  # fmt: skip


def _line(axis: Axes, view: SignalView, signal: SampledSignal, scale: Scale, shows_values: bool) -> None:
    values = signal.values if shows_values else np.where(np.isnan(signal.values), np.nan, 0.5)
    shape = envelope(values, COLUMNS)
    times = view.seconds(0) + (signal.first_tick + shape.places * signal.ticks_per_sample) / view.ticks_per_second
    axis.plot(
        times, np.clip(shape.values, scale.low, scale.high), color=palette.LINE,
        linewidth=0.8 if shows_values else 5.0, solid_capstyle="butt", zorder=3,
    )  # fmt: skip
    if shape.alone.size:
        lone = view.seconds(0) + (signal.first_tick + shape.alone * signal.ticks_per_sample) / view.ticks_per_second
        heights = np.clip(values[shape.alone], scale.low, scale.high)
        axis.plot(lone, heights, ".", color=palette.LINE, markersize=2.5, zorder=3)


def _missing(view: SignalView, signal: SampledSignal) -> Iterator[tuple[SignalReason, int, int]]:
    """Yield runs of missing samples as (open, closed] ticks."""
    if not signal.ticks_per_sample:
        yield SignalReason.NOT_RECORDED, view.start_tick, view.end_tick
        return
    step, codes = signal.ticks_per_sample, _coarse(signal.reasons)
    for start, end in _runs(codes):
        if codes[start]:
            yield REASONS[codes[start]], signal.first_tick + (start - 1) * step, signal.first_tick + (end - 1) * step


def _unusable(view: SignalView, signal: SampledSignal) -> Iterator[tuple[SignalReason, int, int]]:
    """Yield runs of tiles that are judged unusable though samples are there, as (open, closed] ticks in the window."""
    runs: list[tuple[SignalReason, int, int]] = []
    for tile in view.tiles.get(signal.name, ()):
        if tile.reason is SignalReason.OBSERVED or tile.reason.code in signal.reasons:
            continue  # usable, or shaded already
        start, end = tile.start_tick - 1, tile.start_tick + TICKS_PER_TILE - 1
        if runs and runs[-1][0] is tile.reason and runs[-1][2] == start:
            start = runs.pop()[1]
        runs.append((tile.reason, start, end))
    for reason, start, end in runs:
        yield reason, max(start, view.start_tick), min(end, view.end_tick)


def _coarse(reasons: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return reasons in which a missing stretch covers the samples between it and the next one a pixel away.

    A signal that comes and goes a thousand times would otherwise be a thousand patches; the line still shows all of it.
    """
    distance = len(reasons) // COLUMNS
    missing = np.flatnonzero(reasons)
    if distance < 1 or not missing.size:
        return reasons
    filled = reasons.copy()
    steps = np.diff(missing)
    for place in np.flatnonzero((steps > 1) & (steps <= distance)):
        start, end = missing[place], missing[place + 1]
        if reasons[start] == reasons[end]:
            filled[start:end] = reasons[start]
    return filled


def _runs(codes: npt.NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
    edges = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), len(codes)]
    yield from ((start, end) for start, end in pairwise(edges) if end > start)


def _shade(
    axis: Axes, view: SignalView, reason: SignalReason, start: float, end: float, *, height: float, layer: float
) -> None:
    """Shade a span and name it, at a height given as a share of the panel's, where there is room.

    A span of a few pixels is a solid stroke over the line: behind a dense line nobody would see it.
    """
    low, high = max(view.seconds(start), view.start_s), min(view.seconds(end), view.end_s)
    whole = view.end_s - view.start_s
    if high - low < _STROKE * whole / COLUMNS:
        axis.axvspan(low, max(high, low + whole / COLUMNS), facecolor=palette.FAINT, edgecolor="none", zorder=3.5)
        return
    background, hatch = palette.REASONS[reason]
    axis.axvspan(low, high, facecolor=background, edgecolor=palette.HATCH, hatch=hatch, linewidth=0, zorder=layer)
    if high - low >= _NAMED_FROM * whole:
        axis.text(
            (low + high) / 2, height, palette.in_words(reason), ha="center", va="center_baseline", fontsize=7,
            color=palette.INK, transform=blended_transform_factory(axis.transData, axis.transAxes), zorder=6,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.2},
        )  # fmt: skip


def _quality(axis: Axes, view: SignalView, signal: SampledSignal) -> None:
    across = blended_transform_factory(axis.transData, axis.transAxes)
    for tile in view.tiles.get(signal.name, ()):
        if tile.reason is not SignalReason.OBSERVED:
            continue
        start = max(view.seconds(tile.start_tick - 1), view.start_s)
        end = min(view.seconds(tile.start_tick + TICKS_PER_TILE - 1), view.end_s)
        colour, height = palette.BANDS[tile.band]
        axis.add_patch(
            Rectangle(
                (start, 0), end - start, height * _BAND_ROW, transform=across, facecolor=colour, edgecolor="white",
                linewidth=0.6, zorder=4,
            )
        )  # fmt: skip


def _beats(axis: Axes, view: SignalView, signal: SampledSignal) -> None:
    ticks = view.beats.get(signal.name)
    if ticks is not None:
        across = blended_transform_factory(axis.transData, axis.transAxes)
        times = view.seconds(0) + ticks / view.ticks_per_second
        axis.vlines(times, 1 - _BEAT_ROW, 1, transform=across, color=palette.INK, linewidth=0.8, zorder=5)
