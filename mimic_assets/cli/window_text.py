"""A window on a terminal: facts, one line of blocks per parameter, missing reasons, lineage. Layout only."""

import numpy as np
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from mimic_assets.cli.sparkline import sparkline
from mimic_assets.cli.window import REASONS, Window
from mimic_assets.cli.window_evidence import Evidence, care_in_words, duration, label_in_words
from mimic_assets.cli.window_lineage import Lineage
from mimic_assets.cli.window_signals_text import print_signals
from mimic_assets.cli.window_waveforms import Waveforms
from mimic_assets.schemas.vocabulary import MissingReason

_MADE_UP = (MissingReason.HELD, MissingReason.INTERPOLATED)
_SUMMARIES = {"last": "last", "min": "minimum", "max": "maximum", "mean": "mean", "slope/h": "slope_per_h"}
"""Heading -> summary feature."""
_FEW_SUMMARIES_BELOW = 110
"""A terminal narrower than this shows the first three summaries, and longer lines instead of the rest."""
_BESIDE_THE_LINE = 26
_PER_SUMMARY = 8
"""Columns that names and units, and each summary, need beside a sparkline."""


def print_window(
    window: Window, evidence: Evidence, lineage: Lineage, waveforms: Waveforms | None, console: Console
) -> None:
    """Print everything about a window; signals only where it has any."""
    console.print(_facts(window, evidence, lineage))
    if waveforms is not None:
        print_signals(window, evidence, waveforms, console)
    console.print(_lines(window, console.width))
    console.print(_missing(window))
    console.print(_ancestry(lineage))


def _facts(window: Window, evidence: Evidence, lineage: Lineage) -> RichTable:
    row = window.row
    facts = RichTable.grid(padding=(0, 2))
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column(overflow="fold")

    def add(name: str, *lines: str | Text) -> None:
        for line in lines:
            facts.add_row(name, line if isinstance(line, Text) else Text(line))
            name = ""

    add("sample", Text(row["sample_id"], style="bold cyan"))
    add("task", row["task"] + (f": {evidence.task.title}" if evidence.task else ""))
    unit = f", {row['care_unit']}" if row["care_unit"] else ""
    add("patient", f"subject {row['subject_id']}, record {row['record_id']}, stay {row['stay_id']}{unit}")
    add("index time", f"{window.index_time} = tick {row['index_tick']}, {row['hours_in_stay']:.2f} h in the stay")
    add(
        "inputs",
        f"({row['window_start_time']}, {row['window_end_time']}]"
        f" = ticks ({row['window_start_tick']}, {row['window_end_tick']}]",
        f"{row['cell_count']} cells of {row['cell_s']} s;"
        f" a coverage parameter is observed in {row['observed_fraction']:.0%} of them",
    )
    first, *others = label_in_words(window, evidence)
    add("label", Text(first, style="bold red" if row["label"] else "bold green"), *others)
    for source in evidence.sources:
        add("", Text.assemble((f"  {source.name}  ", "dim"), source.says))
    if evidence.label is not None:
        start, end = evidence.target or (None, None)
        add("target", f"({start}, {end}]", _follow_up(evidence.label["follow_up_end_time"], end))
    add("care", care_in_words(window))
    add("manifest", *_manifest(lineage))
    return facts


def _follow_up(until: object, end: object) -> str:
    return f"follow-up ends {until or 'never: no event would have been seen'}" + (
        " (with the target)" if until == end else ""
    )


def _manifest(lineage: Lineage) -> list[str | Text]:
    entry = lineage.manifest
    if entry is None or lineage.shard is None:
        return ["not selected: no control was drawn here, or the manifest has not been made since this window was cut"]
    provisional = " (provisional: fewer than 10 subjects)" if entry["is_split_provisional"] else ""
    style = "green" if lineage.shard.is_good else "bold red"
    return [
        f"split {entry['split']}{provisional}, weight {entry['weight']:g}, stratum {entry['stratum']}",
        f"{entry['shard']}, {entry['shard_length']} bytes from {entry['shard_offset']}",
        Text.assemble(f"sha256 {entry['sha256']} ", (lineage.shard.message, style)),
    ]


def _lines(window: Window, width: int) -> RichTable:
    shown = list(_SUMMARIES)[: 3 if width < _FEW_SUMMARIES_BELOW else None]
    cells = min(window.row["cell_count"], max(15, width - _BESIDE_THE_LINE - _PER_SUMMARY * len(shown)))
    span = duration(window.index_time - window.row["window_start_time"])
    table = RichTable(
        title=f"The {span} before the index time, oldest left; blank: no value", title_justify="left", box=None
    )
    table.add_column("parameter", no_wrap=True)
    table.add_column("unit", no_wrap=True, style="dim")
    table.add_column(f"-{span} → index", no_wrap=True, min_width=cells)
    for heading in shown:
        table.add_column(heading, justify="right", no_wrap=True)
    features = window.features
    for place, name in enumerate(window.parameters):
        line = _line(window, place, cells)
        numbers = [features.get(f"{name}__{_SUMMARIES[heading]}") for heading in shown]
        table.add_row(name, window.units[place], line, *("" if n is None else f"{n:.4g}" for n in numbers))
    return table


def _line(window: Window, place: int, cells: int) -> Text:
    """Return a parameter's blocks; those that hold no observed value (held, drawn between others) are dim."""
    observed = np.where(window.has_reason(place, MissingReason.OBSERVED), window.values[place], np.nan)
    solid = sparkline(observed, cells)
    text = Text()
    for block, is_observed in zip(sparkline(window.values[place], cells), solid, strict=True):
        text.append(block, style="cyan" if is_observed != " " else "dim yellow")
    return text


def _missing(window: Window) -> RichTable:
    counts = [window.reason_counts(place) for place in range(len(window.parameters))]
    shown = [reason for reason in REASONS if any(reason.value in count for count in counts)]
    table = RichTable(title="\nCells by reason", title_justify="left", box=None)
    table.add_column("parameter", no_wrap=True)
    table.add_column("observed", justify="right")
    for reason in shown:
        if reason is not MissingReason.OBSERVED:
            table.add_column(
                reason.value.replace("_", " "), justify="right", style="yellow" if reason in _MADE_UP else ""
            )
    total = window.row["cell_count"]
    for name, count in zip(window.parameters, counts, strict=True):
        rest = [str(count.get(reason.value, "")) for reason in shown if reason is not MissingReason.OBSERVED]
        table.add_row(name, f"{count.get(MissingReason.OBSERVED.value, 0) / total:.0%}", *rest)
    return table


def _ancestry(lineage: Lineage) -> RichTable:
    files = ", ".join(f"{count} {status}" for status, count in lineage.source_files.items())
    title = "\nLineage, from the source to here" + (f" (signal files of the record: {files})" if files else "")
    table = RichTable(title=title, title_justify="left", box=None)
    table.add_column("object", overflow="fold")
    table.add_column("rows", justify="right")
    table.add_column("refused", justify="right")
    table.add_column("fingerprint", no_wrap=True, style="dim")
    for ancestor in lineage.ancestors:
        stored = ancestor.stored
        if stored is None:
            table.add_row(ancestor.path, Text("absent", style="red"), "", "")
        else:
            table.add_row(
                ancestor.path, f"{stored.row_count:,}", str(stored.rejected_count or ""), stored.fingerprint[:16]
            )
    return table
