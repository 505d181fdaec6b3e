"""A FLAC signal file (formats 508, 516, 524) as digital values, from any sample on.

Belongs here: libsndfile, its version, its scaling of 8 and 24 bits, its failures. Does not belong here: frames,
signals, calibration. Every FLAC frame carries a CRC that libFLAC checks, so a value that comes back is one that was
stored.

Source: WFDB signal(5); FLAC, RFC 9639 (2024); libFLAC 1.4.0-1.4.2 cannot seek (libsndfile before 1.2.1 wheels).
"""

import functools
import re
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import soundfile

from mimic_assets.errors import RequestError
from mimic_assets.records.samples.guarded import GuardedFile

BITS = {508: 8, 516: 16, 524: 24}
"""Format -> bits of a sample."""
Samples = npt.NDArray[np.int16] | npt.NDArray[np.int32]
_OLDEST_LIBRARY = (1, 2, 1)


class DamagedSamplesError(Exception):
    """A signal file cannot be decoded at a place where it was asked for samples."""


@functools.cache
def _require_library(version: str) -> None:
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    if numbers < _OLDEST_LIBRARY:
        raise RequestError(
            f"libsndfile {version} found, 1.2.1 or newer expected: older ones carry a libFLAC that cannot seek; "
            "reinstall soundfile 0.13.1 or newer from its wheel"
        )


class FlacFile:
    """One open FLAC file; it owns the file it is given.

    Raises:
        DamagedSamplesError: the bytes start no FLAC stream.
        RequestError: the FLAC library is too old to seek.
    """

    def __init__(self, file: BinaryIO, storage_format: int) -> None:
        self._file = GuardedFile(file)
        try:
            _require_library(str(soundfile.__libsndfile_version__))
            self._stream = self._opened()
        except BaseException:
            self._file.close()
            raise
        self._shift = {508: 8, 516: 0, 524: 8}[storage_format]
        self.dtype: type[np.int16] | type[np.int32] = np.int32 if storage_format == 524 else np.int16
        self.channels = int(self._stream.channels)
        self.sample_count = int(self._stream.frames)
        """Samples of one channel, as the stream announces them."""

    def _opened(self) -> soundfile.SoundFile:
        try:
            stream = soundfile.SoundFile(self._file)
        except (soundfile.SoundFileError, EOFError) as error:
            self._file.raise_failure()
            raise DamagedSamplesError("bytes that start no stream libsndfile can read") from error
        if stream.format != "FLAC":
            stream.close()
            raise DamagedSamplesError(f"a stream of {stream.format}, not of FLAC")
        return stream

    def read(self, start: int, out: Samples) -> None:
        """Fill `out` with the samples from `start` on.

        Args:
            start: sample of every channel, from 0.
            out: C-contiguous, samples x channels, of this file's dtype; digital values as the monitor wrote them.

        Raises:
            DamagedSamplesError: fewer samples can be decoded than `out` holds.
        """
        if not len(out):
            return
        try:
            if self._stream.tell() != start:
                self._stream.seek(start)
            found = len(self._stream.read(out=out))
        except (soundfile.SoundFileError, EOFError) as error:
            self._file.raise_failure()
            raise DamagedSamplesError(f"samples {start} to {start + len(out)} cannot be decoded") from error
        self._file.raise_failure()
        if found < len(out):
            raise DamagedSamplesError(f"the stream ends at sample {start + found}, before {start + len(out)}")
        if self._shift:
            np.right_shift(out, self._shift, out=out)

    def close(self) -> None:
        """Close stream and file."""
        self._stream.close()
        self._file.close()
