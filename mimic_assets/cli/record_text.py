"""A record's coverage on a terminal: one line of signs per lead, group of numerics, stay and kind of event.

Belongs here: layout in characters, readable at 80 columns and without colour. However short a lead's presence, the
character it falls into is not blank.
"""

from collections.abc import Iterable
from textwrap import wrap

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.text import Text

from mimic_assets.cli.record_bins import mean_by_column, sum_by_column
from mimic_assets.cli.record_coverage import RecordCoverage, Span
from mimic_assets.cli.sparkline import BLOCKS
from mimic_assets.pictures.shares import share_in_words

_LEFT, _RIGHT = 15, 16
"""Characters of the names left and the numbers right of the strips."""
_ALL, _HALF = 0.995, 0.5 - 1e-9
"""Share of a character from which its sign is fuller; a half is a half in spite of rounding."""


def print_record(coverage: RecordCoverage, console: Console) -> None:
    """Print a record's coverage; no line is wider than the console."""
    for line in record_lines(coverage, console.width):
        console.print(Text(line, no_wrap=True))


def record_lines(coverage: RecordCoverage, width: int) -> list[str]:
    """Return the lines.

    Args:
        coverage: of the record.
        width: characters that no line exceeds; below 50 it counts as 50.
    """
    width = max(width, 50)
    strip = width - _LEFT - _RIGHT - 2
    lines = _head(coverage)

    def add(name: str, signs: str, number: str = "") -> None:
        lines.append(f"{name[:_LEFT]:<{_LEFT}} {signs:<{strip}} {number[:_RIGHT]}".rstrip())

    add("segments", _presence(coverage, coverage.segments, strip), f"{len(coverage.segments)} of them")
    for name, spans in coverage.leads.items():
        add(name, _presence(coverage, spans, strip), f"{share_in_words(coverage.recorded_share(name))} recorded")
        shares = coverage.usable.get(name)
        if shares is not None:
            add(
                "  usable tiles",
                _heights(mean_by_column(shares, strip)),
                f"{share_in_words(float(np.nanmean(shares)))} usable",
            )
    for name, counts in coverage.numerics.items():
        add(name, _heights(_density(sum_by_column(counts, strip))), f"{counts.sum():,} cells")
    for stay in coverage.stays:
        identifier, _, unit = stay.name.partition(" ")
        _, _, short = unit.rstrip(")").rpartition("(")  # `Surgical Intensive Care Unit (SICU)`
        add(f"stay {identifier}", _presence(coverage, [stay], strip), short)
    for kind in dict.fromkeys(mark.event for mark in coverage.events):
        marks = [mark for mark in coverage.events if mark.event == kind]
        add(
            kind, _event_signs(coverage, kind, strip), f"{len(marks)}, tier {'/'.join(sorted({m.tier for m in marks}))}"
        )
    hours = coverage.hours(coverage.last_tick)
    end = f"{hours:.1f} h"
    add("", "0 h" + end.rjust(strip - 3))
    lines += [
        *wrap("█ there   ▓ half or more   ░ less   ! file missing or damaged   │ event   ─ its bounds", width),
        *wrap("▁ to █: share of usable tiles, or usable numerics cells as a share of their peak", width),
    ]
    notes = [piece for note in coverage.notes for piece in wrap(note, width)]
    return [*lines, *notes]


def _head(coverage: RecordCoverage) -> list[str]:
    start = coverage.clock.start_time.isoformat(sep=" ", timespec="seconds")
    end = coverage.end_time.isoformat(sep=" ", timespec="seconds")
    rate = float(coverage.clock.ticks_per_second)
    return [
        f"record {coverage.record_id} of subject {coverage.subject_id}",
        f"{start} to {end}, {coverage.hours(coverage.last_tick):.2f} h",
        f"{coverage.last_tick + 1:,} ticks at {rate:g} Hz",
        "",
    ]


def _presence(coverage: RecordCoverage, spans: Iterable[Span], width: int) -> str:
    """Return a sign per character for how much of it the spans cover; `!` where they touch samples that are lost."""
    edges = np.arange(width + 1) * (coverage.last_tick + 1) / width - 1
    covered, is_lost = np.zeros(width), np.zeros(width, dtype=bool)
    for span in spans:
        overlap = np.minimum(edges[1:], span.end_tick) - np.maximum(edges[:-1], span.start_tick)
        if span.is_whole:
            covered += np.clip(overlap, 0, None)
        else:
            is_lost |= overlap > 0
    shares = covered / (edges[1] - edges[0])
    signs = np.select([is_lost, shares >= _ALL, shares >= _HALF, shares > 0], ["!", "█", "▓", "░"], " ")
    return "".join(signs)


def _heights(shares: npt.NDArray[np.float64]) -> str:
    """Return a block per share between 0 and 1, the lowest for 0, a blank where there is none."""
    levels = np.minimum((np.nan_to_num(shares) * len(BLOCKS)).astype(int), len(BLOCKS) - 1)
    return "".join(" " if np.isnan(share) else BLOCKS[level] for share, level in zip(shares, levels, strict=True))


def _density(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return counts as shares of the highest; NaN where there are none."""
    return np.where(counts > 0, counts / max(int(counts.max()), 1), np.nan)


def _event_signs(coverage: RecordCoverage, kind: str, width: int) -> str:
    """Return the events of a kind: a stroke at the time, dashes between the bounds where they are wider."""
    signs = [" "] * width
    marks = [mark for mark in coverage.events if mark.event == kind]
    for mark in marks:
        for place in range(_place(coverage, mark.lower_tick, width), _place(coverage, mark.upper_tick, width) + 1):
            signs[place] = "─"
    for mark in marks:
        if 0 <= mark.tick <= coverage.last_tick:
            signs[_place(coverage, mark.tick, width)] = "│"
    return "".join(signs)


def _place(coverage: RecordCoverage, tick: int, width: int) -> int:
    return min(max(tick, 0), coverage.last_tick) * width // (coverage.last_tick + 1)
