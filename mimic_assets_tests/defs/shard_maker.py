"""Makes `training_manifest` of a lake in a process of its own, so that a test can kill it: `shard_maker.py LAKE`."""

import sys

from mimic_assets import manifest
from mimic_assets.defs.derivation import FromAllPatients
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.whole_tables import make_for_all_patients
from mimic_assets.manifest import shards
from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.tables import TRAINING_MANIFEST, TRAINING_NORMALISATION, WINDOWED_SAMPLES
from mimic_assets.settings import load_settings
from mimic_assets.storage.keys import Key
from mimic_assets_tests.unit.manifest.waveform_frames import waveform_rows, waveform_task

SUBJECTS = range(1, 13)
TASK = waveform_task(tiles=6)


def workshop_of(lake: str) -> Workshop:
    """A workshop whose one task has waveforms; its shards are cut small, so that there are many."""
    shards.SHARD_BYTES = 100_000
    workshop = Workshop(load_settings(lake=lake))
    workshop.__dict__["tasks"] = [TASK]
    return workshop


def write_windows(workshop: Workshop) -> None:
    """Store windows and their statistics."""
    for subject in SUBJECTS:
        rows = waveform_rows(TASK, subject, 12, seed=1)
        workshop.lake.write(WINDOWED_SAMPLES, Key(subject, TASK.name), Judged(rows, rejected_frame([])), f"f{subject}")
    derivation = FromAllPatients(manifest.fit_normalisation, ("windowed_samples",))
    list(make_for_all_patients(workshop, TRAINING_NORMALISATION, derivation, None))


def make_manifest(workshop: Workshop) -> None:
    """Make the manifest and its shards, as the asset does."""
    derivation = FromAllPatients(manifest.build_manifest, ("windowed_samples", "training_normalisation"))
    list(make_for_all_patients(workshop, TRAINING_MANIFEST, derivation, None))


if __name__ == "__main__":
    make_manifest(workshop_of(sys.argv[1]))
