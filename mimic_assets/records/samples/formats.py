"""The storage formats of signal files.

Belongs here: what a format's number means. Does not belong here: decoding (`flac`, `packed`).

Source: WFDB signal(5). The code of no value is the lowest one of a format's bits, as wfdb-python takes it; format 8
stores differences and has none.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """How samples are stored."""

    bits: int
    """Of a sample's value."""
    samples: int
    """That share a group of bytes; 0 in FLAC."""
    group_bytes: int
    missing: int | None
    """Digital value that stands for none."""

    @property
    def is_wide(self) -> bool:
        """Whether a value can need more than 16 bits."""
        return self.bits > 16

    @property
    def is_flac(self) -> bool:
        """Whether the file is a FLAC stream."""
        return self.samples == 0


FORMATS = {
    8: Format(32, 1, 1, None),
    16: Format(16, 1, 2, -(1 << 15)),
    24: Format(24, 1, 3, -(1 << 23)),
    32: Format(32, 1, 4, -(1 << 31)),
    61: Format(16, 1, 2, -(1 << 15)),
    80: Format(8, 1, 1, -(1 << 7)),
    160: Format(16, 1, 2, -(1 << 15)),
    212: Format(12, 2, 3, -(1 << 11)),
    310: Format(10, 3, 4, -(1 << 9)),
    311: Format(10, 3, 4, -(1 << 9)),
    508: Format(8, 0, 0, -(1 << 7)),
    516: Format(16, 0, 0, -(1 << 15)),
    524: Format(24, 0, 0, -(1 << 23)),
}
