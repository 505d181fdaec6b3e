"""The PyTorch loader with real DataLoaders: the same batches at any number of workers, resumed exactly mid-epoch.

Without torch these tests are skipped, loudly; CI installs it.
"""

import pickle
from types import ModuleType
from typing import Any

import pytest

from mimic_assets.errors import DataError, RequestError
from mimic_assets.manifest.batches import BatchFormat, SignalDtype
from mimic_assets.manifest.epoch_order import Order
from mimic_assets.manifest.loader import Loader
from mimic_assets.manifest.training_set import TrainingSet
from mimic_assets.training import open_training_set
from mimic_assets_tests.servers.seaweedfs import S3Server
from mimic_assets_tests.unit.manifest.training_lake import TASK, content, make_training_lake

pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")  # five workers on few cores


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    lake = str(tmp_path_factory.mktemp("training") / "lake")
    make_training_lake(lake)
    return open_training_set(lake, TASK.name)


@pytest.mark.parametrize("workers", [0, 1, 2, 5])
def test_an_epoch_is_resumed_exactly(torch_loader: ModuleType, training: TrainingSet, workers: int) -> None:
    def open_(count: int = workers) -> Any:
        return torch_loader.TorchLoader(training, 4, seed=5, workers=count)

    plain = Loader(training, 4, seed=5)
    first, second = ([content(batch) for batch in plain] for _ in range(2))
    loader = open_()
    assert [content(batch) for batch in loader] == first
    assert loader.state_dict()["epoch"] == 1
    for stop in (1, 6):
        left = open_()
        taken = []
        for batch in left:
            taken.append(content(batch))
            if len(taken) == stop:
                break
        assert taken == first[:stop]
        again = open_(2 if workers != 2 else 0)  # and with another number of workers
        again.load_state_dict(pickle.loads(pickle.dumps(left.state_dict())))
        assert len(again) == len(first) - stop
        assert [content(batch) for batch in again] == first[stop:]
        assert [content(batch) for batch in again] == second
    assert [content(batch) for batch in left] == first[6:], "the one that was left goes on, too"


def test_ranks_and_workers_together_are_one_order(torch_loader: ModuleType, training: TrainingSet) -> None:
    whole = [content(batch) for batch in Loader(training, 3, seed=5, order=Order.SHARDS)]
    options = {"seed": 5, "order": Order.SHARDS, "rank_count": 2, "workers": 2}
    parts = [
        [content(batch) for batch in torch_loader.TorchLoader(training, 3, rank=rank, **options)] for rank in (0, 1)
    ]
    dealt = [batch for pair in zip(*parts, strict=True) for batch in pair]
    assert dealt == whole[: len(dealt)]
    assert len(whole) - len(dealt) < 2


def test_the_iterable_dataset_in_a_plain_data_loader(torch_loader: ModuleType, training: TrainingSet) -> None:
    from torch.utils.data import DataLoader

    source = Loader(training, 4, seed=5).source
    stream = torch_loader.WindowStream(source)
    stream.progress.load_state_dict(stream.progress.state_dict() | {"position": 3})
    found = [content(batch) for batch in DataLoader(stream, batch_size=None, num_workers=2)]
    assert found == [content(batch) for batch in Loader(training, 4, seed=5)][3:]


def test_the_map_dataset_in_a_plain_data_loader(torch_loader: ModuleType, training: TrainingSet) -> None:
    from torch.utils.data import DataLoader

    dataset = torch_loader.WindowDataset(training, BatchFormat(signal_dtype=SignalDtype.INT16))
    assert len(dataset) == len(training)
    with pytest.raises(IndexError):
        dataset[len(dataset)]
    plain = Loader(training, 6, order=Order.STORED, form=BatchFormat(signal_dtype=SignalDtype.INT16))
    for workers in (0, 2):
        found = list(DataLoader(dataset, batch_size=6, num_workers=workers))
        assert [content(batch) for batch in found] == [content(batch) for batch in plain]
        plain.load_state_dict(plain.state_dict() | {"epoch": 0})


def test_tensors_of_workers_are_in_shared_memory(torch_loader: ModuleType, training: TrainingSet) -> None:
    batch = next(iter(torch_loader.TorchLoader(training, 4, workers=1)))
    assert all(tensor.is_shared() for tensor in batch["signals"].values())
    assert str(batch["signals"]["II"].dtype) == "torch.float32"


def test_damage_in_a_worker_is_told(torch_loader: ModuleType, training: TrainingSet, tmp_path_factory: Any) -> None:
    lake = tmp_path_factory.mktemp("damaged")
    make_training_lake(str(lake), subjects=12, each=2)
    other = open_training_set(str(lake), TASK.name)
    path = lake / other.shards[0]
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(DataError, match=rf"Shard {other.shards[0]}, sample at byte"):
        list(torch_loader.TorchLoader(other, 4, workers=1))


def test_fewer_workers_than_none_are_refused(torch_loader: ModuleType, training: TrainingSet) -> None:
    with pytest.raises(RequestError, match="workers = -1"):
        torch_loader.TorchLoader(training, 4, workers=-1)


@pytest.mark.s3
def test_workers_read_an_object_store(torch_loader: ModuleType, s3_server: S3Server, s3_lake_uri: str) -> None:
    make_training_lake(s3_lake_uri, s3_server.settings, subjects=12, each=2)
    training = open_training_set(s3_lake_uri, TASK.name, s3=s3_server.settings)
    found = [content(batch) for batch in torch_loader.TorchLoader(training, 4, seed=1, workers=2)]
    assert found == [content(batch) for batch in Loader(training, 4, seed=1)]
