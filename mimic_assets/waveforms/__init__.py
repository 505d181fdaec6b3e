"""Waveforms, cleaned: what of a signal is usable, tile by tile, and what its beats and breaths say.

A tile is 625 frames (10,000 ticks, about 10 s) from the record's first sample. In comes `raw_records` with a reader of
its samples; nothing here opens a file. Whatever is said of a tile depends on no sample after its last tick, so a window
may use every whole tile that ends by its index time.

Where do I go to see why a tile is unusable? `unusable`. What a quality index means? `ecg_index`, `pulse_index`,
`pressure_index`. For statistics of a tile, or of windows of tiles? `tile_moments`, `window_moments`. For the table?
`quality`. To find beats, pulses and breaths? `beats` walks a record, `searches` names the detectors. For what they say
of a tile, or of a window of tiles? `features`, `rates`.
"""

from mimic_assets.waveforms.beats import find_beats
from mimic_assets.waveforms.features import summarise_tiles
from mimic_assets.waveforms.quality import judge_record, judge_waveforms
from mimic_assets.waveforms.rates import window_features
from mimic_assets.waveforms.tile_moments import tile_moments
from mimic_assets.waveforms.window_moments import window_moments

__all__ = [
    "find_beats",
    "judge_record",
    "judge_waveforms",
    "summarise_tiles",
    "tile_moments",
    "window_features",
    "window_moments",
]
