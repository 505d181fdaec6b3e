"""Statistics that merge: what must be kept of samples so that any union of them has exact mean, spread and shape.

Belongs here: the value, the union of two, and the statistics read off it. Does not belong here: how it is counted from
samples (`tile_moments`) and which tiles make a window (`window_moments`). Everything is float64 and centred: sums of
powers about the mean, not about zero, so that nothing cancels.

Source: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979); Pebay,
"Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical moments" (Sandia
report SAND2008-6212, 2008).
"""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Moments:
    """One entry per tile or window in every array. Where nothing is observed, the values are NaN, the sums 0."""

    positions: Counts
    """Samples that the clock has room for, missing ones included."""
    observed: Counts
    """Samples that are there."""
    pairs: Counts
    """Neighbouring samples of one tile that are both there."""
    equal_pairs: Counts
    """Of those, how many are equal."""
    mean: Floats
    second: Floats
    """Sum of squared deviations from the mean."""
    third: Floats
    """Sum of cubed deviations."""
    fourth: Floats
    """Sum of fourth powers of deviations."""
    minimum: Floats
    maximum: Floats

    def __len__(self) -> int:
        """Return how many tiles or windows it speaks of."""
        return len(self.observed)

    def __getitem__(self, chosen: slice | npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> "Moments":
        """Return the chosen entries."""
        return Moments(*(getattr(self, part.name)[chosen] for part in fields(self)))

    @property
    def standard_deviation(self) -> Floats:
        """Population standard deviation; NaN where nothing is observed."""
        return np.sqrt(_ratio(self.second, self.observed))

    @property
    def skewness(self) -> Floats:
        """Third standardised moment (population, `scipy.stats.skew`); NaN where the samples do not differ."""
        return _ratio(self.third * np.sqrt(self.observed), self.second**1.5)

    @property
    def kurtosis(self) -> Floats:
        """Fourth standardised moment, 3 for a normal distribution; NaN where the samples do not differ."""
        return _ratio(self.fourth * self.observed, self.second**2)

    @property
    def value_range(self) -> Floats:
        """Maximum minus minimum."""
        return self.maximum - self.minimum

    @property
    def observed_fraction(self) -> Floats:
        """Observed samples / positions."""
        return _ratio(self.observed, self.positions)

    @property
    def flat_fraction(self) -> Floats:
        """Equal neighbours / neighbours that are both there; NaN where there are none."""
        return _ratio(self.equal_pairs, self.pairs)


def union(a: Moments, b: Moments) -> Moments:
    """Return the moments of the samples of both, entry by entry; either side may be empty."""
    n_a, n_b = a.observed.astype(np.float64), b.observed.astype(np.float64)
    n = n_a + n_b
    # An empty side takes the other's mean, so that it moves nothing; two empty ones meet at zero until the end.
    mean_a, mean_b = np.where(n_a > 0, a.mean, b.mean), np.where(n_b > 0, b.mean, a.mean)
    mean_a, mean_b = np.where(n > 0, mean_a, 0.0), np.where(n > 0, mean_b, 0.0)
    share_a, share_b = _share(n_a, n), _share(n_b, n)
    delta = mean_b - mean_a
    step = delta * delta * share_a * n_b
    return Moments(
        positions=a.positions + b.positions,
        observed=a.observed + b.observed,
        pairs=a.pairs + b.pairs,
        equal_pairs=a.equal_pairs + b.equal_pairs,
        mean=np.where(n > 0, mean_a + delta * share_b, np.nan),
        second=a.second + b.second + step,
        third=a.third
        + b.third
        + step * delta * (share_a - share_b)
        + 3.0 * delta * (share_a * b.second - share_b * a.second),
        fourth=a.fourth
        + b.fourth
        + step * delta * delta * (share_a * share_a - share_a * share_b + share_b * share_b)
        + 6.0 * delta * delta * (share_a * share_a * b.second + share_b * share_b * a.second)
        + 4.0 * delta * (share_a * b.third - share_b * a.third),
        minimum=np.fmin(a.minimum, b.minimum),
        maximum=np.fmax(a.maximum, b.maximum),
    )


def concatenated(parts: list[Moments]) -> Moments:
    """Return the entries of all parts, one after the other."""
    return Moments(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Moments)))


def _ratio(above: npt.NDArray[np.float64] | Counts, below: npt.NDArray[np.float64] | Counts) -> Floats:
    """Return above / below; NaN where below is 0."""
    result = np.full(np.shape(above), np.nan)
    return np.divide(above, below, out=result, where=below > 0)


def _share(part: Floats, whole: Floats) -> Floats:
    """Return part / whole; 0 where there is nothing."""
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
