"""The signals of a window on a terminal: heading, strips, and what the lake does not know about them."""

from rich.console import Console
from rich.text import Text

from mimic_assets.cli.window import Window
from mimic_assets.cli.window_evidence import Evidence
from mimic_assets.cli.window_waveforms import Waveforms, outlook_of
from mimic_assets.pictures.signal_lines import signal_lines


def print_signals(window: Window, evidence: Evidence, waveforms: Waveforms, console: Console) -> None:
    """Print the signals of a window; no line is wider than the console, nothing hangs on colour."""
    view = waveforms.view
    span = view.end_s - view.start_s
    console.print(Text(f"\nSignals, {span:.4g} s; blank: no sample, the letter below says why", style="italic"))
    ahead = outlook_of(window, evidence).in_words()
    if ahead is not None:
        console.print(Text(ahead))
    for line in signal_lines(view, console.width):
        console.print(Text(line, no_wrap=True))
    for note in waveforms.notes:
        console.print(Text(note, style="dim"))
    console.print()
