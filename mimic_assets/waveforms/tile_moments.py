"""The moments of every tile of a slice, counted from its digital samples and told in physical units.

Belongs here: the pass over the samples and the calibration of its result. Does not belong here: windows of tiles and
what makes a tile unusable. A tile's moments depend on that tile's samples alone, so any split of a record into slices
of whole tiles gives the same numbers, bit for bit.
"""

import functools

import numpy as np
import numpy.typing as npt

from mimic_assets.signals import Calibration, SignalSlice
from mimic_assets.waveforms.moments import Moments, concatenated, union
from mimic_assets.waveforms.row_counts import row_counts
from mimic_assets.waveforms.tiles import by_tile

_ROWS = 32
"""Tiles worked on at once: 32 tiles of ECG in float64 stay within a core's own cache."""
_EVERY = 25
"""One sample in 25 gives the centre that sums are taken about: then |mean - centre| <= 5 standard deviations, whatever
the samples, and no more than three of float64's sixteen digits can cancel. Where samples are missing, that holds no
longer, and the centre is the mean of all that are there. Centred samples are whole numbers, so that sums of them and
of their squares are exact in any order."""
_COUNTED = ("observed", "pairs", "equal_pairs", "mean", "second", "third", "fourth", "minimum", "maximum")
"""What the pieces of a tile say anew; its positions stay."""


def tile_moments(part: SignalSlice) -> Moments:
    """Return the moments of each tile of a slice of whole tiles, in physical units.

    Time:    entry k is the k-th tile of the slice.
    Missing: samples with a reason are left out. Where a tile holds two units, only the last one's samples count.
    Source:  physical value = (digital - baseline) / gain, WFDB header(5).

    Raises:
        InternalError: the slice does not hold whole tiles.
    """
    digital, reasons = by_tile(part)
    missing = reasons != 0 if reasons.any() else None
    return calibrated(digital_moments(digital, missing), part, digital, missing)[0]


def digital_moments(digital: npt.NDArray[np.int16], missing: npt.NDArray[np.bool_] | None) -> Moments:
    """Return the moments of each row in digital steps.

    Args:
        digital: [tile, sample].
        missing: same shape, true where there is no sample; None where all are there.
    """
    blocks = range(0, len(digital), _ROWS)
    gaps = [
        None if missing is None or not missing[at : at + _ROWS].any() else missing[at : at + _ROWS] for at in blocks
    ]
    parts = [_block(digital[at : at + _ROWS], gap) for at, gap in zip(blocks, gaps, strict=True)]
    return concatenated(parts) if parts else _block(digital, missing)


def _block(digital: npt.NDArray[np.int16], missing: npt.NDArray[np.bool_] | None) -> Moments:
    rows, samples = digital.shape
    if missing is not None and missing.all():
        return _nothing(rows, samples)
    equal = np.zeros((rows, -(-samples // 8) * 8), dtype=np.bool_)
    np.equal(digital[:, 1:], digital[:, :-1], out=equal[:, 1:samples])
    pairs = np.full(rows, max(samples - 1, 0), dtype=np.int64)
    observed = np.full(rows, samples, dtype=np.int64)
    low, high = digital, digital
    centre = np.rint(digital[:, ::_EVERY].mean(axis=1, dtype=np.float64))
    if missing is not None:
        there = np.zeros(equal.shape, dtype=np.bool_)
        np.logical_not(missing, out=there[:, :samples])
        observed = row_counts(there)
        both = np.zeros(equal.shape, dtype=np.bool_)
        np.logical_and(there[:, 1:samples], there[:, : samples - 1], out=both[:, 1:samples])
        pairs = row_counts(both)
        equal &= both
        low, high = np.where(missing, np.int16(32767), digital), np.where(missing, np.int16(-32768), digital)
        zeroed = np.where(missing, np.int16(0), digital)
        whole_mean = np.rint(zeroed.sum(axis=1, dtype=np.int64) / np.maximum(observed, 1))
        centre = np.where(observed == samples, centre, whole_mean)
    deviation = digital.astype(np.float64)
    deviation -= centre[:, None]
    if missing is not None:
        deviation[missing] = 0.0
    square = deviation * deviation
    ones = np.ones(samples)
    return _centred(
        Moments(
            positions=np.full(rows, samples, dtype=np.int64), observed=observed, pairs=pairs,
            equal_pairs=row_counts(equal), mean=deviation @ ones, second=square @ ones,
            third=np.vecdot(square, deviation), fourth=np.vecdot(square, square),
            minimum=low.min(axis=1).astype(np.float64), maximum=high.max(axis=1).astype(np.float64),
        ),
        centre,
    )  # fmt: skip


def _nothing(rows: int, samples: int) -> Moments:
    """Return the moments of tiles of which nothing is there."""
    none, zero, unknown = np.zeros(rows, dtype=np.int64), np.zeros(rows), np.full(rows, np.nan)
    positions = np.full(rows, samples, dtype=np.int64)
    return Moments(positions, none, none, none, unknown, zero, zero, zero, unknown, unknown)


def _centred(sums: Moments, centre: npt.NDArray[np.float64]) -> Moments:
    """Return moments about the mean from sums of powers about `centre`."""
    n = sums.observed.astype(np.float64)
    is_empty = n == 0
    safe = np.where(is_empty, 1.0, n)
    shift = sums.mean / safe
    second = sums.second - n * shift**2
    third = sums.third - 3 * shift * sums.second + 2 * n * shift**3
    fourth = sums.fourth - 4 * shift * sums.third + 6 * shift**2 * sums.second - 3 * n * shift**4
    # Samples that do not differ have no spread, whatever was rounded on the way.
    constant = is_empty | (sums.minimum == sums.maximum)
    return Moments(
        positions=sums.positions, observed=sums.observed, pairs=sums.pairs, equal_pairs=sums.equal_pairs,
        mean=np.where(is_empty, np.nan, np.where(constant, sums.minimum, centre + shift)),
        second=np.where(constant, 0.0, np.maximum(second, 0.0)), third=np.where(constant, 0.0, third),
        fourth=np.where(constant, 0.0, np.maximum(fourth, 0.0)),
        minimum=np.where(is_empty, np.nan, sums.minimum), maximum=np.where(is_empty, np.nan, sums.maximum),
    )  # fmt: skip


def calibrated(
    moments: Moments, part: SignalSlice, digital: npt.NDArray[np.int16], missing: npt.NDArray[np.bool_] | None
) -> tuple[Moments, list[str | None]]:
    """Return the moments of a slice's tiles in physical units, and the unit of each tile.

    A tile over which the calibration changes is counted again in pieces of one calibration each.

    Args:
        moments: of the same tiles in digital steps.
        part: the slice.
        digital, missing: its samples by tile, as `digital_moments` takes them.
    Missing: the unit is None where nothing is observed.
    """
    if not part.calibrations:
        return moments, [None] * len(digital)
    samples = digital.shape[1]
    starts = np.array([calibration.first_sample for calibration in part.calibrations], dtype=np.int64)
    first = np.arange(len(digital), dtype=np.int64) * samples
    # The calibration in force at a tile's first and last sample; before the first one nothing is observed.
    in_force = np.maximum(np.searchsorted(starts, first, side="right") - 1, 0)
    at_end = np.maximum(np.searchsorted(starts, first + samples - 1, side="right") - 1, 0)
    gain = np.array([calibration.gain for calibration in part.calibrations])[at_end]
    baseline = np.array([float(calibration.baseline) for calibration in part.calibrations])[at_end]
    result = _scaled(moments, gain, baseline)
    units: list[str | None] = [part.calibrations[place].unit for place in at_end]
    changing = np.flatnonzero(in_force != at_end)
    if changing.size:
        result = result[np.arange(len(result))]  # a copy: counts are shared with the digital moments until here
    for tile in changing:
        gone = np.zeros(samples, dtype=np.bool_) if missing is None else missing[tile]
        edges = [0, *(starts[in_force[tile] + 1 : at_end[tile] + 1] - first[tile]).tolist(), samples]
        inside = part.calibrations[in_force[tile] : at_end[tile] + 1]
        pieces, units[tile] = _in_pieces(digital[tile], gone, edges, inside)
        for name in _COUNTED:
            getattr(result, name)[tile] = getattr(pieces, name)[0]
    return result, [unit if seen else None for unit, seen in zip(units, moments.observed, strict=True)]


def _in_pieces(
    digital: npt.NDArray[np.int16],
    missing: npt.NDArray[np.bool_],
    edges: list[int],
    calibrations: tuple[Calibration, ...],
) -> tuple[Moments, str | None]:
    """Return the moments of one tile from pieces of one calibration each, and their unit: that of the last one seen.

    Pieces in another unit are left out: no statistic is made of two units.
    """
    spans = list(zip(calibrations, edges, edges[1:], strict=False))
    units = [calibration.unit for calibration, start, end in spans if not missing[start:end].all()]
    unit = units[-1] if units else None
    pieces = []
    for calibration, start, end in spans:
        gone = missing[start:end] | (calibration.unit != unit)
        gain, baseline = np.array([calibration.gain]), np.array([float(calibration.baseline)])
        pieces.append(_scaled(digital_moments(digital[None, start:end], gone[None]), gain, baseline))
    return functools.reduce(union, pieces), unit


def _scaled(moments: Moments, gain: npt.NDArray[np.float64], baseline: npt.NDArray[np.float64]) -> Moments:
    gain = np.where(gain == 0, np.nan, gain)
    low, high = (moments.minimum - baseline) / gain, (moments.maximum - baseline) / gain
    return Moments(
        positions=moments.positions, observed=moments.observed, pairs=moments.pairs, equal_pairs=moments.equal_pairs,
        mean=(moments.mean - baseline) / gain, second=moments.second / gain**2, third=moments.third / gain**3,
        fourth=moments.fourth / gain**4, minimum=np.fmin(low, high), maximum=np.fmax(low, high),
    )  # fmt: skip
