"""The attrition of a task as a flow diagram: what is left goes down, what a reason removes goes to the right.

Belongs here: drawing an SVG from an attrition table. Does not belong here: counting (`windows.attrition`).
"""

import base64
from xml.sax.saxutils import escape

import dagster as dg
import polars as pl

from mimic_assets.schemas.vocabulary import Exclusion, WindowExclusion
from mimic_assets.windows import ALL, LABELLED, WINDOWS

_FONT = 'font-family="Geist, Inter, system-ui, Helvetica, Arial, sans-serif"'
_INK, _FAINT, _LINE, _LEFT, _REMOVED = "#1f2933", "#5f6b7a", "#9aa5b1", "#e8f1fb", "#f4f5f7"
_WIDTH, _BOX, _SIDE, _SIDE_AT = 760, 300, 400, 350
_ROW, _PAD, _GAP = 18, 10, 26
_TITLES = {ALL: "Index times of ICU stays", LABELLED: "Labelled", WINDOWS: "Windows"}
_SENTENCES = {reason.value: reason.sentence for reason in (*Exclusion, *WindowExclusion)}


def draw_attrition(title: str, table: pl.DataFrame) -> str:
    """Return an attrition table (`windows.attrition.ATTRITION`) as an SVG; reasons that remove nothing are left out."""
    parts: list[str] = [_text(0, 16, title, size=14, weight="600")]
    y = 32
    removed: list[dict[str, int | str]] = []
    for row in table.iter_rows(named=True):
        if row["is_removal"]:
            removed += [row] if row["index_times"] else []
            continue
        if removed:
            y, drawn = _removals(y, removed)
            parts += drawn
            removed = []
        lines = [f"{row['index_times']:,} index times", f"{row['stays']:,} stays, {row['subjects']:,} subjects"]
        if row["step"] != ALL:
            lines.append(f"{row['positives']:,} positive, {row['negatives']:,} negative")
        height = _PAD * 2 + _ROW * (len(lines) + 1)
        parts.append(_rect(0, y, _BOX, height, _LEFT))
        parts.append(_text(_PAD, y + _PAD + 13, _TITLES[row["step"]], weight="600"))
        parts += [_text(_PAD, y + _PAD + 13 + _ROW * (n + 1), line) for n, line in enumerate(lines)]
        y += height
    size = f'width="{_WIDTH}" height="{y + 4}" viewBox="0 0 {_WIDTH} {y + 4}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {_FONT}>' + "".join(parts) + "</svg>"


def attrition_picture(tables: dict[str, pl.DataFrame]) -> dg.MarkdownMetadataValue:
    """Return the flow diagrams of several tasks as Markdown images, one below the other."""
    drawn = {task: base64.b64encode(draw_attrition(task, table).encode()) for task, table in sorted(tables.items())}
    images = [f"![attrition of {task}](data:image/svg+xml;base64,{svg.decode()})" for task, svg in drawn.items()]
    return dg.MetadataValue.md("\n\n".join(images))


def _removals(y: int, removed: list[dict[str, int | str]]) -> tuple[int, list[str]]:
    """Return where the next box begins, and the box to the right with its arrow."""
    top = y + _GAP // 2
    height = _PAD * 2 + _ROW * (2 * len(removed))
    middle = top + height // 2
    bottom = top + height + _GAP // 2
    drawn = [
        _line(_BOX // 2, y, _BOX // 2, bottom),
        _line(_BOX // 2, middle, _SIDE_AT, middle),
        _rect(_SIDE_AT, top, _SIDE, height, _REMOVED),
    ]
    for number, row in enumerate(removed):
        line = top + _PAD + 13 + _ROW * 2 * number
        said = f"{row['index_times']:,} {str(row['step']).replace('_', ' ')} ({row['stays']:,} stays)"
        drawn.append(_text(_SIDE_AT + _PAD, line, said, weight="600"))
        sentence = _SENTENCES[str(row["step"])]
        drawn.append(_text(_SIDE_AT + _PAD, line + _ROW - 3, _short(sentence), colour=_FAINT, size=11))
    return bottom, drawn


def _short(sentence: str) -> str:
    """Return a sentence that fits its box."""
    return sentence if len(sentence) <= 66 else sentence[:65].rsplit(" ", 1)[0] + " ..."


def _text(x: int, y: int, words: str, *, size: int = 13, weight: str = "400", colour: str = _INK) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{colour}">{escape(words)}</text>'


def _rect(x: int, y: int, width: int, height: int, fill: str) -> str:
    place = f'x="{x + 0.5}" y="{y + 0.5}" width="{width - 1}" height="{height}" rx="4"'
    return f'<rect {place} fill="{fill}" stroke="{_LINE}"/>'


def _line(x: int, y: int, to_x: int, to_y: int) -> str:
    return f'<line x1="{x}" y1="{y}" x2="{to_x}" y2="{to_y}" stroke="{_LINE}"/>'
