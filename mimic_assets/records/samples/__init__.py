"""The samples of signal files: decoders, files that stay open, and the reader of one record.

Where do I go to decode a FLAC stream? `flac`; the plain formats: `formats`, `packed`; either of them: `decoders`, and
all of a file to see whether it arrived: `whole_file`. To know what a file's failing bytes become? `guarded`. To keep
files open? `open_files`. To answer `signals.SignalReader` from `raw_records`? `record_signals`; its plan: `row_plan`,
`pieces`, `layout`; how a plan is read: `plan_reader`, into `targets`. What a sample is worth is decided in `waveforms`,
not here.
"""

from mimic_assets.records.samples.record_signals import RecordSignals, open_signals

__all__ = ["RecordSignals", "open_signals"]
