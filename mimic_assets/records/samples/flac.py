"""A FLAC signal file (formats 508, 516, 524) as digital values, from any sample on.

Belongs here: libsndfile, its version, its scaling of 8 and 24 bits, its failures. Does not belong here: frames,
signals, calibration, and the quick way for sound files on a disk (`flac_in_memory`), which is asked first. Every FLAC
frame carries a CRC that both decoders check, so a value that comes back is one that was stored.

Source: WFDB signal(5); FLAC, RFC 9639 (2024); libFLAC 1.4.0-1.4.2 cannot seek (libsndfile before 1.2.1 wheels).
"""

import functools
import io
import os
import re
from typing import BinaryIO

import numpy as np
import soundfile

from mimic_assets.errors import RequestError
from mimic_assets.records.samples.dr_flac import Samples
from mimic_assets.records.samples.flac_in_memory import FramesInMemory, frames_in_memory
from mimic_assets.records.samples.formats import FORMATS
from mimic_assets.records.samples.guarded import GuardedFile

_STREAM_BITS = {"PCM_S8": 8, "PCM_16": 16, "PCM_24": 24}
"""libsndfile gives 8 bits as the upper half of 16, and 24 bits as the upper three quarters of 32."""
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


class _Stream(soundfile.SoundFile):  # type: ignore[misc]  # soundfile ships no types
    """A stream that reads on from where it is.

    soundfile seeks after every read, to the place where the stream is already; in FLAC that is a search which costs
    time, and in a damaged file it fails and hides that the samples before it were good.
    """

    place: int | None = 0
    """Next sample; None after a failure."""
    _is_reading = False

    def is_moved_to(self, start: int) -> bool:
        """Move to a sample where the stream is not there already, and return whether it is there now."""
        if self.place != start:
            try:
                self.place = super().seek(start)
            except soundfile.SoundFileError:
                self.place = None
        return self.place == start

    def read_on(self, out: Samples) -> int:
        """Fill `out` from here on and return how many samples there were."""
        self._is_reading = True
        try:
            found = len(self.read(out=out))
        finally:
            self._is_reading = False
        self.place = (self.place or 0) + found
        return found

    def seek(self, frames: int, whence: int = 0) -> int:
        """Move; while reading, only say where the stream is."""
        return (self.place or 0) if self._is_reading else int(super().seek(frames, whence))


def _descriptor_of(file: BinaryIO) -> int | None:
    """Return the descriptor of a file on a disk: libsndfile reads it without coming back to Python."""
    is_plain = isinstance(file, io.BufferedReader) and isinstance(file.raw, io.FileIO)
    return file.fileno() if is_plain else None


class FlacFile:
    """One open FLAC file; it owns the file it is given.

    Raises:
        DamagedSamplesError: the bytes start no FLAC stream, or one with more bits than the format has.
        RequestError: the FLAC library is too old to seek.
    """

    def __init__(self, file: BinaryIO, storage_format: int) -> None:
        self._file = GuardedFile(file)
        self._descriptor = _descriptor_of(file)
        try:
            _require_library(str(soundfile.__libsndfile_version__))
            self._stream = self._opened()
        except BaseException:
            self._file.close()
            raise
        bits = _STREAM_BITS.get(self._stream.subtype, 99)
        if bits > FORMATS[storage_format].bits:
            self.close()
            raise DamagedSamplesError(f"a stream of {self._stream.subtype}, too wide for format {storage_format}")
        self._shift = 0 if bits == 16 else 8
        self.dtype: type[np.int16] | type[np.int32] = np.int32 if bits > 16 else np.int16
        self.channels = int(self._stream.channels)
        self.sample_count = int(self._stream.frames)
        """Samples of one channel, as the stream announces them."""
        self._buffer: Samples | None = None

    @functools.cached_property
    def _quick(self) -> FramesInMemory | None:
        """Made at the first read: many files are opened for their length alone."""
        return None if self._descriptor is None else frames_in_memory(self._descriptor)

    def _opened(self) -> "_Stream":
        try:
            if self._descriptor is None:
                stream = _Stream(self._file)
            else:
                os.lseek(self._descriptor, 0, os.SEEK_SET)  # libsndfile takes where it is for the start
                stream = _Stream(self._descriptor, closefd=False)
        except (soundfile.SoundFileError, EOFError) as error:
            self._file.raise_failure()
            raise DamagedSamplesError("bytes that start no stream libsndfile can read") from error
        if stream.format != "FLAC":
            stream.close()
            raise DamagedSamplesError(f"a stream of {stream.format}, not of FLAC")
        return stream

    def read(self, start: int, count: int) -> Samples:
        """Return samples `start` to `start + count - 1`, samples x channels, as the monitor wrote them.

        Good until the next read.

        Raises:
            DamagedSamplesError: fewer samples can be decoded.
        """
        found = self._quick.read(start, count) if self._quick is not None else None
        if found is None:
            found = self._by_stream(start, count)
        return np.right_shift(found, self._shift) if self._shift else found

    def _by_stream(self, start: int, count: int) -> Samples:
        """Read with libsndfile: everywhere, from any file, and with its word for what is wrong."""
        if self._buffer is None or len(self._buffer) < count:
            self._buffer = np.empty((count, self.channels), self.dtype)
        out = self._buffer[:count]
        if not count:
            return out
        try:
            if not self._stream.is_moved_to(start):
                self._file.raise_failure()
                raise DamagedSamplesError(f"sample {start} cannot be found")
            found = self._stream.read_on(out)
        except (soundfile.SoundFileError, EOFError) as error:
            self._file.raise_failure()
            self._stream.place = None
            raise DamagedSamplesError(f"samples {start} to {start + count} cannot be decoded") from error
        self._file.raise_failure()
        if found < count:
            raise DamagedSamplesError(f"the stream ends at sample {start + found}, before {start + count}")
        return out

    def close(self) -> None:
        """Close stream and file."""
        self._stream.close()
        self._file.close()
