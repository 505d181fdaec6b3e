"""Makes `training_manifest` of a lake in a process of its own, killed at a moment: `shard_maker.py LAKE MOMENT`."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from mimic_assets import manifest
from mimic_assets.defs.derivation import FromAllPatients
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.task_tables import make_for_all_patients
from mimic_assets.manifest import shards
from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.tables import TRAINING_MANIFEST, TRAINING_NORMALISATION, WINDOWED_SAMPLES
from mimic_assets.settings import load_settings
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets_tests.unit.manifest.waveform_frames import waveform_rows, waveform_task

SUBJECTS = range(1, 13)
SMALL_SHARD_BYTES = 100_000
"""So that there are many."""
TASK = waveform_task(tiles=6)


def workshop_of(lake: str) -> Workshop:
    """A workshop whose one task has waveforms."""
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


def kill_oneself_at(moment: str) -> None:
    """Arrange for `kill -9` in the middle: `spooled`, `dealing`, or `put N` after the n-th shard is in the lake."""

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def and_die(name: str, after: int) -> None:
        kept, left = getattr(shards.ShardWriter, name), [after]

        def called(self: shards.ShardWriter, *given: Any, **named: Any) -> Any:
            result = kept(self, *given, **named)
            left[0] -= 1
            if not left[0]:
                die()
            return result

        setattr(shards.ShardWriter, name, called)

    if moment == "spooled":
        and_die("append", 5)
    elif moment == "dealing":
        replace = Path.replace

        def rename(self: Path, target: Path) -> Path:
            if self.suffix == ".part":
                die()
            return replace(self, target)

        Path.replace = rename
    else:
        put, left = Lake.put_file, [int(moment.split()[1])]

        def stored(self: Lake, path: str, file: Path) -> int:
            count = put(self, path, file)
            left[0] -= 1
            if not left[0]:
                die()
            return count

        Lake.put_file = stored


if __name__ == "__main__":
    shards.SHARD_BYTES = SMALL_SHARD_BYTES
    kill_oneself_at(sys.argv[2])
    make_manifest(workshop_of(sys.argv[1]))
