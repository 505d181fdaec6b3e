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
from mimic_assets.pictures.words import Place, Words

_LOW, _HIGH, _ABOVE, _BELOW = 0.32, 0.62, 0.84, 0.12
_MIDDLE = (_LOW + _HIGH) / 2
_NARROW = 0.07
"""Share of the axis below which a box has no room for its name, and of two events only one is named."""
_STEP = 0.05
"""Share of the axis from one place for a box's name to the next."""


def draw_strip(axis: Axes, window: Window, evidence: Evidence, view: SignalView | None = None) -> None:
    """Draw what the label was decided on; without a label's row only the observation is known."""
    index = window.index_time
    target = evidence.target
    end = target[1] if target else index
    scale, unit = (3600.0, "h") if (end - index).total_seconds() > 2 * 3600 else (60.0, "min")

    def at(time: datetime) -> float:
        return (time - index).total_seconds() / scale

    start = at(window.row["window_start_time"])
    span = at(end) - start
    low, high = start - 0.02 * span, at(end) + 0.04 * span
    marks = [_Mark(at(e["event_time"]), at(e["lower_time"]), at(e["upper_time"]), e) for e in evidence.events]
    marks = [mark for mark in marks if low <= mark.time <= high]
    boxes = [_Box("inputs", start, 0.0, OBSERVATION)]
    if target:
        boxes += [_Box("gap", 0.0, at(target[0]), GAP)] if target[0] > index else []
        boxes += [_Box("target", at(target[0]), at(target[1]), TARGET)]
    _prepare(axis, (low, high), unit)
    words = Words(axis)
    axis.plot([0, 0], [_LOW - 0.1, _HIGH + 0.12], color=INK, linewidth=1.4, zorder=4)
    words.write("index time", [(0.005 * span, _ABOVE, "right"), (0.0, _ABOVE, "left")], INK, is_needed=True)
    _draw_marks(axis, marks, window.row["event_id"], words)
    if view is not None:
        _draw_signals(axis, view, scale, span, words)
    follow_up = evidence.label["follow_up_end_time"] if evidence.label else None
    if follow_up is not None:
        _draw_follow_up(axis, at(follow_up), high, span, words)
    for box in boxes:
        _draw_box(axis, box, span, words)
    _name_marks([mark for mark in marks if mark.event["event_id"] != window.row["event_id"]], INK, span, words)


class _Mark(NamedTuple):
    """An event on the strip's axis."""

    time: float
    lower: float
    upper: float
    event: dict[str, Any]


class _Box(NamedTuple):
    """A named span of time on the strip's axis."""

    name: str
    start: float
    end: float
    colour: str


def _prepare(axis: Axes, limits: tuple[float, float], unit: str) -> None:
    axis.set_xlim(*limits)
    axis.set_ylim(0, 1)
    axis.set_yticks([])
    axis.tick_params(labelsize=6.5, colors=FAINT, length=2)
    for name, spine in axis.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(FAINT)
    axis.set_xlabel(f"{unit} from the index time", fontsize=7.5, color=FAINT, labelpad=1)


def _draw_box(axis: Axes, box: _Box, span: float, words: Words) -> None:
    """Draw a span of time; its name stands in it where no event hides it, else below."""
    width = box.end - box.start
    axis.add_patch(
        Rectangle((box.start, _LOW), width, _HIGH - _LOW, facecolor=box.colour, edgecolor="white", linewidth=1)
    )
    below: Place = (box.start + width / 2, _BELOW, "center")
    inside: list[Place] = [
        (box.start + (0.012 + _STEP * step) * span, _MIDDLE, "left") for step in range(int(width / span / _STEP))
    ]
    words.write(box.name, [below] if width < _NARROW * span else [*inside, below], INK, is_needed=True)


def _draw_marks(axis: Axes, marks: Sequence[_Mark], own: str | None, words: Words) -> None:
    """Draw each event as a mark with its bounds; the one behind the label lies on top and is named in any case."""
    for mark in marks:
        is_own = mark.event["event_id"] == own
        colour, layer = (EVENT, 8) if is_own else (INK, 5)
        bounds = [mark.lower, mark.upper]
        axis.plot(bounds, [_HIGH + 0.04] * 2, color=colour, linewidth=2.5, solid_capstyle="butt", zorder=layer)
        axis.plot([mark.time] * 2, [_LOW, _HIGH + 0.08], color=colour, linewidth=1, zorder=layer)
        axis.plot([mark.time], [_MIDDLE], marker="D", color=colour, markersize=5, zorder=layer)
        words.keep_free(mark.time, _MIDDLE)
        if is_own:
            _name_marks([mark], colour, 0.0, words, is_needed=True)


def _name_marks(marks: Sequence[_Mark], colour: str, span: float, words: Words, *, is_needed: bool = False) -> None:
    """Name events where there is room, the earliest of a crowd first."""
    named: list[float] = []
    for mark in sorted(marks, key=lambda mark: mark.time):
        if any(abs(mark.time - other) < _NARROW * span for other in named):
            continue
        said = f"{mark.event['event']} (tier {mark.event['tier']})"
        places: list[Place] = [(mark.time, _ABOVE, "left"), (mark.time, _ABOVE, "right"), (mark.time, _BELOW, "left")]
        if words.write(said, places, colour, is_needed=is_needed):
            named.append(mark.time)


def _draw_signals(axis: Axes, view: SignalView, scale: float, span: float, words: Words) -> None:
    """Mark which part of the inputs the signals cover, never narrower than the eye sees."""
    start, end = view.start_s / scale, view.end_s / scale
    start = min(start, end - 0.003 * span)
    axis.plot([start, end], [_LOW - 0.05] * 2, color=LINE, linewidth=3, solid_capstyle="butt", zorder=4)
    places: list[Place] = [(end - 0.035 * span, _BELOW, "right"), (end, _BELOW, "left"), (start, _BELOW, "right")]
    words.write("signals", places, LINE)


def _draw_follow_up(axis: Axes, time: float, high: float, span: float, words: Words) -> None:
    is_beyond = time > high
    place = min(time, high)
    axis.plot([place], [_BELOW], marker=">" if is_beyond else "|", color=FAINT, markersize=6, clip_on=False)
    said = "follow-up goes on" if is_beyond else "follow-up ends"
    left: Place = (place - 0.01 * span, _BELOW, "right")
    right: Place = (place + 0.01 * span, _BELOW, "left")
    words.write(said, [left, right] if place > 0.3 * span else [right, left], FAINT, 7, is_needed=True)
