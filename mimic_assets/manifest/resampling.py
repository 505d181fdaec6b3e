"""A signal at another rate: polyphase filtering that lets nothing alias, and gaps that stay gaps.

Belongs here: rate conversion when a batch is made. Does not belong here: digital values and their reasons as stored
(`stored_signals`). A window's edges and every gap are where a filter has to make something up: see `resample`.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


def resample(
    values: NDArray[np.float32], reasons: NDArray[np.uint8], own: int, wanted: int
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return a signal at another number of samples per frame, and its reasons.

    Sample k of either rate lies at k / rate frames, so the first samples coincide. The low-pass filter is
    `scipy.signal.resample_poly`'s (Kaiser window, beta 5, 20 zero crossings to both sides of the lower rate's Nyquist
    frequency); what lies beyond the ends is the line through the first and last sample. Missing samples are bridged
    by straight lines before filtering, so that a gap rings into neither side, and are missing again after it: a sample
    whose neighbours in time at the old rate are not both observed is missing, with the reason of the one that is not.

    Args:
        values: physical or digital, any scale; entries with a reason are not looked at.
        reasons: 0 where observed.
        own: samples per frame of `values`, at least 1.
        wanted: samples per frame of the result, at least 1.

    Returns:
        `len(values) * wanted / own` values, NaN where missing, and reasons.
    """
    if own == wanted:
        return np.where(reasons == 0, values, np.float32(np.nan)), reasons
    ratio = Fraction(wanted, own)
    count = len(values) * wanted // own
    at = np.arange(count) * own
    before, after = at // wanted, np.minimum(-(-at // wanted), len(values) - 1)
    reached = np.where(reasons[before] != 0, reasons[before], reasons[after])
    observed = np.flatnonzero(reasons == 0)
    if not observed.size:
        return np.full(count, np.nan, dtype=np.float32), reached
    from scipy.signal import resample_poly  # takes a second to import, and most loaders resample nothing

    whole = np.interp(np.arange(len(values)), observed, values[observed].astype(np.float64))
    mean = whole.mean()  # the filter's gain at zero is 1 within 0.0005 only: of an offset of 8192 that is four steps
    filtered = resample_poly(whole - mean, ratio.numerator, ratio.denominator, padtype="line")[:count] + mean
    filtered = filtered.astype(np.float32)
    filtered[reached != 0] = np.nan
    return filtered, reached
