"""Batches for training as numpy arrays, in one process and without torch; an epoch goes on where it was left.

Belongs here: a batch by its number, walking an epoch, and its state. The same set, seed, epoch and position give the
same batch whatever the number of ranks (and, in `torch_loader`, of workers). One batch is in memory at a time,
and from an object store the compressed bytes of the next two.
"""

from collections.abc import Iterable, Iterator
from itertools import tee
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mimic_assets.errors import RequestError
from mimic_assets.manifest.batches import Allocate, Batch, BatchFormat, BatchMaker
from mimic_assets.manifest.epoch_order import EpochOrder, Order, batches_of_rank, named_order
from mimic_assets.manifest.sample import Sample
from mimic_assets.manifest.training_set import TrainingSet


class BatchSource:
    """Any batch of any epoch, by its number; pickles, and keeps the order of the epoch it was asked for last."""

    def __init__(self, training: TrainingSet, order: EpochOrder, form: BatchFormat) -> None:
        """Combine a set, its order and a format; RequestError where the format does not fit the set."""
        self.training = training
        self.order = order
        self._maker = BatchMaker(training, form)
        self._epoch: int | None = None
        self._places: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    @classmethod
    def of(
        cls, training: TrainingSet, batch_size: int, seed: int, order: Order | str, form: BatchFormat | None,
        drop_last: bool,
    ) -> "BatchSource":  # fmt: skip
        """Return the source of a loader; RequestError where the order has no such name."""
        return cls(
            training,
            EpochOrder(training.shard_starts, batch_size, seed, named_order(order), drop_last),
            form or BatchFormat(),
        )

    def batch(self, epoch: int, number: int, allocate: Allocate = np.empty) -> Batch:
        """Return a batch (see `BatchMaker.make`); DataError where bytes of a shard are damaged."""
        places = self._places_of(epoch, number)
        return self._made(places, self.training.read(places), allocate)

    def batches(self, epoch: int, numbers: Iterable[int]) -> Iterator[Batch]:
        """Yield `batch` of each number in turn; those after it may be on their way (`TrainingSet.read_each`)."""
        asked, read = tee(self._places_of(epoch, number) for number in numbers)
        for samples, places in zip(self.training.read_each(read), asked, strict=True):
            yield self._made(places, samples)

    def _places_of(self, epoch: int, number: int) -> NDArray[np.int64]:
        if self._epoch != epoch:
            self._places, self._epoch = self.order.places(epoch), epoch
        start = number * self.order.batch_size
        return self._places[start : start + self.order.batch_size].copy()

    def _made(self, places: NDArray[np.int64], samples: list[Sample], allocate: Allocate = np.empty) -> Batch:
        return self._maker.make(samples, places, self.training.weights[places], allocate)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle without the order of an epoch: every process makes it anew."""
        return self.__dict__ | {"_epoch": None, "_places": np.empty(0, dtype=np.int64)}


class Progress:
    """Where a loader stands: epoch and batches taken, by all ranks together."""

    def __init__(self, source: BatchSource, rank: int, rank_count: int) -> None:
        """Begin with the first batch of epoch 0."""
        self.epoch = 0
        self.position = 0
        self._source = source
        self._rank = rank
        self._rank_count = rank_count
        self.remaining()

    def remaining(self) -> range:
        """Return the numbers of the batches that this rank still takes in the epoch; RequestError: no such rank."""
        return batches_of_rank(self._source.order.batch_count, self.position, self._rank, self._rank_count)

    def took_one(self) -> None:
        """Count a batch of every rank."""
        self.position += self._rank_count

    def end_epoch(self) -> None:
        """Go on to the next epoch."""
        self.epoch, self.position = self.epoch + 1, 0

    def state_dict(self) -> dict[str, Any]:
        """Return epoch and position, and what they mean; equal on every rank."""
        order = self._source.order
        return {
            "epoch": self.epoch,
            "position": self.position,
            "seed": order.seed,
            "batch_size": order.batch_size,
            "order": order.order.value,
            "drop_last": order.drop_last,
            "samples": self._source.training.fingerprint,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state_dict` was called; the number of ranks (and workers) may be another.

        Raises:
            RequestError: the state is of other samples, or of another order of them.
        """
        mine = self.state_dict()
        moved = [name for name in mine if name not in ("epoch", "position") and state.get(name) != mine[name]]
        if moved:
            told = ", ".join(f"{name} = {state.get(name)!r} where {mine[name]!r} was expected" for name in moved)
            raise RequestError(f"The state belongs to another order of samples: {told}. Open the loader as it was.")
        self.epoch, self.position = int(state["epoch"]), int(state["position"])


class Loader:
    """Iterating gives the rest of the epoch; the next iteration is the next epoch."""

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
    ) -> None:
        """Open a loader.

        Args:
            training: the samples.
            batch_size: samples of a batch, per rank.
            seed: of the order; equal on every rank.
            order: how an epoch goes through the samples.
            form: what a batch holds.
            drop_last: whether a last batch of fewer samples is left out.
            rank: of this process.
            rank_count: of all that train together.

        Raises:
            RequestError: the format does not fit the set, or there is no such rank.
        """
        self.source = BatchSource.of(training, batch_size, seed, order, form, drop_last)
        self.progress = Progress(self.source, rank, rank_count)

    def __len__(self) -> int:
        """Batches that this rank still takes in the epoch."""
        return len(self.progress.remaining())

    def __iter__(self) -> Iterator[Batch]:
        """Yield the rest of the epoch; a batch counts as taken when it is handed out."""
        epoch = self.progress.epoch
        for batch in self.source.batches(epoch, self.progress.remaining()):
            self.progress.took_one()
            yield batch
        self.progress.end_epoch()

    def state_dict(self) -> dict[str, Any]:
        """Return where the loader stands, as a few plain values."""
        return self.progress.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there; RequestError where the state is of another order of samples."""
        self.progress.load_state_dict(state)
