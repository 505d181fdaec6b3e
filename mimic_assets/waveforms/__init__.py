"""Waveforms, cleaned: what of a signal is usable, tile by tile, and what its beats and breaths say.

A tile is 625 frames (10,000 ticks, about 10 s) from the record's first sample. In comes `raw_records` with a reader of
its samples; nothing here opens a file. Whatever is said of a tile depends on no sample after its last tick, so a window
may use every whole tile that ends by its index time.
"""
