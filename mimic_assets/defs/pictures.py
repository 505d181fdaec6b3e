"""Pictures for the UI: what a batch looks like, drawn from tallies, never from a patient's values.

Belongs here: which coded columns of a table are worth a picture, and how bars are drawn. Not here: counting (`making`),
or what a single window looks like (`cli.window_picture`).
"""

import base64
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from mimic_assets.schemas.model import Table

Counts = Mapping[str, int]
Tally = Mapping[str, Counts]
"""Coded column -> value -> rows; null is `-`."""

_NULL = "-"
_PICTURED = {
    "raw_records": {"file_status": "signals by the state of their file"},
    "cleaned_numerics": {"flag": "cells by flag"},
    "clinical_events": {"event": "events by kind", "tier": "events by tier"},
    "clinical_labels": {
        "label": "index times by label, or by the reason why there is none",
        "window_exclusion": "labelled index times by whether a window can be cut",
        "care_limitation": "index times by limitation of care",
    },
    "windowed_samples": {"label": "windows by label", "care_limitation": "windows by limitation of care"},
    "training_manifest": {"label": "samples by label", "split": "samples by split"},
}
_CHOSEN, _OTHER, _SET_ASIDE, _DEFECT = "#2563a8", "#8fb3dc", "#c3cad3", "#d08a2e"
_COLOURS = {
    "label = true": _CHOSEN, "label = false": _OTHER, "ok": _CHOSEN, "window": _CHOSEN,
    "A": _CHOSEN, "B": _CHOSEN, "C": _SET_ASIDE, "D": _SET_ASIDE,
}  # fmt: skip
_REST = {"file_status": _DEFECT, "flag": _DEFECT, "label": _SET_ASIDE, "window_exclusion": _SET_ASIDE}
"""Colour of the values not named above: defects of the input, or rows that a rule sets aside."""

_INK, _FAINT, _TRACK = "#1f2933", "#5f6b7a", "#eef1f4"
_WIDTH, _ROW, _TITLE, _TASK, _SPACE = 6.4, 0.23, 0.3, 0.4, 0.14
"""Inches: the picture, one bar, a panel's title, a task's heading, the space after a panel."""
_BAR_START, _BAR_END = 0.285, 0.8
"""Where bars start and end, as shares of the width: names lie left of them, counts right."""

_DOTS_PER_INCH, _COLOURS_KEPT = 200, 32
"""Twice what the dialog shows, for sharp letters; 32 shades are enough for six colours and their edges."""


@dataclass(frozen=True, slots=True)
class Panel:
    """The bars of one coded column."""

    task: str | None
    """Task the rows belong to; None where the table is not per task."""
    column: str
    """Column that is counted."""
    title: str
    """What is counted, by what."""
    bars: tuple[tuple[str, int], ...]
    """Value and rows, in the order of the vocabulary."""


def panels(table: Table, tally: Tally) -> list[Panel]:
    """Return the panels of a table's picture, task by task; values that do not occur have no bar.

    Args:
        table: the table the rows belong to.
        tally: coded column (task-qualified `task:column` where the table is per task) -> value -> rows.
    """
    by_task: dict[str | None, dict[str, Counts]] = {}
    for name, counts in tally.items():
        task, _, column = name.rpartition(":")
        by_task.setdefault(task or None, {})[column] = counts
    found = []
    for task, columns in by_task.items():
        for column, title in _PICTURED.get(table.name, {}).items():
            bars = tuple((value, count) for value, count in _bars(table, column, columns) if count)
            if bars:
                found.append(Panel(task, column, title, bars))
    return found


def _bars(table: Table, column: str, columns: Tally) -> Iterator[tuple[str, int]]:
    """Yield a column's values and rows; labels and windows are completed by the column that says why there is none."""
    counts = columns.get(column, {})
    if column == "label":
        yield "label = true", counts.get("true", 0)
        yield "label = false", counts.get("false", 0)
        yield from _in_order(table, "exclusion", columns.get("exclusion", {}))
    elif column == "window_exclusion":
        label = columns.get("label", {})
        labelled = label.get("true", 0) + label.get("false", 0)
        yield "window", labelled - sum(count for value, count in counts.items() if value != _NULL)
        yield from _in_order(table, column, counts)
    else:
        yield from _in_order(table, column, counts)


def _in_order(table: Table, column: str, counts: Counts) -> Iterator[tuple[str, int]]:
    vocabulary = next((field.values for field in table.columns if field.name == column), None)
    known = [member.value for member in vocabulary or ()]
    for value in (*known, *sorted(set(counts) - {*known, _NULL})):
        yield value, counts.get(value, 0)


def picture(table: Table, tally: Tally) -> dg.MarkdownMetadataValue | None:
    """Return horizontal bars of how often each coded value occurs, as a Markdown image; None where nothing is counted."""
    found = panels(table, tally)
    if not found:
        return None
    image = base64.b64encode(_draw(found)).decode()
    return dg.MetadataValue.md(f"![{table.name} of this run](data:image/png;base64,{image})")


def _draw(found: list[Panel]) -> bytes:
    """Return a PNG: panels below each other, a heading where a task begins."""
    from matplotlib.figure import Figure  # importing it costs half a second that most steps do not need

    tasks = list(dict.fromkeys(panel.task for panel in found if panel.task))
    height = sum(_TITLE + _ROW * len(panel.bars) + _SPACE for panel in found) + _TASK * len(tasks)
    figure = Figure(figsize=(_WIDTH, height))
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set(xlim=(0, 1), ylim=(height, 0))
    axis.axis("off")
    y, task = 0.0, None
    for panel in found:
        if panel.task != task:
            task = panel.task
            axis.text(0.005, y + _TASK * 0.55, task, fontsize=11, weight="bold", color=_INK, va="center")
            y += _TASK
        axis.text(0.005, y + _TITLE / 2, panel.title, fontsize=8.5, color=_FAINT, va="center")
        y += _TITLE
        total = sum(count for _, count in panel.bars)
        for value, count in panel.bars:
            colour = _COLOURS.get(value) or _REST.get(panel.column, _OTHER)
            _draw_bar(axis, y + _ROW / 2, value, count, total, colour)
            y += _ROW
        y += _SPACE
    return _small_png(figure)


def _small_png(figure: Any) -> bytes:
    """Return a figure as a PNG of few colours: it lies in the event log once per table and run."""
    from PIL import Image

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DOTS_PER_INCH)
    buffer.seek(0)
    small = io.BytesIO()
    with Image.open(buffer) as image:
        image.convert("RGB").quantize(_COLOURS_KEPT, dither=Image.Dither.NONE).save(small, format="PNG", optimize=True)
    return small.getvalue()


def _draw_bar(axis: Any, middle: float, value: str, count: int, total: int, colour: str) -> None:
    """Draw one bar over its track; the smallest count still shows as a sliver."""
    length = _BAR_END - _BAR_START
    axis.barh(middle, length, 0.62 * _ROW, left=_BAR_START, color=_TRACK)
    axis.barh(middle, max(length * count / total, 0.003), 0.62 * _ROW, left=_BAR_START, color=colour)
    axis.text(_BAR_START - 0.012, middle, value, fontsize=8.5, color=_INK, ha="right", va="center")
    axis.text(0.895, middle, f"{count:,}", fontsize=8.5, color=_INK, ha="right", va="center")
    axis.text(0.995, middle, share(count, total), fontsize=8.5, color=_FAINT, ha="right", va="center")


def share(count: int, total: int) -> str:
    """Return a count's share of a total in percent, never rounded to nothing or to everything.

    Examples:
        >>> share(1, 3), share(1, 5000), share(4999, 5000), share(7, 7)
        ('33.3 %', '<0.1 %', '>99.9 %', '100 %')
    """
    percent = 100 * count / total
    if count == total:
        return "100 %"
    if percent < 0.1:
        return "<0.1 %"
    return ">99.9 %" if percent > 99.9 else f"{percent:.1f} %"
