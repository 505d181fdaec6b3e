"""How the signals of a segment share a file.

Belongs here: the one value that decoders are opened with.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileLayout:
    """What headers say of one signal file."""

    storage_format: int
    samples_per_frame: tuple[int, ...]
    """Of each signal in the file, in order."""
    offset: int = 0
    """Bytes before the first sample; in FLAC samples."""
    initial_values: tuple[int, ...] = ()
    """Of each signal, from which format 8 counts its differences."""
