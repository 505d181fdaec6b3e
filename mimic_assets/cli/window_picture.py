"""A window as a PNG: a panel per signal, one per parameter, the index time at the right, a strip of what came after.

Observed values are points where they were measured; values that a gap policy made are drawn differently, and every
cell without a value is shaded by its reason. Layout only: signals are `pictures.signal_figure`, the strip is
`window_strip`, the label's words come from `window_evidence`.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import blended_transform_factory
from numpy.typing import NDArray

from mimic_assets.cli.window import Window
from mimic_assets.cli.window_evidence import Evidence, label_in_words
from mimic_assets.cli.window_strip import draw_strip
from mimic_assets.cli.window_waveforms import outlook_of
from mimic_assets.pictures import SignalView
from mimic_assets.pictures.palette import FAINT, INK, LINE
from mimic_assets.pictures.png import png_of
from mimic_assets.pictures.signal_figure import LEFT, MARGIN, RIGHT, WIDTH_IN, draw_legend, draw_signals, heights_in
from mimic_assets.schemas.vocabulary import MissingReason

OBSERVED, HELD, DRAWN = LINE, "#d97a1a", "#2a9d6f"
_SHADES = {
    MissingReason.NOT_MEASURED: ("#eef1f4", ""),
    MissingReason.REJECTED: ("#f6c9c4", "////"),
    MissingReason.MONITOR_SILENT: ("#d5dbe1", ""),
    MissingReason.OUTSIDE_RECORD: ("#b9c2cb", "xxxx"),
}
"""Reasons that leave a cell empty: background and hatch, so that they stay apart without colours."""
_PANEL_IN, _EMPTY_PANEL_IN, _STRIP_IN, _BETWEEN_IN = 0.85, 0.34, 0.95, 0.6
_HEAD_IN, _HEAD_WITH_SIGNALS_IN, _FOOT_IN = 0.92, 1.3, 0.63


def draw_window(window: Window, evidence: Evidence, view: SignalView | None = None) -> bytes:
    """Return the picture as a PNG; the same window gives the same picture."""
    return png_of(figure_of(window, evidence, view))


def figure_of(window: Window, evidence: Evidence, view: SignalView | None = None) -> Figure:
    """Return the picture as a figure: an axis per signal, one per parameter in order, then the strip.

    Args:
        window: the window.
        evidence: what is known of its label.
        view: its signals; None where it has none.
    """
    signals = [] if view is None else heights_in(view)
    numerics = [_EMPTY_PANEL_IN if np.isnan(values).all() else _PANEL_IN for values in window.values]
    between = [] if view is None else [_BETWEEN_IN]
    heights = [*signals, *between, *numerics]
    head = _HEAD_IN if view is None else _HEAD_WITH_SIGNALS_IN
    total = sum(heights) + _STRIP_IN + head + _FOOT_IN
    figure = Figure(figsize=(WIDTH_IN, total), facecolor="white")
    grid = figure.add_gridspec(
        len(heights) + 2, 1, height_ratios=[*heights, 0.42, _STRIP_IN], left=LEFT, right=RIGHT, top=1 - head / total,
        bottom=0.38 / total, hspace=0.16,
    )  # fmt: skip
    legend_at = 1 - 0.7 / total
    if view is not None:
        draw_legend(figure, view, legend_at)
        draw_signals(figure, grid, view, outlook_of(window, evidence))
        legend_at = grid[len(signals)].get_position(figure).y0 + 0.13 / total
    axes: list[Axes] = []
    first = len(heights) - len(numerics)
    for place in range(len(numerics)):
        axis = figure.add_subplot(grid[first + place], sharex=axes[0] if axes else None)
        axes.append(axis)
        _panel(axis, window, place, is_last=place == len(numerics) - 1)
    draw_strip(figure.add_subplot(grid[len(heights) + 1]), window, evidence, view)
    _head(figure, window, evidence, total)
    _draw_legend(figure, window, legend_at)
    return figure


def _minutes(window: Window) -> NDArray[np.float64]:
    """Return the cells' edges in minutes before the index time; the last is 0."""
    cells = window.row["cell_count"]
    edges: NDArray[np.float64] = (np.arange(cells + 1, dtype=np.float64) - cells) * (window.row["cell_s"] / 60)
    return edges


def _panel(axis: Axes, window: Window, place: int, is_last: bool) -> None:
    edges = _minutes(window)
    values, name, unit = window.values[place], window.parameters[place], window.units[place]
    for reason, (colour, hatch) in _SHADES.items():
        _shade(axis, edges, window.has_reason(place, reason), colour, hatch)
    observed = window.has_reason(place, MissingReason.OBSERVED)
    measured = edges[1:] - np.nan_to_num(window.ages_s[place]) / 60
    axis.plot(
        measured,
        np.where(observed, values, np.nan),
        color=OBSERVED,
        linewidth=1.1,
        marker="o",
        markersize=2.6,
        zorder=3,
    )
    _made_up(axis, edges, values, window.has_reason(place, MissingReason.HELD), HELD, "_")
    _made_up(axis, edges, values, window.has_reason(place, MissingReason.INTERPOLATED), DRAWN, "s")
    axis.axvline(0, color=INK, linewidth=1.4, zorder=4, clip_on=False)
    axis.set_xlim(edges[0], 0)
    beside = blended_transform_factory(axis.figure.transFigure, axis.transAxes)
    axis.text(MARGIN, 0.5, name, transform=beside, ha="left", va="center", fontsize=8.5, color=INK)
    axis.tick_params(labelsize=6.5, colors=FAINT, length=2)
    axis.tick_params(axis="x", bottom=is_last, labelbottom=is_last)
    for spine in axis.spines.values():
        spine.set_visible(False)
    if np.isnan(values).all():
        axis.set_yticks([])
        reasons = window.reason_counts(place)
        words = ", ".join(reason.replace("_", " ") for reason in reasons)
        axis.text(0.5, 0.5, words, transform=axis.transAxes, ha="center", va="center", fontsize=7.5, color=FAINT)
    else:
        _scale(axis, values)
        last = values[~np.isnan(values)][-1]
        is_now = not np.isnan(values[-1])
        size, colour = (13, OBSERVED) if is_now else (10, FAINT)
        axis.text(
            1.012, 0.5, f"{last:.4g}", transform=axis.transAxes, ha="left", va="center", fontsize=size, color=colour
        )
        axis.text(1.012, 0.1, unit, transform=axis.transAxes, ha="left", va="center", fontsize=6.5, color=FAINT)
    if is_last:
        axis.set_xlabel("minutes before the index time", fontsize=7.5, color=FAINT, labelpad=1)


def _shade(axis: Axes, edges: NDArray[np.float64], where: NDArray[np.bool_], colour: str, hatch: str) -> None:
    """Shade each run of cells once, so that hatches join."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], where, [False]])))
    for start, end in zip(steps[::2], steps[1::2], strict=True):
        axis.axvspan(edges[start], edges[end], facecolor=colour, edgecolor="white", hatch=hatch, linewidth=0, zorder=0)


def _made_up(
    axis: Axes,
    edges: NDArray[np.float64],
    values: NDArray[np.float64],
    where: NDArray[np.bool_],
    colour: str,
    marker: str,
) -> None:
    if where.any():
        middles = (edges[:-1] + edges[1:]) / 2
        axis.plot(
            middles[where], values[where], linestyle="none", marker=marker, markersize=4.5, markerfacecolor="none",
            markeredgecolor=colour, markeredgewidth=1.3, zorder=3,
        )  # fmt: skip


def _scale(axis: Axes, values: NDArray[np.float64]) -> None:
    """Leave air around the values, at least one unit in a hundred, and mark the lowest and the highest."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    air = max((high - low) * 0.18, abs(high) * 0.01, 1e-6)
    axis.set_ylim(low - air, high + air)
    marks = [low, high] if high > low else [low]
    axis.set_yticks(marks, [f"{mark:.4g}" for mark in marks])


def _head(figure: Figure, window: Window, evidence: Evidence, total: float) -> None:
    row = window.row
    first = label_in_words(window, evidence)[0]
    colour = "#b3261e" if row["label"] else "#1b7a43"
    figure.text(
        MARGIN, 1 - 0.22 / total, first[0].upper() + first[1:], fontsize=11.5, color=colour, va="center", weight="bold"
    )
    who = f"{row['task']} · subject {row['subject_id']} · record {row['record_id']} · stay {row['stay_id']}"
    unit = row["care_unit"] or "unit unknown"
    when = (
        f"{unit}, {row['hours_in_stay']:.1f} h in the stay · index time {window.index_time}, tick {row['index_tick']}"
    )
    figure.text(MARGIN, 1 - 0.43 / total, f"{who} · {when}", fontsize=7.5, color=INK, va="center")


def _draw_legend(figure: Figure, window: Window, height: float) -> None:
    figure.legend(
        handles=_legend(window), loc="center left", bbox_to_anchor=(MARGIN - 0.008, height), ncols=7,
        frameon=False, fontsize=7.5, labelcolor=INK, handlelength=1.6, columnspacing=1.6,
    )  # fmt: skip


def _legend(window: Window) -> list[Line2D | Patch]:
    """Return one entry for each reason that occurs in the window."""
    present = {reason for place in range(len(window.parameters)) for reason in window.reason_counts(place)}
    entries: list[Line2D | Patch] = [
        Line2D([], [], color=OBSERVED, marker="o", markersize=3, linewidth=1.1, label=MissingReason.OBSERVED.value)
    ]
    for reason, marker, colour in ((MissingReason.HELD, "_", HELD), (MissingReason.INTERPOLATED, "s", DRAWN)):
        if reason.value in present:
            entry = Line2D([], [], linestyle="none", marker=marker, label=reason.value)
            entry.set(markerfacecolor="none", markeredgecolor=colour)
            entries.append(entry)
    for reason, (background, hatch) in _SHADES.items():
        if reason.value in present:
            label = reason.value.replace("_", " ")
            entries.append(Patch(facecolor=background, edgecolor="white", hatch=hatch, linewidth=0, label=label))
    return entries
