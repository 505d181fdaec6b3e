"""The same batches in PyTorch: a map-style and an iterable dataset, and a loader whose epochs can be resumed.

Belongs here: everything that imports torch (the extra `torch`); nothing else of the package imports this module. Worker
processes write signals straight into shared memory. With workers, `prefetch_factor` batches of each are in memory.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset, IterableDataset, get_worker_info

from mimic_assets.errors import RequestError
from mimic_assets.manifest.batches import Batch, BatchFormat, BatchMaker
from mimic_assets.manifest.epoch_order import Order
from mimic_assets.manifest.loader import BatchSource, Progress
from mimic_assets.manifest.training_set import TrainingSet

Tensors = dict[str, Any]
"""As `Batch`, with tensors for arrays."""


class WindowDataset(Dataset[Tensors]):
    """Map-style: sample number -> its tensors, without a dimension for the batch; for samplers of your own."""

    def __init__(self, training: TrainingSet, form: BatchFormat | None = None) -> None:
        """Combine a set and a format; RequestError where they do not fit."""
        self.training = training
        self._maker = BatchMaker(training, form or BatchFormat())

    def __len__(self) -> int:
        """Samples."""
        return len(self.training)

    def __getitem__(self, place: int) -> Tensors:
        """Return one sample; IndexError beyond the last, as a sequence does."""
        return self.__getitems__([place])[0]

    def __getitems__(self, places: list[int]) -> list[Tensors]:
        """Return several samples, fetched together: DataLoader asks for a whole batch like this."""
        if any(not 0 <= place < len(self) for place in places):
            raise IndexError(f"sample {places} of {len(self)} was asked for")
        chosen = np.asarray(places, dtype=np.int64)
        batch = self._maker.make(self.training.read(chosen), chosen, self.training.weights[chosen])
        return [_mapped(batch, lambda array, row=row: torch.as_tensor(array[row])) for row in range(len(places))]


class WindowStream(IterableDataset[Tensors]):
    """Iterable: the rest of an epoch as whole batches. For `DataLoader(stream, batch_size=None, num_workers=...)`.

    Each worker makes every n-th batch; DataLoader hands them out in turn, so that their order is that of no worker at
    all. Whoever consumes the batches counts them: `progress.took_one()` after each and `progress.end_epoch()` at the
    end, in the process that made the stream. `TorchLoader` does that.
    """

    def __init__(self, source: BatchSource, rank: int = 0, rank_count: int = 1) -> None:
        """Stream a source from its first batch; RequestError where there is no such rank."""
        self.source = source
        self.progress = Progress(source, rank, rank_count)

    def __len__(self) -> int:
        """Batches that this rank still takes in the epoch."""
        return len(self.progress.remaining())

    def __iter__(self) -> Iterator[Tensors]:
        """Yield this worker's batches, or all in the main process; counts nothing."""
        worker = get_worker_info()
        first, step = (0, 1) if worker is None else (worker.id, worker.num_workers)
        epoch = self.progress.epoch
        for number in self.progress.remaining()[first::step]:
            yield make_tensors(self.source, epoch, number)


class TorchLoader:
    """Iterating gives the rest of the epoch as tensors; the next iteration is the next epoch.

    Workers start with each epoch; where they are spawned (an object store), that costs seconds.
    """

    def __init__(
        self,
        training: TrainingSet,
        batch_size: int,
        *,
        seed: int = 0,
        order: Order | str = Order.SHUFFLED,
        form: BatchFormat | None = None,
        drop_last: bool = False,
        rank: int = 0,
        rank_count: int = 1,
        workers: int = 0,
        prefetch_factor: int = 2,
        context: str | None = None,
        pin_memory: bool = False,
    ) -> None:
        """Open a loader; arguments as `loader.Loader`, and:

        Args:
            workers: processes that make batches; they change no batch and no order. 0: this process does.
            prefetch_factor: batches that each worker holds ready.
            context: how workers start: `fork`, `spawn`, `forkserver`; None is torch's default. Sets in an object store
                need `spawn`: their client has threads, which do not survive a fork.
            pin_memory: whether tensors come in page-locked memory.
        """
        if workers < 0:
            raise RequestError(f"workers = {workers} found, 0 or more expected.")
        source = BatchSource.of(training, batch_size, seed, order, form, drop_last)
        self.stream = WindowStream(source, rank, rank_count)
        self._options: dict[str, Any] = {"batch_size": None, "num_workers": workers, "pin_memory": pin_memory}
        if workers:
            started_by = context or ("spawn" if getattr(training.fetch, "needs_spawn", False) else None)
            self._options |= {"prefetch_factor": prefetch_factor, "multiprocessing_context": started_by}

    def __len__(self) -> int:
        """Batches that this rank still takes in the epoch."""
        return len(self.stream)

    def __iter__(self) -> Iterator[Tensors]:
        """Yield the rest of the epoch; a batch counts as taken when it is handed out, not when a worker makes it."""
        progress = self.stream.progress
        for tensors in DataLoader(self.stream, **self._options):
            progress.took_one()
            yield tensors
        progress.end_epoch()

    def state_dict(self) -> dict[str, Any]:
        """Return where the loader stands, as a few plain values; batches that workers hold ready are not taken yet."""
        return self.stream.progress.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there, with any number of workers; RequestError where the state is of another order of samples."""
        self.stream.progress.load_state_dict(state)


def make_tensors(source: BatchSource, epoch: int, number: int) -> Tensors:
    """Return a batch as tensors; in a worker they lie in shared memory already, so that nothing is copied to send."""
    shared: dict[int, torch.Tensor] = {}

    def allocate(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        size = int(np.prod(shape)) * dtype.itemsize
        if get_worker_info() is None or not size:
            return np.empty(shape, dtype=dtype)
        storage = torch.UntypedStorage._new_shared(size)  # as torch's own default_collate does
        tensor = torch.as_tensor(np.empty(0, dtype=dtype)).set_(storage, 0, shape)
        array: NDArray[Any] = tensor.numpy()
        shared[id(array)] = tensor
        return array

    batch = source.batch(epoch, number, allocate)
    return _mapped(batch, lambda array: shared.get(id(array), torch.as_tensor(array)))


def _mapped(batch: Batch, change: Any) -> Tensors:
    return {
        name: {key: change(part) for key, part in value.items()} if isinstance(value, dict) else change(value)
        for name, value in batch.items()
    }
