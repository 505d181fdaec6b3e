"""Why a tile of a signal cannot be used: one reason, the first that applies, from its own samples.

Belongs here: the rules, their order and their thresholds. Does not belong here: how a quality index is computed. The
thresholds without a paper are ours, set on the real records of docs/waveform-quality.md, which says what they find.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.waveforms.converter_range import ConverterRange
from mimic_assets.waveforms.moments import Moments
from mimic_assets.waveforms.row_counts import row_counts
from mimic_assets.waveforms.signal_kinds import SignalKind

Mask = npt.NDArray[np.bool_]
LEAST_OBSERVED = 0.5
"""A tile of which less is there says nothing of its ten seconds."""
FLAT_STEPS = 1
"""A stretch whose samples differ by no more than the last bit holds no signal: amplifier noise alone moves it more."""
STRETCHES = 25
"""A tile is looked at in 25 stretches of 25 frames (0.4 s), shorter than a beat's interval."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The thresholds of one kind of signal."""

    cut: float
    """Share of samples that stand still at an extreme, from which on the tile is saturated or clipped."""
    flat: float
    """Share of stretches without a signal from which on the tile is flat."""
    least_index: float | None
    """Quality index below which the tile is noise; None where no index is defined."""
    goes_dead: bool
    """Whether a constant is what its monitor sends when nothing is connected (electrodes, finger probe)."""


LIMITS: Final = {
    # Ten to fifteen complexes of which some samples are cut; a small lead rests at its minimum for 1 %.
    SignalKind.ECG: Limits(cut=0.025, flat=0.5, least_index=0.6, goes_dead=True),
    # One second in ten; Orphanidou (2015) accepts pulses from a correlation of 0.86 with the beat itself in the mean.
    SignalKind.PPG: Limits(cut=0.1, flat=0.5, least_index=0.8, goes_dead=True),
    SignalKind.ARTERIAL_PRESSURE: Limits(cut=0.05, flat=0.5, least_index=0.5, goes_dead=False),
    # The monitor draws breaths over the whole range: 40 % of samples at its ends are usual, and breaths can be told.
    SignalKind.BREATH: Limits(cut=0.75, flat=0.9, least_index=None, goes_dead=True),
    SignalKind.OTHER: Limits(cut=0.1, flat=0.5, least_index=None, goes_dead=False),
}


def tile_reasons(
    digital: npt.NDArray[np.int16],
    reasons: npt.NDArray[np.uint8],
    moments: Moments,
    ends: ConverterRange,
    index: npt.NDArray[np.float64],
    kind: SignalKind,
) -> npt.NDArray[np.uint8]:
    """Return the code of SignalReason of each tile; 0 is usable. The first that applies:

    1. less than half of the samples are there: the reason that most of the missing ones have (of equals, the one that
       stands first in the vocabulary);
    2. lead_off: all samples there are one value, and a constant is what this kind's monitor sends when nothing is
       connected; a plethysmogram at an end of its range is saturated instead;
    3. saturated: at least `cut` of the samples stand still at the tile's extreme, and that is an end of the range;
    4. flat: at least `flat` of the stretches of 0.4 s move by one digital step or less;
    5. clipped: as 3, inside the range;
    6. noise: the quality index is below its threshold.

    Args:
        digital, reasons: [tile, sample].
        moments: of the tiles, in digital steps.
        ends: of the converter's range, per tile.
        index: quality index per tile; NaN where none is defined.
        kind: of the signal.
    """
    limits = LIMITS[kind]
    missing = reasons != 0 if reasons.any() else None
    if not moments.observed.any():
        return _commonest(reasons, missing)
    constant = moments.minimum == moments.maximum
    at_low, at_high = moments.minimum <= ends.low, moments.maximum >= ends.high
    low_share, high_share = _standing(digital, missing, moments)
    end_share = np.where(at_low, low_share, 0) + np.where(at_high, high_share, 0)
    inner_share = np.where(at_low, 0, low_share) + np.where(at_high, 0, high_share)
    dead = constant & limits.goes_dead
    if kind is SignalKind.PPG:
        dead &= ~(at_low | at_high)
    noisy = np.zeros(len(digital), dtype=np.bool_)
    if limits.least_index is not None:
        noisy = index < limits.least_index
    codes = np.select(
        [
            moments.observed_fraction < LEAST_OBSERVED, dead, end_share >= limits.cut,
            _flat_share(digital, missing) >= limits.flat, inner_share >= limits.cut, noisy,
        ],
        [
            _commonest(reasons, missing), *(np.uint8(reason.code) for reason in (
                SignalReason.LEAD_OFF, SignalReason.SATURATED, SignalReason.FLAT, SignalReason.CLIPPED,
                SignalReason.NOISE,
            )),
        ],
        np.uint8(0),
    )  # fmt: skip
    return codes.astype(np.uint8)


def _commonest(reasons: npt.NDArray[np.uint8], missing: Mask | None) -> npt.NDArray[np.uint8]:
    """Return per tile the reason that most missing samples have; 0 where none is missing."""
    result = np.zeros(len(reasons), dtype=np.uint8)
    if missing is not None:
        whole = (reasons == reasons[:, :1]).all(axis=1)
        result[whole] = reasons[whole, 0]
        for tile in np.flatnonzero(missing.any(axis=1) & ~whole):
            result[tile] = np.bincount(reasons[tile][missing[tile]]).argmax()
    return result


def _standing(
    digital: npt.NDArray[np.int16], missing: Mask | None, moments: Moments
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the share of observed samples that are the tile's minimum, and its maximum, and equal the one before."""
    still = digital[:, 1:] == digital[:, :-1]
    if missing is not None:
        still &= ~(missing[:, 1:] | missing[:, :-1])
    observed = np.maximum(moments.observed, 1)
    shares = []
    for extreme in (moments.minimum, moments.maximum):
        value = np.nan_to_num(extreme, nan=0.0).astype(np.int16)[:, None]
        shares.append(row_counts(still & (digital[:, 1:] == value)) / observed)
    return shares[0], shares[1]


def _flat_share(digital: npt.NDArray[np.int16], missing: Mask | None) -> npt.NDArray[np.float64]:
    """Return the share of stretches, of those half observed at least, whose samples lie within FLAT_STEPS."""
    shape = (len(digital), STRETCHES, digital.shape[1] // STRETCHES)
    low = high = digital
    seen = np.ones(shape[:2], dtype=np.bool_)
    if missing is not None:
        low, high = np.where(missing, np.int16(32767), digital), np.where(missing, np.int16(-32768), digital)
        seen = missing.reshape(shape).mean(axis=2) <= 0.5
    lowest, highest = low.reshape(shape).min(axis=2).astype(np.int32), high.reshape(shape).max(axis=2)
    flat = seen & (highest - lowest <= FLAT_STEPS)
    return np.asarray(flat.sum(axis=1) / np.maximum(seen.sum(axis=1), 1))
