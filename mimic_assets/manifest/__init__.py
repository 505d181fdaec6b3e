"""5 manifest: which samples a model is trained on, what they stand for, and the bytes they are read from.

`windowed_samples` of every patient enters as a stream; `training_normalisation`, `training_manifest` and its shards
leave. Nothing here holds more than one patient's tensors. Where do I go to... see how a subject gets its split?
`splits`. how controls are matched and weighted? `selection`. what the model's inputs are scaled by? `normalisation`.
the bytes of a sample? `sample_bytes`, `shard_layout` and docs/formats/shard.md; to write them `shards`, to read them
`reader`. what keeps splits apart, judged as stored? `isolation`. whether bytes are their window's? `contents`.
batches for training? `loader`. the whole? `manifest`.
"""

from mimic_assets.manifest.candidates import CANDIDATE_COLUMNS, Candidates, Windows, gather_candidates
from mimic_assets.manifest.contents import has_signals, is_window
from mimic_assets.manifest.isolation import altered, mixed_shards, moved_subjects, shared_bytes, shared_subjects
from mimic_assets.manifest.manifest import BuiltManifest, build_manifest
from mimic_assets.manifest.normalisation import fit_normalisation
from mimic_assets.manifest.reader import Shard, open_shard, parse_sample, read_header, read_sample
from mimic_assets.manifest.record_end import RecordEndReport, report_record_end
from mimic_assets.manifest.sample import Sample
from mimic_assets.manifest.selection import select
from mimic_assets.manifest.shard_layout import ShardLayout
from mimic_assets.manifest.splits import assign, split_of
from mimic_assets.manifest.summary import Summary

__all__ = [
    "CANDIDATE_COLUMNS",
    "BuiltManifest",
    "Candidates",
    "RecordEndReport",
    "Sample",
    "Shard",
    "ShardLayout",
    "Summary",
    "Windows",
    "altered",
    "assign",
    "build_manifest",
    "fit_normalisation",
    "gather_candidates",
    "has_signals",
    "is_window",
    "mixed_shards",
    "moved_subjects",
    "open_shard",
    "parse_sample",
    "read_header",
    "read_sample",
    "report_record_end",
    "select",
    "shared_bytes",
    "shared_subjects",
    "split_of",
]
