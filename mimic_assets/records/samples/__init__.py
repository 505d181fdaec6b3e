"""The samples of signal files: decoders, files that stay open, and the reader of one record.

Where do I go to decode a FLAC stream? `flac`. To know what a file's failing bytes become? `guarded`. To keep files
open? `open_files`. To answer `signals.SignalReader` from `raw_records`? `record_signals`, its plan in `pieces`. What a
sample is worth is decided in `waveforms`, not here.
"""

from mimic_assets.records.samples.record_signals import RecordSignals, open_signals

__all__ = ["RecordSignals", "open_signals"]
