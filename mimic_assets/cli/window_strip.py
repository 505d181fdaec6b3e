"""The strip below a window's panels: observation, gap and target on one axis, with events and the end of follow-up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from mimic_assets.cli.window import Window
from mimic_assets.cli.window_evidence import Evidence
from mimic_assets.pictures import SignalView
from mimic_assets.pictures.palette import EVENT, FAINT, GAP, INK, LINE, OBSERVATION, TARGET

_LOW, _HIGH, _ABOVE, _BELOW = 0.32, 0.62, 0.84, 0.12
_NARROW = 0.07
"""Share of the axis below which a box has no room for its name, and two words no room beside each other."""


def draw_strip(axis: Axes, window: Window, evidence: Evidence, view: SignalView | None = None) -> None:
    """Draw what the label was decided on; without a label's row only the observation is known."""
    index = window.index_time
    target = evidence.target
    end = target[1] if target else index
    scale, unit = (3600.0, "h") if (end - index).total_seconds() > 2 * 3600 else (60.0, "min")

    def at(time: datetime) -> float:
        return (time - index).total_seconds() / scale

    start, span = at(window.row["window_start_time"]), at(end) - at(window.row["window_start_time"])
    low, high = start - 0.02 * span, at(end) + 0.04 * span
    marks = [_Mark(at(e["event_time"]), at(e["lower_time"]), at(e["upper_time"]), e) for e in evidence.events]
    marks = [mark for mark in marks if low <= mark.time <= high]
    _box(axis, (start, 0.0), OBSERVATION, "inputs", span, marks)
    if view is not None:
        _signals(axis, view, scale, span)
    if target:
        if target[0] > index:
            _box(axis, (0.0, at(target[0])), GAP, "gap", span, marks)
        _box(axis, (at(target[0]), at(target[1])), TARGET, "target", span, marks)
    axis.plot([0, 0], [_LOW - 0.1, _HIGH + 0.12], color=INK, linewidth=1.4, zorder=4)
    axis.text(0.005 * span, _ABOVE, "index time", ha="right", va="center", fontsize=7.5, color=INK)
    _events(axis, marks, window.row["event_id"], span)
    follow_up = evidence.label["follow_up_end_time"] if evidence.label else None
    if follow_up is not None:
        _follow_up(axis, at(follow_up), high, span)
    axis.set_xlim(low, high)
    axis.set_ylim(0, 1)
    axis.set_yticks([])
    axis.tick_params(labelsize=6.5, colors=FAINT, length=2)
    for name, spine in axis.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(FAINT)
    axis.set_xlabel(f"{unit} from the index time", fontsize=7.5, color=FAINT, labelpad=1)


class _Mark(NamedTuple):
    """An event on the strip's axis."""

    time: float
    lower: float
    upper: float
    event: dict[str, Any]


def _box(axis: Axes, bounds: tuple[float, float], colour: str, name: str, span: float, marks: Sequence[_Mark]) -> None:
    """Draw a span of time; its name stands below where it is narrow, else where no event hides it."""
    start, end = bounds
    axis.add_patch(
        Rectangle((start, _LOW), end - start, _HIGH - _LOW, facecolor=colour, edgecolor="white", linewidth=1)
    )
    if end - start < _NARROW * span:
        axis.text((start + end) / 2, _BELOW, name, ha="center", va="center", fontsize=7.5, color=INK)
    else:
        places = [start + (0.012 + 0.05 * step) * span for step in range(int((end - start) / span / 0.05))]
        free = [p for p in places if all(not -0.02 * span < m.time - p < _NARROW * span for m in marks)]
        place = (free or places)[0]
        axis.text(place, (_LOW + _HIGH) / 2, name, ha="left", va="center_baseline", fontsize=7.5, color=INK)


def _events(axis: Axes, marks: Sequence[_Mark], own: str | None, span: float) -> None:
    """Draw each event as a mark with its bounds; the one behind the label lies on top and is named in any case."""
    named = [0.0]
    for mark in sorted(marks, key=lambda mark: (mark.event["event_id"] != own, mark.time)):
        is_own = mark.event["event_id"] == own
        colour, layer = (EVENT, 8) if is_own else (INK, 5)
        bounds = [mark.lower, mark.upper]
        axis.plot(bounds, [_HIGH + 0.04] * 2, color=colour, linewidth=2.5, solid_capstyle="butt", zorder=layer)
        axis.plot([mark.time] * 2, [_LOW, _HIGH + 0.08], color=colour, linewidth=1, zorder=layer)
        axis.plot([mark.time], [(_LOW + _HIGH) / 2], marker="D", color=colour, markersize=5, zorder=layer)
        if is_own or all(abs(mark.time - other) > 2 * _NARROW * span for other in named):
            words = f"{mark.event['event']} (tier {mark.event['tier']})"
            is_left = mark.time > 0.7 * span
            axis.text(
                mark.time, _ABOVE, words, ha="right" if is_left else "left", va="center", fontsize=7.5, color=colour
            )
            named.append(mark.time)


def _signals(axis: Axes, view: SignalView, scale: float, span: float) -> None:
    """Mark which part of the inputs the signals cover, never narrower than the eye sees."""
    start, end = view.start_s / scale, view.end_s / scale
    start = min(start, end - 0.003 * span)
    axis.plot([start, end], [_LOW - 0.05] * 2, color=LINE, linewidth=3, solid_capstyle="butt", zorder=4)
    axis.text(end - 0.035 * span, _BELOW, "signals", ha="right", va="center", fontsize=7.5, color=LINE)


def _follow_up(axis: Axes, time: float, high: float, span: float) -> None:
    is_beyond = time > high
    place = min(time, high)
    axis.plot([place], [_BELOW], marker=">" if is_beyond else "|", color=FAINT, markersize=6, clip_on=False)
    words = "follow-up goes on" if is_beyond else "follow-up ends"
    is_left = place > 0.3 * span
    axis.text(
        place + (-0.01 if is_left else 0.01) * span, _BELOW, words, ha="right" if is_left else "left", va="center",
        fontsize=7, color=FAINT,
    )  # fmt: skip
