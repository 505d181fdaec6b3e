"""Parts read ahead from far away: the same samples in the same order, two parts ahead, errors when their turn comes."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from mimic_assets.errors import DataError
from mimic_assets.manifest.epoch_order import Order
from mimic_assets.manifest.loader import Loader
from mimic_assets.manifest.training_set import Fetch, LocalFetch, Range, TrainingSet
from mimic_assets.training import open_training_set
from mimic_assets_tests.unit.manifest.training_lake import TASK, content, make_training_lake

PARTS = [np.arange(first, first + 3) for first in range(0, 18, 3)]


@dataclass
class FarFetch:
    """Files as if they were behind a network; notes who asked for what."""

    near: Fetch
    is_remote: bool = True
    asked: list[Sequence[Range]] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)

    def __call__(self, ranges: Sequence[Range]) -> list[bytes]:
        self.asked.append(ranges)
        self.threads.add(threading.get_ident())
        return self.near(ranges)


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    lake = str(tmp_path_factory.mktemp("ahead") / "lake")
    make_training_lake(lake)
    return open_training_set(lake, TASK.name)


def far(near: TrainingSet) -> tuple[TrainingSet, FarFetch]:
    fetch = FarFetch(near.fetch)
    return replace(near, fetch=fetch), fetch


def test_parts_come_as_read_alone_gives_them(near: TrainingSet) -> None:
    there, fetch = far(near)
    for part, samples in zip(PARTS, there.read_each(iter(PARTS)), strict=True):
        for one, other in zip(samples, near.read(part), strict=True):
            np.testing.assert_array_equal(one.values, other.values)
            assert one.signals == other.signals
    assert len(fetch.asked) == len(PARTS)
    assert threading.get_ident() not in fetch.threads


def test_at_most_two_parts_are_ahead(near: TrainingSet) -> None:
    there, fetch = far(near)
    for taken, _ in enumerate(there.read_each(PARTS), start=1):
        assert len(fetch.asked) <= taken + 2


def test_whoever_stops_leaves_no_thread_and_no_further_read(near: TrainingSet) -> None:
    there, fetch = far(near)
    reading = there.read_each(PARTS)
    next(reading)
    reading.close()
    assert len(fetch.asked) <= 3
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("read-ahead")]


def test_files_are_read_when_they_are_asked_for(near: TrainingSet) -> None:
    there, fetch = far(near)
    fetch.is_remote = False
    for taken, _ in enumerate(there.read_each(PARTS), start=1):
        assert len(fetch.asked) == taken
    assert fetch.threads == {threading.get_ident()}


def test_damage_is_told_when_its_part_has_come(tmp_path: Path) -> None:
    make_training_lake(str(tmp_path), subjects=12, each=2)
    training = open_training_set(str(tmp_path), TASK.name)
    path = tmp_path / training.shards[0]
    data = bytearray(path.read_bytes())
    data[int(training._offsets[1]) + int(training._lengths[1]) // 2] ^= 1
    path.write_bytes(bytes(data))
    reading = replace(training, fetch=FarFetch(LocalFetch(tmp_path))).read_each([[0], [1], [2]])
    assert len(next(reading)) == 1
    with pytest.raises(DataError, match=rf"Shard {training.shards[0]}, sample at byte {training._offsets[1]}: SHA-256"):
        next(reading)
    path.unlink()
    with pytest.raises(DataError, match="A shard is not there"):
        next(replace(training, fetch=FarFetch(LocalFetch(tmp_path))).read_each([[0], [1]]))


@pytest.mark.parametrize("order", list(Order))
def test_a_loader_from_far_away_gives_the_same_batches_and_goes_on_where_it_was(
    near: TrainingSet, order: Order
) -> None:
    there, _ = far(near)
    here = [content(batch) for batch in _loader(near, order)]
    left = _loader(there, order)
    taken = []
    for batch in left:
        taken.append(content(batch))
        if len(taken) == 2:
            break
    rest = _loader(there, order)
    rest.load_state_dict(left.state_dict())
    taken += [content(batch) for batch in rest]
    assert taken == here


def _loader(training: TrainingSet, order: Order) -> Loader:
    return Loader(training, 4, seed=5, order=order)
