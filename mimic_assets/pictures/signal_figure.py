"""All signals of a window below each other on one time axis that ends just after the index time.

Belongs here: the panels' order and heights, the index time, what follows it (gap, target), time to the event, the
legend, and the figure that consists of signals alone. Not here: one panel (`signal_panel`), numerics (`cli`).
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import blended_transform_factory

from mimic_assets.pictures import palette
from mimic_assets.pictures.outlook import NOTHING_KNOWN, Outlook, clock
from mimic_assets.pictures.png import png_of
from mimic_assets.pictures.shares import share_in_words
from mimic_assets.pictures.signal_panel import draw_signal
from mimic_assets.pictures.signal_scale import ecg_span
from mimic_assets.pictures.signal_view import SampledSignal, SignalView

MARGIN = 0.022
"""Left edge of all words, as a share of the width."""
LEFT, RIGHT = 0.155, 0.885
WIDTH_IN = 10.5
_PANEL_IN, _BARE_PANEL_IN, _EMPTY_PANEL_IN = 1.15, 0.6, 0.4
_AFTER = 0.035
"""Share of the axis behind the index time, where gap and target begin."""


def heights_in(view: SignalView, *, shows_values: bool = True) -> list[float]:
    """Return the height of each panel in inches; a signal without a value to show takes little room."""
    full = _PANEL_IN if shows_values else _BARE_PANEL_IN
    return [full if (~np.isnan(signal.values)).any() else _EMPTY_PANEL_IN for signal in view.signals]


def draw_signals(
    figure: Figure, grid: GridSpec, view: SignalView, outlook: Outlook, *, shows_values: bool = True
) -> list[Axes]:
    """Draw the panels of a window into rows of a grid and return their axes, in the order of the signals."""
    axes: list[Axes] = []
    span, heights = ecg_span(view.signals), heights_in(view, shows_values=shows_values)
    after = _AFTER * (max(view.end_s, 0.0) - view.start_s)
    for place, signal in enumerate(view.signals):
        axis = figure.add_subplot(grid[place], sharex=axes[0] if axes else None)
        axes.append(axis)
        draw_signal(axis, view, signal, ecg_mv=span, shows_values=shows_values)
        _name(axis, signal, shows_values)
        _beyond(axis, outlook, after, is_high=heights[place] > _EMPTY_PANEL_IN)
        axis.axvline(0, color=palette.INK, linewidth=1.4, zorder=8)
        axis.tick_params(axis="x", bottom=place == len(view.signals) - 1, labelbottom=place == len(view.signals) - 1)
    axes[0].set_xlim(view.start_s, after)
    axes[-1].set_xlabel("seconds from the index time", fontsize=7.5, color=palette.FAINT, labelpad=1)
    _time_to_event(axes[0], outlook)
    return axes


def signals_png(
    view: SignalView,
    outlook: Outlook = NOTHING_KNOWN,
    *,
    title: str = "",
    shows_values: bool = False,
) -> bytes:
    """Return the signals of a window as a PNG of 1,155 pixels across.

    Args:
        view: the window.
        outlook: what follows the index time.
        title: stands above; names no patient unless the caller does.
        shows_values: False, the default, draws where samples, beats and verdicts are but no sample's value, so that the
            picture may lie where values must not (an event log).
    """
    heights = heights_in(view, shows_values=shows_values)
    total = sum(heights) + 1.45
    figure = Figure(figsize=(WIDTH_IN, total), facecolor="white")
    grid = figure.add_gridspec(
        len(heights), 1, height_ratios=heights, left=LEFT, right=RIGHT, top=1 - 0.95 / total, bottom=0.42 / total,
        hspace=0.12,
    )  # fmt: skip
    draw_signals(figure, grid, view, outlook, shows_values=shows_values)
    figure.text(MARGIN, 1 - 0.2 / total, title, fontsize=9.5, color=palette.INK, va="center", weight="bold")
    draw_legend(figure, view, 1 - 0.45 / total)
    return png_of(figure)


def draw_legend(figure: Figure, view: SignalView, height: float) -> None:
    """Draw the legend of the panels, two rows at most, around a height given as a share of the figure's."""
    figure.legend(
        handles=legend(view), loc="center left", bbox_to_anchor=(MARGIN - 0.008, height), ncols=8, frameon=False,
        fontsize=7.5, labelcolor=palette.INK, handlelength=1.6, columnspacing=1.4,
    )  # fmt: skip


def legend(view: SignalView) -> list[Line2D | Patch]:
    """Return an entry for everything that occurs in the panels."""
    entries: list[Line2D | Patch] = [Line2D([], [], color=palette.LINE, linewidth=1.1, label="sample")]
    if view.beats:
        beat = Line2D([], [], color=palette.INK, linestyle="none", marker="|", markersize=7, label="beat or breath")
        entries.append(beat)
    for band in view.present_bands():
        colour, _ = palette.BANDS[band]
        words = f"quality {band.value}" if band != band.UNRATED else band.value
        entries.append(Patch(facecolor=colour, label=words))
    for reason in view.present_reasons():
        background, hatch = palette.REASONS[reason]
        entries.append(
            Patch(
                facecolor=background, edgecolor=palette.HATCH, hatch=hatch, linewidth=0, label=palette.in_words(reason)
            )
        )
    return entries


def _name(axis: Axes, signal: SampledSignal, shows_values: bool) -> None:
    beside = blended_transform_factory(axis.figure.transFigure, axis.transAxes)
    axis.text(MARGIN, 0.5, signal.name, transform=beside, ha="left", va="center", fontsize=9.5, color=palette.INK)
    if shows_values and (~np.isnan(signal.values)).any():
        axis.text(
            MARGIN + 0.072, 0.5, signal.unit, transform=beside, ha="left", va="center", fontsize=7.5,
            color=palette.FAINT,
        )  # fmt: skip
    missing = np.isnan(signal.values).mean() if signal.values.size else 1.0
    words = "complete" if not missing else f"{share_in_words(missing)}\nmissing"
    words += "\nrescaled" if signal.is_rescaled else ""
    axis.text(1.012, 0.5, words, transform=axis.transAxes, ha="left", va="center", fontsize=7.5, color=palette.FAINT)


def _beyond(axis: Axes, outlook: Outlook, after: float, *, is_high: bool) -> None:
    """Colour the gap, then the target, as far as the axis reaches, and name them where the panel is high enough."""
    if outlook.target_start_s is None or outlook.target_end_s is None:
        return
    parts = (("gap", palette.GAP, 0.0, outlook.target_start_s),
             ("target", palette.TARGET, outlook.target_start_s, outlook.target_end_s))  # fmt: skip
    across = blended_transform_factory(axis.transData, axis.transAxes)
    for name, colour, start, end in parts:
        if start >= after or end <= start:
            continue
        axis.axvspan(start, min(end, after), facecolor=colour, edgecolor="none", zorder=2)
        if min(end, after) - start > 0.5 * after and is_high:
            axis.text(
                (start + min(end, after)) / 2, 0.5, f"{name} →", rotation=90, transform=across, ha="center",
                va="center", fontsize=7, color=palette.INK, zorder=6,
            )  # fmt: skip
    if outlook.event_s is not None and 0 < outlook.event_s < after:
        axis.axvline(outlook.event_s, color=palette.EVENT, linewidth=1.2, zorder=8)


def _time_to_event(axis: Axes, outlook: Outlook) -> None:
    """Write above the first panel how long it is from each mark to the event behind the label, where there is one."""
    above = axis.secondary_xaxis("top")
    above.tick_params(labelsize=6.5, colors=palette.EVENT, length=2)
    for spine in above.spines.values():
        spine.set_visible(False)
    low, high = axis.get_xlim()
    if outlook.event_s is None:
        above.set_ticks([])
        return
    marks = [mark for mark in axis.get_xticks() if low <= mark <= high]
    above.set_ticks(marks, [clock(outlook.event_s - mark) for mark in marks])
    above.set_xlabel(f"time to the event: {outlook.in_words()}", fontsize=7.5, color=palette.EVENT, labelpad=3)
