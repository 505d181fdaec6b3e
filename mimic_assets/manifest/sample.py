"""One window as it lies in a shard. Its bytes are `sample_bytes`', arrays for a model `batches`'."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mimic_assets.manifest.stored_signals import StoredSignal


class Sample(NamedTuple):
    """One window as it lies in a shard; arrays [parameter, cell], read-only."""

    values: NDArray[np.float32]
    """Canonical units, not scaled; NaN where missing and not filled."""
    ages_s: NDArray[np.float32]
    """Age of the last usable value at the cell's end; NaN where there is none."""
    reasons: NDArray[np.uint8]
    """Code of MissingReason: place in the header's list `reasons`."""
    label: bool
    signals: tuple[StoredSignal, ...] = ()
    """In the header's order."""
    tile_features: NDArray[np.float32] | None = None
    """[feature, tile]; NaN where unknown. None where the task has none."""
