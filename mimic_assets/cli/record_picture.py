"""A record's coverage as a PNG: lanes below each other over hours from the record's start. Layout only."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from mimic_assets.cli.record_bins import mean_by_column, sum_by_column
from mimic_assets.cli.record_coverage import Mark, RecordCoverage, Span
from mimic_assets.pictures.palette import BANDS, EVENT, FAINT, HATCH, INK, LINE, OBSERVATION, RULE, TARGET
from mimic_assets.pictures.png import png_of
from mimic_assets.pictures.shares import share_in_words
from mimic_assets.pictures.signal_figure import LEFT, MARGIN, RIGHT, WIDTH_IN
from mimic_assets.pictures.signal_view import Band

_LANE_IN, _HEAD_IN, _FOOT_IN, _BETWEEN_LANES = 0.32, 1.0, 0.45, 0.6
_COLUMNS = 720
_LOW, _HIGH = 0.14, 0.86
"""Lower and upper edge of what stands in a lane of height 1."""
_LEAST = 0.003
"""Share of the axis that anything has at least, so that five seconds of sixty hours are seen."""
_SEGMENTS = BANDS[Band.UNRATED][0]
_USABLE = BANDS[Band.GOOD][0]


def draw_record(coverage: RecordCoverage) -> bytes:
    """Return the picture as a PNG; the same coverage gives the same picture."""
    return png_of(record_figure(coverage))


def record_figure(coverage: RecordCoverage) -> Figure:
    """Return the picture as a figure of one axis; lanes are one unit high, the first at the top."""
    kinds = list(dict.fromkeys(mark.event for mark in coverage.events))
    blocks = [1, len(coverage.leads), len(coverage.numerics), len(coverage.stays), len(kinds)]
    lanes = sum(blocks) + _BETWEEN_LANES * (sum(1 for block in blocks if block) - 1)
    total = lanes * _LANE_IN + _HEAD_IN + _FOOT_IN + 0.17 * len(coverage.notes)
    foot = _FOOT_IN + 0.17 * len(coverage.notes)
    figure = Figure(figsize=(WIDTH_IN, total), facecolor="white")
    axis = figure.add_axes((LEFT, foot / total, RIGHT - LEFT, lanes * _LANE_IN / total))
    hours = coverage.hours(coverage.last_tick)
    axis.set_xlim(0, hours)
    axis.set_ylim(-lanes, 0)
    lane = _Lanes(axis, coverage)
    lane.add("segments", f"{len(coverage.segments)}")
    lane.spans(coverage.segments, _SEGMENTS)
    lane.skip()
    for name, spans in coverage.leads.items():
        lane.add(name, f"{share_in_words(coverage.recorded_share(name))} recorded")
        lane.spans(spans, OBSERVATION)
        if name in coverage.usable:
            lane.area(mean_by_column(coverage.usable[name], _COLUMNS), _USABLE)
            lane.say_below(f"{share_in_words(float(np.nanmean(coverage.usable[name])))} of tiles usable")
    lane.skip(bool(coverage.leads))
    for name, counts in coverage.numerics.items():
        density = sum_by_column(counts, _COLUMNS)
        peak = int(density.max())
        lane.add(name, f"{_per_minute(peak, hours)} at its peak")
        lane.area(np.where(density > 0, density / max(peak, 1), np.nan), LINE)
    lane.skip(bool(coverage.numerics))
    for stay in coverage.stays:
        lane.add(f"stay {stay.name.partition(' ')[0]}", "")
        lane.spans([stay], TARGET)
        lane.say_inside(stay.name.partition(" ")[2])
    lane.skip(bool(coverage.stays))
    for kind in kinds:
        marks = [mark for mark in coverage.events if mark.event == kind]
        lane.add(kind.replace("_", " "), f"{len(marks)}, tier {'/'.join(sorted({mark.tier for mark in marks}))}")
        lane.marks(marks)
    _finish(axis)
    _words(figure, coverage, total)
    return figure


def _per_minute(peak: int, hours: float) -> str:
    rate = peak / (hours * 60 / _COLUMNS)
    return f"{rate:.0f}/min" if rate >= 1 else f"{rate * 60:.0f}/h"


class _Lanes:
    """Where the next lane goes, and what can stand in it."""

    def __init__(self, axis: Axes, coverage: RecordCoverage) -> None:
        """Start at the top of an axis."""
        self._axis, self._coverage, self._top = axis, coverage, 0.0
        self._least = _LEAST * coverage.hours(coverage.last_tick)

    def add(self, name: str, number: str) -> None:
        """Go to the next lane and write its name left of it, a number right of it."""
        self._top -= 1
        across = self._axis.get_yaxis_transform()
        middle = self._top + 0.5
        self._axis.axhspan(self._top + _LOW, self._top + _HIGH, color="#f6f8fa", zorder=0)
        self._axis.text(-0.012, middle, name, transform=across, ha="right", va="center", fontsize=8.5, color=INK)
        self._number = self._axis.text(
            1.01, middle, number, transform=across, ha="left", va="center", fontsize=7, color=FAINT
        )

    def say_below(self, words: str) -> None:
        """Write a second line right of the lane."""
        self._number.set_text(f"{self._number.get_text()}\n{words}")
        self._number.set_fontsize(6.5)

    def skip(self, is_wanted: bool = True) -> None:
        """Leave room before the next lane."""
        self._top -= _BETWEEN_LANES if is_wanted else 0

    def spans(self, spans: Sequence[Span], colour: str) -> None:
        """Fill where spans are, darker where they are too short to be seen; hatch where their samples are lost."""
        for span in spans:
            start = max(self._coverage.hours(span.start_tick), 0.0)
            end = min(self._coverage.hours(span.end_tick), self._coverage.hours(self._coverage.last_tick))
            is_narrow = end - start < self._least
            self._axis.add_patch(
                Rectangle(
                    (start, self._top + _LOW), max(end - start, self._least), _HIGH - _LOW, linewidth=0,
                    facecolor=(INK if is_narrow else colour) if span.is_whole else "white", edgecolor=HATCH,
                    hatch=None if span.is_whole else "xxxx", zorder=3 if is_narrow else 2,
                )
            )  # fmt: skip
            if not is_narrow and start > 0:
                self._axis.plot(
                    [start] * 2, [self._top + _LOW, self._top + _HIGH], color="white", linewidth=0.5, zorder=2.2
                )

    def area(self, shares: npt.NDArray[np.float64], colour: str) -> None:
        """Fill from the lane's floor up to a share per column; nothing where there is none."""
        edges = np.linspace(0, self._coverage.hours(self._coverage.last_tick), len(shares) + 1)
        floor = self._top + _LOW
        heights = np.nan_to_num(shares) * (_HIGH - _LOW)
        self._axis.stairs(floor + heights, edges, baseline=floor, fill=True, color=colour, linewidth=0, zorder=2.5)
        rare = np.flatnonzero((~np.isnan(shares)) & (shares < 0.08))
        self._axis.hlines([floor] * len(rare), edges[rare], edges[rare + 1], color=colour, linewidth=1.2, zorder=2.5)

    def say_inside(self, words: str) -> None:
        """Write words at the left of the lane."""
        self._axis.text(
            0.008, self._top + 0.48, words, transform=self._axis.get_yaxis_transform(), ha="left", va="center_baseline",
            fontsize=7.5, color=INK, zorder=5,
        )  # fmt: skip

    def marks(self, marks: Sequence[Mark]) -> None:
        """Draw events: a line over what is possible, a diamond at the time."""
        hours, middle = self._coverage.hours, self._top + 0.5
        whole = hours(self._coverage.last_tick)
        for mark in marks:
            low, high = max(hours(mark.lower_tick), 0.0), min(hours(mark.upper_tick), whole)
            self._axis.plot(
                [low, max(high, low + self._least)], [middle] * 2, color=EVENT, linewidth=2.2, solid_capstyle="butt",
                zorder=3,
            )  # fmt: skip
            if 0 <= mark.tick <= self._coverage.last_tick:
                self._axis.plot([hours(mark.tick)], [middle], marker="D", color=EVENT, markersize=5, zorder=4)


def _finish(axis: Axes) -> None:
    axis.set_yticks([])
    axis.grid(axis="x", color=RULE, linewidth=0.7, zorder=0.5)
    axis.set_axisbelow(True)
    axis.tick_params(labelsize=7, colors=FAINT, length=2)
    for name, spine in axis.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(FAINT)
    axis.set_xlabel("hours from the record's first sample", fontsize=7.5, color=FAINT, labelpad=2)


def _words(figure: Figure, coverage: RecordCoverage, total: float) -> None:
    start = coverage.clock.start_time.isoformat(sep=" ", timespec="seconds")
    end = coverage.end_time.isoformat(sep=" ", timespec="seconds")
    title = f"Record {coverage.record_id} of subject {coverage.subject_id}"
    figure.text(MARGIN, 1 - 0.2 / total, title, fontsize=11.5, color=INK, va="center", weight="bold")
    rate = float(coverage.clock.ticks_per_second)
    facts = (
        f"{start} to {end}, {coverage.hours(coverage.last_tick):.2f} h, {coverage.last_tick + 1:,} ticks at {rate:g} Hz"
    )
    figure.text(MARGIN, 1 - 0.42 / total, facts, fontsize=7.5, color=INK, va="center")
    figure.legend(
        handles=_legend(coverage), loc="center left", bbox_to_anchor=(MARGIN - 0.008, 1 - 0.68 / total), ncols=6,
        frameon=False, fontsize=7.5, labelcolor=INK, handlelength=1.6, columnspacing=1.6,
    )  # fmt: skip
    for place, note in enumerate(reversed(coverage.notes)):
        figure.text(MARGIN, (0.1 + 0.17 * place) / total, note, fontsize=7.5, color=FAINT, va="center")


def _legend(coverage: RecordCoverage) -> list[Line2D | Patch]:
    entries: list[Line2D | Patch] = [Patch(facecolor=OBSERVATION, label="signal recorded")]
    least = _LEAST * (coverage.last_tick + 1)
    if any(span.end_tick - span.start_tick < least for spans in coverage.leads.values() for span in spans):
        entries.append(Patch(facecolor=INK, label="too short to scale"))
    if coverage.usable:
        entries.append(Patch(facecolor=_USABLE, label="share of its tiles usable (height)"))
    if any(not span.is_whole for spans in coverage.leads.values() for span in spans):
        entries.append(
            Patch(facecolor="white", edgecolor=HATCH, hatch="xxxx", linewidth=0, label="file missing or damaged")
        )
    if coverage.numerics:
        entries.append(Patch(facecolor=LINE, label="usable numerics (height: share of their peak)"))
    if coverage.events:
        entries.append(Line2D([], [], color=EVENT, linewidth=2.2, marker="D", markersize=5, label="event, its bounds"))
    return entries
