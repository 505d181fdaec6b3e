"""Pictures for the UI: what a batch looks like, drawn from tallies, never from a patient's values.

Belongs here: which coded columns of a table are worth a picture, and how bars are drawn. Not here: counting (`making`),
or what a single window looks like (`cli.window_picture`).
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

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
_FONT = 'font-family="Geist, Inter, system-ui, Helvetica, Arial, sans-serif"'
_WIDTH, _BAR_START, _BAR_END, _COUNT_END = 640, 190, 500, 572
"""Pixels from the left; the UI's dialog shows 640. Names end before the bars, counts and shares stand behind them."""
_TASK, _TITLE, _ROW, _THICK, _SPACE = 40, 30, 24, 14, 14
"""Pixels down: a task's heading, a panel's title, a row, its bar, the space after a panel."""


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
        owner, _, column = name.rpartition(":")
        by_task.setdefault(owner or None, {})[column] = counts
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
    """Return horizontal bars of how often each coded value occurs, as a Markdown image; None where nothing counts."""
    found = panels(table, tally)
    if not found:
        return None
    image = base64.b64encode(draw(found).encode()).decode()
    return dg.MetadataValue.md(f"![{table.name} in this run](data:image/svg+xml;base64,{image})")


def draw(found: list[Panel]) -> str:
    """Return an SVG: panels below each other, a heading where a task begins.

    SVG and not PNG: it lies in the event log once per table and run, and stays sharp at a tenth of the bytes.
    """
    parts: list[str] = []
    y, task = 0, None
    for panel in found:
        if panel.task != task:
            task = panel.task
            parts.append(_text(0, y + _TASK // 2, task or "", _INK, size=16, weight="600"))
            y += _TASK
        parts.append(_text(0, y + _TITLE // 2, panel.title, _FAINT))
        y += _TITLE
        total = sum(count for _, count in panel.bars)
        for value, count in panel.bars:
            colour = _COLOURS.get(value) or _REST.get(panel.column, _OTHER)
            parts += _bar(y + _ROW // 2, value, count, total, colour)
            y += _ROW
        y += _SPACE
    size = f'width="{_WIDTH}" height="{y}" viewBox="0 0 {_WIDTH} {y}"'
    background = f'<rect width="{_WIDTH}" height="{y}" fill="#ffffff"/>'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size} {_FONT}>', background, *parts, "</svg>"])


def _bar(middle: int, value: str, count: int, total: int, colour: str) -> list[str]:
    """Return a value's name, its bar over a track and its numbers; the smallest count still shows as a sliver."""
    length = max(round((_BAR_END - _BAR_START) * count / total, 1), 2)
    place = f'x="{_BAR_START}" y="{middle - _THICK // 2}" height="{_THICK}" rx="2"'
    return [
        f'<rect {place} width="{_BAR_END - _BAR_START}" fill="{_TRACK}"/>',
        f'<rect {place} width="{length}" fill="{colour}"/>',
        _text(_BAR_START - 8, middle, value, _INK, anchor="end"),
        _text(_COUNT_END, middle, f"{count:,}", _INK, anchor="end"),
        _text(_WIDTH, middle, share(count, total), _FAINT, anchor="end"),
    ]


def _text(
    x: int, middle: int, words: str, colour: str, *, anchor: str = "start", size: int = 13, weight: str = "400"
) -> str:
    style = f'fill="{colour}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}"'
    return f'<text x="{x}" y="{middle}" dy="0.35em" {style}>{escape(words)}</text>'


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
