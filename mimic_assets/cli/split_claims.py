"""The claims that `mimic-assets prove` checks about splits, statistics and bytes, as they are stored.

Belongs here: reading a lake and asking `manifest`. Not here: what a claim means in rows; windows (`claims`); text.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import polars as pl

from mimic_assets import manifest
from mimic_assets.cli.claims import Claim, Progress
from mimic_assets.defs.rebuilding import choose_windows
from mimic_assets.errors import DataError
from mimic_assets.schemas.tables import TRAINING_MANIFEST, TRAINING_NORMALISATION, WINDOWED_SAMPLES
from mimic_assets.schemas.vocabulary import Split
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import Task


def isolation(lake: Lake, task: Task) -> list[Claim]:
    """Return whether subjects, shards and bytes are of one split, as manifest and shard headers say."""
    subjects = Claim("one_split", "a subject is in one split only", "subjects", task.name)
    seeded = Claim("own_split", "a subject's split is that of its id and the task's seed", "subjects", task.name)
    shards = Claim("one_shard_split", "a shard holds one split, each sample its own bytes", "shards", task.name)
    copies = Claim("own_bytes", "no sample of a split is a copy of one of another", "samples", task.name)
    rows = lake.scan(TRAINING_MANIFEST, task.name).collect()
    subjects.count(rows["subject_id"].n_unique(), manifest.shared_subjects(rows))
    final = rows.filter(~pl.col("is_split_provisional"))
    seeded.count(final["subject_id"].n_unique(), manifest.moved_subjects(rows, task.split))
    copies.count(rows.height, manifest.shared_bytes(rows))
    splits = dict(rows.select("shard", "split").unique("shard", keep="any").sort("shard").iter_rows())
    mixed = set(manifest.mixed_shards(rows))
    shards.count(
        len(splits), [shard for shard in splits if shard in mixed or _split_in_header(lake, shard) != splits[shard]]
    )
    return [subjects, seeded, shards, copies]


def _split_in_header(lake: Lake, shard: str) -> str | None:
    try:
        return manifest.read_header(lambda start, length: lake.root.get_range(shard, start, length), name=shard).split
    except (FileNotFoundError, DataError):
        return None


def normalisation(lake: Lake, task: Task, progress: Progress) -> Claim:
    """Return whether the stored statistics come out again without, and with other, held-out and tuning windows."""
    sentence = "statistics do not notice when held-out and tuning windows are left out or altered"
    claim = Claim("normalisation", sentence, "parameters", task.name)
    stored = lake.scan(TRAINING_NORMALISATION, task.name).collect().drop("unit").sort("parameter")
    broken: set[str] = set()
    for windows_of in _with_other_splits_changed(lake, task, progress):
        known = manifest.gather_candidates(task, windows_of(list(manifest.CANDIDATE_COLUMNS)))
        fitted = manifest.fit_normalisation(task, windows_of(None), candidates=known)
        broken |= _differing(stored, fitted.frame.drop("unit").sort("parameter"))
    claim.count(stored.height, sorted(broken))
    return claim


def selection(lake: Lake, task: Task, progress: Progress) -> Claim:
    """Return whether the train samples and their weights come out again, whatever the other splits hold.

    Controls are matched within a split: a held-out label that changes which train samples are taken, or what they
    weigh, has been looked at.
    """
    sentence = "train samples and their weights do not notice held-out and tuning windows"
    claim = Claim("selection", sentence, "train samples", task.name)
    is_train, columns = pl.col("split") == Split.TRAIN.value, ["sample_id", "label", "stratum", "weight"]
    stored = lake.scan(TRAINING_MANIFEST, task.name).filter(is_train).select(columns).collect()
    found = {row[0]: repr(row) for row in stored.iter_rows()}
    broken: set[str] = set()
    for windows_of in _with_other_splits_changed(lake, task, progress):
        known = manifest.gather_candidates(task, windows_of(list(manifest.CANDIDATE_COLUMNS))).frame
        chosen = manifest.select(known, manifest.assign(known["subject_id"], task.split), task).filter(is_train)
        again = {row[0]: repr(row) for row in chosen.select(columns).iter_rows()}
        broken |= {name for name in found.keys() | again.keys() if found.get(name) != again.get(name)}
    claim.count(stored.height, sorted(broken) if stored.height else [])
    return claim


def contents(lake: Lake, task: Task, at_most: int | None, progress: Progress) -> Claim:
    """Return whether the bytes that a model reads are the windows', with nothing but train medians in their gaps."""
    claim = Claim("contents", "the bytes of a sample are those of its window", "samples", task.name)
    rows = lake.scan(TRAINING_MANIFEST, task.name).collect()
    chosen = rows.join(choose_windows(rows, at_most, None).select("sample_id"), on="sample_id").sort("subject_id")
    statistics = lake.scan(TRAINING_NORMALISATION, task.name).select("parameter", "median").collect()
    medians = dict(statistics.iter_rows())
    layouts: dict[str, manifest.ShardLayout] = {}
    done = 0
    for (subject_id,), mine in chosen.partition_by("subject_id", as_dict=True, maintain_order=True).items():
        windows = lake.scan(WINDOWED_SAMPLES, task.name, [int(str(subject_id))])
        for row in mine.iter_rows(named=True):
            window = windows.filter(pl.col("sample_id") == row["sample_id"]).collect()
            claim.count(1, [] if _holds(lake, task, medians, layouts, window, row) else [row["sample_id"]])
            progress(f"bytes of {task.name}", done := done + 1, chosen.height)
    return claim


def _holds(
    lake: Lake,
    task: Task,
    medians: dict[str, float | None],
    layouts: dict[str, manifest.ShardLayout],
    window: pl.DataFrame,
    row: dict[str, Any],
) -> bool:
    shard = row["shard"]

    def read(start: int, length: int) -> bytes:
        return lake.root.get_range(shard, start, length)

    try:
        if shard not in layouts:
            layouts[shard] = manifest.read_header(read, name=shard)
        sample = manifest.read_sample(
            read, row["shard_offset"], row["shard_length"], sha256=row["sha256"], name=shard, layout=layouts[shard]
        )
    except (FileNotFoundError, DataError):
        return False
    return window.height == 1 and manifest.is_window(task, medians, window, sample)


def _with_other_splits_changed(
    lake: Lake, task: Task, progress: Progress
) -> Iterator[Callable[[list[str] | None], manifest.Windows]]:
    """Yield the windows of a lake without held-out and tuning subjects, then with theirs altered."""
    keys = lake.keys(WINDOWED_SAMPLES, task.name)
    splits = manifest.assign([key.partition or 0 for key in keys if _has_windows(lake, key)], task.split)
    train = set(splits.filter(pl.col("split") == Split.TRAIN.value)["subject_id"].to_list())

    def stream(leave_out: bool, columns: list[str] | None) -> Iterator[tuple[int, pl.DataFrame]]:
        for done, key in enumerate(keys, start=1):
            subject_id = key.partition or 0
            for part in lake.read_parts(WINDOWED_SAMPLES, key, columns) if subject_id in train or not leave_out else ():
                yield subject_id, part if subject_id in train else manifest.altered(part)
            progress(f"statistics of {task.name}", done, len(keys))

    def windows_of(leave_out: bool) -> Callable[[list[str] | None], manifest.Windows]:
        return lambda columns: partial(stream, leave_out, columns)

    yield windows_of(True)
    yield windows_of(False)


def _has_windows(lake: Lake, key: Key) -> bool:
    stored = lake.stored(WINDOWED_SAMPLES, key)
    return stored is not None and stored.row_count > 0


def _differing(stored: pl.DataFrame, fitted: pl.DataFrame) -> set[str]:
    """Return the parameters whose stored statistics are not the fitted ones, digit for digit; none where none stand."""
    if stored.is_empty():
        return set()
    found = {row[1]: repr(row) for row in stored.iter_rows()}
    again = {row[1]: repr(row) for row in fitted.iter_rows()}
    return {name for name in found.keys() | again.keys() if found.get(name) != again.get(name)}
