"""A FLAC stream in memory -> samples, by dr_flac as miniaudio brings it.

Belongs here: the calls into that library. Does not belong here: which bytes, and whether what came back is enough
(`flac_in_memory`).

miniaudio's own functions copy the samples twice and take a tenth more time for windows of a minute, so its C interface
is called; a contract test guards that. Where it is missing (there is no wheel for Linux on ARM) or different, there is
no decoder, and libsndfile reads everything.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16 | np.int32]
"""Digital values: 16 bits wherever the format has no more."""
Decode = Callable[[bytes, int, Samples], int]
"""Fills the samples x channels of an array from a stream behind so many of its samples, and returns how many samples
there were in all."""


@functools.cache
def decoder() -> Decode | None:
    """Return the decoder; None where this machine has none."""
    try:
        import miniaudio
    except (ImportError, OSError):  # absent, or a library of the machine is
        return None
    ffi: Any = getattr(miniaudio, "ffi", None)
    lib: Any = getattr(miniaudio, "lib", None)
    names = ("open_memory", "read_pcm_frames_s16", "read_pcm_frames_s32", "close")
    try:
        start, narrow, wide, end = (getattr(lib, f"ma_dr_flac_{name}") for name in names)
    except AttributeError:
        return None

    def decode(content: bytes, skipped: int, out: Samples) -> int:
        stream = start(content, len(content), ffi.NULL)
        if not stream:
            return 0
        try:
            if stream.channels != out.shape[1] or (skipped and narrow(stream, skipped, ffi.NULL) != skipped):
                return 0
            if out.dtype == np.int16:
                return skipped + int(narrow(stream, len(out), ffi.from_buffer("short[]", out)))
            return skipped + int(wide(stream, len(out), ffi.from_buffer("int[]", out)))
        finally:
            end(stream)

    return decode
