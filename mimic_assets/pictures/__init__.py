"""Signals as pictures: what is drawn of a window's samples, wherever it is drawn (terminal, PNG, an asset's metadata).

Belongs here: samples and verdicts of `windowed_samples`, `waveform_quality` and `waveform_beats` made ready to be seen,
and the panels they fill. Not here: reading a lake, words about labels, numerics (`cli`).

Where do I go to ... keep every extreme of a long signal: `envelope`; know what one signal of a window holds:
`signal_view`; say what follows: `outlook`; draw one signal: `signal_panel`; choose its y axis: `signal_scale`; draw all
of them: `signal_figure`; print them: `signal_lines`, `braille`.
"""

from mimic_assets.pictures.envelope import Envelope, column_ranges, envelope
from mimic_assets.pictures.signal_view import Band, SampledSignal, SignalView, Tile, view_of

__all__ = ["Band", "Envelope", "SampledSignal", "SignalView", "Tile", "column_ranges", "envelope", "view_of"]
