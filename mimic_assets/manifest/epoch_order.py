"""The order of an epoch: which samples make which batch, from seed, epoch and number alone.

Workers and ranks have no say in it: each takes its batches of the one order, so that any number of them sees the same
batches and an epoch goes on wherever it was left. Does not belong here: reading (`training_set`), arrays (`batches`).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from mimic_assets.errors import RequestError


class Order(StrEnum):
    """How an epoch goes through the samples."""

    SHUFFLED = "shuffled"
    """Every sample in a random place: one random read each."""
    SHARDS = "shards"
    """Shards in a random order, each from front to back, as it was shuffled when it was written: sequential reads."""
    STORED = "stored"
    """As stored, every epoch the same: for evaluation."""


def named_order(order: Order | str) -> Order:
    """Return the order of that name; RequestError where there is none."""
    try:
        return Order(order)
    except ValueError:
        raise RequestError(f"order = {str(order)!r} found, one of {', '.join(Order)} expected.") from None


@dataclass(frozen=True, slots=True)
class EpochOrder:
    """Batches of every epoch over so many samples."""

    shard_starts: NDArray[np.int64]
    """First sample of each shard, and at the end the number of samples; samples lie in the order of the files."""
    batch_size: int
    seed: int
    order: Order = Order.SHUFFLED
    drop_last: bool = False
    """Whether a last batch of fewer samples is left out."""

    def __post_init__(self) -> None:
        """Refuse batches of nothing."""
        if self.batch_size < 1:
            raise RequestError(f"batch_size = {self.batch_size} found, at least 1 expected.")

    @property
    def sample_count(self) -> int:
        """Samples of an epoch."""
        return int(self.shard_starts[-1])

    @property
    def batch_count(self) -> int:
        """Batches of an epoch."""
        whole, rest = divmod(self.sample_count, self.batch_size)
        return whole + (1 if rest and not self.drop_last else 0)

    def places(self, epoch: int) -> NDArray[np.int64]:
        """Return every sample of an epoch, in its order: 8 bytes per sample."""
        if self.order is Order.STORED:
            return np.arange(self.sample_count, dtype=np.int64)
        drawn = np.random.Generator(np.random.PCG64([self.seed, epoch]))
        if self.order is Order.SHUFFLED:
            return drawn.permutation(self.sample_count)
        starts, ends = self.shard_starts[:-1], self.shard_starts[1:]
        shards = [np.arange(starts[shard], ends[shard]) for shard in drawn.permutation(len(starts))]
        return np.concatenate([np.empty(0, dtype=np.int64), *shards])


def batches_of_rank(batch_count: int, position: int, rank: int, rank_count: int) -> range:
    """Return the numbers of the batches that a rank takes from a position on, in its order.

    Batches are dealt one to each rank in turn. Of several ranks each gets as many (they wait for one another at every
    step): what does not go round is left out.

    Args:
        batch_count: of the epoch.
        position: batches already taken, by all ranks together.
        rank: of this process.
        rank_count: of all.

    Raises:
        RequestError: there is no such rank.
    """
    if not 0 <= rank < rank_count:
        raise RequestError(f"rank = {rank} of {rank_count} found, 0 to {rank_count - 1} expected.")
    rounds = max(0, batch_count - position) // rank_count
    return range(position + rank, position + rounds * rank_count, rank_count)
